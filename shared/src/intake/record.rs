//! One statement for a delivery, whatever it comes to.

use super::Read;
use crate::db::connections::Connection;
use crate::db::deliveries::{self, Unused, Why};
use crate::db::kept::NewBody;
use crate::db::sales::{self, Delivered};
use crate::db::{Db, Error};
use crate::ids;

/// What became of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is recorded.
    Taken {
        /// The events that wait for the dispatcher because of it.
        wakes: Vec<String>,
    },
    /// The connection is not what it was when it was looked up: changed or revoked.
    NotInForce,
    /// The tenant is retired.
    Retired,
}

/// Records what an authentic delivery came to. `body` is kept if it was rejected.
pub async fn record(
    db: &Db,
    connection: &Connection,
    delivery_key: String,
    read: Read,
    body: Option<NewBody>,
) -> Result<Recorded, Error> {
    let (why, order_key, body) = match read {
        Read::Sales(sales) => {
            let delivered = &Delivered { connection, delivery_key, sales };
            let recorded = db.run(|client| async move { sales::record(&client, delivered).await }).await?;
            return Ok(recorded.into());
        }
        Read::Ignored { reason, order_key } => (Why::Ignored(reason), order_key, None),
        Read::Rejected(reason) => (Why::Rejected(reason), None, body),
    };
    let delivery_key = Some(delivery_key);
    unused(db, &Unused { connection, id: ids::new_id(), delivery_key, order_key, why, body }).await
}

/// Records a delivery that makes no order.
pub(super) async fn unused(db: &Db, unused: &Unused<'_>) -> Result<Recorded, Error> {
    Ok(db.run(|client| async move { deliveries::record(&client, unused).await }).await?.into())
}

impl From<sales::Recorded> for Recorded {
    fn from(recorded: sales::Recorded) -> Self {
        match recorded {
            sales::Recorded::Taken { wakes } => Self::Taken { wakes },
            sales::Recorded::NotInForce => Self::NotInForce,
            sales::Recorded::Retired => Self::Retired,
        }
    }
}

impl From<deliveries::Recorded> for Recorded {
    fn from(recorded: deliveries::Recorded) -> Self {
        match recorded {
            deliveries::Recorded::Taken => Self::Taken { wakes: Vec::new() },
            deliveries::Recorded::NotInForce => Self::NotInForce,
            deliveries::Recorded::Retired => Self::Retired,
        }
    }
}
