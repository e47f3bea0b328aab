//! Intake: a platform's delivery on its way from the adapters to the database.

mod sale;

pub use sale::sale;
