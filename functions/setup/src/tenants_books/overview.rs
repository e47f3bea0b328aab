//! `GET .../overview`: how the tenant stands, and how it has fared for four weeks.

use lambda_http::{Body, Request, Response};
use serde::Serialize;
use shared::db::books::{self, Day, Matched};
use shared::db::gates::{self, Gate};
use shared::db::ledger;
use shared::db::setup::{self, Tenant};
use shared::domain::books as words;
use shared::domain::setup::Locale;
use shared::http::Problem;
use shared::openapi as problems;
use utoipa::ToSchema;

use super::{lost, ok, parameters};
use crate::{State, tenants};

/// How a tenant stands. Times are Unix seconds, days are UTC.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Overview {
    /// The tenant.
    pub(crate) tenant: Tenant,
    /// By the database's clock.
    pub(crate) now_at: i64,
    /// What keeps its sends back.
    pub(crate) gate: Gate,
    /// Why they are kept back, in words; null when they go.
    pub(crate) kept_back: Option<String>,
    /// Every sale that was ever accepted.
    pub(crate) ledger: Ledger,
    /// What its events were matched by, the days' first figure.
    pub(crate) matches: Matches,
    /// The last 28 days, oldest first.
    pub(crate) days: Vec<Day>,
}

/// The ledger: its entries add up to all sales.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Ledger {
    /// All sales.
    pub(crate) sales: i64,
    /// By state and reason.
    pub(crate) entries: Vec<Entry>,
}

/// How many sales are in a state for a reason.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = LedgerLine)]
pub(crate) struct Entry {
    /// The word of the state.
    pub(crate) state: String,
    /// The state in words.
    pub(crate) state_text: String,
    /// The word of the reason.
    pub(crate) reason: Option<String>,
    /// The reason in words.
    pub(crate) reason_text: Option<String>,
    /// How many.
    pub(crate) sales: i64,
}

/// The match rate over two spans that end today.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Matches {
    /// Seven days.
    pub(crate) last_7_days: Rate,
    /// Twenty-eight.
    pub(crate) last_28_days: Rate,
}

/// Of how many events a click was found, and by which stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = MatchRate)]
pub(crate) struct Rate {
    /// All events; ignored ones are none.
    pub(crate) events: i64,
    /// Those with a click.
    pub(crate) matched: i64,
    /// Of these by the buyer's identity.
    pub(crate) identity: i64,
    /// By the click that the order itself carries.
    pub(crate) click: i64,
    /// By address and agent.
    pub(crate) network: i64,
}

/// The use case: one round trip.
pub(crate) async fn overview(state: &State, request: &Request, id: &str, locale: Locale) -> Result<Overview, Problem> {
    let found = state.db.run(|client| async move {
        // Sent together.
        tokio::try_join!(
            setup::show(&client, id),
            gates::show(&client, id),
            ledger::tallied(&client, id),
            books::matches(&client, id),
            books::days(&client, id),
        )
    });
    let (shown, gate, entries, matched, days) = found.await.map_err(lost(request))?;
    let (Some(shown), Some(gate)) = (shown, gate) else { return Err(tenants::none()) };
    Ok(Overview {
        kept_back: kept_back(&gate, shown.now_s, locale),
        tenant: shown.tenant,
        now_at: shown.now_s,
        gate,
        ledger: ledger(entries, locale),
        matches: matches(&matched),
        days,
    })
}

/// How a tenant stands, and how it has fared for four weeks.
#[utoipa::path(
    get, path = "/v1/tenants/{id}/overview", tag = "tenants", operation_id = "overview", security(("operator" = []), ("session" = []), ("api_key" = [])),
    params(("id" = String, Path, description = "The tenant's id."), ("locale" = Option<Locale>, Query, description = "Of the texts.")),
    responses(
        (status = 200, description = "The overview.", body = Overview),
        problems::OfLook,
    ),
)]
pub(crate) async fn answer(state: &State, request: &Request, id: &str) -> Result<Response<Body>, Problem> {
    let locale = parameters::locale(request)?;
    Ok(ok(&overview(state, request, id, locale).await?))
}

/// What keeps the tenant's sends back, as the view of what stands where orders it: the status, then parking, breaker and throttling.
fn kept_back(gate: &Gate, now: i64, locale: Locale) -> Option<String> {
    let why = |state, word: &str| words::reason(state, Some(word), locale);
    if matches!(gate.tenant_status.as_str(), "suspended" | "retired") {
        why("held", &gate.tenant_status)
    } else if let Some(reason) = &gate.parked_reason {
        why("parked", reason)
    } else if gate.breaker != "closed" {
        why("pending", "breaker_open")
    } else if gate.throttled_until.is_some_and(|until| until > now) {
        why("pending", "throttled")
    } else if gate.tenant_status == "provisioning" {
        why("held", "provisioning")
    } else {
        None
    }
}

fn ledger(entries: Vec<ledger::Entry>, locale: Locale) -> Ledger {
    let place = |entry: &ledger::Entry| words::STATES.iter().position(|state| *state == entry.state);
    let mut entries = entries;
    entries.sort_by_key(place);
    Ledger {
        sales: entries.iter().map(|it| it.sales).sum(),
        entries: entries
            .into_iter()
            .map(|it| Entry {
                state_text: words::state(&it.state, locale).to_owned(),
                reason_text: words::reason(&it.state, it.reason.as_deref(), locale),
                state: it.state,
                reason: it.reason,
                sales: it.sales,
            })
            .collect(),
    }
}

fn matches(matched: &[Matched]) -> Matches {
    let (mut week, mut month) = (Rate::default(), Rate::default());
    for it in matched {
        for (rate, events) in [(&mut week, it.last_7_days), (&mut month, it.last_28_days)] {
            rate.events += events;
            let stage = match it.stage.as_str() {
                "identity" => &mut rate.identity,
                "click" => &mut rate.click,
                "network" => &mut rate.network,
                _ => continue,
            };
            *stage += events;
            rate.matched += events;
        }
    }
    Matches { last_7_days: week, last_28_days: month }
}
