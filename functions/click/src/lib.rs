//! `POST /v1/funnels/{funnel}/clicks`: what the browser knows of an ad click, kept for the order to come.
//! `GET /t.js?f={funnel}`: the snippet that a funnel's pages run to tell it.

mod capture;
mod snippet;

use lambda_http::http::{HeaderValue, Method, StatusCode, header};
use lambda_http::{Body, Request, Response};
use serde::Serialize;
use shared::clock::Clock;
use shared::db::Db;
use shared::db::clicks::{self, NewClick, Recorded};
use shared::http::{self, Problem};
use shared::telemetry;

/// What the function holds between requests.
pub struct State {
    /// The database.
    pub db: Db,
    /// Own proxies before API Gateway, whose word on the visitor's address is taken.
    pub trusted_proxy_hops: usize,
    /// The time.
    pub clock: Clock,
}

impl State {
    /// With the system's clock.
    pub fn new(db: Db, trusted_proxy_hops: usize) -> Self {
        Self { db, trusted_proxy_hops, clock: Clock::SYSTEM }
    }
}

/// Answers a request; never an error.
pub async fn handle(state: &State, request: &Request) -> Response<Body> {
    let response = match route(state, request).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(&http::request_id(request)),
    };
    readable_by_any_page(response)
}

async fn route(state: &State, request: &Request) -> Result<Response<Body>, Problem> {
    let path = request.uri().path();
    if path == "/healthz" {
        return Ok(http::healthy());
    }
    if path == "/t.js" {
        return snippet::answer(state, request).await;
    }
    let funnel = path.strip_prefix("/v1/funnels/").and_then(|rest| rest.strip_suffix("/clicks"));
    let Some(funnel_id) = funnel.filter(|id| !id.is_empty() && !id.contains('/')) else {
        return Err(Problem::not_found("There is no such route."));
    };
    match *request.method() {
        Method::POST => record(state, request, funnel_id).await,
        Method::OPTIONS => Ok(preflight()),
        _ => Err(Problem::method_not_allowed("POST")),
    }
}

#[derive(Serialize)]
struct Answer {
    click_id: String,
    fbc: Option<String>,
    fbp: Option<String>,
    new: bool,
}

async fn record(state: &State, request: &Request, funnel_id: &str) -> Result<Response<Body>, Problem> {
    // sendBeacon cannot send application/json without a preflight, so it sends text/plain.
    let body = http::body_of(request, http::BROWSER_BODY_MAX, &["application/json", "text/plain"])?;
    let click = capture::click(request, body, funnel_id, state.trusted_proxy_hops, state.clock.now_ms())?;
    match store(state, &click).await {
        Ok(Recorded::Click { click_id, fbc, fbp, new }) => {
            Ok(http::json(StatusCode::OK, &Answer { click_id, fbc, fbp, new }))
        }
        Ok(Recorded::NoFunnel) => Err(Problem::not_found("There is no active funnel with this id.")),
        Ok(Recorded::Retired) => Err(Problem::gone()),
        Err(error) => {
            tracing::error!(
                request.id = http::request_id(request),
                error = telemetry::chain(&error),
                "click not recorded"
            );
            Err(Problem::unavailable())
        }
    }
}

async fn store(state: &State, click: &NewClick) -> Result<Recorded, shared::db::Error> {
    state.db.run(|client| async move { clicks::record(&client, click).await }).await
}

fn preflight() -> Response<Body> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type"));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    response
}

/// The route takes no credentials, so any page may read what it answers about its own click. Pages that are isolated (COEP)
/// take only answers that say so.
fn readable_by_any_page(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    response
}
