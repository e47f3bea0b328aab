//! The rules of the field, pure: no database, no network, no environment, no wall clock.

pub mod access;
pub mod attribution;
pub mod books;
pub mod conversion;
pub mod country;
pub mod delivery;
pub mod doctor;
pub mod event_id;
pub mod fb;
pub mod money;
pub mod order;
pub mod page;
pub mod quality;
pub mod setup;
pub mod story;
pub mod text;
pub mod user_data;
