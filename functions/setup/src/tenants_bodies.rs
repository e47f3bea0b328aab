//! `/v1/tenants/{id}/bodies`: what came from checkouts and made no order; shown without what is in it, and taken after the repair.

use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Request, RequestExt, Response};
use serde::Serialize;
use serde_json::json;
use shared::db::audit;
use shared::db::connections::listed;
use shared::db::kept::{self, Kept, Place};
use shared::db::setup;
use shared::domain::access::Act;
use shared::domain::order::Rejected;
use shared::http::{self, Problem};
use shared::intake::replay::{Error, Replay, Replayed};
use shared::intake::seal::BodyKey;
use shared::keyset::{Cursor, Page};
use shared::telemetry;
use utoipa::ToSchema;

use crate::State;
use crate::access::{self, Caller};
use crate::tenants::shown;

/// A page of what is kept.
#[derive(Serialize, ToSchema)]
pub(crate) struct Bodies {
    pub(crate) bodies: Vec<Told>,
    /// What the next page comes after, if there is one.
    pub(crate) next: Option<String>,
}

/// A body that is kept.
#[derive(Serialize, ToSchema)]
#[schema(as = ToldBody)]
pub(crate) struct Told {
    #[serde(flatten)]
    pub(crate) kept: Kept,
    /// Why, in words.
    message: &'static str,
}

/// What a replay did.
#[derive(Serialize, ToSchema)]
#[schema(as = BodiesReplayed)]
pub(crate) struct Done {
    #[serde(flatten)]
    pub(crate) replayed: Replayed,
    /// Where to go on, as `after`, if there may be more.
    pub(crate) next: Option<String>,
}

/// Finds what is asked for, by the path behind `bodies`.
pub(crate) async fn route(
    state: &State,
    request: &Request,
    caller: &Caller,
    id: &str,
    rest: Option<&str>,
) -> Result<Response<Body>, Problem> {
    match (rest, request.method()) {
        (None, &Method::GET) => Ok(http::json(StatusCode::OK, &list(state, request, id).await?)),
        (None, _) => Err(Problem::method_not_allowed("GET")),
        (Some("replay"), &Method::POST) => Ok(http::json(StatusCode::OK, &replay(state, request, caller, id).await?)),
        (Some("replay"), _) => Err(Problem::method_not_allowed("POST")),
        (Some(_), _) => Err(crate::no_route()),
    }
}

/// A page of kept bodies, of one connection where the query names it.
pub(crate) async fn list(state: &State, request: &Request, id: &str) -> Result<Bodies, Problem> {
    let page = &Page::of(request)?;
    let parameters = request.query_string_parameters();
    let of = parameters.first("connection_id");
    if of.is_some_and(|of| !setup::is_id(of)) {
        return Err(Problem::bad_parameter("connection_id", "no_id", "must be the id of a connection"));
    }
    let found = state.db.run(|client| async move { kept::page(&client, id, of, page).await }).await;
    let (bodies, next) = found.map_err(|error| crate::unavailable(request, &error))?;
    if bodies.is_empty() {
        shown(state, request, id).await?;
    }
    Ok(Bodies { bodies: bodies.into_iter().map(told).collect(), next: next.as_ref().map(Cursor::text) })
}

fn told(kept: Kept) -> Told {
    let message = Rejected::parse(&kept.reason)
        .map_or("nothing proves that it is the platform's: is the secret right?", Rejected::words);
    Told { kept, message }
}

fn no_body() -> Problem {
    Problem::not_found("The tenant has no such body.")
}

/// Takes what the secrets of now prove and can be read now: one body, or a batch of all, or of a connection's.
pub(crate) async fn replay(state: &State, request: &Request, caller: &Caller, id: &str) -> Result<Done, Problem> {
    let mut fields = crate::fields(request)?;
    let (body_id, connection_id, after) = (fields.text("id"), fields.text("connection_id"), fields.text("after"));
    let place = after.as_deref().and_then(Place::parse);
    if after.is_some() && place.is_none() {
        fields.error("after", "no_cursor", "must be the `next` of a replay");
    }
    if body_id.is_some() && (connection_id.is_some() || after.is_some()) {
        fields.error("id", "one_of", "names one body; leave it out to take a connection's or all");
    }
    crate::finish(fields)?;
    if [&body_id, &connection_id].into_iter().flatten().any(|it| !setup::is_id(it)) {
        return Err(no_body());
    }
    let key = key(state, request).await?;
    let replay = Replay { db: &state.db, secrets: &state.secrets, prefix: &state.secrets_prefix, key: &key };
    let done = if let Some(body_id) = body_id.as_deref() {
        let replayed = replay.only(id, body_id).await.map_err(|error| stopped(request, &error))?;
        Done { replayed: replayed.ok_or_else(no_body)?, next: None }
    } else {
        let batch = replay.batch(id, connection_id.as_deref(), place.as_ref()).await;
        let (replayed, next) = batch.map_err(|error| stopped(request, &error))?;
        Done { replayed, next: next.as_ref().map(Place::text) }
    };
    if done.replayed == Replayed::default() {
        shown(state, request, id).await?;
        if let Some(connection_id) = connection_id.as_deref() {
            known(state, request, id, connection_id).await?;
        }
    } else {
        let subject = body_id.as_deref().or(connection_id.as_deref()).unwrap_or(id);
        note(state, request, caller, id, subject, &done.replayed).await?;
    }
    Ok(done)
}

/// A connection that the tenant has, or had.
async fn known(state: &State, request: &Request, id: &str, connection_id: &str) -> Result<(), Problem> {
    let found = state.db.run(|client| async move { listed::exists(&client, id, connection_id).await }).await;
    let is_there = found.map_err(|error| crate::unavailable(request, &error))?;
    if is_there { Ok(()) } else { Err(Problem::not_found("The tenant has no such connection.")) }
}

/// What a replay does is many statements, each for itself; that it was done is told after them.
async fn note(
    state: &State,
    request: &Request,
    caller: &Caller,
    id: &str,
    subject: &str,
    replayed: &Replayed,
) -> Result<(), Problem> {
    let entry = &access::entry(state, request, caller, Act::BodiesReplayed, subject, &json!(replayed));
    let noted = state.db.run(|client| async move { audit::write(&client, id, entry).await }).await;
    noted.map_err(|error| crate::unavailable(request, &error))?;
    access::told(request, entry);
    Ok(())
}

/// The key of kept bodies: read when it is needed, which is seldom.
async fn key(state: &State, request: &Request) -> Result<BodyKey, Problem> {
    let Some(secret_id) = &state.body_key_secret else {
        return Err(Problem::conflict("This deployment keeps no bodies: it has no key for them."));
    };
    let text = state.secrets.text(secret_id).await.map_err(|error| crate::without_secrets(request, &error))?;
    BodyKey::of(&text).map_err(|_| {
        let id = http::request_id(request);
        tracing::error!(request.id = id, "the key of kept bodies has less than 32 characters");
        Problem::unavailable()
    })
}

/// Logs, once, why it stopped. What was done is done, and running it again goes on.
fn stopped(request: &Request, error: &Error) -> Problem {
    tracing::error!(request.id = http::request_id(request), error = telemetry::chain(error), "replay of bodies");
    Problem::unavailable()
}
