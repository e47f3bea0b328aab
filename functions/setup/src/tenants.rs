//! `/v1/tenants/{id}/...`: the operator's, and what a tenant may see and change of itself.

use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Request, Response};
use serde_json::{Value, json};
use shared::db::gates::Released;
use shared::db::replay::{self, Replayed, Which};
use shared::db::setup::{self, Found, Shown};
use shared::db::{gates, ledger};
use shared::domain::access::Act;
use shared::http::{self, Problem};

use crate::access::{self, Caller};
use crate::assess::assess;
use crate::{
    State, activate, sessions, tenants_audit, tenants_bodies, tenants_books, tenants_connections, tenants_doctor,
    tenants_keys, tenants_meta, tenants_optional, tenants_people, tenants_quarantine,
};

/// Lets through who may, and finds the act.
pub(crate) async fn route(state: &State, request: &Request, rest: &str) -> Result<Response<Body>, Problem> {
    let (id, act) = rest.split_once('/').map_or((rest, None), |(id, act)| (id, Some(act)));
    let caller = &access::allowed(state, request, access::needs(request.method(), act), id, none).await?;
    if !setup::is_id(id) {
        return Err(none());
    }
    if let Some(act) = act
        && let Some(answer) = tenants_books::route(state, request, caller, id, act).await
    {
        return answer;
    }
    let answer = match (act, request.method()) {
        (None, &Method::GET) => show(state, request, id).await?,
        (Some("issues"), &Method::GET) => return tenants_doctor::issues(state, request, id).await,
        (Some("quality"), &Method::GET) => return tenants_doctor::quality(state, request, id).await,
        (None | Some("issues" | "quality"), _) => return Err(Problem::method_not_allowed("GET")),
        (Some("meta"), &Method::PUT) => tenants_meta::replace(state, request, caller, id).await?,
        (Some("optional-events"), &Method::PUT) => tenants_optional::set(state, request, caller, id).await?,
        (Some("meta" | "optional-events"), _) => return Err(Problem::method_not_allowed("PUT")),
        (Some("suspend"), &Method::POST) => set_status(state, request, caller, id, "suspended").await?,
        (Some("retire"), &Method::POST) => set_status(state, request, caller, id, "retired").await?,
        (Some("activate"), &Method::POST) => set_active(state, request, caller, id).await?,
        (Some("rotate-key"), &Method::POST) => tenants_keys::rotate(state, request, caller, id).await?,
        (Some("release"), &Method::POST) => release(state, request, caller, id).await?,
        (Some("replay"), &Method::POST) => replay(state, request, caller, id).await?,
        (Some("people/find"), &Method::POST) => tenants_people::act(state, request, caller, id, "find").await?,
        (Some("people/export"), &Method::POST) => tenants_people::act(state, request, caller, id, "export").await?,
        (Some("people/erase"), &Method::POST) => tenants_people::act(state, request, caller, id, "erase").await?,
        (Some("doctor"), &Method::POST) => tenants_doctor::examine(state, request, id).await?,
        (
            Some(
                "suspend" | "retire" | "activate" | "rotate-key" | "release" | "replay" | "doctor" | "people/find"
                | "people/export" | "people/erase",
            ),
            _,
        ) => {
            return Err(Problem::method_not_allowed("POST"));
        }
        (Some("keys"), _) => return tenants_keys::all(state, request, caller, id).await,
        (Some("audit"), _) => return tenants_audit::list(state, request, caller, id).await,
        (Some("quarantine"), _) => return tenants_quarantine::list(state, request, id).await,
        (Some(act), _) => return below(state, request, caller, id, act).await,
    };
    Ok(http::json(StatusCode::OK, &answer))
}

/// What has parts of its own: keys, connections, bodies.
async fn below(
    state: &State,
    request: &Request,
    caller: &Caller,
    id: &str,
    act: &str,
) -> Result<Response<Body>, Problem> {
    let (what, rest) = act.split_once('/').map_or((act, None), |(what, rest)| (what, Some(rest)));
    match (what, rest) {
        ("keys", Some(key_id)) => tenants_keys::one(state, request, caller, id, key_id).await,
        ("connections", rest) => tenants_connections::route(state, request, caller, id, rest).await,
        ("bodies", rest) => tenants_bodies::route(state, request, caller, id, rest).await,
        _ => Err(crate::no_route()),
    }
}

/// 404: no such tenant, or not the caller's.
pub(crate) fn none() -> Problem {
    Problem::not_found("There is no such tenant.")
}

/// 409: nothing of a retired tenant is changed any more.
pub(crate) fn retired() -> Problem {
    Problem::conflict("The tenant is retired, which is for good.")
}

/// A tenant that is there.
pub(crate) async fn shown(state: &State, request: &Request, id: &str) -> Result<Shown, Problem> {
    let found = state.db.run(|client| async move { setup::show(&client, id).await }).await;
    found.map_err(|error| crate::unavailable(request, &error))?.ok_or_else(none)
}

async fn show(state: &State, request: &Request, id: &str) -> Result<Value, Problem> {
    let lost = |error| crate::unavailable(request, &error);
    let shown = shown(state, request, id).await?;
    let gate = state.db.run(|client| async move { gates::show(&client, id).await }).await.map_err(lost)?;
    let sales = state.db.run(|client| async move { ledger::tallied(&client, id).await }).await.map_err(lost)?;
    let issues = match &shown.session_id {
        Some(session_id) => issues(state, request, session_id).await?,
        None => json!([]),
    };
    Ok(json!({"tenant": shown.tenant, "session_id": shown.session_id, "gate": gate, "ledger": sales, "issues": issues}))
}

