//! The history of an order: what came of it, and what became of each.

use deadpool_postgres::Client;

use super::Error;

/// A sale in a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// `api`, or the platform.
    pub source: String,
    /// The connection that it came by, if it came from a platform.
    pub connection_id: Option<String>,
    /// Unix seconds.
    pub received_at_s: i64,
    /// `conversion`, `duplicate`, `ignored` or `rejected`.
    pub outcome: String,
    /// Why, where the outcome needs a reason.
    pub reason: Option<String>,
    /// The event that it caused, or that was caused before.
    pub event_id: Option<String>,
}

/// What came of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Where it stands with its payment, if it is still kept.
    pub order_state: Option<String>,
    /// The first hundred deliveries, oldest first.
    pub deliveries: Vec<Delivery>,
}

macro_rules! of {
    ($order_key:literal) => {
        concat!(
            "
    select o.state, d.id is not null as told, d.source, d.connection_id, extract(epoch from d.received_at)::bigint as received_at,
           d.outcome, d.reason, d.event_id
    from (select $1::text as tenant_id, ",
            $order_key,
            " as order_key) one
        left join orders o on o.tenant_id = one.tenant_id and o.order_key = one.order_key
        left join deliveries d on d.tenant_id = one.tenant_id and d.order_key = one.order_key
    order by d.received_at, d.id limit 100"
        )
    };
}

/// The statement of [`of_order`], for who measures or explains it.
pub const OF_ORDER: &str = of!("$2::text");
/// The statement of [`of_event`], for who measures or explains it.
pub const OF_EVENT: &str =
    of!("(select c.order_key from conversions c where c.tenant_id = $1 and c.event_id = $2::text)");

/// What came of an order of a tenant.
pub async fn of_order(client: &Client, tenant_id: &str, order_key: &str) -> Result<History, Error> {
    read(client, OF_ORDER, tenant_id, order_key).await
}

/// What came of the order of a tenant's event.
pub async fn of_event(client: &Client, tenant_id: &str, event_id: &str) -> Result<History, Error> {
    read(client, OF_EVENT, tenant_id, event_id).await
}

async fn read(client: &Client, sql: &str, tenant_id: &str, named: &str) -> Result<History, Error> {
    let statement = client.prepare_cached(sql).await?;
    let mut history = History::default();
    for row in client.query(&statement, &[&tenant_id, &named]).await? {
        history.order_state = row.try_get("state")?;
        if row.try_get("told")? {
            history.deliveries.push(Delivery {
                source: row.try_get("source")?,
                connection_id: row.try_get("connection_id")?,
                received_at_s: row.try_get("received_at")?,
                outcome: row.try_get("outcome")?,
                reason: row.try_get("reason")?,
                event_id: row.try_get("event_id")?,
            });
        }
    }
    Ok(history)
}
