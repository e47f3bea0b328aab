//! Faults on demand, in Rust and as JSON (`POST /_simulator/faults`).
//!
//! A [`Fault`] says who meets it (pixel, event, how many times, by which chance), what is answered ([`Answer`]), and how
//! (latency before and after, headers, gzip, and whether the events are taken).

mod answer;
mod json;
mod presets;
mod queue;
mod usage;

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;

pub use answer::Answer;
pub use presets::{Preset, presets};
pub use usage::Usage;

pub(super) use queue::Faults;

/// A fault: what the next requests meet.
///
/// As JSON, every key optional: `{"pixel": "..", "event_id": "..", "times": 1, "chance": 0.2, "seed": 7,
/// "delay_before_ms": 0, "delay_after_ms": 0, "usage": {..}, "headers": {..}, "gzip": false, "take": true,
/// "answer": {..}}`. `"times": null` stands until it is cleared. Without an answer the request is judged as always, so
/// that headers or latency come with a success.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "json::FaultJson")]
pub struct Fault {
    /// Only requests to this pixel; all when none.
    pub pixel: Option<String>,
    /// Only requests that carry an event with this `event_id`.
    pub event_id: Option<String>,
    /// How many requests meet it; none is "until cleared".
    pub times: Option<u32>,
    /// Which of the requests that could meet it do; each when none.
    pub chance: Option<Chance>,
    /// How long the request waits before it is judged. It is judged also when its sender has given up by then.
    pub delay_before: Duration,
    /// How long the answer waits after the request was judged.
    pub delay_after: Duration,
    /// Usage that the answer's headers tell.
    pub usage: Usage,
    /// Further headers of the answer; they replace those of the same name.
    pub headers: HeaderMap,
    /// Whether the answer is compressed, if the request's `Accept-Encoding` allows gzip.
    pub gzip: bool,
    /// Whether the events of a request that breaks no rule are taken, whatever is answered; by the answer's own nature
    /// when none.
    pub take: Option<bool>,
    /// What they meet.
    pub answer: Answer,
}

/// A share of the requests, drawn from a seed: the same seed chooses the same requests in the order of their arrival.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chance {
    /// From 0, never, to 1, always.
    pub of: f64,
    /// What the draws begin with.
    pub seed: u64,
}

impl Fault {
    /// The next request, to whichever pixel, meets `answer`.
    pub fn once(answer: Answer) -> Self {
        Self::times(1, answer)
    }

    /// The next `times` requests meet `answer`; `u32::MAX` is "until cleared".
    pub fn times(times: u32, answer: Answer) -> Self {
        Self { times: (times < u32::MAX).then_some(times), ..Self::standing(answer) }
    }

    /// Every request meets `answer`, until the fault is cleared.
    pub fn standing(answer: Answer) -> Self {
        Self {
            pixel: None,
            event_id: None,
            times: None,
            chance: None,
            delay_before: Duration::ZERO,
            delay_after: Duration::ZERO,
            usage: Usage::default(),
            headers: HeaderMap::new(),
            gzip: false,
            take: None,
            answer,
        }
    }

    /// The same, only for requests to `pixel`.
    #[must_use]
    pub fn for_pixel(mut self, pixel: &str) -> Self {
        self.pixel = Some(pixel.into());
        self
    }

    /// The same, only for requests that carry the event `event_id`.
    #[must_use]
    pub fn for_event(mut self, event_id: &str) -> Self {
        self.event_id = Some(event_id.into());
        self
    }

    /// The same, for the share `of` (0 to 1) of the requests, drawn from `seed`.
    #[must_use]
    pub fn by_chance(mut self, of: f64, seed: u64) -> Self {
        self.chance = Some(Chance { of, seed });
        self
    }

    /// The same, with time passing before the request is judged and before its answer leaves.
    #[must_use]
    pub fn with_delays(mut self, before: Duration, after: Duration) -> Self {
        (self.delay_before, self.delay_after) = (before, after);
        self
    }

    /// The same, with Meta's usage headers.
    #[must_use]
    pub fn with_usage(mut self, usage: Usage) -> Self {
        self.usage = usage;
        self
    }

    /// The same, with one more header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The same, compressed where the request allows it.
    #[must_use]
    pub fn gzipped(mut self) -> Self {
        self.gzip = true;
        self
    }

    /// The same, with the events taken or not, whatever is answered.
    #[must_use]
    pub fn taking(mut self, take: bool) -> Self {
        self.take = Some(take);
        self
    }

    /// Whether events that break no rule are kept.
    pub(super) fn takes(&self) -> bool {
        self.take.unwrap_or(self.answer.takes())
    }
}
