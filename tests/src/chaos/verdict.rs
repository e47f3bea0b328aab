//! What was posted, held against what Meta took and what the database says.

use std::collections::BTreeMap;

/// An order as its caller knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Posted {
    /// The tenant.
    pub tenant_id: String,
    /// The caller's own id.
    pub order_id: String,
    /// The event, by the first answer of the 2xx kind. None: it was not accepted.
    pub event_id: Option<String>,
    /// Answers of the 2xx kind.
    pub answers: i64,
    /// Posts of which the caller does not know what became: a 5xx, or no answer.
    pub unknown: i64,
    /// When the first 2xx came, in Unix milliseconds.
    pub answered_at_ms: i64,
}

/// An event of a tenant.
pub type Sale = (String, String);

/// What the simulator has of an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// How often it was taken as a new one: twice is a sale that Meta counts twice.
    pub times: i64,
    /// How often it came again within Meta's 48 hours, where it counts once.
    pub duplicates: i64,
}

/// What the database has of a conversion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Its state.
    pub state: String,
    /// Why, if that is told.
    pub reason: Option<String>,
    /// How many accepted deliveries named it, duplicates included.
    pub deliveries: i64,
}

/// Everything there is at the end.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Each order once.
    pub posted: Vec<Posted>,
    /// What the simulator took.
    pub taken: BTreeMap<Sale, Taken>,
    /// What the database has.
    pub standings: BTreeMap<Sale, Standing>,
    /// What each tenant's ledger adds up to.
    pub ledger: BTreeMap<String, i64>,
    /// Attempts that are due or leased although all is well again.
    pub stuck: i64,
    /// What else was found wrong, in words: by `ledger_faults`, by the callers.
    pub faults: Vec<String>,
}

/// The numbers, and what is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Orders posted.
    pub orders: usize,
    /// Of them answered 2xx with an event id.
    pub accepted: usize,
    /// Of those recorded as sent and taken by the simulator.
    pub sent: usize,
    /// Accepted ones that neither Meta has nor a state explains.
    pub lost: Vec<Sale>,
    /// Sends of an event that Meta had, each counted once there.
    pub duplicate_sends: i64,
    /// Attempts that do not move.
    pub stuck: i64,
    /// Whatever else does not add up, in words.
    pub faults: Vec<String>,
}

impl Verdict {
    /// Judges.
    pub fn of(evidence: &Evidence) -> Self {
        let mut verdict = Self {
            orders: evidence.posted.len(),
            duplicate_sends: evidence.taken.values().map(|it| it.duplicates).sum(),
            stuck: evidence.stuck,
            faults: evidence.faults.clone(),
            ..Self::default()
        };
        for posted in &evidence.posted {
            if let Some(event_id) = &posted.event_id {
                verdict.accepted(evidence, posted, &(posted.tenant_id.clone(), event_id.clone()));
            }
        }
        verdict.sent_means_taken(evidence);
        verdict.sums(evidence);
        verdict
    }

    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.lost.is_empty() && self.stuck == 0 && self.faults.is_empty()
    }

    fn accepted(&mut self, evidence: &Evidence, posted: &Posted, sale: &Sale) {
        self.accepted += 1;
        let taken = evidence.taken.contains_key(sale);
        let standing = evidence.standings.get(sale);
        if taken && standing.is_some_and(|it| it.state == "sent") {
            self.sent += 1;
        }
        if !taken && !standing.is_some_and(explains_itself) {
            self.lost.push(sale.clone());
        }
        let deliveries = standing.map_or(0, |it| it.deliveries);
        if !(posted.answers..=posted.answers + posted.unknown).contains(&deliveries) {
            self.faults.push(format!(
                "order {} of {} was answered {} times and left open {} times, and has {deliveries} deliveries",
                posted.order_id, posted.tenant_id, posted.answers, posted.unknown
            ));
        }
    }

    /// Of every event, also of those whose caller never had an answer.
    fn sent_means_taken(&mut self, evidence: &Evidence) {
        for (sale, standing) in &evidence.standings {
            if standing.state == "sent" && !evidence.taken.contains_key(sale) && !self.lost.contains(sale) {
                self.lost.push(sale.clone());
            }
        }
        for ((tenant_id, event_id), taken) in &evidence.taken {
            if taken.times != 1 {
                self.faults.push(format!("event {event_id} of {tenant_id} counts {} times at Meta", taken.times));
            }
        }
    }

    fn sums(&mut self, evidence: &Evidence) {
        let mut known: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
        for posted in &evidence.posted {
            let (answers, unknown) = known.entry(&posted.tenant_id).or_default();
            (*answers, *unknown) = (*answers + posted.answers, *unknown + posted.unknown);
        }
        for (tenant_id, (answers, unknown)) in known {
            let ledger = evidence.ledger.get(tenant_id).copied().unwrap_or_default();
            if !(answers..=answers + unknown).contains(&ledger) {
                self.faults.push(format!(
                    "the ledger of {tenant_id} adds up to {ledger}; {answers} answers were 2xx and {unknown} are unknown"
                ));
            }
        }
    }
}

