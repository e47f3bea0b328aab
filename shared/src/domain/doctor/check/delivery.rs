//! The way to Meta. Each of these is a fact of its own, so one event is enough.

use super::{Code, Facts, Findings};

pub(super) fn judge(facts: &Facts, findings: &mut Findings) {
    let (gate, sends) = (&facts.gate, &facts.sends);
    if let Some(reason) = &gate.parked_reason {
        findings.add(Code::Parked, &[("reason", reason.clone())]);
    }
    if gate.breaker.as_deref().is_some_and(|it| it != "closed") {
        findings.add(Code::BreakerOpen, &[]);
    }
    refused(facts, findings);
    let counts = [
        (Code::EventsUnclear, sends.unclear),
        (Code::EventsExpired, sends.expired),
        (Code::EventsNearExpiry, sends.near_expiry),
    ];
    for (code, events) in counts {
        if events > 0 {
            findings.add(code, &[("events", events.to_string())]);
        }
    }
}

fn refused(facts: &Facts, findings: &mut Findings) {
    let events: i64 = facts.sends.refused.iter().map(|it| it.events).sum();
    let Some(most) = facts.sends.refused.first().filter(|_| events > 0) else { return };
    let number = |it: Option<i32>| it.map_or_else(|| "-".to_owned(), |it| it.to_string());
    let mut detail = vec![
        ("events", events.to_string()),
        ("most", most.events.to_string()),
        ("refusal", format!("{}/{}", number(most.code), number(most.subcode))),
    ];
    detail.extend(most.said.clone().map(|said| ("said", said)));
    findings.add(Code::EventsRefused, &detail);
}
