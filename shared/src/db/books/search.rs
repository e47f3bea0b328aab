//! A tenant's events by what a person knows of them: the order, the event, the buyer.

use deadpool_postgres::Client;

use super::super::Error;
use super::Found;
use super::events::found;
use crate::domain::country::Country;
use crate::keyset::Page;

/// What is looked for. What fits any of it is found.
#[derive(Clone, Debug, Default)]
pub struct Sought {
    /// An order's id: as it stands in the tenant's books, or as the platform of one of its connections gave it.
    pub order_id: Option<String>,
    /// An event's id.
    pub event_id: Option<String>,
    /// The digest of the buyer's e-mail address.
    pub email_hash: Option<String>,
    /// The digest of the buyer's phone number.
    pub phone_hash: Option<String>,
}

/// The statement of [`search`], for who measures or explains it.
///
/// A buyer is found by the observations that orders left: each has the id of its delivery, which names its order. Of one address that
/// ten thousand orders have, some are found.
pub const SEARCH: &str = concat!(
    stands!(),
    ", observed as (
        (select i.id from identities i where i.tenant_id = $1 and i.email_hash = $4::text and i.source = 'order' limit 10000)
        union
        (select i.id from identities i where i.tenant_id = $1 and i.phone_hash = $5::text and i.source = 'order' limit 10000)
    ), key as (
        select $2::text as order_key
        union
        select c.platform || ':' || coalesce(c.shop || ':', '') || $2 from connections c where c.tenant_id = $1
        union
        select (select d.order_key from deliveries d where d.tenant_id = $1 and d.id = observed.id) from observed
    ), hit as (
        select c.id from key, lateral (select c.id from conversions c where c.tenant_id = $1 and c.order_key = key.order_key) c
        union
        select c.id from conversions c where c.tenant_id = $1 and c.event_id = $3::text
    ), found as (
        select newest.*, stands.state, stands.waits, stands.reason
        from (
            select ",
    columns!(),
    "
            from conversions c
            where c.tenant_id = $1 and c.id = any(array(select id from hit))
              and (c.created_at, c.id) < (timestamptz 'epoch' + $6::bigint * interval '1 microsecond', $7::text)
            order by c.created_at desc, c.id desc limit $8
        ) newest join stands on stands.stored = newest.stored
    )",
    shown!()
);

/// A page of what is found among a tenant's events, newest first. One of another tenant is never seen.
pub async fn search(client: &Client, tenant_id: &str, sought: &Sought, page: &Page) -> Result<Found, Error> {
    let statement = client.prepare_cached(SEARCH).await?;
    let (at_us, id) = page.before();
    let Sought { order_id, event_id, email_hash, phone_hash } = sought;
    let rows = client
        .query(&statement, &[&tenant_id, order_id, event_id, email_hash, phone_hash, &at_us, &id, &page.one_more()])
        .await?;
    found(&rows, page)
}

/// The country of a tenant, by which phones without a country code are read; `None` where there is no such tenant.
pub async fn country(client: &Client, tenant_id: &str) -> Result<Option<Option<Country>>, Error> {
    let statement = client.prepare_cached("select country from tenants where id = $1").await?;
    let row = client.query_opt(&statement, &[&tenant_id]).await?;
    row.map(|row| Ok(row.try_get::<_, Option<&str>>("country")?.and_then(Country::parse))).transpose()
}
