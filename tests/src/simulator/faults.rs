//! Faults on demand, in Rust and as JSON (`POST /_simulator/faults`).

use std::collections::VecDeque;
use std::time::Duration;

use serde::Deserialize;

use super::graph::GraphError;

/// A fault: what the next requests meet.
///
/// As JSON: `{"pixel"?: "..", "times"?: 1, "answer": {..}}`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Only requests to this pixel; all when none.
    #[serde(default)]
    pub pixel: Option<String>,
    /// How many requests meet it.
    #[serde(default = "once")]
    pub times: u32,
    /// What they meet.
    pub answer: Answer,
}

fn once() -> u32 {
    1
}

impl Fault {
    /// The next request, to whichever pixel, meets `answer`.
    pub fn once(answer: Answer) -> Self {
        Self::times(1, answer)
    }

    /// The next `times` requests meet `answer`; `u32::MAX` is "until cleared".
    pub fn times(times: u32, answer: Answer) -> Self {
        Self { pixel: None, times, answer }
    }

    /// The same, only for requests to `pixel`.
    #[must_use]
    pub fn for_pixel(mut self, pixel: &str) -> Self {
        self.pixel = Some(pixel.into());
        self
    }
}

/// What a request meets in place of, or beside, its answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "AnswerJson")]
pub enum Answer {
    /// `{"status": 500, "body": ".."}`: this text and nothing is taken. HTML when it begins with `<`.
    Http {
        /// HTTP status.
        status: u16,
        /// The whole body.
        body: String,
    },
    /// `{"error": {"code", "subcode"?, "is_transient"?, "message"?, "status"?, ..}}`: this error in
    /// Meta's envelope; nothing is taken.
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
}

impl Answer {
    /// Its key in JSON.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Http { .. } => "status",
            Self::Error(_) => "error",
            Self::Delay(_) => "delay_ms",
            Self::Reset => "reset",
            Self::Half => "half",
            Self::AcceptThenReset => "accept_then_reset",
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct AnswerJson {
    status: Option<u16>,
    body: Option<String>,
    error: Option<GraphError>,
    delay_ms: Option<u64>,
    reset: Option<bool>,
    half: Option<bool>,
    accept_then_reset: Option<bool>,
}

impl TryFrom<AnswerJson> for Answer {
    type Error = &'static str;

    fn try_from(json: AnswerJson) -> Result<Self, &'static str> {
        let said = |flag: Option<bool>, answer| (flag == Some(true)).then_some(answer);
        let plain = json.status.map(|status| Self::Http { status, body: json.body.unwrap_or_default() });
        let mut kinds = [
            plain,
            json.error.map(Self::Error),
            json.delay_ms.map(|ms| Self::Delay(Duration::from_millis(ms))),
            said(json.reset, Self::Reset),
            said(json.half, Self::Half),
            said(json.accept_then_reset, Self::AcceptThenReset),
        ]
        .into_iter()
        .flatten();
        let answer = kinds.next().ok_or(KINDS)?;
        if kinds.next().is_some() {
            return Err(KINDS);
        }
        match &answer {
            Self::Http { status, .. } | Self::Error(GraphError { status, .. }) if !(200..=599).contains(status) => {
                Err("status is one of 200..=599")
            }
            _ => Ok(answer),
        }
    }
}

const KINDS: &str = "answer has exactly one of: status (with body), error, delay_ms, reset, half, accept_then_reset";

/// The faults that wait, in the order of their arrival.
#[derive(Debug, Default)]
pub(super) struct Faults(VecDeque<Fault>);

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) {
        if fault.times > 0 {
            self.0.push_back(fault);
        }
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// How many requests will meet one.
    pub(super) fn waiting(&self) -> u64 {
        self.0.iter().map(|fault| u64::from(fault.times)).sum()
    }

    /// What a request to `pixel` meets; uses up one time of that fault.
    pub(super) fn meet(&mut self, pixel: Option<&str>) -> Option<Answer> {
        let at = self
            .0
            .iter()
            .position(|fault| fault.pixel.is_none() || (pixel.is_some() && fault.pixel.as_deref() == pixel))?;
        let fault = self.0.get_mut(at)?;
        fault.times -= 1;
        let answer = fault.answer.clone();
        if fault.times == 0 {
            self.0.remove(at);
        }
        Some(answer)
    }
}
