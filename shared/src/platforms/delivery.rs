//! A delivery as it came over HTTP.

use std::sync::OnceLock;

use lambda_http::http::{HeaderMap, header};
use sha2::{Digest, Sha256};

use super::{Value, form};
use crate::domain::country::Country;
use crate::domain::order::Rejected;

/// A platform's secret as the tenant entered it. Never empty, never shown.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// `None` if nothing is left without outer white space: a signature made with an empty secret proves nothing.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a delivery is from its platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authenticity {
    /// It is.
    Authentic,
    /// Nothing proves it.
    NotAuthentic,
    /// A probe without a signature: answered with success, without any effect.
    Probe,
}

/// What a delivery is read by beside itself.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// When it came, Unix seconds.
    pub received_at_s: i64,
    /// The tenant's country.
    pub country: Option<Country>,
}

/// A delivery: its headers, the query of its URL, and its body as received (a base64 body of Lambda's decoded first).
pub struct Delivery<'a> {
    headers: &'a HeaderMap,
    query: &'a str,
    body: &'a [u8],
    document: OnceLock<Option<Value>>,
}

impl<'a> Delivery<'a> {
    /// A delivery. The query is without its question mark.
    pub fn new(headers: &'a HeaderMap, query: &'a str, body: &'a [u8]) -> Self {
        Self { headers, query, body, document: OnceLock::new() }
    }

    /// The bytes as they came.
    pub fn body(&self) -> &'a [u8] {
        self.body
    }

    /// The headers.
    pub fn headers(&self) -> &'a HeaderMap {
        self.headers
    }

    /// The query, without its question mark.
    pub fn query(&self) -> &'a str {
        self.query
    }

    /// The hex SHA-256 of the bytes: what a repetition is known by where the platform has no id of its own for a delivery.
    pub fn digest(&self) -> String {
        hex::encode(Sha256::digest(self.body))
    }

    /// A header's text; its name's case does not matter.
    pub(crate) fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name)?.to_str().ok().map(str::trim).filter(|text| !text.is_empty())
    }

    /// A parameter of the query, decoded.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let mut pairs = url::form_urlencoded::parse(self.query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// The body, JSON or form; read once.
    ///
    /// # Errors
    /// If it is neither.
    pub(crate) fn document(&self) -> Result<&Value, Rejected> {
        self.document.get_or_init(|| self.read()).as_ref().ok_or(Rejected::Unreadable)
    }

    /// A text of the body, which may be none that can be read.
    pub(crate) fn field(&self, path: &str) -> Option<&str> {
        self.document().ok()?.at(path).text()
    }

    /// What it is shows in its first character; the content type only decides where that leaves a doubt.
    fn read(&self) -> Option<Value> {
        let first = self.body.iter().find(|byte| !byte.is_ascii_whitespace())?;
        if matches!(first, b'{' | b'[') {
            return Value::parse(self.body);
        }
        let content_type = self.headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or_default();
        let is_form = content_type.is_empty() || content_type.starts_with("application/x-www-form-urlencoded");
        is_form.then(|| form::parse(self.body))?
    }
}
