//! Kept bodies: what came on a valid path and made no order, sealed, until it is replayed or 7 days old.

use deadpool_postgres::Client;
use serde::Serialize;
use tokio_postgres::Row;
use utoipa::ToSchema;

use super::{Error, setup};
use crate::keyset::{Cursor, END_US, Page};

/// The most bodies that are kept of a connection. The oldest go first: they are the first that Meta would not take any more.
pub const MOST_BODIES: i32 = 1000;
/// The most bytes that are kept of a connection, sealed.
pub const MOST_BYTES: i32 = 16 * 1024 * 1024;
/// How long a body is kept, in days: as long as Meta takes its sale.
pub const DAYS: i32 = 7;

/// A body to keep.
#[derive(Clone, Debug)]
pub struct NewBody {
    /// Its id, to which the seal is bound.
    pub id: String,
    /// What the same body is known by.
    pub digest: String,
    /// When it came, Unix seconds.
    pub received_at_s: i64,
    /// It.
    pub sealed: Vec<u8>,
}

/// The part of a statement that keeps a body of the tenant `$1` and the connection `$2` where there is an `open`, and lets go of what is
/// too much with it. The arguments are its id, its digest, why, when it came, and itself; nothing is kept where that is null.
///
/// The same body is kept once, as it came last, since only then its signature is by the secret that holds; but one that was proved
/// is not replaced. What is let go is judged by what was there before this one.
pub(super) fn keep([id, digest, reason, received_at_s, sealed]: [&str; 5]) -> String {
    format!(
        "kept as (
        insert into kept_bodies as k (tenant_id, id, connection_id, digest, reason, received_at, bytes, sealed)
        select $1, {id}, $2, {digest}, {reason}, timestamptz 'epoch' + {received_at_s} * interval '1 second', octet_length({sealed}),
               {sealed}
        from open where {sealed} is not null
        on conflict on constraint kept_bodies_digest_key do update
            set id = excluded.id, reason = excluded.reason, bytes = excluded.bytes, sealed = excluded.sealed
            where k.reason = 'not_authentic'
    ), others as (
        select o.id, row_number() over newest as number, sum(o.bytes) over newest as bytes
        from kept_bodies o
        where o.tenant_id = $1 and o.connection_id = $2 and o.digest <> {digest} and {sealed} is not null
        window newest as (order by o.received_at desc, o.id desc)
    ), let_go as (
        delete from kept_bodies
        where tenant_id = $1 and id = any(array(
            select id from others, open where number >= {MOST_BODIES} or bytes > {MOST_BYTES} - octet_length({sealed})))
    )"
    )
}

/// A kept body, without what is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = KeptBody)]
pub struct Kept {
    /// Its id.
    pub id: String,
    /// On whose path it came.
    pub connection_id: String,
    /// `not_authentic`, or the word of a rejection.
    pub reason: String,
    /// When it came first, Unix seconds.
    pub received_at: i64,
    /// Its size, sealed.
    pub bytes: i32,
}

impl Kept {
    fn read(row: &Row) -> Result<Self, Error> {
        Self::of(row, "received_at")
    }

    fn of(row: &Row, received_at: &str) -> Result<Self, Error> {
        Ok(Self {
            id: row.try_get("id")?,
            connection_id: row.try_get("connection_id")?,
            reason: row.try_get("reason")?,
            received_at: row.try_get(received_at)?,
            bytes: row.try_get("bytes")?,
        })
    }
}

/// A tenant's kept bodies, or those of one connection, as they came.
pub async fn list(client: &Client, tenant_id: &str, connection_id: Option<&str>) -> Result<Vec<Kept>, Error> {
    const SQL: &str = "
        select id, connection_id, reason, extract(epoch from received_at)::bigint as received_at, bytes
        from kept_bodies where tenant_id = $1 and ($2::text is null or connection_id = $2)
        order by received_at, id";
    let statement = client.prepare_cached(SQL).await?;
    client.query(&statement, &[&tenant_id, &connection_id]).await?.iter().map(Kept::read).collect()
}

/// The statement of [`page`], for who measures or explains it. It takes a page of each connection along its index.
pub const PAGE: &str = "
    select k.id, k.connection_id, k.reason, extract(epoch from k.received_at)::bigint as received_at, k.bytes,
           (extract(epoch from k.received_at) * 1000000)::bigint as at_us
    from connections c cross join lateral (
        select o.id, o.connection_id, o.reason, o.received_at, o.bytes from kept_bodies o
        where o.tenant_id = $1 and o.connection_id = c.id
          and (o.received_at, o.id) < (timestamptz 'epoch' + $2::bigint * interval '1 microsecond', $3::text)
        order by o.received_at desc, o.id desc limit $4
    ) k
    where c.tenant_id = $1 and ($5::text is null or c.id = $5)
    order by k.received_at desc, k.id desc limit $4";

