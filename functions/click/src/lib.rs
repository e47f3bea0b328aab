//! `POST /v1/funnels/{funnel}/clicks`: what the browser knows of an ad click, kept for the order to come.
//! `POST /v1/funnels/{funnel}/identify`: who its visitor is said to be.
//! `GET /t.js?f={funnel}`: the snippet that a funnel's pages run to tell it.
//! `GET /r/{funnel}?to=...`: an ad's link straight to a checkout.

mod capture;
mod cookies;
mod cors;
mod identify;
mod link;
pub mod openapi;
mod record;
mod redirect;
mod snippet;
mod visitor;

use lambda_http::http::{HeaderValue, Method, header};
use lambda_http::{Body, Request, Response};
use shared::clock::Clock;
use shared::db::funnels::Refusal;
use shared::db::{self, Db};
use shared::health::Health;
use shared::http::{self, Problem};
use shared::metrics::{Counter, Metrics};
use shared::telemetry;

/// The metric of clicks that were not known.
const CLICKS: &str = "Clicks";

/// What the function holds between requests.
pub struct State {
    /// The database.
    pub db: Db,
    /// Own proxies before API Gateway, whose word on the visitor's address is taken.
    pub trusted_proxy_hops: usize,
    /// The time.
    pub clock: Clock,
    clicks: Counter,
    health: Health,
    countries: identify::Countries,
}

impl State {
    /// With the system's clock, and no metrics.
    pub fn new(db: Db, trusted_proxy_hops: usize) -> Self {
        Self {
            db,
            trusted_proxy_hops,
            clock: Clock::SYSTEM,
            clicks: Counter::new(Metrics::default(), CLICKS),
            health: Health::default(),
            countries: identify::Countries::default(),
        }
    }

    /// Counts clicks there from now on.
    pub fn count_in(&mut self, metrics: Metrics) {
        self.clicks = Counter::new(metrics, CLICKS);
    }
}

/// Answers a request; never an error.
pub async fn handle(state: &State, request: &Request) -> Response<Body> {
    let mut response = match route(state, request).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(&http::request_id(request)),
    };
    let headers = response.headers_mut();
    // Pages that are isolated (COEP) take only answers that say so, a beacon's too. Who may read one is CORS's to say.
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    // Of a header's values API Gateway is given the first alone; what has one of its own does not differ by origin.
    headers.entry(header::VARY).or_insert(HeaderValue::from_static("origin"));
    response
}

async fn route(state: &State, request: &Request) -> Result<Response<Body>, Problem> {
    let path = request.uri().path();
    if matches!(path, "/healthz" | "/healthz/click") {
        return state.health.answer(&state.db, state.clock, request).await;
    }
    if path == "/t.js" {
        return snippet::answer(state, request).await;
    }
    if let Some(funnel_id) = path.strip_prefix("/r/").and_then(segment) {
        return redirect::answer(state, request, funnel_id).await;
    }
    let funnel = path.strip_prefix("/v1/funnels/").and_then(|rest| rest.split_once('/'));
    let Some((funnel_id, of @ ("clicks" | "identify"))) = funnel.filter(|(id, _)| !id.is_empty()) else {
        return Err(Problem::not_found("There is no such route."));
    };
    match *request.method() {
        Method::POST if of == "clicks" => record::answer(state, request, funnel_id).await,
        Method::POST => identify::answer(state, request, funnel_id).await,
        Method::OPTIONS => cors::preflight(state, request, funnel_id).await,
        _ => Err(Problem::method_not_allowed("POST")),
    }
}

/// Counts a click that was not known.
fn tell(state: &State, new: bool) {
    if new {
        state.clicks.one(state.clock.now_ms());
    }
}

/// A path's segment that names something.
fn segment(text: &str) -> Option<&str> {
    (!text.is_empty() && !text.contains('/')).then_some(text)
}

/// What a statement on a funnel gave, else the answer. `failure` is the log's word for what did not come about.
fn taken<T>(request: &Request, failure: &str, asked: Result<Result<T, Refusal>, db::Error>) -> Result<T, Problem> {
    asked.map_err(|error| unavailable(request, failure, &error))?.map_err(|refusal| match refusal {
        Refusal::NoFunnel => no_funnel(),
        Refusal::Retired => Problem::gone(),
        Refusal::LeadsAstray => link::astray(),
    })
}

fn no_funnel() -> Problem {
    Problem::not_found("There is no active funnel with this id.")
}

fn unavailable(request: &Request, failure: &str, error: &db::Error) -> Problem {
    tracing::error!(request.id = http::request_id(request), error = telemetry::chain(error), "{failure}");
    Problem::unavailable()
}
