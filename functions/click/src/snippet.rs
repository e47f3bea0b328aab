//! `GET /t.js?f={funnel}`: the snippet with the funnel's own settings in it, so that a page needs one request.
//!
//! It is compressed here: an HTTP API does not compress, and without a CDN in front nobody would. It cannot be compressed
//! beforehand, since the settings are inside; 6 kB take a fraction of a millisecond.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use lambda_http::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use lambda_http::{Body, Request, Response};
use serde::Serialize;
use sha2::{Digest, Sha256};
use shared::db::funnels::{self, Settings};
use shared::http::Problem;
use shared::openapi as problems;
use url::form_urlencoded;

use crate::{State, no_funnel, taken};

/// `snippet/track.js` made small. The test `the_minified_snippet_is_made_from_its_source` holds the two together.
const SNIPPET: &str = include_str!("snippet/track.min.js");
/// Where the settings stand in it.
const PLACE: &str = "SETTINGS";
/// New settings reach the pages within five minutes. After that a visitor gets the old ones once more while the new ones are
/// fetched; and should we be down, a CDN goes on with what it has for a week.
const CACHE: &str = "public, max-age=300, stale-while-revalidate=86400, stale-if-error=604800";

/// What the script is told, in its own short words.
#[derive(Serialize)]
struct Told<'a> {
    f: &'a str,
    t: &'a str,
    c: &'static str,
    d: Vec<[&'a str; 2]>,
}

/// Answers with the snippet of the funnel in the query.
#[utoipa::path(
    get, path = "/t.js", tag = "clicks", operation_id = "snippet",
    params(("f" = String, Query, description = "The funnel's id.")),
    responses(
        (status = 200, description = "The snippet, which a CDN may keep.", body = String, content_type = "text/javascript"),
        (status = 304, description = "The browser has it."),
        (status = 404, response = problems::NotFound),
        (status = 410, response = problems::Gone),
        (status = 503, response = problems::Unavailable),
    ),
)]
pub(crate) async fn answer(state: &State, request: &Request) -> Result<Response<Body>, Problem> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(Problem::method_not_allowed("GET, HEAD"));
    }
    let funnel_id = funnel(request).ok_or_else(no_funnel)?;
    let id = funnel_id.as_str();
    let asked = state.db.run(|client| async move { funnels::settings(&client, id).await }).await;
    let Settings { tenant_id, requires_consent, checkouts } = taken(request, "no snippet", asked)?;
    let d = checkouts.iter().map(|it| [it.domain.as_str(), it.slot.as_str()]).collect();
    let told = Told { f: id, t: &tenant_id, c: if requires_consent { "" } else { "granted" }, d };
    Ok(response(request, &script(&told)))
}

/// The `f` of the query, if it can be a funnel's id.
fn funnel(request: &Request) -> Option<String> {
    let query = request.uri().query().unwrap_or_default();
    let (_, id) = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "f")?;
    let is_id = (1..=64).contains(&id.len()) && id.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it));
    is_id.then(|| id.into_owned())
}

/// JSON is JavaScript too, and nothing in it ends the script: it stands in no HTML.
fn script(told: &Told<'_>) -> String {
    SNIPPET.replacen(PLACE, &serde_json::to_string(told).unwrap_or_default(), 1)
}

fn response(request: &Request, script: &str) -> Response<Body> {
    // Weak: one tag for the plain and the compressed form.
    let tag = format!("W/\"{}\"", hex::encode(&Sha256::digest(script)[..12]));
    let headers = request.headers();
    let mut response = Response::new(Body::Empty);
    if lists(headers, header::IF_NONE_MATCH.as_str(), tag.trim_start_matches("W/")) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else if lists(headers, header::ACCEPT_ENCODING.as_str(), "gzip")
        && let Some(bytes) = gzip(script)
    {
        *response.body_mut() = Body::Binary(bytes);
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    } else {
        *response.body_mut() = Body::Text(script.to_owned());
    }
    if request.method() == Method::HEAD {
        *response.body_mut() = Body::Empty;
    }
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(CACHE));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    // Public code, the same for everybody: a tag with `crossorigin` may take it too.
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// Whether a comma-separated header names something, weights and weakness aside. `gzip;q=0` is rare enough to be taken.
fn lists(headers: &HeaderMap, name: &str, wanted: &str) -> bool {
    let entries =
        headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    entries
        .map(|it| it.split(';').next().unwrap_or_default().trim().trim_start_matches("W/"))
        .any(|it| it == wanted || it == "*")
}

fn gzip(text: &str) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes()).ok()?;
    encoder.finish().ok()
}
