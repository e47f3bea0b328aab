//! HTTP as every function speaks it: JSON answers, and problems by RFC 9457.

use std::future::{Future, ready};
use std::net::IpAddr;
use std::pin::Pin;

use lambda_http::http::{HeaderMap, HeaderValue, StatusCode, header};
use lambda_http::request::RequestContext;
use lambda_http::{Body, IntoResponse, Request, RequestExt, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::access::{Scope, Scopes};
use crate::domain::user_data;

/// The largest body a browser may send, in bytes.
pub const BROWSER_BODY_MAX: usize = 64 * 1024;
/// The largest body a server may send, in bytes.
pub const SERVER_BODY_MAX: usize = 1024 * 1024;

/// The most errors of one answer: a body made of nothing but errors must not make an answer larger than Lambda's limit.
pub const MAX_ERRORS: usize = 100;

/// One thing wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Its path: `customer.email`, `items[0].price`.
    pub field: String,
    /// A word for programs.
    pub code: &'static str,
    /// A sentence for people, without the value.
    pub message: String,
}

/// An error answer on the wire (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemDetails {
    /// `about:blank`: the status says it all.
    r#type: &'static str,
    /// The kind of problem, in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What is wrong this time.
    detail: String,
    /// For who asks about it.
    request_id: String,
    /// Each field that is wrong; of 400 and 422.
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<FieldError>>,
}

/// An error answer: RFC 9457 problem details. The client's fault says what is wrong; ours says only whom to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    title: &'static str,
    detail: String,
    errors: Vec<FieldError>,
    allow: Option<&'static str>,
    /// Seconds.
    retry_after: Option<u32>,
}

impl Problem {
    fn new(status: StatusCode, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, title, detail: detail.into(), errors: Vec::new(), allow: None, retry_after: None }
    }

    /// 400: the body is not what it should be at all.
    pub fn not_parseable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "The request cannot be read", detail)
    }

    /// 422: read, and wrong in these fields; of very many the first hundred.
    pub fn invalid(mut errors: Vec<FieldError>) -> Self {
        errors.truncate(MAX_ERRORS);
        let detail = "See `errors` for each field.";
        Self { errors, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "The request holds wrong values", detail) }
    }

    /// 400: one parameter of the query is not what it must be.
    pub fn bad_parameter(field: &str, code: &'static str, message: &str) -> Self {
        let errors = vec![FieldError { field: field.to_owned(), code, message: message.to_owned() }];
        Self { errors, ..Self::not_parseable("See `errors`.") }
    }

    /// 401: no key, or not a valid one. One answer for all cases, so that nothing can be learnt from it.
    pub fn unauthorized() -> Self {
        let detail = "Send `Authorization: Bearer <api key>` with a key that is in force.";
        Self::new(StatusCode::UNAUTHORIZED, "The API key is missing or not valid", detail)
    }

    /// 401: the platform's own check of a delivery failed.
    pub fn not_authentic() -> Self {
        let detail = "Its signature or token is not by the secret that is entered for this connection.";
        Self::new(StatusCode::UNAUTHORIZED, "The delivery is not authentic", detail)
    }

    /// 401: no token of the setup function's, or not a valid one. One answer for all cases.
    pub fn unauthorized_for_setup() -> Self {
        let detail = "Send `Authorization: Bearer <token>` with the operator's token, a setup session's, or an API key that is in force.";
        Self::new(StatusCode::UNAUTHORIZED, "The token is missing or not valid", detail)
    }

    /// 403: who calls is known, and may not do this.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "Not allowed", detail)
    }

    /// 403: the API key is in force, and lacks this scope.
    pub fn lacks_scope(wanted: Scope, has: Scopes) -> Self {
        let (wanted, has) = (wanted.as_str(), has.words().join(", "));
        Self::forbidden(format!("The API key is in force, but lacks the scope `{wanted}`; its scopes: {has}."))
    }

    /// 404: no such thing, or not this tenant's.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not found", detail)
    }

    /// 405, with the methods that the route has: `GET, POST`.
    pub fn method_not_allowed(allowed: &'static str) -> Self {
        let detail = format!("It takes {allowed}.");
        let allow = Some(allowed);
        Self { allow, ..Self::new(StatusCode::METHOD_NOT_ALLOWED, "The route has no such method", detail) }
    }

    /// 410: the tenant is retired.
    pub fn gone() -> Self {
        Self::new(StatusCode::GONE, "The tenant is retired", "Nothing is recorded for it any more.")
    }

    /// 410: it was there, and its time is over.
    pub fn over(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::GONE, "Its time is over", detail)
    }

    /// 409: what is asked for does not go with how things stand.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "Not as things stand", detail)
    }

    /// 413, with the limit in bytes.
    pub fn too_large(max: usize) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large", format!("It may have {max} bytes."))
    }

    /// 415, with what the route takes.
    pub fn unsupported_media_type(taken: &str) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "The content type is not taken", format!("Send {taken}."))
    }

    /// 429: more than one caller may send; what it may not is in `detail`. The same request may succeed so many seconds later.
    pub fn too_many_requests(retry_after_s: u32, detail: impl Into<String>) -> Self {
        let retry_after = Some(retry_after_s);
        Self { retry_after, ..Self::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests", detail) }
    }

    /// 503: we cannot record it now; the same request later is right. The log has the cause.
    pub fn unavailable() -> Self {
        let detail = "Nothing was recorded for certain; send the same request again.";
        let retry_after = Some(1);
        Self { retry_after, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "Temporarily not available", detail) }
    }

    /// What is wrong with each field.
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The answer to send.
    pub fn into_response(self, request_id: &str) -> Response<Body> {
        let with_errors = matches!(self.status, StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY);
        let details = ProblemDetails {
            r#type: "about:blank",
            title: self.title,
            status: self.status.as_u16(),
            detail: self.detail.clone(),
            request_id: request_id.to_owned(),
            errors: with_errors.then(|| self.errors.clone()),
        };
        let mut response = json(self.status, &details);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        self.headers(headers);
        response
    }

    /// What goes with it in headers, whatever its body is: the methods that the route has, and when to come again.
    pub fn headers(&self, headers: &mut HeaderMap) {
        if let Some(allow) = self.allow {
            headers.insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
    }
}

