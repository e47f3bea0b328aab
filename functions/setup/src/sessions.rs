//! Looking a session up, and showing it.

use lambda_http::{Body, Request, Response};
use shared::db::setup::{self, Found, Session};
use shared::http::Problem;
use shared::openapi as problems;

use crate::access::{self, Caller};
use crate::assess::assess;
use crate::{State, answer};

/// 404: no such session, or another's link.
pub(crate) fn none() -> Problem {
    Problem::not_found("There is no such setup session.")
}

/// A session, for who may see it. `slug` is the one that is about to be entered, if it changes.
///
/// # Errors
/// 404 for another's link as for a session that is not there; 410 for its own link when its time is over; 403 for an API key.
pub(crate) async fn find(
    state: &State,
    request: &Request,
    caller: &Caller,
    id: &str,
    slug: Option<&str>,
) -> Result<Session, Problem> {
    let link = match caller {
        _ if !setup::is_id(id) => return Err(none()),
        Caller::Operator => None,
        Caller::Link(link) if link.session_id == id => Some(link),
        Caller::Link(_) => return Err(none()),
        Caller::Key(key) => return Err(access::refuse_key(key, id, none)),
    };
    let found = state.db.run(|client| async move { setup::find(&client, id, link, slug).await }).await;
    match found.map_err(|error| crate::unavailable(request, &error))? {
        Some(Found::Open(session)) => Ok(*session),
        Some(Found::Over) => Err(Problem::over("The link's time is over: ask for another one.")),
        // Of a login it was right once: it is another one since, and nobody's guess.
        None if link.is_some_and(|link| !link.is_remembered) => {
            Err(access::attempts::wrong(state, request, none()).await)
        }
        None => Err(none()),
    }
}

/// The same, for who is about to do something with it.
///
/// # Errors
/// 410 when its tenant is retired.
pub(crate) async fn open(state: &State, request: &Request, caller: &Caller, id: &str) -> Result<Session, Problem> {
    let session = find(state, request, caller, id, None).await?;
    refuse_retired(&session)?;
    Ok(session)
}

/// Nothing is entered or sent for a tenant that is retired.
pub(crate) fn refuse_retired(session: &Session) -> Result<(), Problem> {
    if session.tenant_status.as_deref() == Some("retired") { Err(Problem::gone()) } else { Ok(()) }
}

/// `GET /v1/setup/sessions/{id}`.
#[utoipa::path(
    get, path = "/v1/setup/sessions/{id}", tag = "setup", operation_id = "session", security(("session" = []), ("operator" = [])),
    params(("id" = String, Path, description = "The session's id.")),
    responses(
        (status = 200, description = "The session.", body = crate::openapi::Session),
        (status = 401, response = problems::Unauthorized),
        (status = 403, response = problems::Forbidden),
        (status = 404, response = problems::NotFound),
        (status = 410, response = problems::Gone),
        (status = 429, response = problems::TooManyRequests),
        (status = 503, response = problems::Unavailable),
    ),
)]
pub(crate) async fn show(state: &State, request: &Request, id: &str) -> Result<Response<Body>, Problem> {
    let caller = access::caller(state, request).await?;
    let session = find(state, request, &caller, id, None).await?;
    Ok(answer::session(&session, &assess(&session)))
}
