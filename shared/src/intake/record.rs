//! One statement for a delivery, whatever it comes to.

use super::Read;
use crate::db::connections::Connection;
use crate::db::deliveries::{self, Recorded, Unused, Why};
use crate::db::kept::NewBody;
use crate::db::sales::{self, Delivered};
use crate::db::{Db, Error};
use crate::ids;

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
            return db.run(|client| async move { sales::record(&client, delivered).await }).await;
        }
        Read::Ignored { reason, order_key } => (Why::Ignored(reason), order_key, None),
        Read::Rejected(reason) => (Why::Rejected(reason), None, body),
    };
    let delivery_key = Some(delivery_key);
    unused(db, &Unused { connection, id: ids::new_id(), delivery_key, order_key, why, body }).await
}

/// Records a delivery that makes no order.
pub(super) async fn unused(db: &Db, unused: &Unused<'_>) -> Result<Recorded, Error> {
    db.run(|client| async move { deliveries::record(&client, unused).await }).await
}
