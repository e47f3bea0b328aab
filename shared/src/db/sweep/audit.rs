//! What was told of setup sessions that no tenant was made of: nobody's purge comes by them.

use deadpool_postgres::Client;

use super::{Error, count};

/// The statement of [`purge_nobodys`], for who measures or explains it. A session's first act is as old as the session. A row
/// that is locked keeps its place until the statement ends.
pub const PURGE_NOBODYS: &str = "
    with old as (
        select told.place
        from setup_sessions s, lateral (
            select a.ctid as place from audit a
            where a.tenant_id = 'tnt_' || s.id and a.at < clock() - $1::float8 * interval '1 day' order by a.at limit 1000
            for update skip locked
        ) told
        where s.tenant_id is null and s.created_at < clock() - $1 * interval '1 day'
        limit 1000
    ), gone as (
        delete from audit where ctid = any(array(select place from old)) returning 1
    )
    select count(*) from gone";

/// Deletes a batch of what was told of sessions without a tenant, where it is older than so many days. Gives how many rows.
pub async fn purge_nobodys(client: &Client, retention_days: u16) -> Result<u64, Error> {
    count(client, PURGE_NOBODYS, &[&f64::from(retention_days)]).await
}
