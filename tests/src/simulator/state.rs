//! The memory of a simulator: pixels, faults, events taken, requests seen.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::UNIX_EPOCH;

use super::config::Config;
use super::faults::Faults;
use super::kept::{Batch, Events, Kept};
use super::open::Open;
use super::pixels::Pixels;
use super::records::{PixelCounts, RequestRecord};

/// What the connections share.
pub(super) struct Shared {
    config: Config,
    started_ms: i64,
    state: Mutex<State>,
}

impl Shared {
    pub(super) fn new(config: Config) -> Self {
        let state = State { pixels: Pixels::of(&config), ..State::default() };
        let mut shared = Self { config, started_ms: 0, state: Mutex::new(state) };
        shared.started_ms = shared.now_ms();
        shared
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Back to the configuration.
    pub(super) fn reset(&self) {
        let mut state = self.state();
        let (numbered, open) = (state.numbered, std::mem::take(&mut state.open));
        *state = State { pixels: Pixels::of(&self.config), numbered, open, ..State::default() };
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

    pub(super) fn keeps_bodies(&self) -> bool {
        self.config.keep_bodies
    }

    /// Unique within this simulator's life, and between two that started at different times.
    pub(super) fn fbtrace_id(&self, request: u64) -> String {
        format!("A{:011x}_{request:08x}", self.started_ms)
    }
}

#[derive(Default)]
pub(super) struct State {
    pub(super) pixels: Pixels,
    pub(super) faults: Faults,
    pub(super) events: Events,
    counts: BTreeMap<String, PixelCounts>,
    open: Open,
    numbered: u64,
    requests: Vec<RequestRecord>,
}

impl State {
    /// Opens a request and numbers it. Numbers count on through a reset, so that no `fbtrace_id` comes twice.
    pub(super) fn open(&mut self, pixel: Option<&str>) -> u64 {
        self.numbered += 1;
        let Some(pixel) = pixel else { return self.numbered };
        let others = self.open.begin(pixel, self.numbered);
        let counts = self.counts.entry(pixel.into()).or_default();
        counts.most_at_once = counts.most_at_once.max(others.len() + 1);
        for other in others {
            let mut newest_first = self.requests.iter_mut().rev();
            if let Some(record) = newest_first.find(|record| record.number == other) {
                record.overlapped = true;
            }
        }
        self.numbered
    }

    pub(super) fn close(&mut self, pixel: &str, number: u64) {
        self.open.end(pixel, number);
    }

    /// Takes the events of one request together, as Meta does. Gives how many were duplicates.
    pub(super) fn take(&mut self, batch: &Arc<Batch>, events: Vec<Kept>) -> usize {
        let all = events.len();
        let duplicates = events.into_iter().map(|kept| usize::from(self.events.take(batch, kept))).sum();
        let counts = self.counts.entry(batch.pixel.to_string()).or_default();
        counts.events += (all - duplicates) as u64;
        counts.duplicates += duplicates as u64;
        duplicates
    }

    pub(super) fn record(&mut self, mut request: RequestRecord) {
        if let Some(pixel) = &request.pixel {
            request.overlapped = self.open.overlapped(pixel, request.number);
            self.counts.entry(pixel.clone()).or_default().requests += 1;
        }
        self.requests.push(request);
    }

    /// Of each pixel that exists or had a request.
    pub(super) fn counts(&self) -> BTreeMap<String, PixelCounts> {
        let silent = self.pixels.names().into_iter().map(|pixel| (pixel, PixelCounts::default()));
        let mut counts: BTreeMap<_, _> = silent.collect();
        counts.extend(self.counts.iter().map(|(pixel, counts)| (pixel.clone(), *counts)));
        counts
    }

    pub(super) fn requests(&self) -> &[RequestRecord] {
        &self.requests
    }
}
