//! An event on its way to Meta: what is sent, what is said to it, and when it is sent again.

pub mod gate;
mod retry;
mod send;

use serde_json::value::RawValue;

pub use retry::{SEND_WITHIN_S, UNCLEAR_WINDOW_S, backoff_ms};
pub use send::{Fate, MOST_ALIKE, Ruling, Send, TRIES_OF_UNKNOWN};

/// An event as it goes to Meta.
pub struct Event {
    /// Deduplication key.
    pub event_id: String,
    /// Meta's or a custom name.
    pub event_name: String,
    /// Unix seconds.
    pub event_time_s: i64,
    /// Where it took place.
    pub action_source: String,
    /// The page.
    pub event_source_url: Option<String>,
    /// JSON.
    pub user_data: Box<RawValue>,
    /// JSON.
    pub custom_data: Box<RawValue>,
    /// Whether Meta is told to limit the use of its data (Meta, Data processing options): the visitor denied.
    pub limited_data_use: bool,
}

/// What an answer to a request means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Every event was taken.
    Accepted,
    /// None was taken, and it will pass: send again later.
    Passing,
    /// Meta may have taken them or not: send again, inside its deduplication window.
    Unclear,
    /// The token, the pixel or a permission is at fault, not the events.
    Credentials,
    /// Something in the events is at fault: one bad event refuses the whole request.
    Data(Refusal),
    /// Refused with a code that no page of Meta names.
    Unknown(Refusal),
}

/// With which error events were refused: what makes two refusals alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Refusal {
    /// `error.code`.
    pub code: Option<i32>,
    /// `error.error_subcode`.
    pub subcode: Option<i32>,
}

impl Refusal {
    /// The event was older than Meta takes on arrival (Meta, Server event parameters: `event_time`).
    const TOO_OLD: Self = Self { code: Some(100), subcode: Some(2_804_003) };
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let number = |it: Option<i32>| it.map_or_else(|| "-".to_owned(), |it| it.to_string());
        write!(f, "{}/{}", number(self.code), number(self.subcode))
    }
}

/// What Meta said, as a support ticket needs it. No personal data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The HTTP status, if there was an answer.
    pub http_status: Option<i32>,
    /// `error.code`.
    pub code: Option<i32>,
    /// `error.error_subcode`.
    pub subcode: Option<i32>,
    /// Meta's own words, bounded.
    pub message: Option<String>,
    /// Meta's trace of the request.
    pub fbtrace_id: Option<String>,
    /// How many events Meta says it received.
    pub events_received: Option<i32>,
}
