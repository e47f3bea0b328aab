//! What a run came to.

use std::time::Duration;

use serde_json::{Value, json};

/// What is known so far.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// How long `sam deploy` took.
    pub(crate) deployed: Option<Duration>,
    /// Of the first order.
    pub(crate) event_id: Option<String>,
    /// By the simulator's count, of that order.
    pub(crate) events_received: Option<i64>,
    /// Requests that IAM refused, whoever made them.
    pub(crate) iam_denials: usize,
    /// Whether what is no message of ours was put aside.
    pub(crate) dlq_ok: bool,
    /// Whether the schedule's sweep woke what nobody else wakes.
    pub(crate) sweep_ok: bool,
}

impl Outcome {
    /// The last line.
    pub(crate) fn json(&self) -> Value {
        let seconds = self.deployed.map(|it| (it.as_secs_f64() * 10.0).round() / 10.0);
        json!({
            "deployed_s": seconds,
            "event_id": self.event_id,
            "events_received": self.events_received,
            "iam_denials": self.iam_denials,
            "dlq_ok": self.dlq_ok,
            "sweep_ok": self.sweep_ok,
        })
    }
}
