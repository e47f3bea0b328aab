//! What a request meets.

use std::time::Duration;

use serde::Deserialize;

use super::super::given::Given;
use super::super::graph::GraphError;
use super::presets;

/// What a request meets in place of, or beside, its answer.
///
/// Where it says "judged", a request that breaks a rule is refused as always.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "AnswerJson")]
pub enum Answer {
    /// `{"pass": true}`: judged, taken and answered as always.
    Pass,
    /// `{"status": 500, "body": ".."}`: this text and nothing is taken. HTML when it begins with `<`.
    Http {
        /// HTTP status.
        status: u16,
        /// The whole body.
        body: String,
    },
    /// `{"error": {"code", "subcode"?, "is_transient"?, "message"?, "status"?, ..}}`: this error in
    /// Meta's envelope; nothing is taken. `{"preset": "auth_190_463"}` is one of [`presets`](super::presets()).
    Error(GraphError),
    /// `{"delay_ms": n}`: judged and taken at once, answered after this time. A client that gives up
    /// before cannot know that its events were taken.
    Delay(Duration),
    /// `{"reset": true}`: the connection is reset without an answer; nothing is taken.
    Reset,
    /// `{"half": true}`: judged and taken, then half the answer's body and the end of the connection.
    Half,
    /// `{"accept_then_reset": true}`: judged and taken, then the connection is reset without an answer.
    AcceptThenReset,
    /// `{"accept_twice": true}`: judged and taken two times, as if something on the way had repeated the request;
    /// answered once.
    AcceptTwice,
    /// `{"events_received": n}` or `{"events_received": null}`: judged and taken, answered 200 with this number, or
    /// without the key.
    Received(Option<u64>),
    /// `{"large_bytes": n}`: judged and taken, answered 200 with a body of at least this many bytes.
    Large(usize),
    /// `{"redirect": {"location": "..", "status"?: 307}}`: sent elsewhere; nothing is taken.
    Redirect {
        /// HTTP status, 300 to 399.
        status: u16,
        /// `Location` header.
        location: String,
    },
}

impl Answer {
    /// What the preset of this name answers, if there is one.
    pub fn preset(name: &str) -> Option<Self> {
        presets::presets().into_iter().find(|preset| preset.name == name).map(|preset| preset.answer)
    }

    /// Its key in JSON.
    pub(in super::super) fn name(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Http { .. } => "status",
            Self::Error(_) => "error",
            Self::Delay(_) => "delay_ms",
            Self::Reset => "reset",
            Self::Half => "half",
            Self::AcceptThenReset => "accept_then_reset",
            Self::AcceptTwice => "accept_twice",
            Self::Received(_) => "events_received",
            Self::Large(_) => "large_bytes",
            Self::Redirect { .. } => "redirect",
        }
    }

    /// Whether it takes the events when the fault does not say.
    pub(super) fn takes(&self) -> bool {
        !self.is_instead()
    }

    /// Whether it comes also where the request breaks a rule.
    pub(in super::super) fn is_instead(&self) -> bool {
        matches!(self, Self::Http { .. } | Self::Error(_) | Self::Reset | Self::Redirect { .. })
    }

    /// Whether the connection ends without an answer.
    pub(in super::super) fn cuts(&self) -> bool {
        matches!(self, Self::Reset | Self::AcceptThenReset)
    }
}

/// More than this is no test of a sender but one of the machine.
const LARGEST: usize = 64 * 1024 * 1024;

const KINDS: &str = "answer has exactly one of: pass, status (with body), error, preset, delay_ms, reset, half, \
     accept_then_reset, accept_twice, events_received, large_bytes, redirect";

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct AnswerJson {
    pass: Option<bool>,
    status: Option<u16>,
    body: Option<String>,
    error: Option<GraphError>,
    preset: Option<String>,
    delay_ms: Option<u64>,
    reset: Option<bool>,
    half: Option<bool>,
    accept_then_reset: Option<bool>,
    accept_twice: Option<bool>,
    events_received: Given<u64>,
    large_bytes: Option<usize>,
    redirect: Option<RedirectJson>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RedirectJson {
    location: String,
    #[serde(default = "temporary")]
    status: u16,
}

/// 307 keeps method and body: the redirect that would give the events, and a careless client's token, to somebody else.
fn temporary() -> u16 {
    307
}

impl TryFrom<AnswerJson> for Answer {
    type Error = &'static str;

    fn try_from(json: AnswerJson) -> Result<Self, &'static str> {
        if json.body.is_some() && json.status.is_none() {
            return Err("body comes with status");
        }
        let said = |flag: Option<bool>, answer| (flag == Some(true)).then_some(answer);
        let preset = json.preset.map(|name| Self::preset(&name).ok_or("no such preset: see /_simulator/presets"));
        let mut kinds = [
            said(json.pass, Self::Pass),
            json.status.map(|status| Self::Http { status, body: json.body.unwrap_or_default() }),
            json.error.map(Self::Error),
            preset.transpose()?,
            json.delay_ms.map(|ms| Self::Delay(Duration::from_millis(ms))),
            said(json.reset, Self::Reset),
            said(json.half, Self::Half),
            said(json.accept_then_reset, Self::AcceptThenReset),
            said(json.accept_twice, Self::AcceptTwice),
            match json.events_received {
                Given::Absent => None,
                Given::Null => Some(Self::Received(None)),
                Given::Value(told) => Some(Self::Received(Some(told))),
            },
            json.large_bytes.map(Self::Large),
            json.redirect.map(|to| Self::Redirect { status: to.status, location: to.location }),
        ]
        .into_iter()
        .flatten();
        let answer = kinds.next().ok_or(KINDS)?;
        if kinds.next().is_some() {
            return Err(KINDS);
        }
        answer.checked()
    }
}

impl Answer {
    fn checked(self) -> Result<Self, &'static str> {
        match &self {
            Self::Http { status, .. } | Self::Error(GraphError { status, .. }) if !(200..=599).contains(status) => {
                Err("status is one of 200..=599")
            }
            Self::Redirect { status, .. } if !(300..=399).contains(status) => Err("a redirect is one of 300..=399"),
            Self::Redirect { location, .. } if axum::http::HeaderValue::from_str(location).is_err() => {
                Err("location is not a header's value")
            }
            Self::Large(bytes) if *bytes > LARGEST => Err("large_bytes is at most 64 MiB"),
            _ => Ok(self),
        }
    }
}
