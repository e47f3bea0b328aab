//! The two bodies that the Graph API answers with: taken, or the error envelope.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Map, Value, json};

/// What an error envelope says, and the HTTP status that it comes with.
///
/// The shape is "Handling errors" of the Graph API; what is absent here
/// leaves its key out, as Meta does.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GraphError {
    /// HTTP status, 400 when not given.
    #[serde(default = "bad_request")]
    pub status: u16,
    /// `type`; `OAuthException` when not given.
    #[serde(default = "oauth", rename = "type")]
    pub kind: Cow<'static, str>,
    /// Meta's error code.
    pub code: i64,
    /// Meta's error subcode.
    #[serde(default)]
    pub subcode: Option<i64>,
    /// Whether Meta says that the same request may pass later. An invalid token was seen answered
    /// without this key.
    #[serde(default)]
    pub is_transient: Option<bool>,
    /// For developers.
    #[serde(default = "simulated")]
    pub message: String,
    /// `error_user_title`.
    #[serde(default)]
    pub title: Option<String>,
    /// `error_user_msg`.
    #[serde(default)]
    pub user_message: Option<String>,
    /// `error_data.blame_field_specs`, one path.
    #[serde(default)]
    pub blame: Vec<String>,
}

fn bad_request() -> u16 {
    400
}

fn oauth() -> Cow<'static, str> {
    "OAuthException".into()
}

fn simulated() -> String {
    "An error of the simulator".into()
}

impl GraphError {
    /// An error without anything optional.
    pub fn new(status: u16, code: i64, message: impl Into<String>) -> Self {
        Self {
            status,
            kind: oauth(),
            code,
            subcode: None,
            is_transient: None,
            message: message.into(),
            title: None,
            user_message: None,
            blame: Vec::new(),
        }
    }

    /// The same with a subcode.
    #[must_use]
    pub fn with_subcode(mut self, subcode: i64) -> Self {
        self.subcode = Some(subcode);
        self
    }

    /// The same, said to be transient.
    #[must_use]
    pub fn transient(mut self) -> Self {
        self.is_transient = Some(true);
        self
    }

    pub(super) fn body(&self, fbtrace_id: &str) -> Value {
        let mut error = Map::new();
        error.insert("message".into(), json!(self.message));
        error.insert("type".into(), json!(self.kind));
        error.insert("code".into(), json!(self.code));
        if let Some(subcode) = self.subcode {
            error.insert("error_subcode".into(), json!(subcode));
        }
        if let Some(transient) = self.is_transient {
            error.insert("is_transient".into(), json!(transient));
        }
        if let Some(title) = &self.title {
            error.insert("error_user_title".into(), json!(title));
        }
        if let Some(message) = &self.user_message {
            error.insert("error_user_msg".into(), json!(message));
        }
        if !self.blame.is_empty() {
            let specs = json!({ "blame_field_specs": [self.blame] });
            error.insert("error_data".into(), specs);
        }
        error.insert("fbtrace_id".into(), json!(fbtrace_id));
        json!({ "error": error })
    }
}

/// The body of a success that counts otherwise; without the key when `events` is none.
pub(super) fn miscounted(events: Option<u64>, fbtrace_id: &str) -> Value {
    let mut body = json!({ "messages": [], "fbtrace_id": fbtrace_id });
    if let Some(events) = events {
        body["events_received"] = json!(events);
    }
    body
}

/// The body of a success, with a message of so many bytes.
pub(super) fn large(events: usize, bytes: usize, fbtrace_id: &str) -> Value {
    json!({ "events_received": events, "messages": ["x".repeat(bytes)], "fbtrace_id": fbtrace_id })
}

/// The body of a success ("Conversions API, End-to-end implementation").
pub(super) fn taken(events: usize, fbtrace_id: &str) -> Value {
    json!({ "events_received": events, "messages": [], "fbtrace_id": fbtrace_id })
}
