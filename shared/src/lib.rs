//! The common crate of the functions.
//!
//! Three rings, and arrows go one way: a function calls an adapter, an adapter calls the domain.
//!
//! - [`domain`]: the rules, pure: no database, network, environment or clock.
//! - adapters: [`db`] (Postgres), [`meta`] (Graph API), [`platforms`] (checkouts), [`queue`] (SQS), [`secrets`] (Secrets
//!   Manager), [`http`] and [`body`] (requests and answers), [`doctor`] (an examination), [`order_body`], [`setup_patch`], [`aws`], [`config`], [`clock`], [`ids`], [`keyset`] (lists), [`memory`], [`telemetry`], [`told`] (an
//!   order's story on the wire).

pub mod aws;
pub mod body;
pub mod clock;
pub mod config;
pub mod db;
pub mod doctor;
pub mod domain;
pub mod health;
pub mod http;
pub mod ids;
pub mod intake;
pub mod keyset;
pub mod memory;
pub mod meta;
pub mod metrics;
pub mod openapi;
pub mod order_body;
pub mod platforms;
pub mod queue;
pub mod secrets;
pub mod setup_patch;
pub mod telemetry;
pub mod told;
