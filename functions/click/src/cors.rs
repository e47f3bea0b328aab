//! Which pages may read an answer: those of the funnel's own domains (W3C Fetch, CORS protocol).

use lambda_http::http::{HeaderMap, HeaderValue, StatusCode, header};
use lambda_http::{Body, Request, Response};
use shared::db::funnels;
use shared::domain::fb;
use shared::http::Problem;
use url::Url;

use crate::{State, unavailable};

/// The host of the page that a request is from, lower case and in punycode: of its `Origin`. A page is of http or https: a file, a
/// sandbox, an extension or an app may call itself what it likes.
pub(crate) fn page_host(headers: &HeaderMap) -> Option<String> {
    let origin = headers.get(header::ORIGIN)?.to_str().ok()?;
    if let Some(host) = origin.strip_prefix("https://").and_then(fb::plain_host) {
        return Some(host.to_owned());
    }
    let url = Url::parse(origin).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    url.host_str().map(str::to_owned)
}

/// Lets the page read the answer. The cookies of its site go along with a click, so the origin is named.
pub(crate) fn allow(response: &mut Response<Body>, request: &Request) {
    if let Some(origin) = request.headers().get(header::ORIGIN) {
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
}

/// Answers a preflight: the funnel is in the path, so its domains are known.
pub(crate) async fn preflight(state: &State, request: &Request, funnel_id: &str) -> Result<Response<Body>, Problem> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = StatusCode::NO_CONTENT;
    let Some(host) = page_host(request.headers()) else { return Ok(response) };
    let host = host.as_str();
    let asked = state.db.run(|client| async move { funnels::has_site(&client, funnel_id, host).await }).await;
    if asked.map_err(|error| unavailable(request, "no preflight", &error))? {
        allow(&mut response, request);
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type"));
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    }
    Ok(response)
}
