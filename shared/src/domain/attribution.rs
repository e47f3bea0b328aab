//! Which click an order came from: a pure function over the clicks that any evidence points at.
//!
//! The database finds the candidates and, in the same statement, writes the conversion with the click that these
//! rules choose; the order of precedence it sorts by is [`Evidence::rank`], the times it compares are
//! [`Rules`]. This module is the rules' one definition and their explanation: a test holds the statement to it.

use super::order::words;

/// How far a clock may differ: remembered evidence up to this long after the order still counts as before it.
pub const CLOCK_SLACK_US: i64 = 5 * 60 * 1_000_000;
/// How old a click may be for the network stage.
pub const NETWORK_WINDOW_US: i64 = 24 * 3600 * 1_000_000;
const DAY_US: i64 = 24 * 3600 * 1_000_000;

words! {
    /// What points from an order at a click.
    Evidence {
        /// The order carries our click id.
        ClickId = "click_id",
        /// The order carries fbc, and a click has the same.
        Fbc = "fbc",
        /// The order carries the fbclid (by itself or inside fbc) of a click.
        Fbclid = "fbclid",
        /// The order carries the browser's fbp.
        Fbp = "fbp",
        /// The buyer's e-mail was seen with the click.
        Email = "email_hash",
        /// The buyer's phone was seen with the click.
        Phone = "phone_hash",
        /// The seller's own id of the buyer was seen with the click.
        ExternalId = "external_id_hash",
        /// Same address and user agent.
        Network = "network",
    }
}

words! {
    /// How a match was made; the first that points at the click chosen names it.
    Stage {
        /// By hashed e-mail, phone or the seller's own id. Deterministic.
        Identity = "identity",
        /// By a click identifier. Deterministic.
        Click = "click",
        /// By address and user agent. Weaker: a single candidate inside 24 hours only.
        Network = "network",
        /// No click found.
        None = "none",
    }
}

impl Evidence {
    /// Precedence, 0 first: what the order itself carries, then who the buyer is, then the network. `fbc` and
    /// `fbclid` share a rank (they name the same ad click), and so do e-mail, phone and the seller's id (the newest observation
    /// wins).
    pub fn rank(self) -> i32 {
        match self {
            Self::ClickId => 0,
            Self::Fbc | Self::Fbclid => 1,
            Self::Fbp => 2,
            Self::Email | Self::Phone | Self::ExternalId => 3,
            Self::Network => 4,
        }
    }

    /// The stage that this evidence belongs to.
    pub fn stage(self) -> Stage {
        match self {
            Self::Email | Self::Phone | Self::ExternalId => Stage::Identity,
            Self::ClickId | Self::Fbc | Self::Fbclid | Self::Fbp => Stage::Click,
            Self::Network => Stage::Network,
        }
    }

    /// Whether the evidence is remembered from before the order, rather than proven by the order itself: then only
    /// clicks before the order count. `fbp` proves the browser but not which of its clicks, so it is of this kind.
    pub fn is_remembered(self) -> bool {
        matches!(self, Self::Fbp | Self::Email | Self::Phone | Self::ExternalId | Self::Network)
    }
}

/// A click that some evidence points at. Times are Unix microseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What points at it.
    pub evidence: Evidence,
    /// The click.
    pub click_id: String,
    /// When the click was made.
    pub clicked_at: i64,
    /// When the evidence was observed: the identity's time, else the click's.
    pub observed_at: i64,
    /// Whether the click's browser is the order's (the same fbp).
    pub same_browser: bool,
    /// Whether more than a browser's word stands behind it. Of the identity stage: an order had this person and this click, or the
    /// click is of a browser that an order of this person came from. True of all other evidence.
    pub confirmed: bool,
}

/// The times that decide. Unix microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// When the buyer ordered.
    pub ordered_at: i64,
    /// The tenant's attribution window, in days.
    pub window_days: i32,
}

