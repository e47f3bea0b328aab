//! From what a delivery says of an order to what is recorded of it.

use crate::db::connections::Connection;
use crate::db::sales::Sale;
use crate::domain::order::{Order, Rejected};

/// One sale of a delivery as it is recorded: keyed, priced by the connection's choice, the buyer hashed.
///
/// `is_main` is false for the further sales of a body (order bumps), which are no part of the seller's own order.
///
/// # Errors
/// Where it is a sale, and the platform does not state the amount that the connection is set to send.
pub fn sale(_connection: &Connection, _order: &Order, _is_main: bool) -> Result<Sale, Rejected> {
    Ok(Sale {})
}
