//! Adding up what changed of the counts, of any tenant, and counting the days that are over.

use deadpool_postgres::Client;
use tokio_postgres::Row;

use super::{Error, count};

/// The statement of [`add_up`], for who measures or explains it. The counts are written in one order, so that two runs do not wait for
/// each other; what cancels out is not written. A row that is locked keeps its place until the statement ends.
pub const ADD_UP: &str = "
    with picked as (
        select ctid from tally_changes order by tenant_id, id limit 5000 for update skip locked
    ), gone as (
        delete from tally_changes where ctid = any(array(select ctid from picked))
        returning tenant_id, kind, day, state, reason, stage, change
    ), added as (
        insert into tallies as t (tenant_id, kind, day, state, reason, stage, tally)
        select tenant_id, kind, day, state, reason, stage, sum(change)
        from gone group by 1, 2, 3, 4, 5, 6 having sum(change) <> 0 order by 1, 2, 3, 4, 5, 6
        on conflict on constraint tallies_pkey do update set tally = t.tally + excluded.tally
    )
    select kind, state, stage, count(*) as changes,
           coalesce(sum(change) filter (where day > (clock() at time zone 'UTC')::date - 8), 0)::bigint as change
    from gone group by 1, 2, 3 order by 1, 2, 3";

/// What a batch changed of the counts of all tenants, of one kind, state and stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    /// `delivery`, `event` or `attempt`.
    pub kind: String,
    /// A delivery's outcome, an event's state, an attempt's status.
    pub state: String,
    /// An event's stage of matching; else empty.
    pub stage: String,
    /// How many changes there were.
    pub changes: u64,
    /// By how much the count grew, of the days of which nothing is purged yet.
    pub change: i64,
}

/// Adds a batch of changes to the counts, in one statement: who reads sees them before or after it, and the sum is the same.
pub async fn add_up(client: &Client) -> Result<Vec<Added>, Error> {
    let statement = client.prepare_cached(ADD_UP).await?;
    let rows = client.query(&statement, &[]).await?;
    let added = |row: &Row| {
        Ok(Added {
            kind: row.try_get("kind")?,
            state: row.try_get("state")?,
            stage: row.try_get("stage")?,
            changes: u64::try_from(row.try_get::<_, i64>("changes")?).unwrap_or_default(),
            change: row.try_get("change")?,
        })
    };
    rows.iter().map(added).collect()
}

/// The statement of [`days`], for who measures or explains it. An hour after a day is over nothing that began on it is still to come.
pub const DAYS: &str = "
    with span as (
        select coalesce((select (max(day) + 1)::timestamp at time zone 'UTC' from traffic_days where tenant_id = $1), '-infinity') as since,
               date_trunc('day', (clock() - interval '1 hour') at time zone 'UTC') at time zone 'UTC' as until
    ), counted as (
        insert into traffic_days (tenant_id, day, clicks, orders)
        select $1, day, sum(clicks), sum(orders)
        from (
            select (created_at at time zone 'UTC')::date as day, count(*) as clicks, 0 as orders from clicks
            where tenant_id = $1 and created_at >= (select since from span) and created_at < (select until from span) group by 1
            union all
            select (created_at at time zone 'UTC')::date, 0, count(*) from orders
            where tenant_id = $1 and created_at >= (select since from span) and created_at < (select until from span) group by 1
        ) traffic
        group by day order by day
        on conflict do nothing
        returning 1
    )
    select count(*) from counted";

/// Counts a tenant's clicks and orders of the days that are over and not counted yet. Gives how many days it counted.
pub async fn days(client: &Client, tenant_id: &str) -> Result<u64, Error> {
    count(client, DAYS, &[&tenant_id]).await
}
