//! This function's part of the OpenAPI document.

use serde::Serialize;
use serde_json::Value;
use shared::health::{Asked, Told};
use shared::openapi as problems;
use utoipa::{OpenApi, ToSchema};

use crate::{identify, record, redirect, snippet};

/// The routes of the click function.
#[derive(OpenApi)]
#[openapi(paths(healthz, healthz_click, snippet::answer, record::answer, identify::answer, redirect::answer))]
pub struct Api;

/// Whether the click function answers, and with `deep=1` its database.
#[utoipa::path(get, path = "/healthz", tag = "health", operation_id = "health", params(Asked),
    responses((status = 200, description = "It does.", body = Told),
        (status = 400, response = problems::NotParseable),
        (status = 503, description = "It does, and something that it needs does not.", body = Told)))]
#[expect(dead_code, reason = "for the document alone")]
fn healthz() {}

/// The same.
#[utoipa::path(get, path = "/healthz/click", tag = "health", operation_id = "health_click", params(Asked),
    responses((status = 200, description = "It does.", body = Told),
        (status = 400, response = problems::NotParseable),
        (status = 503, description = "It does, and something that it needs does not.", body = Told)))]
#[expect(dead_code, reason = "for the document alone")]
fn healthz_click() {}

/// A click, as the snippet tells it. Unknown and malformed fields are left out.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the document alone")]
pub(crate) struct NewClick {
    /// The page, with its query.
    #[schema(example = "https://www.example.com/?fbclid=IwAR0-Sample_1")]
    url: Option<String>,
    /// The page before.
    referrer: Option<String>,
    /// Meta's click id, where it does not stand in `url`.
    fbclid: Option<String>,
    /// The cookie `_fbc`.
    fbc: Option<String>,
    /// The cookie `_fbp`.
    fbp: Option<String>,
    /// Minted by the browser, which cannot read a beacon's answer: 8 to 64 letters, digits, `-` and `_`.
    click_id: Option<String>,
    /// Absent means granted, unless the funnel requires consent.
    #[schema(examples("granted", "denied"))]
    consent: Option<String>,
    utm_source: Option<String>,
    utm_medium: Option<String>,
    utm_campaign: Option<String>,
    utm_content: Option<String>,
    utm_term: Option<String>,
    /// The campaign of the visitor's first visit: the same five.
    #[schema(value_type = Option<Object>)]
    first: Option<Value>,
}

/// A text, or a number for one.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "for the document alone")]
enum Text {
    Text(String),
    Number(f64),
}

/// Who the visitor of a click is. What is no hash is hashed at once; malformed values are left out.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the document alone")]
pub(crate) struct Visitor {
    /// The click; or its `fbclid`, `fbc` or `fbp`.
    click_id: Option<String>,
    fbclid: Option<String>,
    fbc: Option<String>,
    fbp: Option<String>,
    #[schema(example = "maria@example.com")]
    email: Option<Text>,
    /// SHA-256 of the normalised address.
    email_hash: Option<Text>,
    phone: Option<Text>,
    /// SHA-256 of the digits with the country code.
    phone_hash: Option<Text>,
    /// The seller's own id of the person.
    external_id: Option<Text>,
    /// ISO 3166-1, for a phone without a country code.
    country: Option<String>,
    #[schema(examples("granted", "denied"))]
    consent: Option<String>,
}
