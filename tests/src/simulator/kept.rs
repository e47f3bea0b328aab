//! The events that were taken, in a form that bears hundreds of thousands.
//!
//! Beside its JSON an event with a 64-character id costs about 300 bytes (measured over 200,000): what its request had in
//! common is kept once, and the deduplication key shares its texts.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::value::RawValue;

use super::inspect::EventQuery;
use super::records::TakenEvent;

/// Meta discards what comes again within 48 hours of the first
/// ("Deduplicate pixel and server events").
const DEDUPLICATION_MS: i64 = 48 * 60 * 60 * 1000;

/// What the events of one request have in common.
pub(super) struct Batch {
    pub(super) pixel: Arc<str>,
    pub(super) request: u64,
    pub(super) test_event_code: Option<String>,
    pub(super) partner_agent: Option<String>,
    pub(super) fbtrace_id: String,
    pub(super) received_at_ms: i64,
}

/// One event of a batch.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) event_name: Arc<str>,
    pub(super) event_id: Option<Arc<str>>,
    /// None where bodies are not kept.
    pub(super) json: Option<Box<RawValue>>,
}

struct Entry {
    batch: Arc<Batch>,
    kept: Kept,
    duplicate_requests: Vec<u64>,
}

/// Pixel, name, id.
type Key = (Arc<str>, Arc<str>, Arc<str>);

#[derive(Default)]
pub(super) struct Events {
    entries: Vec<Entry>,
    newest: HashMap<Key, usize>,
    /// Pixels and event names: few, and each with many events.
    names: HashSet<Arc<str>>,
}

impl Events {
    /// The text as it is shared by all that have it.
    pub(super) fn name(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.names.get(text) {
            return Arc::clone(known);
        }
        let name: Arc<str> = text.into();
        self.names.insert(Arc::clone(&name));
        name
    }

    /// Keeps the event, or counts it as a duplicate. True when it was one.
    pub(super) fn take(&mut self, batch: &Arc<Batch>, kept: Kept) -> bool {
        if let Some(event_id) = &kept.event_id {
            let key = (Arc::clone(&batch.pixel), Arc::clone(&kept.event_name), Arc::clone(event_id));
            let first = self.newest.get(&key).and_then(|at| self.entries.get_mut(*at));
            if let Some(first) = first
                && batch.received_at_ms - first.batch.received_at_ms < DEDUPLICATION_MS
            {
                first.duplicate_requests.push(batch.request);
                return true;
            }
            self.newest.insert(key, self.entries.len());
        }
        self.entries.push(Entry { batch: Arc::clone(batch), kept, duplicate_requests: Vec::new() });
        false
    }

    pub(super) fn count(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn find(&self, query: &EventQuery) -> Vec<TakenEvent> {
        let numbered = (1..).zip(&self.entries);
        let after = usize::try_from(query.after).unwrap_or(usize::MAX);
        let wanted = numbered.skip(after).filter(|(_, entry)| entry.fits(query));
        wanted.take(query.limit.unwrap_or(usize::MAX)).map(|(number, entry)| entry.told(number)).collect()
    }
}

impl Entry {
    fn fits(&self, query: &EventQuery) -> bool {
        let pixel = query.pixel.as_deref().is_none_or(|pixel| *pixel == *self.batch.pixel);
        pixel && (query.event_id.is_none() || query.event_id.as_deref() == self.kept.event_id.as_deref())
    }

    fn told(&self, number: u64) -> TakenEvent {
        let Self { batch, kept, duplicate_requests } = self;
        TakenEvent {
            number,
            pixel: batch.pixel.to_string(),
            event_name: kept.event_name.to_string(),
            event_id: kept.event_id.as_deref().map(String::from),
            request: batch.request,
            test_event_code: batch.test_event_code.clone(),
            partner_agent: batch.partner_agent.clone(),
            fbtrace_id: batch.fbtrace_id.clone(),
            received_at_ms: batch.received_at_ms,
            duplicates: u32::try_from(duplicate_requests.len()).unwrap_or(u32::MAX),
            duplicate_requests: duplicate_requests.clone(),
            event: kept.json.clone().unwrap_or_else(|| RawValue::NULL.to_owned()),
        }
    }
}
