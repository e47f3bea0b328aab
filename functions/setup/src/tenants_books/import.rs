//! `POST .../orders/import`: the orders of the last days, for a seller who starts today.
//!
//! Each line is read and recorded as an order of `POST /v1/orders`, by itself: what is right is taken, what is wrong is told. An
//! order that a Purchase was made of before is sent no second one: neither by the same file again nor by a corrected one, and not where
//! a connection or the seller's server told of it. The sweep wakes the dispatcher within the minute, as for any order whose wake-up was
//! lost.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use lambda_http::{Body, Request, Response};
use serde::Serialize;
use serde_json::json;
use shared::db::audit::Entry;
use shared::db::orders::{self, NewOrder, Recorded, Sold};
use shared::domain::access::Act;
use shared::domain::country::Country;
use shared::http::{self, FieldError, Problem};
use shared::intake::{self, Parsed, Teller};
use shared::openapi as problems;
use shared::order_body::Refused;
use shared::telemetry;
use utoipa::ToSchema;

use super::lines::{self, Line};
use super::looked::Looked;
use super::{lost, ok, parameters};
use crate::access::{self, Caller};
use crate::{State, tenants};

/// Orders of one commit: the wait for the disk is shared, and a conflict repeats few.
const CHUNK: usize = 100;
/// When no further orders are begun: API Gateway gives up after 30 s.
const TIME: Duration = Duration::from_secs(20);
/// The most errors, and warnings, of one line.
const TOLD_MAX: usize = 5;

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ImportOutcome)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// The order is recorded; of a check, it would be.
    Taken,
    /// It was known before, under this or another name and whatever its value: nothing is sent.
    Duplicate,
    /// It is wrong, and not taken.
    Wrong,
    /// It is right, and there was no time or no database for it: send the file again.
    NotTaken,
}

/// A line of a table of orders.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ImportedLine)]
pub(crate) struct Told {
    /// On which it begins, from 1.
    pub(crate) line: u64,
    /// On which it ends, where a cell of it has a line break.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_line: Option<u64>,
    /// The order's id as it stands there.
    pub(crate) order_id: Option<String>,
    /// What became of it.
    pub(crate) outcome: Outcome,
    /// The event; of a duplicate the one that was made before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) event_id: Option<String>,
    /// The order that a duplicate is known as, where it has another name there: `hotmart:HP0034281351`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) known_as: Option<String>,
    /// Where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<&'static str>,
    /// Why, for a state that needs a reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// What is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) errors: Vec<FieldError>,
    /// What was left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) warnings: Vec<FieldError>,
}

/// What became of a table of orders.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Imported {
    /// Whether it was looked at only, and nothing was recorded.
    pub(crate) checked_only: bool,
    /// Lines by what became of them.
    pub(crate) taken: usize,
    /// See [`Outcome`].
    pub(crate) duplicate: usize,
    /// See [`Outcome`].
    pub(crate) wrong: usize,
    /// See [`Outcome`].
    pub(crate) not_taken: usize,
    /// Each line, in the file's order.
    pub(crate) lines: Vec<Told>,
}

/// Orders of the last 7 days as a table: each line is read and recorded as an order of `POST /v1/orders`, by itself. Its header has the
/// fields by their paths: `order_id`, `customer.email`, `items[0].id`.
#[utoipa::path(
    post, path = "/v1/tenants/{id}/orders/import", tag = "tenants", operation_id = "import_orders", security(("operator" = []), ("session" = []), ("api_key" = [])),
    params(("id" = String, Path, description = "The tenant's id."), ("check" = Option<u8>, Query, description = "1: only look, and change nothing.")),
    request_body(content = String, content_type = "text/csv", description = "UTF-8; commas, semicolons or tabs between the cells; 2,000 orders and 1 MiB at the most."),
    responses(
        (status = 200, description = "What became of each line.", body = Imported),
        problems::OfChange,
    ),
)]
pub(crate) async fn answer(
    state: &State,
    request: &Request,
    caller: &Caller,
    id: &str,
) -> Result<Response<Body>, Problem> {
    let check = parameters::check(request)?;
    let bytes = http::body_of(request, http::SERVER_BODY_MAX, &["text/csv"])?;
    Ok(ok(&import(state, request, caller, id, bytes, check).await?))
}

/// The use case.
///
/// # Errors
/// Where nothing of the file was taken: it is no table of orders, the tenant is none or retired, or the database is away.
pub(crate) async fn import(
    state: &State,
    request: &Request,
    caller: &Caller,
    id: &str,
    bytes: &[u8],
    check: bool,
) -> Result<Imported, Problem> {
    let began = Instant::now();
    let shown = tenants::shown(state, request, id).await?;
    if shown.tenant.status == "retired" {
        return Err(Problem::gone());
    }
    let country = shown.tenant.country.as_deref().and_then(Country::parse);
    let teller = Teller { tenant_id: id, key_id: None, source: orders::IMPORT, country, shares_orders: true };
    let mut told = Vec::new();
    let mut orders = Vec::new();
    for line in lines::read(bytes)? {
        let (line, order) = judge(&teller, line, shown.now_s);
        orders.extend(order.map(|order| (told.len(), order)));
        told.push(line);
    }
    if check {
        look(state, request, id, &orders, &mut told).await?;
    } else {
        let entry = access::entry(state, request, caller, Act::OrdersImported, id, &json!({"orders": orders.len()}));
        take(state, request, &orders, &mut told, (began, &entry)).await?;
        access::told(request, &entry);
    }
    let count = |outcome| told.iter().filter(|it| it.outcome == outcome).count();
    Ok(Imported {
        checked_only: check,
        taken: count(Outcome::Taken),
        duplicate: count(Outcome::Duplicate),
        wrong: count(Outcome::Wrong),
        not_taken: count(Outcome::NotTaken),
        lines: told,
    })
}