/// A page of a tenant's kept bodies, or of one connection's, the newest first.
pub async fn page(
    client: &Client,
    tenant_id: &str,
    connection_id: Option<&str>,
    page: &Page,
) -> Result<(Vec<Kept>, Option<Cursor>), Error> {
    let statement = client.prepare_cached(PAGE).await?;
    let (at_us, id) = page.before();
    let rows = client.query(&statement, &[&tenant_id, &at_us, &id, &page.one_more(), &connection_id]).await?;
    page.cut(&rows, Kept::read, |row| Ok(Cursor::new(row.try_get("at_us")?, row.try_get("id")?)))
}

/// The most bodies of a [`batch`].
pub const BATCH: usize = 100;

/// Where a batch ended: a connection's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    connection_id: String,
    received_us: i64,
    id: String,
}

impl Place {
    /// Reads what [`text`](Self::text) gave.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = hex::decode(text).ok()?;
        let mut parts = std::str::from_utf8(&bytes).ok()?.splitn(3, '.');
        let (connection_id, received_us, id) = (parts.next()?, parts.next()?, parts.next()?);
        let received_us = received_us.parse().ok().filter(|it| (0..END_US).contains(it))?;
        let is_place = setup::is_id(connection_id) && setup::is_id(id);
        is_place.then(|| Self { connection_id: connection_id.to_owned(), received_us, id: id.to_owned() })
    }

    /// As a caller hands it back: nothing to be read in it.
    pub fn text(&self) -> String {
        hex::encode(format!("{}.{}.{}", self.connection_id, self.received_us, self.id))
    }
}

/// The statement of [`batch`], for who measures or explains it.
pub const BATCH_SQL: &str = "
    select id, connection_id, reason, extract(epoch from received_at)::bigint as received_at_s, bytes,
           (extract(epoch from received_at) * 1000000)::bigint as received_us
    from kept_bodies k
    where tenant_id = $1 and ($2::text is null or connection_id = $2)
      and (connection_id, received_at, id) > ($3::text, timestamptz 'epoch' + $4::bigint * interval '1 microsecond', $5::text)
    order by k.connection_id, k.received_at, k.id limit $6";

/// The bodies after a place, connection by connection, as they came; and where they end if there may be more.
pub async fn batch(
    client: &Client,
    tenant_id: &str,
    connection_id: Option<&str>,
    after: Option<&Place>,
) -> Result<(Vec<Kept>, Option<Place>), Error> {
    let statement = client.prepare_cached(BATCH_SQL).await?;
    let (of, at_us, id) = after.map_or(("", 0, ""), |it| (it.connection_id.as_str(), it.received_us, it.id.as_str()));
    let most = i64::try_from(BATCH).unwrap_or(i64::MAX);
    let rows = client.query(&statement, &[&tenant_id, &connection_id, &of, &at_us, &id, &most]).await?;
    let place = |row: &Row| {
        let (connection_id, id) = (row.try_get("connection_id")?, row.try_get("id")?);
        Ok::<_, Error>(Place { connection_id, received_us: row.try_get("received_us")?, id })
    };
    let end = if rows.len() < BATCH { None } else { rows.last().map(place).transpose()? };
    Ok((rows.iter().map(|row| Kept::of(row, "received_at_s")).collect::<Result<_, _>>()?, end))
}

/// One body, unless it is gone.
pub async fn one(client: &Client, tenant_id: &str, id: &str) -> Result<Option<Kept>, Error> {
    const SQL: &str = "
        select id, connection_id, reason, extract(epoch from received_at)::bigint as received_at, bytes
        from kept_bodies where tenant_id = $1 and id = $2";
    let statement = client.prepare_cached(SQL).await?;
    client.query_opt(&statement, &[&tenant_id, &id]).await?.as_ref().map(Kept::read).transpose()
}

/// What is sealed in a body, unless it is gone.
pub async fn sealed(client: &Client, tenant_id: &str, id: &str) -> Result<Option<Vec<u8>>, Error> {
    const SQL: &str = "select sealed from kept_bodies where tenant_id = $1 and id = $2";
    let statement = client.prepare_cached(SQL).await?;
    Ok(client.query_opt(&statement, &[&tenant_id, &id]).await?.map(|row| row.try_get(0)).transpose()?)
}

/// Lets go of a body that is recorded now. The row of its rejection becomes a duplicate: its sale stands in the replay's.
pub async fn settle(client: &Client, tenant_id: &str, body: &Kept, delivery_key: &str) -> Result<(), Error> {
    const SQL: &str = "
        with gone as (delete from kept_bodies where tenant_id = $1 and id = $2)
        update deliveries set outcome = 'duplicate', reason = 'replayed'
        where tenant_id = $1 and connection_id = $3 and delivery_key = $4 and outcome = 'rejected'";
    let statement = client.prepare_cached(SQL).await?;
    client.execute(&statement, &[&tenant_id, &body.id, &body.connection_id, &delivery_key]).await?;
    Ok(())
}
