//! What comes next: waits that end by themselves, and works on shared cores.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::cores::{Cores, Timed};

/// A part of something's way, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Step {
    /// Time that passes, whatever else there is.
    Wait(f64),
    /// Time of one of the cores.
    Work(f64),
}

#[derive(Debug)]
struct Flow<E> {
    steps: std::vec::IntoIter<Step>,
    end: E,
}

/// A clock, and everything that is on its way.
#[derive(Debug)]
pub(super) struct Engine<E> {
    now: f64,
    number: u64,
    waits: BinaryHeap<Reverse<Timed<Flow<E>>>>,
    cores: Cores<Flow<E>>,
}

impl<E> Engine<E> {
    /// At 0 s, with so many cores.
    pub(super) fn new(cores: f64) -> Self {
        Self { now: 0.0, number: 0, waits: BinaryHeap::new(), cores: Cores::new(cores) }
    }

    /// Seconds since the start.
    pub(super) fn now(&self) -> f64 {
        self.now
    }

    /// Core seconds that were used until now.
    pub(super) fn busy(&mut self) -> f64 {
        self.cores.busy(self.now)
    }

    /// Sends something on its way; `end` comes when it is over.
    pub(super) fn start(&mut self, steps: Vec<Step>, end: E) {
        self.go_on(Flow { steps: steps.into_iter(), end });
    }

    /// `end` comes so many seconds later.
    pub(super) fn after(&mut self, seconds: f64, end: E) {
        self.start(vec![Step::Wait(seconds)], end);
    }

    /// What is over next; none when nothing is on its way.
    pub(super) fn next(&mut self) -> Option<E> {
        loop {
            let wait = self.waits.peek().map(|Reverse(first)| first.at);
            let work = self.cores.next_at();
            let flow = match (wait, work) {
                (Some(wait), Some(work)) if work < wait => self.end_work(work),
                (Some(wait), _) => {
                    self.now = wait;
                    self.waits.pop().map(|Reverse(first)| first.what)
                }
                (None, Some(work)) => self.end_work(work),
                (None, None) => None,
            }?;
            if flow.steps.as_slice().is_empty() {
                return Some(flow.end);
            }
            self.go_on(flow);
        }
    }

    fn end_work(&mut self, at: f64) -> Option<Flow<E>> {
        self.now = at;
        self.cores.end(at)
    }

    fn go_on(&mut self, mut flow: Flow<E>) {
        match flow.steps.next().unwrap_or(Step::Wait(0.0)) {
            Step::Work(seconds) => self.cores.add(self.now, seconds, flow),
            Step::Wait(seconds) => {
                self.number += 1;
                self.waits.push(Reverse(Timed { at: self.now + seconds, number: self.number, what: flow }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_does_not_use_cores_and_what_works_shares_them() {
        let mut engine = Engine::new(1.0);
        engine.start(vec![Step::Work(1.0), Step::Wait(1.0)], "first");
        engine.start(vec![Step::Work(1.0)], "second");
        engine.after(1.5, "alarm");
        let mut seen = Vec::new();
        while let Some(end) = engine.next() {
            seen.push((end, (engine.now() * 10.0).round() / 10.0));
        }
        assert_eq!(seen, [("alarm", 1.5), ("second", 2.0), ("first", 3.0)]);
        assert!((engine.busy() - 2.0).abs() < 1e-9);
    }
}
