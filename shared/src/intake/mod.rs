//! Intake: a platform's delivery, or a seller's order, on its way from the adapters to the database.
//!
//! - [`order()`]: a seller's own order.
//! - [`read()`]: what a delivery comes to, with the sales that are recorded of it.
//! - [`record()`]: one statement for it, whatever it is.
//! - [`seal`]: how a body is kept that made no order; [`replay`]: how it is taken after the repair.

mod order;
mod read;
mod record;
pub mod replay;
mod sale;
pub mod seal;

pub use order::{Parsed, Teller, order};
pub use read::{Read, read};
pub use record::record;
pub use sale::sale;
