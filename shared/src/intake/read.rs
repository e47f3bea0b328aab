//! What a delivery comes to.

use super::sale::{key, sale};
use crate::db::connections::Connection;
use crate::db::sales::Sale;
use crate::domain::order::{Ignored, Order, OrderId, Outcome, Rejected};
use crate::platforms::{Context, Delivery};

/// What an authentic delivery comes to.
#[derive(Clone, Debug)]
pub enum Read {
    /// Sales; the main one first. Never empty.
    Sales(Vec<Sale>),
    /// There is nothing to do.
    Ignored {
        /// Why.
        reason: Ignored,
        /// The order that it names.
        order_key: Option<String>,
    },
    /// It cannot be used.
    Rejected(Rejected),
}

/// Reads an authentic delivery. One sale that cannot be used rejects it as a whole: a part of it would be taken for all of it.
pub fn read(connection: &Connection, delivery: &Delivery<'_>, context: &Context) -> Read {
    match connection.platform.parse_delivery(delivery, context) {
        Outcome::Orders { main, also } => sales(connection, &main, &also).map_or_else(Read::Rejected, Read::Sales),
        Outcome::Ignored { reason, order } => {
            let order_key = order.and_then(|order| key(connection, &order, true));
            Read::Ignored { reason, order_key: order_key.as_ref().map(OrderId::as_str).map(str::to_owned) }
        }
        Outcome::Rejected(reason) => Read::Rejected(reason),
    }
}

fn sales(connection: &Connection, main: &Order, also: &[Order]) -> Result<Vec<Sale>, Rejected> {
    let main = sale(connection, main, true);
    std::iter::once(main).chain(also.iter().map(|order| sale(connection, order, false))).collect()
}
