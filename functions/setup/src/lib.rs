//! Setting up sellers: the wizard's API (`/v1/setup/...`) and the tenants' (`/v1/tenants/...`).

mod access;
mod activate;
mod answer;
mod assess;
mod create;
mod meta_check;
pub mod openapi;
mod pages;
mod patch;
mod provision;
mod resolve;
mod sessions;
mod tenants;
mod tenants_audit;
mod tenants_bodies;
mod tenants_books;
mod tenants_connections;
mod tenants_doctor;
mod tenants_keys;
mod tenants_meta;
mod tenants_optional;
mod tenants_people;
mod tenants_quarantine;
mod test_event;

use lambda_http::http::Method;
use lambda_http::{Body, Request, Response};
use shared::clock::Clock;
use shared::db::{self, Db};
use shared::health::Health;
use shared::http::{self, Problem};
use shared::secrets::{self, Secrets};
use shared::{body, meta, telemetry};

pub use resolve::Resolver;

/// What the function holds between requests.
pub struct State {
    /// The database.
    pub db: Db,
    /// Where secrets are kept.
    pub secrets: Secrets,
    /// What tenants' secrets' names begin with.
    pub secrets_prefix: String,
    /// Meta.
    pub meta: meta::Client,
    /// The deployment's own base URL, if it is known.
    pub public_url: Option<String>,
    /// The DNS.
    pub resolver: Resolver,
    /// The secret of the key of kept bodies; without it none can be replayed.
    pub body_key_secret: Option<String>,
    /// Own proxies before API Gateway, whose word on the caller's address is taken.
    pub trusted_proxy_hops: usize,
    /// The time.
    pub clock: Clock,
    health: Health,
    admin: access::Admin,
    attempts: access::Attempts,
}

impl State {
    /// With the system's clock, no proxy, and no operator's token known yet; `admin_secret` is the name or ARN of the secret that holds it.
    pub fn new(
        db: Db,
        secrets: Secrets,
        secrets_prefix: String,
        meta: meta::Client,
        public_url: Option<String>,
        admin_secret: String,
    ) -> Self {
        Self {
            db,
            secrets,
            secrets_prefix,
            meta,
            public_url,
            resolver: Resolver::SYSTEM,
            body_key_secret: None,
            trusted_proxy_hops: 0,
            clock: Clock::SYSTEM,
            health: Health::default(),
            admin: access::Admin::new(admin_secret),
            attempts: access::Attempts::default(),
        }
    }
}

/// Answers a request; never an error.
pub async fn handle(state: &State, request: &Request) -> Response<Body> {
    let path = request.uri().path();
    if path == "/setup" || path.starts_with("/setup/") {
        return Box::pin(pages::answer(state, request)).await;
    }
    // Boxed: the futures of the routes are large, and one of them runs.
    match Box::pin(route(state, request)).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(&http::request_id(request)),
    }
}

async fn route(state: &State, request: &Request) -> Result<Response<Body>, Problem> {
    let path = request.uri().path();
    if path == "/healthz/setup" {
        return state.health.answer(&state.db, state.clock, request).await;
    }
    if path == "/openapi.json" {
        return openapi::document(request);
    }
    if let Some(rest) = path.strip_prefix("/v1/setup/sessions") {
        return session_route(state, request, rest).await;
    }
    if let Some(rest) = path.strip_prefix("/v1/tenants/") {
        return tenants::route(state, request, rest).await;
    }
    Err(no_route())
}

async fn session_route(state: &State, request: &Request, rest: &str) -> Result<Response<Body>, Problem> {
    let method = request.method();
    if rest.is_empty() {
        return if method == Method::POST {
            create::create(state, request).await
        } else {
            Err(Problem::method_not_allowed("POST"))
        };
    }
    let Some(rest) = rest.strip_prefix('/') else { return Err(no_route()) };
    let (id, action) = rest.split_once('/').map_or((rest, None), |(id, action)| (id, Some(action)));
    match (action, method) {
        (None, &Method::GET) => sessions::show(state, request, id).await,
        (None, &Method::PATCH) => patch::patch(state, request, id).await,
        (None, _) => Err(Problem::method_not_allowed("GET, PATCH")),
        (Some("link"), &Method::POST) => create::renew(state, request, id).await,
        (Some("provision"), &Method::POST) => provision::provision(state, request, id).await,
        (Some("test-event"), &Method::POST) => test_event::test_event(state, request, id).await,
        (Some("activate"), &Method::POST) => activate::activate(state, request, id).await,
        (Some("link" | "provision" | "test-event" | "activate"), _) => Err(Problem::method_not_allowed("POST")),
        (Some(_), _) => Err(no_route()),
    }
}

fn no_route() -> Problem {
    Problem::not_found("There is no such route.")
}

/// The fields of a body, where none at all is as good as an empty object.
fn fields(request: &Request) -> Result<body::Fields<'_>, Problem> {
    let body = http::body_of(request, http::BROWSER_BODY_MAX, &["application/json"])?;
    let body = if body.trim_ascii().is_empty() { b"{}" } else { body };
    body::Fields::parse(body).map_err(Problem::not_parseable)
}

/// Ends the reading of a body.
fn finish(fields: body::Fields<'_>) -> Result<(), Problem> {
    let errors = fields.finish();
    if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors)) }
}

/// Logs, once, why the database did not do it, and says that it will be right later.
fn unavailable(request: &Request, error: &db::Error) -> Problem {
    tracing::error!(request.id = http::request_id(request), error = telemetry::chain(error), "database");
    Problem::unavailable()
}

/// The same of Secrets Manager.
fn without_secrets(request: &Request, error: &secrets::Error) -> Problem {
    tracing::error!(request.id = http::request_id(request), error = telemetry::chain(error), "secrets");
    Problem::unavailable()
}

/// The same of the system's random bytes.
fn without_random(request: &Request) -> Problem {
    tracing::error!(request.id = http::request_id(request), "no random bytes");
    Problem::unavailable()
}
