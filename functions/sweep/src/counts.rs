//! What a run added to the counts, as metrics.

use std::collections::BTreeMap;

use shared::clock::Clock;
use shared::db::sweep::tally::Added;
use shared::metrics::{Metric, Metrics};

/// What grew, by metric and stage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts(BTreeMap<(&'static str, String), i64>);

impl Counts {
    /// Adds a batch of changes.
    pub(crate) fn add(&mut self, added: &[Added]) {
        for it in added {
            if let Some(name) = name(&it.kind, &it.state) {
                *self.0.entry((name, String::new())).or_default() += it.change;
            }
            // An event that is ignored claims nothing yet: it counts when it is one.
            if it.kind == "event" && it.state != "ignored" {
                *self.0.entry(("Matched", it.stage.clone())).or_default() += it.change;
            }
        }
    }

    /// Tells of what grew. What became less was counted before: an event that was put back, or erased.
    pub(crate) fn tell(&self, metrics: &Metrics) {
        let told = self.metrics();
        if !told.is_empty() {
            metrics.tell(Clock::SYSTEM.now_ms(), &told);
        }
    }

    fn metrics(&self) -> Vec<Metric> {
        let grown = self.0.iter().filter(|(_, count)| **count > 0);
        grown
            .map(|((name, stage), count)| match stage.as_str() {
                "" => Metric::count(name, *count),
                stage => Metric::of_stage(name, stage, *count),
            })
            .collect()
    }
}

fn name(kind: &str, state: &str) -> Option<&'static str> {
    match (kind, state) {
        ("delivery", "conversion") => Some("Orders"),
        ("delivery", "duplicate") => Some("Duplicates"),
        ("event", "sent") => Some("EventsSent"),
        ("event", "quarantined") => Some("EventsQuarantined"),
        ("event", "expired") => Some("EventsExpired"),
        ("attempt", "failed") => Some("AttemptsFailed"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(kind: &str, state: &str, stage: &str, change: i64) -> Added {
        Added { kind: kind.into(), state: state.into(), stage: stage.into(), changes: 1, change }
    }

    #[test]
    fn an_event_counts_once_however_its_state_changes() {
        let mut counts = Counts::default();
        counts.add(&[
            added("delivery", "conversion", "", 3),
            added("delivery", "ignored", "", 9),
            added("event", "pending", "identity", 2),
            added("event", "ignored", "none", 1),
        ]);
        counts.add(&[
            added("event", "pending", "identity", -2),
            added("event", "sent", "identity", 2),
            added("event", "quarantined", "click", -1),
            added("event", "pending", "click", 1),
            added("attempt", "failed", "", 1),
        ]);
        let wanted = [
            Metric::count("AttemptsFailed", 1),
            Metric::count("EventsSent", 2),
            Metric::of_stage("Matched", "identity", 2),
            Metric::count("Orders", 3),
        ];
        assert_eq!(counts.metrics(), wanted);
    }
}
