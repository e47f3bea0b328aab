//! `POST /v1/setup/sessions/{id}/activate`: asks Meta once more, and goes live if no error is left.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use serde_json::json;
use shared::db::setup::{self, Session};
use shared::domain::access::Act;
use shared::http::{self, Problem};
use shared::openapi as problems;

use crate::access::{self, Caller};
use crate::assess::{Assessed, assess};
use crate::provision::{Made, Rotate, make};
use crate::{State, meta_check, resolve, sessions};

/// Brings the tenant to what the session says, and sets it active.
#[utoipa::path(
    post, path = "/v1/setup/sessions/{id}/activate", tag = "setup", operation_id = "activate", security(("session" = []), ("operator" = [])),
    params(("id" = String, Path, description = "The session's id.")),
    responses(
        (status = 200, description = "Live.", body = crate::openapi::Provisioned),
        problems::OfChange,
        (status = 409, response = problems::Conflict),
    ),
)]
pub(crate) async fn activate(state: &State, request: &Request, id: &str) -> Result<Response<Body>, Problem> {
    let caller = access::caller(state, request).await?;
    let session = sessions::open(state, request, &caller, id).await?;
    let fields = crate::fields(request)?;
    crate::finish(fields)?;
    let made = go_live(state, request, &caller, session).await?;
    Ok(http::json(StatusCode::OK, &made.answer(state, request)))
}

/// The same, whoever called.
pub(crate) async fn go_live(
    state: &State,
    request: &Request,
    caller: &Caller,
    mut session: Session,
) -> Result<Made, Problem> {
    let assessed = recheck(state, request, &mut session).await?;
    if let Some(refusal) = assessed.refusal(session.locale, |_| true) {
        return Err(refusal);
    }
    let mut made = make(state, request, caller, session, &assessed, Rotate::default()).await?;
    let tenant_id = &made.session.tenant_id();
    let entry = &access::entry(state, request, caller, Act::Activated, tenant_id, &json!({}));
    let from = &["provisioning"];
    let done = state.db.run(|client| async move { setup::activate(&client, tenant_id, from, entry).await }).await;
    let (before, status) = done.map_err(|error| crate::unavailable(request, &error))?.unwrap_or_default();
    match status.as_str() {
        "active" if before == status => {}
        "active" => access::told(request, entry),
        "retired" => return Err(Problem::gone()),
        _ => return Err(Problem::conflict("The tenant is suspended; its operator alone can set it active again.")),
    }
    made.session.live.is_active = true;
    made.session.tenant_status = Some(status);
    Ok(made)
}

/// Asks the DNS and Meta anew, keeps what they say with the session, and checks all of it. A pixel that a test event went to needs no
/// reading.
async fn recheck(state: &State, request: &Request, session: &mut Session) -> Result<Assessed, Problem> {
    use shared::domain::setup::MetaVerdict::{NotReadable, PixelNotShared, Ready, Unknown};
    let input = assess(session).input;
    if let Some(domains) = resolve::fact(state.resolver, &input, &session.facts, session.now_s).await {
        session.facts["domains"] = domains;
        note(state, request, session, "domains").await?;
    }
    let assessed = assess(session);
    if assessed.input.meta.access_token.is_none() {
        return Ok(assessed);
    }
    let credentials = meta_check::credentials(state, request, session).await?;
    let Some(probe) = meta_check::ask(state, &assessed.input, credentials.as_ref()).await else { return Ok(assessed) };
    let was_proven = crate::assess::verdict(&session.facts, &assessed.input) == Some(Ready)
        && session.facts["meta"]["by_test_event"] == true;
    if was_proven && matches!(probe.verdict, NotReadable | PixelNotShared | Unknown) {
        return Ok(assessed);
    }
    session.facts["meta"] = meta_check::fact(&assessed.input.meta, &probe, session.now_s);
    note(state, request, session, "meta").await?;
    Ok(assess(session))
}

async fn note(state: &State, request: &Request, session: &Session, what: &str) -> Result<(), Problem> {
    let (id, facts) = (session.id.as_str(), &json!({what: session.facts[what]}));
    let noted = state.db.run(|client| async move { setup::note(&client, id, facts, None).await }).await;
    noted.map_err(|error| crate::unavailable(request, &error))
}
