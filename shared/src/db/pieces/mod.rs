//! Pieces of SQL that the statements of orders and of sales are made from, out of the rules' own ranks, stages and bounds.

mod conversion;
mod gate;
mod matching;
mod sold;
mod words;

pub(super) use conversion::conversion;
pub(super) use gate::{connection_in_force, gate};
pub(super) use matching::{Given, matching};
pub(super) use sold::{imported, names, sold};
pub(super) use words::{finality, progress};
