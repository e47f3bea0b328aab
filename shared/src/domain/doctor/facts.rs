//! What one statement counted of a tenant. Times are Unix seconds.
//!
//! Shares are of samples: the newest clicks and deliveries of a week, up to some thousands, so that a large tenant costs no more than
//! a middling one.

use std::collections::BTreeMap;

use serde::Deserialize;

/// All that the rules look at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Facts {
    /// The database's time.
    pub now_s: i64,
    /// The tenant's status.
    pub status: String,
    /// Its pixel.
    pub pixel_id: Option<String>,
    /// What it sells in.
    pub currency: Option<String>,
    /// Its test code, if one is entered.
    pub test_code: Option<TestCode>,
    /// What its setup session says of others that tell Meta; none where it has no session.
    pub other_senders: Option<OtherSenders>,
    /// What keeps its sends back.
    pub gate: Gate,
    /// What became of its events.
    pub sends: Sends,
    /// Its clicks of a week.
    pub clicks: Clicks,
    /// Its events of a week.
    pub events: Events,
    /// The sales of the four weeks before.
    pub before: Stages,
    /// The last 24 hours, the 24 before them, and so on: eight.
    pub days: Vec<Day>,
    /// Its connections in force.
    pub connections: Vec<Connection>,
    /// From when on every delivery is counted in [`Connection::deliveries`].
    pub covered_since: i64,
}

/// A test code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct TestCode {
    /// Until when it is used.
    pub until: i64,
}

/// What was confirmed of other senders.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct OtherSenders {
    /// `off`, `shares_event_id`, `on`, or none.
    pub purchase: Option<String>,
}

/// See [`crate::domain::delivery::gate`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Gate {
    /// The breaker's word; none where the tenant never had anything to keep back.
    pub breaker: Option<String>,
    /// When it opened.
    pub opened_at: Option<i64>,
    /// What the tenant is parked for.
    pub parked_reason: Option<String>,
}

/// What became of events in the last 7 days.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Sends {
    /// When Meta last took an event of the present pixel.
    pub accepted_at: Option<i64>,
    /// Quarantined for what is in them, by Meta's error, the most frequent first.
    pub refused: Vec<Refused>,
    /// Quarantined because nothing says whether Meta has them.
    pub unclear: i64,
    /// Never sent, and too old now.
    pub expired: i64,
    /// Waiting since more than an hour, with less than a day left.
    pub near_expiry: i64,
}

/// Events that were refused with the same error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Refused {
    /// Meta's code.
    pub code: Option<i32>,
    /// Meta's subcode.
    pub subcode: Option<i32>,
    /// Meta's own words, as they are kept: without personal data.
    pub said: Option<String>,
    /// How many.
    pub events: i64,
}

/// A week's clicks of visitors who did not deny consent, the newest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Clicks {
    /// How many.
    pub clicks: i64,
    /// With an address.
    pub with_ip: i64,
    /// With an fbc of their own.
    pub with_fbc: i64,
    /// Browsers among them that can be told apart.
    pub browsers: i64,
    /// Of the address that most of them came from.
    pub of_one_address: i64,
    /// Whose `utm_source` names Meta.
    pub of_meta: i64,
    /// Of these, without an ad's click id.
    pub of_meta_without_fbc: i64,
    /// How their fbc count the domain.
    pub fbc_indices: Vec<FbcIndex>,
}

/// Clicks on a host whose fbc have the same subdomain index.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct FbcIndex {
    /// The page's host.
    pub host: String,
    /// `1` of `fb.1.…`.
    pub index: String,
    /// How many.
    pub clicks: i64,
}

/// Sales by the stage of their match. What came before the tenant's first click, or in the day after it, is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Stages {
    /// By what the order carried.
    pub click: i64,
    /// By who the buyer is.
    pub identity: i64,
    /// By address and agent.
    pub network: i64,
    /// Not at all.
    pub none: i64,
}

impl Stages {
    /// All of them.
    pub fn sales(self) -> i64 {
        self.matched() + self.none
    }

    /// Those with a click.
    pub fn matched(self) -> i64 {
        self.click + self.identity + self.network
    }

    /// Both together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self {
            click: self.click + other.click,
            identity: self.identity + other.identity,
            network: self.network + other.network,
            none: self.none + other.none,
        }
    }
}

/// A week's events, the newest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Events {
    /// How many.
    pub events: i64,
    /// That came more than [`LATE_S`](super::LATE_S) after they happened.
    pub late: i64,
    /// With an address of their own and one of their click.
    pub two_addresses: i64,
    /// Of these, one IPv4 and the other IPv6.
    pub two_families: i64,
    /// By currency.
    pub currencies: BTreeMap<String, i64>,
    /// Purchases by their match.
    pub stages: Stages,
}

/// What came in 24 hours; counted up to 50 each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Day {
    /// Clicks.
    pub clicks: i64,
    /// Deliveries of orders.
    pub deliveries: i64,
}

/// A checkout's connection in force.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Connection {
    /// Its id.
    pub id: String,
    /// Its platform's word.
    pub platform: String,
    /// When it was made.
    pub created_at: i64,
    /// Its deliveries among those that were looked at.
    pub deliveries: i64,
    /// Bodies that are kept because the platform's check failed.
    pub not_authentic: i64,
    /// Bodies that are kept because they could not be used.
    pub unread: i64,
}
