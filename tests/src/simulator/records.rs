//! What the simulator remembers. No access token is ever part of it.

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// An event that was taken.
#[derive(Debug, Clone, Serialize)]
pub struct TakenEvent {
    /// 1 for the first since the start or a reset; [`EventQuery::after`](super::EventQuery::after) goes on from it.
    pub number: u64,
    /// Pixel it was sent to.
    pub pixel: String,
    /// Its `event_name`.
    pub event_name: String,
    /// Its `event_id`; one without is never a duplicate.
    pub event_id: Option<String>,
    /// Number of the request that brought it first.
    pub request: u64,
    /// `test_event_code` of that request.
    pub test_event_code: Option<String>,
    /// `partner_agent` of that request.
    pub partner_agent: Option<String>,
    /// `fbtrace_id` that the request was answered with.
    pub fbtrace_id: String,
    /// When it came, Unix milliseconds by the simulator's clock.
    pub received_at_ms: i64,
    /// How often the same (pixel, `event_name`, `event_id`) came again within 48 hours of the first.
    pub duplicates: u32,
    /// Numbers of the requests that brought it again.
    pub duplicate_requests: Vec<u64>,
    /// The event's JSON, byte for byte as received; `null` where [`Config::keep_bodies`](super::Config) is off.
    pub event: Box<RawValue>,
}

impl TakenEvent {
    /// The event, parsed. Its text is in [`TakenEvent::event`].
    pub fn json(&self) -> Value {
        serde_json::from_str(self.event.get()).unwrap_or_default()
    }
}

/// What the simulator thought of a request's `appsecret_proof`. The proof itself is not kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// There was none.
    #[default]
    Absent,
    /// There was one, but no app secret to check it by, or it was refused before for its token.
    Unchecked,
    /// It is the HMAC-SHA256 of the token under the pixel's app secret.
    Valid,
    /// It is something else.
    Invalid,
}

/// A request and what became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RequestRecord {
    /// 1 for the first.
    pub number: u64,
    /// When it came, Unix milliseconds by the simulator's clock.
    pub received_at_ms: i64,
    /// HTTP method.
    pub method: String,
    /// Path, without the query, which may hold a token.
    pub path: String,
    /// Pixel that the path names.
    pub pixel: Option<String>,
    /// HTTP status of the answer; none when the connection was closed without one.
    pub status: Option<u16>,
    /// Events in the request, taken or not.
    pub events: usize,
    /// Events taken; `events_received` says the same, unless a fault has it say something else or nothing.
    pub taken: usize,
    /// How many of the taken were duplicates.
    pub duplicates: usize,
    /// Meta's error code.
    pub code: Option<i64>,
    /// Meta's error subcode.
    pub subcode: Option<i64>,
    /// Name of the rule that was broken.
    pub rule: Option<String>,
    /// Field that broke it, such as `data[3].user_data.em`.
    pub field: Option<String>,
    /// Name of the fault that it met.
    pub fault: Option<String>,
    /// `fbtrace_id` of the answer.
    pub fbtrace_id: String,
    /// Bytes of the body.
    pub body_bytes: usize,
    /// `Content-Type` header.
    pub content_type: Option<String>,
    /// `User-Agent` header.
    pub user_agent: Option<String>,
    /// Whether a token stood in the URL, where logs and proxies see it.
    pub token_in_url: bool,
    /// Its `appsecret_proof`.
    pub appsecret_proof: Proof,
    /// Whether another request to the same pixel was open at some time while this one was: from its head until its answer
    /// is ready or its sender has gone.
    pub overlapped: bool,
    /// `test_event_code` of the request.
    pub test_event_code: Option<String>,
    /// `partner_agent` of the request.
    pub partner_agent: Option<String>,
}

/// What happened to one pixel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct PixelCounts {
    /// Events taken, each once per 48 hours.
    pub events: u64,
    /// Requests, whatever became of them.
    pub requests: u64,
    /// Events that were taken again.
    pub duplicates: u64,
    /// The most requests that were open at once.
    pub most_at_once: usize,
}