/// A JSON answer. It is never cached: every answer of ours is about one moment.
pub fn json(status: StatusCode, body: &impl Serialize) -> Response<Body> {
    // Our own answer types hold nothing that JSON cannot; an empty body would still carry the status.
    let mut response = Response::new(Body::from(serde_json::to_string(body).unwrap_or_default()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// An answer that says nothing but its status. It is never cached.
pub fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = status;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// An answer that goes to the runtime as it was made: a text as text, bytes as Base64, an empty one without a body.
///
/// The runtime's own way from a [`Response`] reads the content type once more and decodes the text from any charset that it names.
/// Ours are UTF-8 or bytes and say which, and the tables of those charsets would be a twentieth of each function.
pub struct AsMade(pub Response<Body>);

impl IntoResponse for AsMade {
    fn into_response(self) -> Pin<Box<dyn Future<Output = Response<Body>> + Send>> {
        Box::pin(ready(self.0))
    }
}

/// The id that API Gateway gave the request, else the invocation's.
pub fn request_id(request: &Request) -> String {
    if let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref()
        && let Some(id) = context.request_id.as_ref().filter(|id| !id.is_empty())
    {
        return id.clone();
    }
    request.lambda_context_ref().map(|context| context.request_id.clone()).unwrap_or_default()
}

/// The token of `Authorization: Bearer`, never an empty one.
pub fn bearer(request: &Request) -> Option<&str> {
    let header = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.trim().split_once(' ')?;
    let token = token.trim();
    // RFC 9110, section 11.1: the scheme's name has no case.
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// The body's bytes as they were sent, whatever they are.
pub fn bytes_of(request: &Request) -> &[u8] {
    match request.body() {
        Body::Text(text) => text.as_bytes(),
        Body::Binary(bytes) => bytes,
        _ => &[],
    }
}

/// The body's bytes, if its type and size are taken.
///
/// `types` are media types without parameters; a request without a content type is taken as JSON, since clients
/// often send none.
///
/// # Errors
/// 413 and 415.
pub fn body_of<'a>(request: &'a Request, max: usize, types: &[&str]) -> Result<&'a [u8], Problem> {
    let bytes = bytes_of(request);
    if bytes.len() > max {
        return Err(Problem::too_large(max));
    }
    if let Some(value) = request.headers().get(header::CONTENT_TYPE) {
        let essence = value.to_str().unwrap_or("").split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        if !types.contains(&essence.as_str()) {
            return Err(Problem::unsupported_media_type(&types.join(" or ")));
        }
    }
    Ok(bytes)
}

/// The visitor's address as text: what API Gateway saw, or, behind `hops` proxies of our own, the entry that the
/// outermost of them added to X-Forwarded-For. What stands further left was written by the client and proves nothing.
pub fn client_address(request: &Request, hops: usize) -> Option<String> {
    let peer = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.clone(),
        _ => None,
    };
    if hops == 0 {
        return peer;
    }
    let mut chain = forwarded_for(request.headers());
    // API Gateway adds its peer to the header itself; a local run does not.
    if peer.is_some() && chain.last() != peer.as_ref() {
        chain.extend(peer);
    }
    let index = chain.len().saturating_sub(hops + 1);
    chain.into_iter().nth(index)
}

/// The visitor's address, likewise; none where what stands there is none.
pub fn client_ip(request: &Request, hops: usize) -> Option<IpAddr> {
    user_data::ip_address(&client_address(request, hops)?)
}

fn forwarded_for(headers: &HeaderMap) -> Vec<String> {
    headers
        .get_all("x-forwarded-for")
        .iter()
        // Each entry by itself: one that the client wrote as no text at all must not hide those of our proxies.
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(|entry| String::from_utf8_lossy(entry).trim().to_owned())
        .filter(|entry| !entry.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_as_made_is_what_the_runtime_would_have_made_of_it() {
        let mut compressed = Response::new(Body::Binary(vec![0x1f, 0x8b, 0xff]));
        compressed
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"));
        compressed.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        for made in [json(StatusCode::OK, &"São Paulo"), Problem::unauthorized().into_response("1-a"), compressed] {
            let theirs = made.clone().into_response().await;
            let ours = AsMade(made).into_response().await;
            assert_eq!((ours.status(), ours.headers()), (theirs.status(), theirs.headers()));
            assert_eq!(ours.body(), theirs.body());
        }
    }
}
