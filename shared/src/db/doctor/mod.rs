//! The doctor's side of the database: what a tenant's rows say, what was found, and whose turn it is.

mod facts;
mod issues;
mod quality;
mod turn;

pub use facts::{FACTS, SAMPLE, facts};
pub use issues::{Issue, LIST, RECORD, Which, list, record};
pub use quality::{QUALITY, quality};
pub use turn::{NEXT, next};
