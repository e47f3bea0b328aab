//! A server's cores, shared by what runs on them.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// Something at a moment; what came first goes first where two are at the same one.
#[derive(Debug)]
pub(super) struct Timed<T> {
    pub(super) at: f64,
    pub(super) number: u64,
    pub(super) what: T,
}

impl<T> Ord for Timed<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.at.total_cmp(&other.at).then(self.number.cmp(&other.number))
    }
}

impl<T> PartialOrd for Timed<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Timed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T> Eq for Timed<T> {}

/// Cores that give all work that is there the same share, and none more than one of them: as a kernel's scheduler does.
///
/// A clock runs as fast as each of the works does, so each ends at a fixed time of that clock however many come and go.
#[derive(Debug)]
pub(super) struct Cores<T> {
    count: f64,
    now: f64,
    served: f64,
    busy: f64,
    number: u64,
    works: BinaryHeap<Reverse<Timed<T>>>,
}

impl<T> Cores<T> {
    /// So many; a part of one is one that others use, too.
    pub(super) fn new(count: f64) -> Self {
        Self { count, now: 0.0, served: 0.0, busy: 0.0, number: 0, works: BinaryHeap::new() }
    }

    /// Begins a work of so many seconds.
    pub(super) fn add(&mut self, now: f64, seconds: f64, what: T) {
        self.pass(now);
        self.number += 1;
        self.works.push(Reverse(Timed { at: self.served + seconds, number: self.number, what }));
    }

    /// When the next work ends, if no other comes.
    pub(super) fn next_at(&self) -> Option<f64> {
        let Reverse(first) = self.works.peek()?;
        Some(self.now + (first.at - self.served).max(0.0) / self.speed())
    }

    /// Takes the work that ends now.
    pub(super) fn end(&mut self, now: f64) -> Option<T> {
        self.pass(now);
        let Reverse(first) = self.works.pop()?;
        self.served = self.served.max(first.at);
        Some(first.what)
    }

    /// Core seconds that were used until now.
    pub(super) fn busy(&mut self, now: f64) -> f64 {
        self.pass(now);
        self.busy
    }

    fn there(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "far fewer works than 2^52")]
        let count = self.works.len() as f64;
        count
    }

    fn speed(&self) -> f64 {
        (self.count / self.there()).min(1.0)
    }

    fn pass(&mut self, now: f64) {
        let passed = (now - self.now).max(0.0);
        if !self.works.is_empty() {
            self.served += passed * self.speed();
            self.busy += passed * self.there().min(self.count);
        }
        self.now = self.now.max(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn two_works_on_one_core_take_twice_as_long_and_on_two_do_not() {
        for (count, ends) in [(1.0, 2.0), (2.0, 1.0), (4.0, 1.0)] {
            let mut cores = Cores::new(count);
            cores.add(0.0, 1.0, "a");
            cores.add(0.0, 1.0, "b");
            assert!((cores.next_at().unwrap() - ends).abs() < 1e-9, "{count}");
            assert_eq!(cores.end(ends), Some("a"));
            assert!((cores.next_at().unwrap() - ends).abs() < 1e-9, "{count}");
        }
    }

    proptest! {
        #[test]
        fn all_work_is_done_once_and_takes_as_many_core_seconds_as_it_is(
            works in proptest::collection::vec((0.0..2.0_f64, 0.001..1.0_f64), 1..40),
            count in 0.5..4.0_f64,
        ) {
            let mut coming: Vec<(f64, f64)> = works.clone();
            coming.sort_by(|a, b| b.0.total_cmp(&a.0));
            let mut cores = Cores::new(count);
            let (mut ended, mut last) = (0, 0.0_f64);
            loop {
                let next = cores.next_at();
                match (coming.last().copied(), next) {
                    (Some((at, seconds)), end) if end.is_none_or(|end| at <= end) => {
                        coming.pop();
                        cores.add(at, seconds, ());
                    }
                    (_, Some(end)) => {
                        prop_assert!(end >= last - 1e-9);
                        cores.end(end);
                        (ended, last) = (ended + 1, end);
                    }
                    _ => break,
                }
            }
            prop_assert_eq!(ended, works.len());
            let all: f64 = works.iter().map(|(_, seconds)| seconds).sum();
            prop_assert!((cores.busy(last) - all).abs() < 1e-6, "{} of {}", cores.busy(last), all);
            prop_assert!(last >= all / count - 1e-6);
        }
    }
}