/// Whether a state says by itself what becomes of the event. One that waits is not lost: it is counted as stuck where it should
/// have gone.
fn explains_itself(standing: &Standing) -> bool {
    match standing.state.as_str() {
        "pending" | "expired" => true,
        "ignored" | "quarantined" | "held" | "parked" => standing.reason.is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sale() -> Sale {
        ("t".to_owned(), "e".to_owned())
    }

    /// One order that was answered once, sent, and taken once.
    fn clean() -> Evidence {
        let posted = Posted {
            tenant_id: "t".into(),
            order_id: "1".into(),
            event_id: Some("e".into()),
            answers: 1,
            ..Posted::default()
        };
        let standing = Standing { state: "sent".into(), reason: None, deliveries: 1 };
        Evidence {
            posted: vec![posted],
            taken: [(sale(), Taken { times: 1, duplicates: 0 })].into(),
            standings: [(sale(), standing)].into(),
            ledger: [("t".to_owned(), 1)].into(),
            ..Evidence::default()
        }
    }

    fn standing(evidence: &mut Evidence, state: &str, reason: Option<&str>) {
        let standing = Standing { state: state.into(), reason: reason.map(str::to_owned), deliveries: 1 };
        evidence.standings.insert(sale(), standing);
    }

    #[test]
    fn what_was_taken_and_recorded_is_sound() {
        let verdict = Verdict::of(&clean());
        assert!(verdict.is_sound(), "{verdict:?}");
        assert_eq!((verdict.orders, verdict.accepted, verdict.sent), (1, 1, 1));
    }

    #[test]
    fn an_accepted_order_that_is_nowhere_is_lost() {
        let mut evidence = clean();
        evidence.taken.clear();
        evidence.standings.clear();
        assert_eq!(Verdict::of(&evidence).lost, [sale()]);
    }

    #[test]
    fn one_that_is_recorded_as_sent_and_was_not_taken_is_lost_once_also_without_an_answer() {
        let mut evidence = clean();
        evidence.taken.clear();
        assert_eq!(Verdict::of(&evidence).lost, [sale()]);
        evidence.posted[0] = Posted { event_id: None, answers: 0, unknown: 1, ..evidence.posted[0].clone() };
        let verdict = Verdict::of(&evidence);
        assert_eq!((verdict.accepted, verdict.lost), (0, vec![sale()]));
    }

    #[test]
    fn a_state_explains_itself_only_with_its_reason() {
        let mut evidence = clean();
        evidence.taken.clear();
        for (state, reason, lost) in [
            ("parked", Some("no_token"), 0),
            ("parked", None, 1),
            ("quarantined", Some("data"), 0),
            ("held", None, 1),
            ("expired", None, 0),
            ("pending", None, 0),
            ("missing", None, 1),
        ] {
            standing(&mut evidence, state, reason);
            assert_eq!(Verdict::of(&evidence).lost.len(), lost, "{state} {reason:?}");
        }
    }

    #[test]
    fn an_attempt_that_does_not_move_is_not_sound() {
        let evidence = Evidence { stuck: 1, ..clean() };
        assert!(!Verdict::of(&evidence).is_sound());
    }

    #[test]
    fn deliveries_are_as_many_as_the_answers_and_at_the_most_the_open_posts_more() {
        for (deliveries, unknown, sound) in [(0, 0, false), (1, 0, true), (2, 0, false), (2, 1, true), (3, 1, false)] {
            let mut evidence = clean();
            evidence.posted[0].unknown = unknown;
            evidence.ledger.insert("t".into(), deliveries);
            if let Some(standing) = evidence.standings.get_mut(&sale()) {
                standing.deliveries = deliveries;
            }
            assert_eq!(Verdict::of(&evidence).is_sound(), sound, "{deliveries} {unknown}");
        }
    }

    #[test]
    fn a_sale_that_meta_counts_twice_is_a_fault_and_one_that_came_twice_is_not() {
        let mut evidence = clean();
        evidence.taken.insert(sale(), Taken { times: 1, duplicates: 3 });
        let verdict = Verdict::of(&evidence);
        assert!(verdict.is_sound() && verdict.duplicate_sends == 3);
        evidence.taken.insert(sale(), Taken { times: 2, duplicates: 0 });
        assert!(!Verdict::of(&evidence).is_sound());
    }
}
