//! The memory of a simulator: pixels, faults, events taken, requests seen.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::UNIX_EPOCH;

use super::config::Config;
use super::faults::Faults;
use super::inspect::EventQuery;
use super::records::{RequestRecord, TakenEvent};

/// Meta discards what comes again within 48 hours of the first
/// ("Deduplicate pixel and server events").
const DEDUPLICATION_MS: i64 = 48 * 60 * 60 * 1000;

/// What the connections share.
pub(super) struct Shared {
    config: Config,
    started_ms: i64,
    state: Mutex<State>,
}

impl Shared {
    pub(super) fn new(config: Config) -> Self {
        let state = State { configured: config.pixels.clone(), pixels: config.pixels.clone(), ..State::default() };
        let mut shared = Self { config, started_ms: 0, state: Mutex::new(state) };
        shared.started_ms = shared.now_ms();
        shared
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Unix milliseconds by the configured clock.
    pub(super) fn now_ms(&self) -> i64 {
        let now = (self.config.clock)();
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    pub(super) fn body_limit(&self) -> usize {
        self.config.body_limit
    }

    /// Unique within this simulator's life, and between two that started at different times.
    pub(super) fn fbtrace_id(&self, request: u64) -> String {
        format!("A{:011x}_{request:08x}", self.started_ms)
    }
}

/// What a token may do with a pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Granted,
    /// The token is a valid one, but this pixel does not exist or is not shared with it.
    NoSuchPixel,
    /// No pixel has this token.
    BadToken,
}

#[derive(Default)]
pub(super) struct State {
    configured: BTreeMap<String, String>,
    pixels: BTreeMap<String, String>,
    pub(super) faults: Faults,
    events: Vec<TakenEvent>,
    newest: HashMap<(String, String, String), usize>,
    numbered: u64,
    requests: Vec<RequestRecord>,
}

impl State {
    pub(super) fn put_pixel(&mut self, pixel: &str, access_token: &str) {
        self.pixels.insert(pixel.into(), access_token.into());
    }

    pub(super) fn pixels(&self) -> Vec<String> {
        self.pixels.keys().cloned().collect()
    }

    pub(super) fn access(&self, pixel: &str, token: &str) -> Access {
        if self.pixels.get(pixel).is_some_and(|of| of == token) {
            Access::Granted
        } else if self.pixels.values().any(|known| known == token) {
            Access::NoSuchPixel
        } else {
            Access::BadToken
        }
    }

    /// The number of the next request; counts on through a reset, so that no `fbtrace_id` comes twice.
    pub(super) fn number(&mut self) -> u64 {
        self.numbered += 1;
        self.numbered
    }

    /// Keeps the event, or counts it as a duplicate. True when it was one.
    pub(super) fn take(&mut self, event: TakenEvent) -> bool {
        let Some(event_id) = event.event_id.clone() else {
            self.events.push(event);
            return false;
        };
        let key = (event.pixel.clone(), event.event_name.clone(), event_id);
        let first = self.newest.get(&key).and_then(|at| self.events.get_mut(*at));
        if let Some(first) = first
            && event.received_at_ms - first.received_at_ms < DEDUPLICATION_MS
        {
            first.duplicates += 1;
            first.duplicate_requests.push(event.request);
            return true;
        }
        self.newest.insert(key, self.events.len());
        self.events.push(event);
        false
    }

    pub(super) fn record(&mut self, request: RequestRecord) {
        self.requests.push(request);
    }

    pub(super) fn events(&self, query: &EventQuery) -> Vec<TakenEvent> {
        let wanted = self.events.iter().filter(|event| query.fits(event));
        wanted.cloned().collect()
    }

    pub(super) fn event_count(&self) -> usize {
        self.events.len()
    }

    pub(super) fn requests(&self) -> &[RequestRecord] {
        &self.requests
    }

    pub(super) fn reset(&mut self) {
        *self = Self {
            pixels: self.configured.clone(),
            configured: std::mem::take(&mut self.configured),
            numbered: self.numbered,
            ..Self::default()
        };
    }
}
