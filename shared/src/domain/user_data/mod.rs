//! Personal data in the form in which Meta takes it (Meta, Conversions API, Customer information parameters).
//!
//! A function a parameter, named as Meta names it. What is no such thing is none and not sent: a hashed placeholder would
//! join thousands of strangers. No function panics on any text.

mod address;
mod agent;
mod email;
mod hashed;
mod name;
mod person;
mod phone;
mod place;
pub mod plain;
mod text;

pub use address::{ClientIp, client_ip_address, ip_address};
pub use agent::{UserAgent, client_user_agent};
pub use email::em;
pub(in crate::domain) use hashed::digest;
pub use hashed::{Hashed, Hashes};
pub use name::{fn_, ln};
pub use person::{db, external_id, ge};
pub use phone::{names_its_country, ph};
pub use place::{country, ct, st, zp};
pub(crate) use text::is_placeholder;
pub(in crate::domain) use text::place_key;