async fn issues(state: &State, request: &Request, session_id: &str) -> Result<Value, Problem> {
    let found = state.db.run(|client| async move { setup::find(&client, session_id, None, None).await }).await;
    Ok(match found.map_err(|error| crate::unavailable(request, &error))? {
        Some(Found::Open(session)) => assess(&session).told(session.locale),
        Some(Found::Over) | None => json!([]),
    })
}

/// Suspends or retires a tenant, which is the operator's to do.
pub(crate) async fn set_status(
    state: &State,
    request: &Request,
    caller: &Caller,
    id: &str,
    status: &'static str,
) -> Result<Value, Problem> {
    crate::finish(crate::fields(request)?)?;
    let act = if status == "retired" { Act::Retired } else { Act::Suspended };
    let entry = &access::entry(state, request, caller, act, id, &json!({}));
    let changed = state.db.run(|client| async move { setup::set_status(&client, id, status, entry).await }).await;
    match changed.map_err(|error| crate::unavailable(request, &error))?.ok_or_else(none)? {
        (before, after) if after == status => {
            access::told(request, entry);
            Ok(json!({"id": id, "status": after, "before": before}))
        }
        _ => Err(retired()),
    }
}

/// One in provisioning goes live as by its session: without any error, and as the session says now. One that was suspended goes on, if
/// the operator says so.
pub(crate) async fn set_active(state: &State, request: &Request, caller: &Caller, id: &str) -> Result<Value, Problem> {
    crate::finish(crate::fields(request)?)?;
    let shown = shown(state, request, id).await?;
    if shown.tenant.status == "provisioning" {
        let session_id = shown
            .session_id
            .ok_or_else(|| Problem::conflict("It has no setup session that could say whether it is ready."))?;
        let session = sessions::find(state, request, &Caller::Operator, &session_id, None).await?;
        let mut live = activate::go_live(state, request, caller, session).await?.answer(state, request);
        (live["id"], live["status"], live["before"]) = (id.into(), "active".into(), "provisioning".into());
        return Ok(live);
    }
    let from: &[&str] = if matches!(caller, Caller::Operator) { &["suspended"] } else { &[] };
    let entry = &access::entry(state, request, caller, Act::Activated, id, &json!({}));
    let done = state.db.run(|client| async move { setup::activate(&client, id, from, entry).await }).await;
    match done.map_err(|error| crate::unavailable(request, &error))?.ok_or_else(none)? {
        (before, after) if after == "active" => {
            access::told(request, entry);
            Ok(json!({"id": id, "status": after, "before": before}))
        }
        (_, after) if after == "suspended" => {
            Err(Problem::forbidden("The operator of the deployment alone does this."))
        }
        _ => Err(retired()),
    }
}

async fn release(state: &State, request: &Request, caller: &Caller, id: &str) -> Result<Value, Problem> {
    crate::finish(crate::fields(request)?)?;
    let released = let_go(state, request, caller, id).await?;
    Ok(json!({"before": released.before, "hastened": released.hastened}))
}

/// Resets what keeps a tenant's sends back.
pub(crate) async fn let_go(state: &State, request: &Request, caller: &Caller, id: &str) -> Result<Released, Problem> {
    let entry = &access::entry(state, request, caller, Act::Released, id, &json!({}));
    let released = state.db.run(|client| async move { gates::release(&client, id, Some(entry)).await }).await;
    let released = released.map_err(|error| crate::unavailable(request, &error))?.ok_or_else(none)?;
    access::told(request, entry);
    Ok(released)
}

async fn replay(state: &State, request: &Request, caller: &Caller, id: &str) -> Result<Value, Problem> {
    let mut fields = crate::fields(request)?;
    let (event_id, may_be_there) = (fields.text("event_id"), fields.flag("may_be_there"));
    crate::finish(fields)?;
    shown(state, request, id).await?;
    Ok(json!(put_back(state, request, caller, id, event_id.as_deref(), may_be_there).await?))
}

/// Puts quarantined events of a tenant back, or the one with this id. `may_be_there`: also what Meta may have already.
pub(crate) async fn put_back(
    state: &State,
    request: &Request,
    caller: &Caller,
    id: &str,
    event_id: Option<&str>,
    may_be_there: bool,
) -> Result<Replayed, Problem> {
    if event_id.is_some_and(|it| it.len() != 64 || it.bytes().any(|byte| !byte.is_ascii_hexdigit())) {
        return Err(Problem::not_found("There is no such event."));
    }
    let which = event_id.map_or(Which::All, Which::Event);
    let detail = json!({"event_id": event_id, "may_be_there": may_be_there});
    let entry = access::entry(state, request, caller, Act::EventsReplayed, event_id.unwrap_or(id), &detail);
    let told = Some(&entry);
    let replayed =
        state.db.run(|client| async move { replay::replay(&client, id, which, may_be_there, told).await }).await;
    let replayed = replayed.map_err(|error| crate::unavailable(request, &error))?;
    access::told(request, &entry);
    Ok(replayed)
}
