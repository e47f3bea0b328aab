//! An order's story in sentences that a seller understands: what came, which click it was matched to and why, what Meta
//! answered to each attempt, and what happens next; in English and in Brazilian Portuguese. No personal data: no hash, address or
//! agent is told.

mod answers;
mod matched;
mod stands;
#[cfg(test)]
mod tests;
mod when;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::attribution::{Match, Rules};
use super::conversion::State;
use super::setup::Locale;
use when::{clock_time, counted};

/// A sentence of the story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Line {
    /// When it happened, in Unix seconds.
    pub at: i64,
    /// In words.
    pub text: String,
}

/// An attempt to send the event, with what its request's receipt says. Times are Unix seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Attempt {
    /// Which one, from 1.
    pub number: i32,
    /// `pending`, `success` or `failed`.
    pub status: String,
    /// When it is, or was, to be made.
    pub due_at: i64,
    /// Until when it may be made; of a pending one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
    /// When an operator put the event back, if this attempt comes from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replayed_at: Option<i64>,
    /// When it was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<i64>,
    /// A word for what it came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// The receipt of the request that it went with, if one was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_id: Option<String>,
    /// Until Meta's answer, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<i32>,
    /// Of Meta's answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_status: Option<i32>,
    /// Meta's `error.code`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<i32>,
    /// Meta's `error.error_subcode`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_subcode: Option<i32>,
    /// Meta's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// How many events Meta says it received with this request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events_received: Option<i32>,
    /// Meta's trace, for a support ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fbtrace_id: Option<String>,
}

/// Deliveries of the same event with the same outcome. Times are Unix seconds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Arrivals {
    /// `conversion`, `duplicate` or `ignored`.
    pub outcome: String,
    /// Why, if it needs a reason.
    #[serde(default)]
    pub reason: Option<String>,
    /// How many.
    pub count: i64,
    /// When the first came.
    pub first_at: i64,
    /// When the last came.
    pub last_at: i64,
}

/// When the tenant's gate opens. Unix seconds; what is not so now is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GateTimes {
    /// Since when sending is parked.
    pub parked_at: Option<i64>,
    /// When one try finds out whether Meta takes events again.
    pub probe_at: Option<i64>,
    /// Until when Meta wants no request.
    pub throttled_until: Option<i64>,
}

/// What the story is told from. Times are Unix seconds.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The language that it is told in.
    pub locale: Locale,
    /// Now, by the database's clock.
    pub now: i64,
    /// The order's own id.
    pub order_id: &'a str,
    /// The event's name.
    pub event_name: &'a str,
    /// The exact decimal.
    pub value: &'a str,
    /// ISO 4217.
    pub currency: &'a str,
    /// When the delivery came that made the conversion.
    pub received_at: i64,
    /// When it happened, as the order says.
    pub event_time: i64,
    /// All deliveries of the event.
    pub arrivals: &'a [Arrivals],
    /// The click and why.
    pub found: &'a Match,
    /// The times that decided.
    pub rules: Rules,
    /// The click's campaign, if it is known.
    pub campaign: Option<&'a str>,
    /// Every attempt, oldest first.
    pub attempts: &'a [Attempt],
    /// Where the conversion stands.
    pub state: State,
    /// Why.
    pub reason: Option<&'a str>,
    /// What keeps the tenant's sends back.
    pub gate: GateTimes,
}

impl Facts<'_> {
    /// A text in the story's language: both stand together where it is used.
    fn t<'t>(&self, english: &'t str, portuguese: &'t str) -> &'t str {
        match self.locale {
            Locale::English => english,
            Locale::Portuguese => portuguese,
        }
    }
}

/// How far the order's own time may lie from its arrival before the story mentions it, in seconds.
const SAME_TIME_S: i64 = 60;

/// Tells the story, oldest first; the last line says where the event stands if the attempts have not said so.
pub fn tell(facts: &Facts<'_>) -> Vec<Line> {
    let mut lines = arrived(facts);
    lines.push(Line { at: facts.received_at, text: matched::sentence(facts) });
    lines.extend(answers::lines(facts));
    lines.sort_by_key(|line| line.at);
    if let Some(text) = stands::sentence(facts) {
        let last = lines.last().map_or(facts.received_at, |line| line.at);
        let since = if facts.state == State::Parked { facts.gate.parked_at } else { None };
        lines.push(Line { at: last.max(since.unwrap_or(last)), text });
    }
    lines
}

/// What came: before it counted, when it counted, and what came again.
fn arrived(facts: &Facts<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    let id = facts.order_id;
    for it in facts.arrivals.iter().filter(|it| it.outcome == "ignored" && it.first_at < facts.received_at) {
        let why = stands::ignored(facts, it.reason.as_deref());
        let text = match facts.locale {
            Locale::English => format!("Order {id} came in, and nothing was sent: {why}."),
            Locale::Portuguese => format!("O pedido {id} chegou, e nada foi enviado: {why}."),
        };
        lines.push(Line { at: it.first_at, text });
    }
    lines.push(Line { at: facts.received_at, text: received(facts) });
    for it in facts.arrivals.iter().filter(|it| it.outcome == "ignored" && it.last_at > facts.received_at) {
        let why = stands::ignored(facts, it.reason.as_deref());
        let text = match facts.locale {
            Locale::English => format!("It was told of again, and nothing was sent: {why}."),
            Locale::Portuguese => format!("Foi informado de novo, e nada foi enviado: {why}."),
        };
        lines.push(Line { at: it.last_at, text });
    }
    for it in facts.arrivals.iter().filter(|it| it.outcome == "duplicate") {
        let times = counted(it.count, facts.t("time", "vez"), facts.t("times", "vezes"));
        let text = match facts.locale {
            Locale::English => format!("It came again ({times} so far) and was not counted again."),
            Locale::Portuguese => format!("Chegou de novo ({times} até agora) e não foi contado outra vez."),
        };
        lines.push(Line { at: it.last_at, text });
    }
    lines
}

fn received(facts: &Facts<'_>) -> String {
    let Facts { order_id, event_name, value, currency, .. } = facts;
    let text = match facts.locale {
        Locale::English => format!("Order {order_id} was received: {event_name} of {value} {currency}."),
        Locale::Portuguese => format!("O pedido {order_id} foi recebido: {event_name} de {value} {currency}."),
    };
    if (facts.received_at - facts.event_time).abs() < SAME_TIME_S {
        return text;
    }
    let dated = facts.t("It is dated", "Tem a data de");
    format!("{text} {dated} {}.", clock_time(facts.event_time, facts.received_at))
}
