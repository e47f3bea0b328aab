//! Setup sessions that nobody goes on with.

use deadpool_postgres::Client;
use tokio_postgres::types::ToSql;

use super::Error;

/// How long a session stays open untouched, in days.
const OPEN_DAYS: u16 = 30;

/// What became of sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Closed: untouched for 30 days.
    pub closed: u64,
    /// Deleted: untouched for as long as personal data is kept.
    pub deleted: u64,
}

macro_rules! ending {
    ($whose:literal, $along:literal) => {
        concat!(
            "
    with ended as (
        select s.id, s.updated_at < clock() - $1::float8 * interval '1 day' as old
        from setup_sessions s
        where ",
            $whose,
            " and s.updated_at < clock() - least($1, $2::float8) * interval '1 day'
          and (s.closed_at is null or s.updated_at < clock() - $1 * interval '1 day')
        order by s.updated_at limit 1000
        for update skip locked
    ), closed as (
        update setup_sessions s set closed_at = clock() from ended where s.id = ended.id and not ended.old returning 1
    ), deleted as (
        delete from setup_sessions s using ended where s.id = ended.id and ended.old returning s.id
    )",
            $along,
            "
    select (select count(*) from closed) as closed, (select count(*) from deleted) as deleted"
        )
    };
}

/// The statement of [`end`] for a tenant's sessions, for who measures or explains it.
pub const END: &str = ending!("s.tenant_id = $3", "");

/// The same for sessions that have no tenant yet: what was told of one goes with it.
pub const END_NOBODYS: &str = ending!(
    "s.tenant_id is null",
    ", told as (
        delete from audit a where a.tenant_id = any(array(select 'tnt_' || id from deleted))
    )"
);

/// Closes and deletes sessions of a tenant, or those that have none yet.
pub async fn end(client: &Client, tenant_id: Option<&str>, retention_days: u16) -> Result<Ended, Error> {
    let (kept, open) = (f64::from(retention_days), f64::from(OPEN_DAYS));
    let mut params: Vec<&(dyn ToSql + Sync)> = vec![&kept, &open];
    let sql = match &tenant_id {
        Some(tenant_id) => {
            params.push(tenant_id);
            END
        }
        None => END_NOBODYS,
    };
    let statement = client.prepare_cached(sql).await?;
    let row = client.query_one(&statement, &params).await?;
    let count = |column| Ok::<_, Error>(u64::try_from(row.try_get::<_, i64>(column)?).unwrap_or_default());
    Ok(Ended { closed: count("closed")?, deleted: count("deleted")? })
}
