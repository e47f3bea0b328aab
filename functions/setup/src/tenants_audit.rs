//! `GET /v1/tenants/{id}/audit`: what people changed.

use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Request, Response};
use serde::Serialize;
use shared::db::audit::{self, By, Told};
use shared::http::{self, Problem};
use shared::keyset::{Cursor, Page};
use utoipa::ToSchema;

use crate::State;
use crate::access::Caller;
use crate::tenants::shown;

/// A page of changes, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct Audit {
    pub(crate) audit: Vec<Told>,
    /// What the next page comes after, if there is one.
    pub(crate) next: Option<String>,
}

/// `GET`.
pub(crate) async fn list(
    state: &State,
    request: &Request,
    caller: &Caller,
    id: &str,
) -> Result<Response<Body>, Problem> {
    match *request.method() {
        Method::GET => Ok(http::json(StatusCode::OK, &page(state, request, caller, id).await?)),
        _ => Err(Problem::method_not_allowed("GET")),
    }
}

/// A page of it. The operator's address is nobody's but the operator's.
pub(crate) async fn page(state: &State, request: &Request, caller: &Caller, id: &str) -> Result<Audit, Problem> {
    let page = &Page::of(request)?;
    let listed = state.db.run(|client| async move { audit::list(&client, id, page).await }).await;
    let (mut audit, next) = listed.map_err(|error| crate::unavailable(request, &error))?;
    if audit.is_empty() {
        shown(state, request, id).await?;
    }
    if !matches!(caller, Caller::Operator) {
        let operator = By::Operator.to_string();
        audit.iter_mut().filter(|it| it.who == operator).for_each(|it| it.ip = None);
    }
    Ok(Audit { audit, next: next.as_ref().map(Cursor::text) })
}
