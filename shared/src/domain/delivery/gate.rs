//! What keeps a tenant's sends back: the circuit breaker, parking, and Meta's own wait.
//!
//! A send is one request with the smaller ones that it was split into. One in which Meta took any event is a success,
//! whatever became of the others; one in which it took none is a failure. The state itself is a row that all dispatchers share;
//! the statement that changes it is made from these bounds.

use super::super::order::words;

words! {
    /// The circuit breaker of a tenant.
    Breaker {
        /// Sends go.
        Closed = "closed",
        /// None goes until the cool-down is over.
        Open = "open",
        /// One dispatcher probes.
        HalfOpen = "half_open",
    }
}

/// What a send was for the breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Meta took an event.
    Taken,
    /// Meta took none.
    NoneTaken,
}

/// Failures in a row that open the breaker.
pub const FAILURES_TO_OPEN: i32 = 10;
/// The first cool-down, in seconds; each probe that fails doubles it.
pub const FIRST_COOLDOWN_S: i32 = 60;
/// The longest cool-down, in seconds.
pub const LONGEST_COOLDOWN_S: i32 = 3600;
/// How many events a probe takes along at the most: enough that one bad event does not decide it alone, and few, should
/// Meta swallow them without an answer.
pub const PROBE_EVENTS: i64 = 10;
/// How long a parked tenant waits before one more send finds out whether token, pixel or permission were repaired, in
/// seconds.
pub const PARKED_S: i32 = 15 * 60;
/// The longest wait that Meta's headers are believed, in seconds: a day.
pub const LONGEST_THROTTLE_S: i64 = 24 * 3600;
