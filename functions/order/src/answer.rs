//! The wire form of a match, shared by both answers.

use serde::Serialize;
use shared::domain::attribution::{Match, Stage};

/// `match` of an answer.
#[derive(Serialize)]
pub(crate) struct MatchAnswer {
    stage: &'static str,
    click_id: Option<String>,
    evidence: Vec<EvidenceAnswer>,
}

#[derive(Serialize)]
struct EvidenceAnswer {
    stage: &'static str,
    evidence: &'static str,
    click_id: String,
    /// Unix seconds.
    clicked_at: i64,
    /// Whether more than a browser's word stands behind it.
    confirmed: bool,
    verdict: &'static str,
}

impl From<Match> for MatchAnswer {
    fn from(found: Match) -> Self {
        let evidence = found
            .evidence
            .into_iter()
            .map(|it| EvidenceAnswer {
                stage: it.candidate.evidence.stage().as_str(),
                evidence: it.candidate.evidence.as_str(),
                click_id: it.candidate.click_id,
                clicked_at: it.candidate.clicked_at.div_euclid(1_000_000),
                confirmed: it.candidate.confirmed,
                verdict: it.verdict.as_str(),
            })
            .collect();
        Self { stage: Stage::as_str(found.stage), click_id: found.click_id, evidence }
    }
}
