//! This function's part of the OpenAPI document, and the document itself.

use lambda_http::http::{HeaderValue, Method, header};
use lambda_http::{Body, Request, Response};
use serde_json::Value;
use shared::domain::setup::{Code, Locale, MetaVerdict, Severity, Step};
use shared::health::{Asked, Told};
use shared::http::Problem;
use shared::openapi as problems;
use utoipa::{OpenApi, ToSchema};

mod checkouts;
mod doctor;
mod keys;
mod people;
mod tenants;

use crate::{activate, create, patch, provision, sessions, tenants_books, test_event};

/// The routes of the setup function.
#[derive(OpenApi)]
#[openapi(paths(
    healthz,
    document,
    create::create,
    create::renew,
    sessions::show,
    patch::patch,
    provision::provision,
    test_event::test_event,
    activate::activate,
    tenants::show,
    tenants::suspend,
    tenants::retire,
    tenants::activate,
    tenants::rotate_key,
    tenants::release,
    tenants::replay,
    tenants::replace_meta,
    tenants::set_optional_events,
    keys::list,
    keys::create,
    keys::revoke,
    keys::audit,
    doctor::examine,
    doctor::issues,
    doctor::quality,
    people::find,
    people::export,
    people::erase,
    tenants_books::overview::answer,
    tenants_books::events::answer,
    tenants_books::events::search,
    tenants_books::story::answer,
    tenants_books::export::answer,
    tenants_books::import::answer,
    checkouts::list,
    checkouts::connect,
    checkouts::change,
    checkouts::rotate,
    checkouts::revoke,
    checkouts::set_secret,
    checkouts::bodies,
    checkouts::replay_bodies,
    checkouts::quarantine
))]
pub struct Api;

/// Whether the setup function answers, and with `deep=1` its database.
#[utoipa::path(get, path = "/healthz/setup", tag = "health", operation_id = "health_setup", params(Asked),
    responses((status = 200, description = "It does.", body = Told),
        (status = 400, response = problems::NotParseable),
        (status = 503, description = "It does, and something that it needs does not.", body = Told)))]
#[expect(dead_code, reason = "for the document alone")]
fn healthz() {}

/// The whole document. The program `openapi` writes it, and a test holds it to what the code says.
const DOCUMENT: &str = include_str!("openapi.json");

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "health", operation_id = "openapi",
    responses((status = 200, description = "OpenAPI 3.1.", body = Value)))]
pub(crate) fn document(request: &Request) -> Result<Response<Body>, Problem> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(Problem::method_not_allowed("GET, HEAD"));
    }
    let mut response = Response::new(Body::from(DOCUMENT));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    Ok(response)
}

/// How long a link is good for, and its session's language.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the document alone")]
pub(crate) struct NewSession {
    /// Of the session's texts.
    #[schema(value_type = Option<Locale>, default = "en")]
    locale: Option<String>,
    /// How long the link is good for.
    #[schema(minimum = 1, maximum = 90, default = 30)]
    expires_in_days: Option<u16>,
}

/// How long a link is good for.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the document alone")]
pub(crate) struct NewLink {
    /// How long the link is good for.
    #[schema(minimum = 1, maximum = 90, default = 30)]
    expires_in_days: Option<u16>,
}

/// What is entered: a merge patch (RFC 7396). A section or a field that is null is taken out; one that is absent stays.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the document alone")]
pub(crate) struct Patch {
    #[schema(value_type = Option<Locale>)]
    locale: Option<String>,
    business: Option<Business>,
    funnel: Option<Funnel>,
    meta: Option<Meta>,
    checkout: Option<Checkout>,
    other_senders: Option<OtherSenders>,
}

/// Who sells.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the document alone")]
struct Business {
    name: Option<String>,
    slug: Option<String>,
    /// ISO 3166-1 alpha-2.
    country: Option<String>,
    /// ISO 4217.
    currency: Option<String>,
}

/// The pages.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the document alone")]
struct Funnel {
    name: Option<String>,
    domains: Option<Vec<String>>,
    requires_consent: Option<bool>,
}

