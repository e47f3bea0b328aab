//! What the simulator remembers. No access token is ever part of it.

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// An event that was taken.
#[derive(Debug, Clone, Serialize)]
pub struct TakenEvent {
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
    /// The event's JSON, byte for byte as received.
    pub event: Box<RawValue>,
}

impl TakenEvent {
    /// The event, parsed. Its text is in [`TakenEvent::event`].
    pub fn json(&self) -> Value {
        serde_json::from_str(self.event.get()).unwrap_or_default()
    }
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
    /// Events taken, what `events_received` says (or would have said).
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
    /// `test_event_code` of the request.
    pub test_event_code: Option<String>,
    /// `partner_agent` of the request.
    pub partner_agent: Option<String>,
}