/// A line as it is told until more is known, and its order, where it is right.
fn judge(teller: &Teller<'_>, line: Line, now_s: i64) -> (Told, Option<NewOrder>) {
    let Line { number, last, order_id, body, mut errors } = line;
    let mut warnings = Vec::new();
    let mut order = None;
    match body.map(|body| intake::order(teller, &body, now_s)) {
        Some(Ok(Parsed { order: read, warnings: left_out })) => (order, warnings) = (Some(read), left_out),
        Some(Err(Refused::Invalid(found))) => {
            let told: HashSet<String> = errors.iter().map(|it| it.field.clone()).collect();
            errors.extend(found.into_iter().filter(|it| !told.contains(&it.field)));
        }
        // Made of a row, it is an object; its only fault can be its size.
        Some(Err(Refused::NotParseable(why))) => {
            errors.push(FieldError { field: String::new(), code: "not_parseable", message: why });
        }
        None => {}
    }
    let order = order.filter(|_| errors.is_empty());
    errors.truncate(TOLD_MAX);
    warnings.truncate(TOLD_MAX);
    let outcome = if order.is_some() { Outcome::NotTaken } else { Outcome::Wrong };
    let event_id = order.as_ref().map(|order| order.event_id.clone());
    let last_line = (last != number).then_some(last);
    let told = Told {
        line: number,
        last_line,
        order_id,
        outcome,
        event_id,
        known_as: None,
        state: None,
        reason: None,
        errors,
        warnings,
    };
    (told, order)
}

/// What would become of the right lines.
async fn look(
    state: &State,
    request: &Request,
    id: &str,
    orders: &[(usize, NewOrder)],
    told: &mut [Told],
) -> Result<(), Problem> {
    let keys: Vec<&str> = orders.iter().map(|(_, order)| order.order_key.as_str()).collect();
    let event_ids: Vec<&str> = orders.iter().map(|(_, order)| order.event_id.as_str()).collect();
    let (keys, event_ids) = (keys.as_slice(), event_ids.as_slice());
    let seen = state.db.run(|client| async move { orders::seen(&client, id, keys, event_ids).await });
    let mut looked = Looked::default();
    for ((index, order), seen) in orders.iter().zip(seen.await.map_err(lost(request))?) {
        let line = &mut told[*index];
        let earlier = looked.duplicate_of(order, seen);
        line.outcome = if earlier.is_some() { Outcome::Duplicate } else { Outcome::Taken };
        if let Some(earlier) = earlier {
            line.is_known_as(order, earlier);
        }
    }
    Ok(())
}

impl Told {
    fn is_known_as(&mut self, order: &NewOrder, earlier: Sold) {
        self.event_id = Some(earlier.event_id);
        self.known_as = Some(earlier.order_key).filter(|key| *key != order.order_key);
    }
}

/// Records the right lines, a chunk at a time; what is left when the time is up or the database is lost is not taken.
async fn take(
    state: &State,
    request: &Request,
    orders: &[(usize, NewOrder)],
    told: &mut [Told],
    (began, entry): (Instant, &Entry),
) -> Result<(), Problem> {
    for (number, chunk) in orders.chunks(CHUNK).enumerate() {
        if began.elapsed() > TIME {
            break;
        }
        let (indexes, chunk): (Vec<usize>, Vec<NewOrder>) = chunk.iter().cloned().unzip();
        let chunk = chunk.as_slice();
        // It is told of with the first of them.
        let entry = (number == 0).then_some(entry);
        let done = state.db.run(|client| async move { orders::record_all(&client, chunk, entry).await }).await;
        let recorded = match done {
            Ok(recorded) => recorded,
            Err(error) if number == 0 => return Err(crate::unavailable(request, &error)),
            Err(error) => {
                tracing::error!(request.id = http::request_id(request), error = telemetry::chain(&error), "import");
                break;
            }
        };
        for ((index, order), became) in indexes.into_iter().zip(chunk).zip(recorded) {
            match became {
                Recorded::Order(kept) => {
                    let line = &mut told[index];
                    line.outcome = if kept.duplicate { Outcome::Duplicate } else { Outcome::Taken };
                    (line.state, line.reason) = (Some(kept.state.as_str()), kept.reason);
                    line.is_known_as(order, Sold { order_key: kept.order_key, event_id: kept.event_id });
                }
                Recorded::Forgotten { event_id } => {
                    (told[index].outcome, told[index].event_id) = (Outcome::Duplicate, Some(event_id));
                }
                // Retired meanwhile.
                Recorded::KeyRevoked | Recorded::Retired => {}
            }
        }
    }
    Ok(())
}
