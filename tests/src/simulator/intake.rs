//! From an HTTP request to its parameters and events. Nothing is judged here but the form.

use std::collections::BTreeMap;

use axum::http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use serde_json::value::RawValue;
use url::form_urlencoded;

/// What the request line and the headers say.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) method: String,
    pub(super) path: String,
    /// Version and pixel, when the path is that of the events edge.
    pub(super) edge: Option<(String, String)>,
    /// Version and pixel, when the path is that of the pixel itself.
    pub(super) node: Option<(String, String)>,
    pub(super) query: BTreeMap<String, String>,
    pub(super) bearer: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) content_encoding: Option<String>,
    pub(super) user_agent: Option<String>,
    pub(super) accepts_gzip: bool,
}

impl Head {
    pub(super) fn of(parts: &Parts) -> Self {
        let path = parts.uri.path();
        let edge = match path.split('/').collect::<Vec<_>>()[..] {
            ["", version, pixel, "events"] => Some((version.into(), pixel.into())),
            _ => None,
        };
        let node = match path.split('/').collect::<Vec<_>>()[..] {
            ["", version, pixel] if version.starts_with('v') && !pixel.is_empty() => {
                Some((version.into(), pixel.into()))
            }
            _ => None,
        };
        let query = parts.uri.query().unwrap_or_default();
        Self {
            method: parts.method.to_string(),
            path: path.into(),
            edge,
            node,
            query: pairs(query.as_bytes()),
            bearer: header(&parts.headers, AUTHORIZATION).and_then(|value| bearer(&value)),
            content_type: header(&parts.headers, CONTENT_TYPE),
            content_encoding: header(&parts.headers, CONTENT_ENCODING),
            user_agent: header(&parts.headers, USER_AGENT),
            accepts_gzip: header(&parts.headers, ACCEPT_ENCODING).is_some_and(|value| accepts_gzip(&value)),
        }
    }

    pub(super) fn pixel(&self) -> Option<&str> {
        self.edge.as_ref().or(self.node.as_ref()).map(|(_, pixel)| pixel.as_str())
    }

    /// Whether it reads the pixel, rather than sending to it.
    pub(super) fn reads(&self) -> bool {
        self.node.is_some() && self.method == "GET"
    }
}

fn header(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let value = headers.get(name)?.as_bytes();
    Some(String::from_utf8_lossy(value).into_owned())
}

fn bearer(authorization: &str) -> Option<String> {
    let (scheme, token) = authorization.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.into())
}

/// By name before the asterisk; a weight of zero forbids.
fn accepts_gzip(accept_encoding: &str) -> bool {
    let weight = |name: &str| {
        accept_encoding.split(',').find_map(|coding| {
            let (coding, parameters) = coding.split_once(';').unwrap_or((coding, ""));
            let weight = parameters.trim().strip_prefix("q=").map_or(Some(1.0), |weight| weight.trim().parse().ok());
            coding.trim().eq_ignore_ascii_case(name).then_some(weight.unwrap_or(0.0_f32))
        })
    };
    weight("gzip").or_else(|| weight("*")).is_some_and(|weight| weight > 0.0)
}

fn pairs(encoded: &[u8]) -> BTreeMap<String, String> {
    form_urlencoded::parse(encoded).into_owned().collect()
}

/// The request's parameters: the query, overlaid by the body.
#[derive(Debug, Default)]
pub(super) struct Params {
    /// Everything but `data`. A JSON string by its text, other JSON as it is written.
    pub(super) named: BTreeMap<String, String>,
    /// The events' JSON, in their order; none without a `data` list.
    pub(super) data: Option<Vec<Box<RawValue>>>,
}

impl Params {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.named.get(name).map(String::as_str)
    }

    pub(super) fn events(&self) -> usize {
        self.data.as_ref().map_or(0, Vec::len)
    }
}

/// Reads the body by its content type. The error is a sentence for developers.
pub(super) fn read(head: &Head, body: &[u8]) -> Result<Params, String> {
    if head.reads() {
        return Ok(Params { named: head.query.clone(), data: None });
    }
    if let Some(encoding) = &head.content_encoding {
        return Err(format!("Content-Encoding {encoding} is not supported"));
    }
    let content_type = head.content_type.as_deref().unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let mut params = match essence.to_ascii_lowercase().as_str() {
        "application/json" => json(body)?,
        "application/x-www-form-urlencoded" => form(body)?,
        other => return Err(format!("no parameters in a body of type '{other}'")),
    };
    for (name, value) in &head.query {
        let entry = params.named.entry(name.clone());
        entry.or_insert_with(|| value.clone());
    }
    Ok(params)
}

fn json(body: &[u8]) -> Result<Params, String> {
    let wrong = |error: serde_json::Error| format!("the body is not a JSON object: {error}");
    let mut named: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(body).map_err(wrong)?;
    let data = named.remove("data").map(|data| list(data.get()));
    named.retain(|_, value| value.get() != "null");
    let text = |raw: Box<RawValue>| serde_json::from_str::<String>(raw.get()).unwrap_or_else(|_| raw.get().into());
    Ok(Params { data: data.transpose()?, named: named.into_iter().map(|(k, v)| (k, text(v))).collect() })
}

fn form(body: &[u8]) -> Result<Params, String> {
    let mut named = pairs(body);
    let data = named.remove("data").map(|data| list(&data)).transpose()?;
    let unwrapped = data.map(|events| events.into_iter().map(unwrap).collect());
    Ok(Params { data: unwrapped, named })
}

fn list(data: &str) -> Result<Vec<Box<RawValue>>, String> {
    serde_json::from_str(data).map_err(|error| format!("data is not a JSON list: {error}"))
}

/// In a form, each event may itself be a JSON string, which is how Meta's SDKs send it.
fn unwrap(event: Box<RawValue>) -> Box<RawValue> {
    serde_json::from_str::<String>(event.get()).ok().and_then(|text| RawValue::from_string(text).ok()).unwrap_or(event)
}
