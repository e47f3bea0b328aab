//! What the system takes and what it costs: a simulation from measured times, by the template's own settings.
//!
//! - [`Load`] comes as a Poisson process with bursts; [`cloud::run`] takes it through the API's throttle, Lambda's environments, the
//!   database's connections and cores, the queue and the dispatchers.
//! - [`judge`] says what is first too little of a load, and which setting answers it.
//! - [`closed::run`] is the same for a machine that can be measured.
//! - [`cost`] prices the base load by AWS's list prices.
//!
//! The same seed gives the same run.

pub mod closed;
pub mod cloud;
mod cores;
pub mod cost;
mod engine;
pub mod facts;
mod limits;
mod load;
pub mod prices;
mod service;
mod settings;
mod spread;
mod table;

pub use limits::{Answer, Verdict, judge};
pub use load::{Kind, Load};
pub use service::{Service, Services};
pub use settings::{Settings, parameter, property};
pub use spread::{Spread, percentile};
pub use table::rows;
