//! `POST /v1/orders`, `GET /v1/orders/{event_id}`, `GET /v1/orders?order_id=` and `/w/{token}`: orders in, from sellers' servers and
//! from checkout platforms, and their story out.

mod auth;
pub mod openapi;
mod place;
mod tell;
mod vault;
mod webhook;

use lambda_http::http::Method;
use lambda_http::{Body, Request, Response};
use shared::clock::Clock;
use shared::db::{self, Db};
use shared::health::Health;
use shared::http::{self, Problem};
use shared::queue::Queue;
use shared::telemetry;

pub use vault::Vault;

/// What the function holds between requests.
pub struct State {
    /// The database.
    pub db: Db,
    /// The dispatcher's queue.
    pub queue: Queue,
    /// The time.
    pub clock: Clock,
    health: Health,
    vault: Vault,
    keys: auth::Cache,
    known: webhook::Cache,
}

impl State {
    /// With the system's clock and no key or connection known yet.
    pub fn new(db: Db, queue: Queue, vault: Vault) -> Self {
        Self {
            db,
            queue,
            clock: Clock::SYSTEM,
            health: Health::default(),
            vault,
            keys: auth::Cache::default(),
            known: webhook::Cache::default(),
        }
    }
}

/// Answers a request; never an error.
pub async fn handle(state: &State, request: &Request) -> Response<Body> {
    match route(state, request).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(&http::request_id(request)),
    }
}

async fn route(state: &State, request: &Request) -> Result<Response<Body>, Problem> {
    match (request.method(), request.uri().path()) {
        (_, "/healthz/order") => state.health.answer(&state.db, state.clock, request).await,
        (&Method::POST, "/v1/orders") => place::place(state, request).await,
        (&Method::GET, "/v1/orders") => tell::by_order_id(state, request).await,
        (_, "/v1/orders") => Err(Problem::method_not_allowed("GET, POST")),
        (method, path) => {
            if let Some(token) = path.strip_prefix("/w/") {
                return webhook::take(state, request, token).await;
            }
            match path.strip_prefix("/v1/orders/") {
                Some(event_id) if method == Method::GET => tell::by_event_id(state, request, event_id).await,
                Some(_) => Err(Problem::method_not_allowed("GET")),
                None => Err(Problem::not_found("There is no such route.")),
            }
        }
    }
}

/// Logs, once, why the database did not do it, and says that it will be right later.
fn unavailable(request: &Request, error: &db::Error) -> Problem {
    tracing::error!(request.id = http::request_id(request), error = telemetry::chain(error), "database");
    Problem::unavailable()
}
