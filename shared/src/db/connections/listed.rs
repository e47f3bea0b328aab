//! A tenant's connections, as people look at them.

use deadpool_postgres::Client;
use serde::Serialize;
use tokio_postgres::Row;
use utoipa::ToSchema;

use super::super::Error;
use crate::keyset::{Cursor, Page};

/// A connection as people see it: not what proves a delivery, and not its path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Connection)]
pub struct Listed {
    /// The connection.
    pub id: String,
    /// The platform's word.
    pub platform: String,
    /// For people.
    pub label: String,
    /// The amount's word.
    pub amount: String,
    /// The slot of the seller's own order id.
    pub order_id_slot: Option<String>,
    /// The shop.
    pub shop: Option<String>,
    /// Unix seconds.
    pub created_at: i64,
    /// Until when the former path is taken; Unix seconds.
    pub former_path_until: Option<i64>,
    /// Since when it is no more; Unix seconds.
    pub revoked_at: Option<i64>,
    /// When a delivery came last, Unix seconds, among the tenant's newest 2,000 and what is kept of it.
    pub last_delivery_at: Option<i64>,
    /// Bodies that are kept of it.
    pub bodies: i64,
    /// How many of them are not authentic.
    pub not_authentic: i64,
}

/// The columns of a connection `c`, after `recent`, and what is kept of it.
macro_rules! listed {
    ($rest:literal) => {
        concat!(
            "
        with recent as materialized (
            select connection_id, max(received_at) as at
            from (select connection_id, received_at from deliveries where tenant_id = $1 order by received_at desc limit 2000) newest
            where connection_id is not null group by connection_id
        )
        select c.id, c.platform, c.label, c.amount, c.order_id_slot, c.shop, extract(epoch from c.created_at)::bigint as made_at,
               (extract(epoch from c.created_at) * 1000000)::bigint as at_us,
               case when c.former_path_until > clock() then extract(epoch from c.former_path_until)::bigint end as former_path_until,
               extract(epoch from c.revoked_at)::bigint as revoked_at,
               extract(epoch from greatest((select at from recent where connection_id = c.id), kept.at))::bigint as last_delivery_at,
               kept.bodies, kept.not_authentic
        from connections c cross join lateral (
            select count(*) as bodies, count(*) filter (where k.reason = 'not_authentic') as not_authentic, max(k.received_at) as at
            from kept_bodies k where k.tenant_id = c.tenant_id and k.connection_id = c.id
        ) kept ",
            $rest
        )
    };
}

/// All of a tenant's connections, the newest first, revoked ones last.
pub async fn list(client: &Client, tenant_id: &str) -> Result<Vec<Listed>, Error> {
    const SQL: &str = listed!("where c.tenant_id = $1 order by c.revoked_at is not null, c.created_at desc, c.id");
    client.query(SQL, &[&tenant_id]).await?.iter().map(listed).collect()
}

/// The statement of [`page`], for who measures or explains it.
pub const PAGE: &str = listed!(
    "where c.tenant_id = $1
           and (c.created_at, c.id) < (timestamptz 'epoch' + $2::bigint * interval '1 microsecond', $3::text)
         order by c.created_at desc, c.id desc limit $4"
);

/// A page of a tenant's connections, the newest first, revoked ones too.
pub async fn page(client: &Client, tenant_id: &str, page: &Page) -> Result<(Vec<Listed>, Option<Cursor>), Error> {
    let statement = client.prepare_cached(PAGE).await?;
    let (at_us, id) = page.before();
    let rows = client.query(&statement, &[&tenant_id, &at_us, &id, &page.one_more()]).await?;
    page.cut(&rows, listed, |row| Ok(Cursor::new(row.try_get("at_us")?, row.try_get("id")?)))
}

/// Whether a tenant has, or had, this connection.
pub async fn exists(client: &Client, tenant_id: &str, id: &str) -> Result<bool, Error> {
    const SQL: &str = "select from connections where tenant_id = $1 and id = $2";
    let statement = client.prepare_cached(SQL).await?;
    Ok(client.query_opt(&statement, &[&tenant_id, &id]).await?.is_some())
}

fn listed(row: &Row) -> Result<Listed, Error> {
    Ok(Listed {
        id: row.try_get("id")?,
        platform: row.try_get("platform")?,
        label: row.try_get("label")?,
        amount: row.try_get("amount")?,
        order_id_slot: row.try_get("order_id_slot")?,
        shop: row.try_get("shop")?,
        created_at: row.try_get("made_at")?,
        former_path_until: row.try_get("former_path_until")?,
        revoked_at: row.try_get("revoked_at")?,
        last_delivery_at: row.try_get("last_delivery_at")?,
        bodies: row.try_get("bodies")?,
        not_authentic: row.try_get("not_authentic")?,
    })
}
