//! What is done to a running stack, by a seed, and whether it lost anything.

mod schedule;
mod verdict;

pub use schedule::{Blow, Crash, Part, Plan, Schedule, Strike};
pub use verdict::{Evidence, Posted, Sale, Standing, Taken, Verdict};
