//! Three clocks that ought to agree.

use super::super::order::words;

/// How far a clock may be off, in seconds. Answers are dated by the second and take up to ten to come; from a minute on, times from the
/// future are refused by senders and receivers alike.
pub const MOST_SKEW_S: i64 = 60;

words! {
    /// Whose clock is compared with Meta's.
    Clock {
        /// The database's, which dates clicks, orders and leases.
        Database = "database",
        /// The function's, which dates what a browser brings.
        Function = "function",
    }
}

/// What the clocks said at the same moment; Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clocks {
    /// The `Date` of Meta's answer.
    pub meta_s: i64,
    /// The database's.
    pub database_s: i64,
    /// The function's own.
    pub function_s: i64,
}

impl Clocks {
    /// Those that are off, and by how much; ahead is positive.
    pub(super) fn off(self) -> impl Iterator<Item = (Clock, i64)> {
        let pairs = [(Clock::Database, self.database_s), (Clock::Function, self.function_s)];
        pairs
            .into_iter()
            .map(move |(clock, at)| (clock, at.saturating_sub(self.meta_s)))
            .filter(|(_, skew)| skew.saturating_abs() > MOST_SKEW_S)
    }

    /// The largest skew, if it is too large.
    pub fn worst(self) -> Option<i64> {
        self.off().map(|(_, skew)| skew).max_by_key(|skew| skew.saturating_abs())
    }
}
