//! How a tenant fares: what its orders were matched by, and what came and went each day.

use deadpool_postgres::Client;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::Error;

/// How many days (UTC) [`days`] gives, today included.
pub const DAYS_SHOWN: i32 = 28;

/// How many events were matched by a stage. An event that was ignored is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Matched {
    /// `identity`, `click`, `network` or `none`.
    pub stage: String,
    /// Of the last 7 days (UTC), today included.
    pub last_7_days: i64,
    /// Of the last 28.
    pub last_28_days: i64,
}

/// The statement of [`matches()`], for who measures or explains it.
pub const MATCHES: &str = "
    with today as (select (clock() at time zone 'UTC')::date as day)
    select stage, coalesce(sum(tally) filter (where day > (select day from today) - 7), 0)::bigint as last_7_days,
           sum(tally)::bigint as last_28_days
    from tallied
    where tenant_id = $1 and kind = 'event' and state <> 'ignored' and day > (select day from today) - 28
    group by stage having sum(tally) <> 0 order by stage";

/// What a tenant's events were matched by.
pub async fn matches(client: &Client, tenant_id: &str) -> Result<Vec<Matched>, Error> {
    let statement = client.prepare_cached(MATCHES).await?;
    let rows = client.query(&statement, &[&tenant_id]).await?;
    rows.iter()
        .map(|row| {
            Ok(Matched {
                stage: row.try_get("stage")?,
                last_7_days: row.try_get("last_7_days")?,
                last_28_days: row.try_get("last_28_days")?,
            })
        })
        .collect()
}

/// A day (UTC).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Day {
    /// As `2026-01-31`.
    pub day: String,
    /// Ad clicks.
    pub clicks: i64,
    /// Orders that were told of for the first time.
    pub orders: i64,
    /// Events that Meta took.
    pub sent: i64,
    /// Tries to send an event that failed; the same event may have several.
    pub failed: i64,
}

/// The statement of [`days`], for who measures or explains it. Days that are not counted yet are counted by their indexes.
pub const DAYS: &str = "
    with today as (
        select (clock() at time zone 'UTC')::date as day
    ), first as (
        select day - ($2::int - 1) as day from today
    ), uncounted as (
        select greatest((select max(day) + 1 from traffic_days where tenant_id = $1), (select day from first))::timestamp
                   at time zone 'UTC' as since
    ), part as (
        select d.day::date as day, 0::bigint as clicks, 0::bigint as orders, 0::bigint as sent, 0::bigint as failed
        from generate_series((select day from first)::timestamp, (select day from today)::timestamp, interval '1 day') as d (day)
        union all
        select day, clicks, orders, 0, 0 from traffic_days where tenant_id = $1 and day >= (select day from first)
        union all
        select (created_at at time zone 'UTC')::date, count(*), 0, 0, 0 from clicks
        where tenant_id = $1 and created_at >= (select since from uncounted) group by 1
        union all
        select (created_at at time zone 'UTC')::date, 0, count(*), 0, 0 from orders
        where tenant_id = $1 and created_at >= (select since from uncounted) group by 1
        union all
        select day, 0, 0, case state when 'success' then tally else 0 end, case state when 'failed' then tally else 0 end
        from tallied where tenant_id = $1 and kind = 'attempt' and day >= (select day from first) and reason not in ('too_old', 'erased')
    )
    select day::text as day, sum(clicks)::bigint as clicks, sum(orders)::bigint as orders, sum(sent)::bigint as sent,
           sum(failed)::bigint as failed
    from part where day <= (select day from today)
    group by part.day order by part.day";

/// A tenant's last days, oldest first, each with what came and went on it.
pub async fn days(client: &Client, tenant_id: &str) -> Result<Vec<Day>, Error> {
    let statement = client.prepare_cached(DAYS).await?;
    let rows = client.query(&statement, &[&tenant_id, &DAYS_SHOWN]).await?;
    rows.iter()
        .map(|row| {
            Ok(Day {
                day: row.try_get("day")?,
                clicks: row.try_get("clicks")?,
                orders: row.try_get("orders")?,
                sent: row.try_get("sent")?,
                failed: row.try_get("failed")?,
            })
        })
        .collect()
}
