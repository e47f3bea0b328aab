//! A person by the hash of an e-mail address or a phone: what is kept, all of it, and its erasure. One statement each.
//!
//! Bodies that made no order are sealed and cannot be looked into; they go after 7 days by themselves. What stays for good has nobody's
//! data: `dedupe_registry`, the ledger's counts, receipts of requests and of erasures.

mod erase;
mod export;

use deadpool_postgres::Client;
use serde::Serialize;
use utoipa::ToSchema;

use super::Error;

pub use erase::{ERASE, Erased, Erasure, erase};
pub use export::{EXPORT, Part, export, part_behind};

/// Who is meant: whoever has either of them.
#[derive(Clone, Copy)]
pub struct Person<'a> {
    /// The digest of the e-mail address.
    pub email_hash: Option<&'a str>,
    /// The digest of the phone.
    pub phone_hash: Option<&'a str>,
}

/// The CTEs of a statement that says who is meant: `seen` (ids of their observations), `placed` (keys of their orders), `visit` (ids of
/// their clicks). `$1` tenant, `$2` and `$3` the digests.
///
/// An order's observation has the id of the delivery that brought it, which names the order. A click is theirs where an observation says
/// so; one that was only guessed by the network may be somebody else's. What else was observed of their orders, and what a browser said
/// of their clicks, is theirs too, by whatever they were known there: `named` are the observations with the digests, `ordered` those of
/// the orders.
macro_rules! person {
    () => {
        "
    with named as materialized (
        select i.id, i.click_id, i.source from identities i where i.tenant_id = $1 and i.email_hash = $2::text
        union
        select i.id, i.click_id, i.source from identities i where i.tenant_id = $1 and i.phone_hash = $3::text
    ), placed as materialized (
        select d.order_key from named cross join lateral (
            select d.order_key from deliveries d where d.tenant_id = $1 and d.id = named.id limit 1) d
        where named.source = 'order' and d.order_key is not null
        union
        select r.order_key from orders r where r.tenant_id = $1 and r.known ->> 'email_hash' = $2
        union
        select r.order_key from orders r where r.tenant_id = $1 and r.known ->> 'phone_hash' = $3
    ), ordered as materialized (
        select i.id, i.click_id from identities i
        where i.tenant_id = $1 and i.id = any(array(
            select d.id from deliveries d where d.tenant_id = $1 and d.order_key = any(array(select order_key from placed))))
    ), visit as materialized (
        select click_id as id from named where click_id is not null
        union
        select click_id from ordered where click_id is not null
        union
        select r.known ->> 'click_id' from placed cross join lateral (
            select r.known from orders r where r.tenant_id = $1 and r.order_key = placed.order_key limit 1) r
        where r.known ->> 'click_id' is not null
    ), seen as materialized (
        select id from named
        union
        select id from ordered
        union
        select i.id from identities i
        where i.tenant_id = $1 and i.source || i.click_id = any(array(select 'browser' || id from visit)) and i.source = 'browser'
    )"
    };
}
use person;

/// What there is of a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PersonFound)]
pub struct Found {
    /// Observations.
    pub identities: i64,
    /// Clicks that they point at.
    pub clicks: i64,
    /// Orders.
    pub orders: i64,
    /// Events of these orders.
    pub conversions: i64,
}

/// The statement of [`find`], for who measures or explains it.
pub const FIND: &str = concat!(
    person!(),
    "
    select t.id is not null as is_there, (select count(*) from seen) as identities,
           (select count(*) from clicks c where c.tenant_id = $1 and c.id = any(array(select id from visit))) as clicks,
           (select count(*) from placed) as orders,
           (select count(*) from conversions c
            where c.tenant_id = $1 and c.order_key = any(array(select order_key from placed))) as conversions
    from tenants t where t.id = $1"
);

/// Counts what is kept of a person; `None` where there is no such tenant.
pub async fn find(client: &Client, tenant_id: &str, person: Person<'_>) -> Result<Option<Found>, Error> {
    let statement = client.prepare_cached(FIND).await?;
    let row = client.query_opt(&statement, &[&tenant_id, &person.email_hash, &person.phone_hash]).await?;
    row.map(|row| {
        Ok(Found {
            identities: row.try_get("identities")?,
            clicks: row.try_get("clicks")?,
            orders: row.try_get("orders")?,
            conversions: row.try_get("conversions")?,
        })
    })
    .transpose()
}
