//! `POST /v1/orders`: parse, record in one statement, wake the dispatcher.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use serde::Serialize;
use shared::db::orders::{self, Kept, NewOrder, Recorded};
use shared::domain::access::Scope;
use shared::domain::attribution::{Match, Stage};
use shared::domain::conversion;
use shared::domain::order::ActionSource;
use shared::http::{self, FieldError, Problem};
use shared::intake::{self, Parsed, Teller};
use shared::openapi as problems;
use shared::queue::Message;
use shared::told;
use utoipa::ToSchema;

use crate::{State, auth};

/// What became of an order.
#[derive(Serialize, ToSchema)]
pub(crate) struct Placed {
    /// Lower-case hex SHA-256 of `tenant_id|order_id|event_name|value|currency`.
    event_id: String,
    /// Whether this very event was known; the rest is then the first one's.
    duplicate: bool,
    r#match: told::Match,
    /// Unknown once retention has purged the conversion.
    #[schema(value_type = Option<conversion::State>)]
    state: Option<&'static str>,
    /// Why, for a state that needs a reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = ActionSource)]
    action_source: Option<String>,
    /// What was malformed and left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<FieldError>,
}

/// Takes an order. The same order again is a duplicate, and is answered with the first one's data.
#[utoipa::path(
    post, path = "/v1/orders", tag = "orders", operation_id = "place_order", security(("api_key" = [])),
    request_body = crate::openapi::NewOrder,
    responses(
        (status = 202, description = "Recorded.", body = Placed),
        (status = 200, description = "It was recorded before.", body = Placed),
        (status = 400, response = problems::NotParseable),
        (status = 401, response = problems::Unauthorized),
        (status = 403, response = problems::Forbidden),
        (status = 410, response = problems::Gone),
        (status = 413, response = problems::TooLarge),
        (status = 415, response = problems::UnsupportedMediaType),
        (status = 422, response = problems::Invalid),
        (status = 503, response = problems::Unavailable),
    ),
)]
pub(crate) async fn place(state: &State, request: &Request) -> Result<Response<Body>, Problem> {
    let caller = auth::caller(state, request, Scope::Ingest).await?;
    let body = http::body_of(request, http::SERVER_BODY_MAX, &["application/json"])?;
    let read = intake::order(&Teller::api(&caller.key), body, state.clock.now_s());
    let Parsed { order, mut warnings } = read.map_err(Problem::from)?;
    let kept = match record(state, &order).await {
        Ok(Recorded::Order(kept)) => *kept,
        Ok(Recorded::Forgotten { event_id }) => return Ok(forgotten(event_id, warnings)),
        Ok(Recorded::KeyRevoked) => return Err(caller.revoked(state)),
        Ok(Recorded::Retired) => return Err(Problem::gone()),
        Err(error) => return Err(crate::unavailable(request, &error)),
    };
    if kept.wakes {
        wake(state, request, &order).await;
    }
    warnings.extend(changed_action_source(&order, &kept));
    warnings.truncate(http::MAX_ERRORS);
    let status = if kept.duplicate { StatusCode::OK } else { StatusCode::ACCEPTED };
    let answer = Placed {
        event_id: kept.event_id,
        duplicate: kept.duplicate,
        r#match: kept.found.into(),
        state: Some(kept.state.as_str()),
        reason: kept.reason,
        action_source: Some(kept.action_source),
        warnings,
    };
    Ok(http::json(status, &answer))
}

async fn record(state: &State, order: &NewOrder) -> Result<Recorded, shared::db::Error> {
    state.db.run(|client| async move { orders::record(&client, order).await }).await
}

fn forgotten(event_id: String, warnings: Vec<FieldError>) -> Response<Body> {
    let nothing = Match { stage: Stage::None, click_id: None, evidence: Vec::new() };
    let reason = Some("purged".to_owned());
    let answer = Placed {
        event_id,
        duplicate: true,
        r#match: nothing.into(),
        state: None,
        reason,
        action_source: None,
        warnings,
    };
    http::json(StatusCode::OK, &answer)
}

/// The order is kept already: if SQS is away, its pending attempt waits for sweep.
async fn wake(state: &State, request: &Request, order: &NewOrder) {
    let message = Message::Dispatch { tenant_id: order.tenant_id.clone(), event_id: order.event_id.clone() };
    if let Err(error) = state.queue.send(&message).await {
        tracing::warn!(request.id = http::request_id(request), %error, "dispatcher not woken; sweep will");
    }
}

/// A website event needs the agent and the page (Meta, Server event parameters); without them it is not one.
fn changed_action_source(order: &NewOrder, kept: &Kept) -> Option<FieldError> {
    (!kept.duplicate && order.signals.action_source.is_some_and(|wanted| wanted != kept.action_source)).then(|| {
        FieldError {
            field: "action_source".into(),
            code: "not_website",
            message: format!("is {} because the buyer's agent or page is not known", kept.action_source),
        }
    })
}
