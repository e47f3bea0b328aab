//! Requests as API Gateway hands them to a function: payload format 2.0, read by the same code as on Lambda.

use aws_smithy_types::base64;
use lambda_http::http::Method;
use lambda_http::http::header::HeaderValue;
use lambda_http::{Request, request};
use serde_json::{Value, json};

/// The address that API Gateway sees, unless a test says otherwise.
pub const SOURCE_IP: &str = "203.0.113.7";
/// The agent of the visitor, unless a test says otherwise.
pub const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// The id that API Gateway gives every request here.
pub const REQUEST_ID: &str = "request-1";

/// The event of a request; `path` may have a query.
pub fn event(method: &Method, path: &str, body: &str) -> Value {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
        "headers": {"content-type": "application/json", "user-agent": AGENT, "host": "track.example.com"},
        "requestContext": {
            "accountId": "000000000000", "apiId": "local", "domainName": "track.example.com", "domainPrefix": "track",
            "http": {"method": method.as_str(), "path": path, "protocol": "HTTP/1.1", "sourceIp": SOURCE_IP, "userAgent": AGENT},
            "requestId": REQUEST_ID, "routeKey": "$default", "stage": "$default",
            "time": "24/Nov/2026:00:00:00 +0000", "timeEpoch": 1_795_478_400_000_u64
        },
        "body": body, "isBase64Encoded": false
    })
}

/// A request of an event.
///
/// # Panics
/// When the event is not one of API Gateway.
pub fn of(event: &Value) -> Request {
    match request::from_str(&event.to_string()) {
        Ok(request) => request,
        Err(error) => panic!("the event is not one of API Gateway: {error}"),
    }
}

/// A request with a JSON body.
#[expect(clippy::needless_pass_by_value, reason = "a method is written at each call")]
pub fn new(method: Method, path: &str, body: &str) -> Request {
    of(&event(&method, path, body))
}

/// A POST with a JSON body.
pub fn post(path: &str, body: &str) -> Request {
    new(Method::POST, path, body)
}

/// A POST whose body API Gateway takes for binary, or cannot read as text: it comes in base64.
pub fn post_bytes(path: &str, body: &[u8]) -> Request {
    let mut event = event(&Method::POST, path, &base64::encode(body));
    event["isBase64Encoded"] = json!(true);
    of(&event)
}

/// A POST as API Gateway sends it from this address, with this `X-Forwarded-For`.
pub fn post_from(path: &str, body: &str, source_ip: &str, forwarded_for: Option<&str>) -> Request {
    let mut event = event(&Method::POST, path, body);
    event["requestContext"]["http"]["sourceIp"] = json!(source_ip);
    if let Some(chain) = forwarded_for {
        event["headers"]["x-forwarded-for"] = json!(chain);
    }
    of(&event)
}

/// A request with a JSON body as API Gateway sends it from this address.
#[expect(clippy::needless_pass_by_value, reason = "a method is written at each call")]
pub fn from_address(source_ip: &str, method: Method, path: &str, body: &str) -> Request {
    let mut event = event(&method, path, body);
    event["requestContext"]["http"]["sourceIp"] = json!(source_ip);
    of(&event)
}

/// The same without a header.
pub fn without_header(mut request: Request, name: &'static str) -> Request {
    request.headers_mut().remove(name);
    request
}

/// The same with a header.
///
/// # Panics
/// When the name or the value is none of HTTP.
pub fn with_header(mut request: Request, name: &'static str, value: &str) -> Request {
    match HeaderValue::from_str(value) {
        Ok(value) => request.headers_mut().insert(name, value),
        Err(error) => panic!("{name}: {error}"),
    };
    request
}

/// The same with an API key.
pub fn with_key(request: Request, api_key: &str) -> Request {
    with_header(request, "authorization", &format!("Bearer {api_key}"))
}

/// The same with these headers.
///
/// # Panics
/// When a name or a value is none of HTTP.
pub fn with_headers(request: Request, headers: &[(&'static str, &str)]) -> Request {
    headers.iter().fold(request, |request, (name, value)| with_header(request, name, value))
}

/// The same with a header of any bytes that a header may have.
///
/// # Panics
/// When the name or the value is none of HTTP.
pub fn with_bytes(mut request: Request, name: &'static str, value: &[u8]) -> Request {
    match HeaderValue::from_bytes(value) {
        Ok(value) => request.headers_mut().insert(name, value),
        Err(error) => panic!("{name}: {error}"),
    };
    request
}

/// A POST with a JSON body and these cookies, as API Gateway hands them on: beside the headers.
pub fn post_with_cookies(path: &str, body: &str, cookies: &[&str]) -> Request {
    let mut event = event(&Method::POST, path, body);
    event["cookies"] = json!(cookies);
    of(&event)
}

/// A GET.
pub fn get(path: &str) -> Request {
    new(Method::GET, path, "")
}
