//! Which requests are open at once.

use std::collections::HashMap;
use std::sync::Arc;

use super::state::Shared;

/// A request that is open: until its answer is made or its sender has gone.
pub(super) struct Opened {
    shared: Arc<Shared>,
    pixel: Option<String>,
    pub(super) number: u64,
}

impl Opened {
    pub(super) fn new(shared: &Arc<Shared>, pixel: Option<&str>) -> Self {
        let number = shared.state().open(pixel);
        Self { shared: Arc::clone(shared), pixel: pixel.map(String::from), number }
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        if let Some(pixel) = &self.pixel {
            self.shared.state().close(pixel, self.number);
        }
    }
}

struct Request {
    number: u64,
    overlapped: bool,
}

/// The open requests of each pixel.
#[derive(Default)]
pub(super) struct Open(HashMap<String, Vec<Request>>);

impl Open {
    /// Opens one; gives the numbers of those that it overlaps.
    pub(super) fn begin(&mut self, pixel: &str, number: u64) -> Vec<u64> {
        let open = self.0.entry(pixel.into()).or_default();
        let others: Vec<u64> = open.iter().map(|request| request.number).collect();
        for request in &mut *open {
            request.overlapped = true;
        }
        open.push(Request { number, overlapped: !others.is_empty() });
        others
    }

    pub(super) fn end(&mut self, pixel: &str, number: u64) {
        let Some(open) = self.0.get_mut(pixel) else { return };
        open.retain(|request| request.number != number);
        if open.is_empty() {
            self.0.remove(pixel);
        }
    }

    pub(super) fn overlapped(&self, pixel: &str, number: u64) -> bool {
        let mut open = self.0.get(pixel).into_iter().flatten();
        open.any(|request| request.number == number && request.overlapped)
    }
}
