//! The wire form of a match, shared by both answers.

use serde::Serialize;
use shared::domain::attribution::{Evidence, Match, Stage, Verdict};
use utoipa::ToSchema;

/// The click that an order came from, and why it was chosen.
#[derive(Serialize, ToSchema)]
#[schema(as = Match)]
pub(crate) struct MatchAnswer {
    /// How it was found.
    #[schema(value_type = Stage)]
    stage: &'static str,
    /// The click; null where none was found.
    click_id: Option<String>,
    /// Every candidate, and why it was taken or not.
    evidence: Vec<EvidenceAnswer>,
}

/// A click that the order may have come from.
#[derive(Serialize, ToSchema)]
#[schema(as = Candidate)]
struct EvidenceAnswer {
    /// How it was found.
    #[schema(value_type = Stage)]
    stage: &'static str,
    /// What points at it.
    #[schema(value_type = Evidence)]
    evidence: &'static str,
    /// The click.
    click_id: String,
    /// Unix seconds.
    clicked_at: i64,
    /// Whether more than a browser's word stands behind it.
    confirmed: bool,
    /// Whether it was taken, and why not.
    #[schema(value_type = Verdict)]
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
