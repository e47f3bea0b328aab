//! Rules on the request's parameters, and the versions served.

use super::super::intake::Params;
use super::when;

/// Versions and the Unix second from which Meta no longer serves them (Graph API changelog, as of
/// 2026-09). v26.0 has no end yet; older ones than v23.0 have no stated one and are refused, which is
/// strictness of ours.
const VERSIONS: &[(&str, i64)] = &[
    ("v26.0", i64::MAX),
    ("v25.0", 1_848_441_600), // 2028-07-29
    ("v24.0", 1_834_444_800), // 2028-02-18
    ("v23.0", 1_822_953_600), // 2027-10-08
];

/// Whether `version` is served at `now`, in Unix seconds.
pub(in super::super) fn version_lives(version: &str, now: i64) -> bool {
    let known = VERSIONS.iter().find(|(name, _)| *name == version);
    known.is_some_and(|(_, end)| now < *end)
}

pub(super) fn data(params: &Params) -> Option<String> {
    when(params.data.is_none(), "data")
}

pub(super) fn data_empty(params: &Params) -> Option<String> {
    when(params.events() == 0, "data")
}

pub(super) fn data_over_1000(params: &Params) -> Option<String> {
    when(params.events() > 1000, "data")
}

pub(super) fn partner_agent(params: &Params) -> Option<String> {
    let agent = params.get("partner_agent")?;
    let letters = agent.chars().filter(|c| c.is_alphabetic()).count();
    let broken = agent.chars().count() >= 23 || letters < 2;
    when(broken, "partner_agent")
}

pub(super) fn test_event_code(params: &Params) -> Option<String> {
    let code = params.get("test_event_code")?;
    when(code.trim().is_empty(), "test_event_code")
}
