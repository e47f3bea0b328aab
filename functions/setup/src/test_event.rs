//! `POST /v1/setup/sessions/{id}/test-event`: one event for Events Manager's Test Events, and Meta's own answer.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use serde_json::value::to_raw_value;
use serde_json::{Value, json};
use shared::db::audit::Entry;
use shared::db::keys;
use shared::db::setup::{self, Session};
use shared::domain::access::Act;
use shared::domain::delivery::{Event, Meaning};
use shared::domain::setup::{Input, MetaVerdict, is_pixel};
use shared::http::{self, FieldError, Problem};
use shared::ids;
use shared::meta::{Probe, Reply};
use shared::openapi as problems;

use crate::access::{self, Caller};
use crate::{State, meta_check, sessions};

/// A custom event: Meta counts what has a test code too (Meta, Using the API), and a Purchase that nobody made must not be counted.
const EVENT_NAME: &str = "TrackAiTest";
/// The longest test code, in characters.
pub(crate) const CODE_MAX: usize = 64;

/// Sends one.
#[utoipa::path(
    post, path = "/v1/setup/sessions/{id}/test-event", tag = "setup", operation_id = "send_test_event", security(("session" = []), ("operator" = [])),
    params(("id" = String, Path, description = "The session's id.")),
    request_body = Option<crate::openapi::SendTest>,
    responses(
        (status = 200, description = "Sent; Meta's own answer.", body = crate::openapi::TestEvent),
        problems::OfChange,
    ),
)]
pub(crate) async fn test_event(state: &State, request: &Request, id: &str) -> Result<Response<Body>, Problem> {
    let caller = access::caller(state, request).await?;
    let session = sessions::open(state, request, &caller, id).await?;
    let mut fields = crate::fields(request)?;
    let code = fields.text("test_event_code").map(|it| it.trim().to_owned()).filter(|it| !it.is_empty());
    if code.as_deref().is_some_and(|it| it.chars().count() > CODE_MAX || it.contains(char::is_control)) {
        fields.error("test_event_code", "too_long", format!("must be one line of {CODE_MAX} characters at the most"));
    }
    crate::finish(fields)?;
    let told = send(state, request, &caller, &session, code).await?;
    Ok(http::json(StatusCode::OK, &told))
}

/// The same with a code, or else with the one that was entered. Gives what Meta said.
pub(crate) async fn send(
    state: &State,
    request: &Request,
    caller: &Caller,
    session: &Session,
    code: Option<String>,
) -> Result<Value, Problem> {
    let input: Input = serde_json::from_value(session.input.clone()).unwrap_or_default();
    let code = code.or_else(|| input.meta.test_event_code.clone());
    let credentials =
        if input.meta.access_token.is_some() { meta_check::credentials(state, request, session).await? } else { None };
    let pixel_id = input.meta.pixel_id.as_deref().filter(|it| is_pixel(it));
    let (Some(pixel_id), Some(code), Some(credentials)) = (pixel_id, code.as_deref(), &credentials) else {
        return Err(missing(pixel_id.is_none(), code.is_none(), credentials.is_none()));
    };
    let event = event(session)?;
    let reply = state.meta.send(pixel_id, credentials, Some(code), &[&event]).await;
    let told = told(&event, code, &reply, session.now_s);
    let detail = json!({"taken": told["taken"], "answer": told["answer"]});
    let entry = access::entry(state, request, caller, Act::TestEventSent, &session.id, &detail);
    note(state, request, session, (&input, &reply, &told), &entry).await?;
    access::told(request, &entry);
    Ok(told)
}

fn missing(pixel: bool, code: bool, token: bool) -> Problem {
    let wanted = [
        (pixel, "meta.pixel_id", "enter the pixel's id first"),
        (token, "meta.access_token", "enter the access token first"),
        (code, "test_event_code", "copy the test code from Events Manager, Test Events"),
    ];
    let errors = wanted.into_iter().filter(|(is_missing, ..)| *is_missing);
    Problem::invalid(
        errors
            .map(|(_, field, message)| FieldError {
                field: field.to_owned(),
                code: "required",
                message: message.to_owned(),
            })
            .collect(),
    )
}

/// Of nobody: an id that no customer has, hashed.
fn event(session: &Session) -> Result<Event, Problem> {
    let event_id = format!("test-{}", ids::new_id());
    let user_data = to_raw_value(&json!({"external_id": [keys::hash(&event_id)]}));
    let (Ok(user_data), Ok(custom_data)) = (user_data, to_raw_value(&json!({}))) else {
        return Err(Problem::unavailable());
    };
    Ok(Event {
        event_id,
        event_name: EVENT_NAME.to_owned(),
        event_time_s: session.now_s,
        action_source: "system_generated".to_owned(),
        event_source_url: None,
        user_data,
        custom_data,
        limited_data_use: false,
    })
}

fn told(event: &Event, code: &str, reply: &Reply, now_s: i64) -> Value {
    let said = &reply.answer.said;
    json!({
        "taken": reply.answer.meaning == Meaning::Accepted,
        "event_id": event.event_id,
        "event_name": event.event_name,
        "test_event_code": code,
        "sent_at": now_s,
        "answer": reply.answer.word,
        "http_status": said.http_status,
        "events_received": said.events_received,
        "error_code": said.code,
        "error_subcode": said.subcode,
        "error_message": said.message,
        "fbtrace_id": said.fbtrace_id,
    })
}

/// Keeps what was learnt: Meta's answer, and with it whether the token may send.
async fn note(
    state: &State,
    request: &Request,
    session: &Session,
    (input, reply, told): (&Input, &Reply, &Value),
    entry: &Entry,
) -> Result<(), Problem> {
    let said = &reply.answer.said;
    let verdict = match (reply.answer.meaning, said.code, said.subcode) {
        (Meaning::Accepted, ..) => Some(MetaVerdict::Ready),
        (Meaning::Credentials, Some(100), Some(33)) => Some(MetaVerdict::PixelNotShared),
        (Meaning::Credentials, ..) => Some(MetaVerdict::TokenRefused),
        _ => None,
    };
    let mut facts = json!({"test_event": told});
    if let Some(verdict) = verdict {
        facts["meta"] =
            meta_check::fact(&input.meta, &Probe { verdict, said: said.clone(), dated: None }, session.now_s);
        facts["meta"]["by_test_event"] = (verdict == MetaVerdict::Ready).into();
    }
    let (id, facts) = (session.id.as_str(), &facts);
    let noted = state.db.run(|client| async move { setup::note(&client, id, facts, Some(entry)).await }).await;
    noted.map_err(|error| crate::unavailable(request, &error))
}
