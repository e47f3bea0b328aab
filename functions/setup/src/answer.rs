//! A session as it is answered.

use lambda_http::http::{StatusCode, header};
use lambda_http::{Body, Request, Response};
use serde_json::{Value, json};
use shared::db::setup::Session;
use shared::domain::setup::MetaVerdict;
use shared::http;

use crate::State;
use crate::assess::Assessed;

/// `{id, step, input, issues, tenant, live, ...}`.
pub(crate) fn session(session: &Session, assessed: &Assessed) -> Response<Body> {
    http::json(StatusCode::OK, &json(session, assessed))
}

fn json(session: &Session, assessed: &Assessed) -> Value {
    json!({
        "id": session.id,
        "version": session.version,
        "locale": session.locale.as_str(),
        "expires_at": session.expires_at,
        "step": assessed.step.as_str(),
        "input": session.input,
        "issues": assessed.told(session.locale),
        "tenant": tenant(session),
        "meta": known_of_meta(session, assessed),
        "live": live(session),
    })
}

/// The tenant, once there is one.
pub(crate) fn tenant(session: &Session) -> Value {
    session.tenant_status.as_ref().map_or(Value::Null, |status| json!({"id": session.tenant_id(), "status": status}))
}

/// What has come so far; times are Unix seconds.
pub(crate) fn live(session: &Session) -> Value {
    let live = session.live;
    json!({
        "first_click_at": live.first_click_at,
        "first_order_at": live.first_order_at,
        "first_event_at": live.first_event_at,
        "test_event": session.facts["test_event"],
    })
}

fn known_of_meta(session: &Session, assessed: &Assessed) -> Value {
    let verdict = crate::assess::verdict(&session.facts, &assessed.input);
    json!({
        "verdict": verdict.map(MetaVerdict::as_str),
        "checked_at": verdict.map(|_| session.facts["meta"]["checked_at"].clone()),
        "message": verdict.map(|_| session.facts["meta"]["message"].clone()),
    })
}

/// Where this deployment is reached: as it is configured, else as the caller reached it.
pub(crate) fn base_url(state: &State, request: &Request) -> String {
    if let Some(url) = &state.public_url {
        return url.clone();
    }
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let host = header(header::HOST.as_str()).unwrap_or("localhost");
    let is_local = host.starts_with("127.0.0.1") || host.starts_with("localhost");
    format!("{}://{host}", if is_local { "http" } else { "https" })
}
