//! The doctor: what is wrong with a tenant that is set up, by what its data and Meta say.
//!
//! Pure: a statement counts ([`Facts`]), Meta is asked ([`Asked`]), and these rules say what it comes to. A share is judged only where
//! there is enough to tell it, so that a small shop is not alarmed by chance.

mod check;
mod clocks;
mod facts;
mod finding;
mod texts;
mod words;

#[cfg(test)]
mod tests;

pub use check::{Asked, Findings, LATE_S, examine};
pub use clocks::{Clock, Clocks, MOST_SKEW_S};
pub use facts::{
    Clicks, Connection, Day, Events, Facts, FbcIndex, Gate, OtherSenders, Refused, Sends, Stages, TestCode,
};
pub use finding::{Area, Code, Detail, Finding};

/// What nobody but Meta can know, and no answer of Meta says: it is told as not known rather than left out.
pub const NOT_KNOWN: &[&str] = &[
    // Meta's `debug_token` would say it, but wants the token of the app that made the token.
    "token_expiry",
    // Another sender without our event id leaves no trace here.
    "counted_twice_at_meta",
    // Meta's event match quality stands in Events Manager alone; ours is another number.
    "event_match_quality",
];
