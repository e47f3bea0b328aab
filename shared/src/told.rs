//! An order's story on the wire, the same from each function that tells it. Times are Unix seconds.

use serde::Serialize;
use utoipa::ToSchema;

use crate::db::history;
use crate::db::stories::Story;
use crate::domain::attribution::{self, Stage, Verdict};
use crate::domain::conversion;
use crate::domain::order::{ActionSource, OrderState};
use crate::domain::story::{Attempt, Line};

/// An event, and all that became of it. Times are Unix seconds.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Event {
    /// Lower-case hex SHA-256 of `tenant_id|order_id|event_name|value|currency`.
    pub event_id: String,
    /// The order's own id.
    pub order_id: String,
    /// Where the order stands; null where it is not kept any more.
    #[schema(value_type = Option<OrderState>)]
    pub order_state: Option<String>,
    /// Its name at Meta.
    pub event_name: String,
    /// When it happened, as the order says.
    pub event_time: i64,
    /// The exact decimal.
    #[schema(example = "97.00")]
    pub value: String,
    /// ISO 4217.
    #[schema(example = "BRL")]
    pub currency: String,
    /// As sent.
    #[schema(value_type = ActionSource)]
    pub action_source: String,
    /// Where it stands.
    #[schema(value_type = conversion::State)]
    pub state: &'static str,
    /// Why, for a state that needs a reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The click and why.
    pub r#match: Match,
    /// Oldest first.
    pub attempts: Vec<Attempt>,
    /// All of it in words, oldest first.
    pub story: Vec<Line>,
}

impl From<Story> for Event {
    fn from(story: Story) -> Self {
        Self {
            event_id: story.event_id,
            order_id: story.order_id,
            order_state: story.order_state,
            event_name: story.event_name,
            event_time: story.event_time_s,
            value: story.value,
            currency: story.currency,
            action_source: story.action_source,
            state: story.state.as_str(),
            reason: story.reason,
            r#match: story.found.into(),
            attempts: story.attempts,
            story: story.lines,
        }
    }
}

/// The click that an order came from, and why it was chosen.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Match {
    /// How it was found.
    #[schema(value_type = Stage)]
    pub stage: &'static str,
    /// The click; null where none was found.
    pub click_id: Option<String>,
    /// Every candidate, and why it was taken or not.
    pub evidence: Vec<Candidate>,
}

/// A click that the order may have come from.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Candidate {
    /// How it was found.
    #[schema(value_type = Stage)]
    pub stage: &'static str,
    /// What points at it.
    #[schema(value_type = attribution::Evidence)]
    pub evidence: &'static str,
    /// The click.
    pub click_id: String,
    /// Unix seconds.
    pub clicked_at: i64,
    /// Whether more than a browser's word stands behind it.
    pub confirmed: bool,
    /// Whether it was taken, and why not.
    #[schema(value_type = Verdict)]
    pub verdict: &'static str,
}

impl From<attribution::Match> for Match {
    fn from(found: attribution::Match) -> Self {
        let evidence = found
            .evidence
            .into_iter()
            .map(|it| Candidate {
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

/// What was told of an order at once.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Delivery {
    /// `api`, `import`, or the platform.
    pub source: String,
    /// Of a platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_id: Option<String>,
    /// Unix seconds.
    pub received_at: i64,
    /// What became of it.
    pub outcome: String,
    /// Why, where it made no event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The event that it caused, or that was caused before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
}

impl From<history::Delivery> for Delivery {
    fn from(delivery: history::Delivery) -> Self {
        Self {
            source: delivery.source,
            connection_id: delivery.connection_id,
            received_at: delivery.received_at_s,
            outcome: delivery.outcome,
            reason: delivery.reason,
            event_id: delivery.event_id,
        }
    }
}
