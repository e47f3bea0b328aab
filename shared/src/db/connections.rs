//! Connections: what a checkout platform posts to, `/w/<tenant>.<secret>`, and what its deliveries are read by.

use crate::domain::country::Country;
use crate::domain::order::{Amount, OptionalEvents};
use crate::platforms::Platform;

/// A connection that is in force, with what its tenant's deliveries are read by.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The tenant, by the path.
    pub tenant_id: String,
    /// The connection.
    pub id: String,
    /// Grows with each change; a write checks that it is still this one.
    pub version: i32,
    /// Who posts.
    pub platform: Platform,
    /// Which amount of a sale is its value.
    pub amount: Amount,
    /// The tracking slot that gives back the seller's own order id.
    pub order_id_slot: Option<String>,
    /// Which of the tenant's shops it is, where the platform numbers each shop's orders by itself.
    pub shop: Option<String>,
    /// The tenant's country.
    pub country: Option<Country>,
    /// The events beside Purchase that the tenant wants.
    pub optional_events: OptionalEvents,
}