/// The pixel. The secrets are kept elsewhere and never answered.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the document alone")]
struct Meta {
    pixel_id: Option<String>,
    access_token: Option<String>,
    app_secret: Option<String>,
    test_event_code: Option<String>,
    /// Unix seconds, or RFC 3339; at the most a week from now.
    #[schema(value_type = Option<Value>)]
    test_event_code_until: Option<Value>,
}

/// The checkout.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the document alone")]
struct Checkout {
    platform: Option<String>,
    amount: Option<String>,
    domains: Option<Vec<String>>,
    /// Kept elsewhere, and never answered.
    secret: Option<String>,
    shop: Option<String>,
    order_id_slot: Option<String>,
}

/// Who else tells Meta of sales.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the document alone")]
struct OtherSenders {
    /// `off`, `shares_event_id` or `on`.
    purchase: Option<String>,
}

/// A setup session.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the document alone")]
pub(crate) struct Session {
    id: String,
    /// Grows with each change.
    version: i32,
    #[schema(value_type = Locale)]
    locale: String,
    /// Until when its link is good; Unix seconds.
    expires_at: Option<i64>,
    /// The first step at which something is left to do.
    #[schema(value_type = Step)]
    step: String,
    /// What was entered. Of a secret it has only when it was kept: `{"set_at": …}`.
    #[schema(value_type = Object)]
    input: Value,
    issues: Vec<Issue>,
    tenant: Option<TenantOf>,
    meta: MetaSaid,
    live: Live,
}

/// Something that is wrong or missing.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the document alone")]
struct Issue {
    #[schema(value_type = Code)]
    code: String,
    /// Only errors keep a tenant from going live.
    #[schema(value_type = Severity)]
    severity: String,
    #[schema(value_type = Step)]
    step: String,
    /// The path of the field; empty where it is about none.
    field: String,
    /// In the session's language.
    message: String,
    /// What to do.
    fix: String,
}

/// The tenant of a session.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the document alone")]
struct TenantOf {
    id: String,
    /// `provisioning`, `active`, `suspended` or `retired`.
    status: String,
}

/// What Meta said of pixel and token.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the document alone")]
struct MetaSaid {
    #[schema(value_type = Option<MetaVerdict>)]
    verdict: Option<String>,
    /// Unix seconds.
    checked_at: Option<i64>,
    /// Meta's own words.
    message: Option<String>,
}

/// What has come so far; times are Unix seconds.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the document alone")]
struct Live {
    first_click_at: Option<i64>,
    first_order_at: Option<i64>,
    first_event_at: Option<i64>,
    test_event: Option<TestEvent>,
}

/// What is to be made anew, where what was shown once is lost.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the document alone")]
pub(crate) struct Provision {
    /// `api_key`, `connection`.
    rotate: Option<Vec<String>>,
}

/// What was made of a session.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the document alone")]
pub(crate) struct Provisioned {
    tenant: TenantOf,
    funnel: FunnelMade,
    api_key: KeyMade,
    connection: Option<ConnectionMade>,
    /// For the head of each page.
    snippet: String,
    #[schema(value_type = Step)]
    step: String,
    issues: Vec<Issue>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "for the document alone")]
struct FunnelMade {
    id: String,
    status: String,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "for the document alone")]
struct KeyMade {
    id: String,
    /// Shown to the call that made it, and never again.
    key: Option<String>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "for the document alone")]
struct ConnectionMade {
    id: String,
    platform: String,
    /// Where the checkout is to post. Shown to the call that made it, and never again.
    url: Option<String>,
}

/// The code of Events Manager's Test Events.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the document alone")]
pub(crate) struct SendTest {
    /// The one that was entered, unless another is given.
    #[schema(max_length = 64)]
    test_event_code: Option<String>,
}

/// A test event, and Meta's answer.
#[derive(ToSchema)]
#[expect(dead_code, clippy::struct_field_names, reason = "for the document alone")]
pub(crate) struct TestEvent {
    /// Whether Meta took it.
    taken: bool,
    event_id: String,
    event_name: String,
    test_event_code: String,
    /// Unix seconds.
    sent_at: i64,
    /// A word for what Meta's answer means.
    answer: String,
    http_status: Option<i32>,
    events_received: Option<i32>,
    error_code: Option<i32>,
    error_subcode: Option<i32>,
    error_message: Option<String>,
    fbtrace_id: Option<String>,
}
