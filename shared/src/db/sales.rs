//! Sales: what a platform's delivery says of orders, recorded in one round trip.

use deadpool_postgres::Client;

use super::Error;
use super::connections::Connection;

/// One sale of a delivery, parsed, normalised and hashed.
#[derive(Clone, Debug)]
pub struct Sale {}

/// A delivery that holds sales.
#[derive(Clone, Debug)]
pub struct Delivered<'a> {
    /// On whose path it came.
    pub connection: &'a Connection,
    /// What a repetition is known by: lower-case hex SHA-256 of the platform's own id of the delivery, or of its bytes.
    pub delivery_key: String,
    /// The main sale first. Never empty.
    pub sales: Vec<Sale>,
}

/// What became of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is kept.
    Taken {
        /// The events that wait for the dispatcher because of it.
        wakes: Vec<String>,
    },
    /// The connection is not what it was when it was looked up: changed or revoked.
    NotInForce,
    /// The tenant is retired.
    Retired,
}

/// Records a delivery.
pub async fn record(_client: &Client, _delivered: &Delivered<'_>) -> Result<Recorded, Error> {
    Ok(Recorded::Taken { wakes: Vec::new() })
}
