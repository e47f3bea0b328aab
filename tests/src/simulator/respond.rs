//! From what is said to what leaves on the wire.

use std::io::Write as _;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use super::faults::{Answer, Fault};
use super::half::HalfBody;
use super::intake::Head;
use super::server::Cut;

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=UTF-8");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// An answer as it would be without a fault of the line.
pub(super) struct Plain {
    pub(super) status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Plain {
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self::new(status, JSON, body.to_string())
    }

    /// HTML when it begins with `<`, else said to be JSON, as a gateway says whatever comes.
    pub(super) fn text(status: u16, body: &str) -> Self {
        let html = body.trim_start().starts_with('<');
        Self::new(status, if html { HTML } else { JSON }, body.into())
    }

    pub(super) fn redirect(status: u16, location: &str) -> Self {
        let mut plain = Self::new(status, HTML, String::new());
        if let Ok(location) = HeaderValue::from_str(location) {
            plain.headers.insert(LOCATION, location);
        }
        plain
    }

    fn new(status: u16, content_type: HeaderValue, body: String) -> Self {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, content_type)]);
        Self { status, headers, body: body.into_bytes() }
    }

    fn gzip(&mut self) {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        if encoder.write_all(&self.body).is_ok()
            && let Ok(body) = encoder.finish()
        {
            self.body = body;
            self.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
    }
}

/// The connection is reset without an answer.
pub(super) fn cut() -> Response {
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    response.extensions_mut().insert(Cut);
    response
}

/// The answer to `head`'s request as `fault` lets it leave.
pub(super) fn respond(mut plain: Plain, fault: Option<&Fault>, head: &Head) -> Response {
    let Some(fault) = fault else { return whole(plain) };
    plain.headers.extend(fault.usage.headers(head.pixel().unwrap_or_default()));
    plain.headers.extend(fault.headers.clone());
    if fault.gzip && head.accepts_gzip {
        plain.gzip();
    }
    match fault.answer {
        Answer::Half => half(plain),
        _ if fault.answer.cuts() => cut(),
        _ => whole(plain),
    }
}

fn whole(plain: Plain) -> Response {
    (status(plain.status), plain.headers, plain.body).into_response()
}

fn half(plain: Plain) -> Response {
    let Plain { mut body, mut headers, .. } = plain;
    let full = body.len();
    body.truncate(full / 2);
    headers.insert(CONTENT_LENGTH, full.into());
    (status(plain.status), headers, Body::new(HalfBody::new(Bytes::from(body)))).into_response()
}

fn status(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
