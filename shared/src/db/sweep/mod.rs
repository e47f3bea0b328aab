//! The minute's sweep: one file a step, each statement bounded, safe to run twice at once, and in the database's time.
//!
//! A statement that works in batches takes 1,000 rows at the most, a fraction of a second of work, and gives how many it took; the
//! caller runs it again until it gives none. The limit stands in the text, so that a generic plan knows it. What another
//! run, a dispatcher or an order holds is left for later (`skip locked`), or looked at again after the wait.

/// Tenants with a pending attempt, as the first part of a statement: it steps from one to the next along the index of pending
/// attempts, so that neither idle tenants nor finished attempts cost anything. Ends with a row of null.
macro_rules! waiting {
    () => {
        "
    with recursive waiting as (
        (select tenant_id from dispatch_attempts where status = 'pending' order by tenant_id limit 1)
        union all
        select (select a.tenant_id from dispatch_attempts a
                where a.status = 'pending' and a.tenant_id > waiting.tenant_id order by a.tenant_id limit 1)
        from waiting where waiting.tenant_id is not null
    )"
    };
}

pub mod alert;
pub mod attempts;
pub mod audit;
pub mod expire;
pub mod purge;
pub mod release;
pub mod sessions;
pub mod tally;
pub mod wake;

/// What a statement runs on.
pub use deadpool_postgres::Client;
use tokio_postgres::types::ToSql;

use super::Error;

/// Runs a statement that selects one count.
async fn count(client: &Client, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<u64, Error> {
    let statement = client.prepare_cached(sql).await?;
    let row = client.query_one(&statement, params).await?;
    Ok(u64::try_from(row.try_get::<_, i64>(0)?).unwrap_or_default())
}
