//! `/v1/tenants/{id}/...`: what a seller looks at, and the orders of before.

mod columns;
pub(crate) mod events;
pub(crate) mod export;
pub(crate) mod import;
mod lines;
mod looked;
pub(crate) mod overview;
pub(crate) mod parameters;
mod rows;
pub(crate) mod story;

use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Request, Response};
use serde::Serialize;
use shared::db;
use shared::http::{self, Problem};

use crate::State;
use crate::access::Caller;

/// Finds the act, if it is one of these. Who may is found out before.
pub(crate) async fn route(
    state: &State,
    request: &Request,
    caller: &Caller,
    id: &str,
    act: &str,
) -> Option<Result<Response<Body>, Problem>> {
    let method = request.method();
    Some(match (act, method) {
        ("overview", &Method::GET) => overview::answer(state, request, id).await,
        ("events", &Method::GET) => events::answer(state, request, id).await,
        ("events/search", &Method::POST) => events::search(state, request, id).await,
        ("events.csv", &Method::GET) => export::answer(state, request, id).await,
        ("orders/import", &Method::POST) => import::answer(state, request, caller, id).await,
        ("overview" | "events" | "events.csv", _) => Err(Problem::method_not_allowed("GET")),
        ("events/search" | "orders/import", _) => Err(Problem::method_not_allowed("POST")),
        _ => {
            let event_id = act.strip_prefix("events/").filter(|event_id| !event_id.contains('/'))?;
            match *method {
                Method::GET => story::answer(state, request, id, event_id).await,
                _ => Err(Problem::method_not_allowed("GET")),
            }
        }
    })
}

fn ok(answer: &impl Serialize) -> Response<Body> {
    http::json(StatusCode::OK, answer)
}

fn lost(request: &Request) -> impl Fn(db::Error) -> Problem {
    move |error| crate::unavailable(request, &error)
}
