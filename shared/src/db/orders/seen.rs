//! What is known of orders before they are recorded.

use std::sync::LazyLock;

use deadpool_postgres::Client;

use crate::db::Error;
use crate::db::pieces::{names, sold};

/// What is known of an order.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Whether its event is there already.
    pub is_claimed: bool,
    /// The Purchase that was made of it, under any of its names.
    pub sold: Option<Sold>,
    /// What else may name it, and itself.
    pub names: Vec<String>,
}

/// A Purchase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sold {
    /// The order's key.
    pub order_key: String,
    /// The event.
    pub event_id: String,
}

/// The statement of [`seen`], for who measures or explains it.
pub static SEEN: LazyLock<String> = LazyLock::new(|| {
    let (names, sold) = (names("line.order_key"), sold("line.order_key"));
    format!(
        "select known.event_id is not null as is_claimed, sold.order_key, sold.event_id, array(select name from ({names}) named) as names
         from unnest($2::text[], $3::text[]) with ordinality line(order_key, event_id, number)
             left join lateral (select r.event_id from dedupe_registry r where r.tenant_id = $1 and r.event_id = line.event_id limit 1) known on true
             left join lateral ({sold}) sold on true
         order by line.number"
    )
});

/// What is known of a tenant's orders, each by its key and its event, in their order.
pub async fn seen(
    client: &Client,
    tenant_id: &str,
    order_keys: &[&str],
    event_ids: &[&str],
) -> Result<Vec<Seen>, Error> {
    let statement = client.prepare_cached(&SEEN).await?;
    let rows = client.query(&statement, &[&tenant_id, &order_keys, &event_ids]).await?;
    let each = rows.iter().map(|row| {
        let sold: (Option<String>, Option<String>) = (row.try_get("order_key")?, row.try_get("event_id")?);
        Ok(Seen {
            is_claimed: row.try_get("is_claimed")?,
            sold: sold.0.zip(sold.1).map(|(order_key, event_id)| Sold { order_key, event_id }),
            names: row.try_get("names")?,
        })
    });
    each.collect()
}
