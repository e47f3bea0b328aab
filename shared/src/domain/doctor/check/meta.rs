//! Pixel, token, test code, clocks, and who else tells Meta.

use super::super::super::setup::MetaVerdict;
use super::{Asked, Clocks, Code, Facts, Findings};

/// How long an event that Meta took proves that token and pixel fit, in seconds: a day. A refusal to read the pixel proves nothing
/// against it.
const PROOF_S: i64 = 24 * 3600;

pub(super) fn judge(facts: &Facts, asked: Asked, clocks: Option<Clocks>, findings: &mut Findings) {
    let is_proven = facts.sends.accepted_at.is_some_and(|at| at.saturating_add(PROOF_S) > facts.now_s);
    if facts.pixel_id.is_none() {
        findings.add(Code::PixelMissing, &[]);
    }
    match asked {
        Asked::NoToken => findings.add(Code::TokenMissing, &[]),
        Asked::Said(MetaVerdict::TokenRefused) => findings.add(Code::TokenRefused, &[]),
        Asked::Said(MetaVerdict::PixelNotShared) if !is_proven => findings.add(Code::PixelNotShared, &[]),
        Asked::Said(MetaVerdict::NotReadable) if facts.sends.accepted_at.is_none() => {
            findings.add(Code::TokenUnproven, &[]);
        }
        Asked::Said(MetaVerdict::Ready | MetaVerdict::NotReadable | MetaVerdict::PixelNotShared) => {}
        Asked::Said(MetaVerdict::Unknown) => findings.unjudged.extend(SAID_BY_META),
        Asked::Unknown => {
            findings.unjudged.extend(SAID_BY_META);
            findings.unjudged.push(Code::TokenMissing);
        }
    }
    match clocks {
        None => findings.unjudged.push(Code::ClockSkew),
        Some(clocks) => {
            for (clock, skew) in clocks.off() {
                let detail = [("clock", clock.as_str().to_owned()), ("seconds", skew.saturating_abs().to_string())];
                findings.about(Code::ClockSkew, clock.as_str(), &detail);
            }
        }
    }
    test_code(facts, findings);
    match facts.other_senders.as_ref().map(|it| it.purchase.as_deref()) {
        None | Some(Some("off" | "shares_event_id")) => {}
        Some(Some("on")) => findings.add(Code::OtherSendersOn, &[]),
        Some(_) => findings.add(Code::OtherSendersUnconfirmed, &[]),
    }
}

/// What a silent Meta leaves open.
const SAID_BY_META: [Code; 3] = [Code::TokenRefused, Code::PixelNotShared, Code::TokenUnproven];

/// A test code belongs to the setup: a tenant that is live has none.
fn test_code(facts: &Facts, findings: &mut Findings) {
    match facts.test_code {
        Some(code) if facts.status == "active" && code.until > facts.now_s => findings.add(Code::TestCodeOn, &[]),
        Some(code) if code.until <= facts.now_s => findings.add(Code::TestCodeOver, &[]),
        _ => {}
    }
}
