//! The requests of one send, until they are recorded.

use std::ops::Range;

use shared::db::dispatch::Receipt;
use shared::ids;
use shared::meta::Reply;

/// Requests, and which of them decided each event.
pub(crate) struct Receipts {
    pixel_id: String,
    send_id: Option<String>,
    unrecorded: Vec<Receipt>,
    of_event: Vec<Option<String>>,
}

impl Receipts {
    /// None yet, for a send of so many events.
    pub(crate) fn new(pixel_id: &str, events: usize) -> Self {
        Self { pixel_id: pixel_id.to_owned(), send_id: None, unrecorded: Vec::new(), of_event: vec![None; events] }
    }

    /// Keeps a request with these events. One that never left has no receipt.
    pub(crate) fn keep(&mut self, events: Range<usize>, reply: &Reply) {
        if reply.body_bytes == 0 {
            return;
        }
        let id = ids::new_id();
        let send_id = self.send_id.get_or_insert_with(|| id.clone()).clone();
        let millis = |it: u128| i64::try_from(it).unwrap_or(i64::MAX);
        let whole = |it: usize| i32::try_from(it).unwrap_or(i32::MAX);
        self.unrecorded.push(Receipt {
            id: id.clone(),
            send_id,
            pixel_id: self.pixel_id.clone(),
            ago_ms: millis(reply.sent_at.elapsed().as_millis()),
            took_ms: i32::try_from(reply.took.as_millis()).unwrap_or(i32::MAX),
            events: whole(events.len()),
            body_bytes: whole(reply.body_bytes),
            body_sha256: reply.body_sha256.clone(),
            answer: reply.answer.word,
            said: reply.answer.said.clone(),
        });
        for of in self.of_event.get_mut(events).unwrap_or_default() {
            *of = Some(id.clone());
        }
    }

    /// The request that decided an event: the last one that had it.
    pub(crate) fn of(&self, event: usize) -> Option<&str> {
        self.of_event.get(event)?.as_deref()
    }

    /// Whether any request was made.
    pub(crate) fn is_any(&self) -> bool {
        self.send_id.is_some()
    }

    /// Those to be recorded now.
    pub(crate) fn take(&mut self) -> Vec<Receipt> {
        std::mem::take(&mut self.unrecorded)
    }
}