words! {
    /// What became of a candidate.
    Verdict {
        /// This is the click.
        Taken = "taken",
        /// Points at the click that stronger evidence chose.
        Agrees = "agrees",
        /// Another click had stronger or newer evidence.
        Outranked = "outranked",
        /// Older than the attribution window.
        OutsideWindow = "outside_window",
        /// Made or observed after the order.
        AfterOrder = "after_order",
        /// Address and agent fit more than one click.
        Ambiguous = "ambiguous",
        /// Older than the 24 hours that the network stage takes.
        TooOldForNetwork = "too_old_for_network",
    }
}

/// A candidate with its verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Considered {
    /// The candidate.
    pub candidate: Candidate,
    /// What became of it.
    pub verdict: Verdict,
}

/// The click found, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// How.
    pub stage: Stage,
    /// The click, if any.
    pub click_id: Option<String>,
    /// Every candidate, strongest evidence first.
    pub evidence: Vec<Considered>,
}

/// Chooses. Neither the order nor the repetition of candidates makes a difference.
pub fn decide(candidates: &[Candidate], rules: Rules) -> Match {
    let mut ordered = candidates.to_vec();
    ordered.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
    ordered.dedup();
    let ambiguous = network_is_ambiguous(&ordered, rules);
    let mut evidence: Vec<Considered> = ordered
        .into_iter()
        .map(|candidate| {
            let verdict = unfit(&candidate, rules, ambiguous).unwrap_or(Verdict::Outranked);
            Considered { candidate, verdict }
        })
        .collect();
    let Some(first) = evidence.iter().position(|it| it.verdict == Verdict::Outranked) else {
        return Match { stage: Stage::None, click_id: None, evidence };
    };
    let click_id = evidence[first].candidate.click_id.clone();
    let mut stage = evidence[first].candidate.evidence.stage();
    for (index, it) in evidence.iter_mut().enumerate() {
        if it.verdict == Verdict::Outranked && it.candidate.click_id == click_id {
            it.verdict = if index == first { Verdict::Taken } else { Verdict::Agrees };
            if it.candidate.evidence.stage() == Stage::Identity {
                stage = Stage::Identity;
            }
        }
    }
    Match { stage, click_id: Some(click_id), evidence }
}

/// Stronger evidence, then the order's own browser, then what an order confirmed before what a browser claimed, then the newest;
/// the id makes the rest deterministic.
fn sort_key(it: &Candidate) -> (i32, bool, bool, i64, i64, &str, &'static str) {
    (
        it.evidence.rank(),
        !it.same_browser,
        !it.confirmed,
        it.observed_at.saturating_neg(),
        it.clicked_at.saturating_neg(),
        &it.click_id,
        it.evidence.as_str(),
    )
}

/// Why a candidate cannot be the click, if it cannot.
fn unfit(it: &Candidate, rules: Rules, network_is_ambiguous: bool) -> Option<Verdict> {
    let latest = rules.ordered_at.saturating_add(CLOCK_SLACK_US);
    let oldest = rules.ordered_at.saturating_sub(i64::from(rules.window_days).saturating_mul(DAY_US));
    if it.clicked_at < oldest {
        return Some(Verdict::OutsideWindow);
    }
    if it.evidence.is_remembered() && (it.clicked_at > latest || it.observed_at > latest) {
        return Some(Verdict::AfterOrder);
    }
    if it.evidence == Evidence::Network {
        if it.clicked_at < rules.ordered_at.saturating_sub(NETWORK_WINDOW_US) {
            return Some(Verdict::TooOldForNetwork);
        }
        if network_is_ambiguous {
            return Some(Verdict::Ambiguous);
        }
    }
    None
}

fn network_is_ambiguous(ordered: &[Candidate], rules: Rules) -> bool {
    let mut fitting = ordered
        .iter()
        .filter(|it| it.evidence == Evidence::Network && unfit(it, rules, false).is_none())
        .map(|it| it.click_id.as_str());
    let first = fitting.next();
    fitting.any(|click_id| Some(click_id) != first)
}

#[cfg(test)]
mod tests;
