//! `GET /v1/tenants/{id}/quarantine`: events that Meta refused for what is in them, with Meta's words.

use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Request, Response};
use serde::Serialize;
use shared::db::quarantine::{self, Quarantined};
use shared::http::{self, Problem};
use shared::keyset::{Cursor, Page};
use utoipa::ToSchema;

use crate::State;
use crate::tenants::shown;

/// A page of quarantined events.
#[derive(Serialize, ToSchema)]
pub(crate) struct Quarantine {
    pub(crate) events: Vec<Quarantined>,
    /// What the next page comes after, if there is one.
    pub(crate) next: Option<String>,
}

/// `GET`.
pub(crate) async fn list(state: &State, request: &Request, id: &str) -> Result<Response<Body>, Problem> {
    match *request.method() {
        Method::GET => Ok(http::json(StatusCode::OK, &page(state, request, id).await?)),
        _ => Err(Problem::method_not_allowed("GET")),
    }
}

/// A page of them, the newest first.
pub(crate) async fn page(state: &State, request: &Request, id: &str) -> Result<Quarantine, Problem> {
    let page = &Page::of(request)?;
    let found = state.db.run(|client| async move { quarantine::list(&client, id, page).await }).await;
    let (events, next) = found.map_err(|error| crate::unavailable(request, &error))?;
    if events.is_empty() {
        shown(state, request, id).await?;
    }
    Ok(Quarantine { events, next: next.as_ref().map(Cursor::text) })
}
