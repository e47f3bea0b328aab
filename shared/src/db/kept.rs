//! Kept bodies: what came on a valid path and made no order, sealed, until it is replayed or 7 days old.

use deadpool_postgres::Client;
use serde::Serialize;
use tokio_postgres::Row;

use super::Error;

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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
        Ok(Self {
            id: row.try_get("id")?,
            connection_id: row.try_get("connection_id")?,
            reason: row.try_get("reason")?,
            received_at: row.try_get("received_at")?,
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
