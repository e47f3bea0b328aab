//! Intake: a platform's delivery on its way from the adapters to the database.
//!
//! - [`read()`]: what a delivery comes to, with the sales that are recorded of it.
//! - [`record()`]: one statement for it, whatever it is.
//! - [`seal`]: how a body is kept that made no order; [`replay`]: how it is taken after the repair.

mod read;
mod record;
pub mod replay;
mod sale;
pub mod seal;

pub use read::{Read, read};
pub use record::record;
pub use sale::sale;
