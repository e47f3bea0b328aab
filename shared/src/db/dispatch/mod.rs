//! The outbox: claiming attempts that are due, and recording what became of them.

mod claim;
mod record;
mod release;

use crate::domain::delivery::gate::Breaker;

pub use claim::{Claim, Claimed, claim, sql as claim_sql};
pub use record::{Done, Outcome, Receipt, Record, Recorded, Refused, record, sql as record_sql};
pub use release::{RELEASE, release};

/// How long a claim holds, in seconds: longer than a dispatcher may run, so that a lease only runs out on a dead one.
pub const LEASE_S: i32 = 300;

/// What kept a tenant's sends back at some moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// The circuit breaker.
    pub breaker: Breaker,
    /// Why the tenant is parked, if it is.
    pub parked: Option<String>,
}

impl Default for Gate {
    /// Nothing: a tenant without a row.
    fn default() -> Self {
        Self { breaker: Breaker::Closed, parked: None }
    }
}

impl Gate {
    fn read(breaker: Option<&str>, parked: Option<String>) -> Result<Self, super::Error> {
        let breaker = match breaker {
            None => Breaker::Closed,
            Some(word) => {
                Breaker::parse(word).ok_or(super::Error::Inconsistent { table: "delivery_gates", column: "breaker" })?
            }
        };
        Ok(Self { breaker, parked })
    }
}
