//! What the dispatcher logs. Metrics are counted from these lines, so their words are part of the contract with `template.yaml`.

use shared::clock::Clock;
use shared::db::dispatch::Gate;
use shared::domain::delivery::Meaning;
use shared::domain::delivery::gate::Breaker;
use shared::meta::Answer;
use shared::metrics::{Metric, Metrics};

/// One line a request.
pub(crate) fn answered(tenant_id: &str, events: usize, answer: &Answer) {
    let said = &answer.said;
    if answer.meaning == Meaning::Accepted {
        tracing::info!(tenant.id = tenant_id, events, fbtrace_id = said.fbtrace_id, "sent to Meta");
        return;
    }
    tracing::warn!(
        tenant.id = tenant_id,
        events,
        answer = answer.word,
        http.status = said.http_status,
        error.code = said.code,
        error.subcode = said.subcode,
        fbtrace_id = said.fbtrace_id,
        "Meta did not take the events"
    );
}

/// How long events took from their orders' arrival to Meta's answer, in milliseconds.
pub(crate) fn dwell(metrics: &Metrics, took_ms: &[i64]) {
    if !took_ms.is_empty() {
        metrics.tell(Clock::SYSTEM.now_ms(), &[Metric::times("Dwell", took_ms)]);
    }
}

/// A probe goes.
pub(crate) fn half_open(tenant_id: &str) {
    tracing::warn!(tenant.id = tenant_id, "breaker half-open");
}

/// A probe was given back before it was sent.
pub(crate) fn not_probed(tenant_id: &str, gate: &Gate) {
    if gate.breaker != Breaker::Closed {
        tracing::error!(tenant.id = tenant_id, "breaker opened");
    }
}

/// One line for each change of what keeps a tenant's sends back.
pub(crate) fn passage(tenant_id: &str, before: &Gate, after: &Gate) {
    match (before.breaker, after.breaker) {
        (Breaker::Closed | Breaker::HalfOpen, Breaker::Open) => {
            tracing::error!(tenant.id = tenant_id, "breaker opened");
        }
        (Breaker::Open | Breaker::HalfOpen, Breaker::Closed) => tracing::info!(tenant.id = tenant_id, "breaker closed"),
        _ => {}
    }
    match (&before.parked, &after.parked) {
        (None, Some(reason)) => tracing::error!(tenant.id = tenant_id, reason, "tenant parked"),
        (Some(reason), None) => tracing::info!(tenant.id = tenant_id, reason, "tenant released"),
        _ => {}
    }
}
