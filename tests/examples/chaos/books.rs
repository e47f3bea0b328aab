//! What the callers know.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tests::chaos::Posted;

/// Each order once, and what was never to be.
#[derive(Default)]
pub(crate) struct Books {
    posted: Mutex<Vec<Posted>>,
    wrong: Mutex<Vec<String>>,
}

impl Books {
    /// Notes an order that its caller is done with.
    pub(crate) fn note(&self, posted: Posted) {
        lock(&self.posted).push(posted);
    }

    /// Notes an answer that no order may have.
    pub(crate) fn wrong(&self, what: String) {
        lock(&self.wrong).push(what);
    }

    /// All of it.
    pub(crate) fn posted(&self) -> Vec<Posted> {
        lock(&self.posted).clone()
    }

    /// How many orders it has.
    pub(crate) fn count(&self) -> usize {
        lock(&self.posted).len()
    }

    /// What was wrong.
    pub(crate) fn all_wrong(&self) -> Vec<String> {
        lock(&self.wrong).clone()
    }
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}
