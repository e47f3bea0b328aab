//! Events that will be lost unless somebody acts.

use deadpool_postgres::Client;
use tokio_postgres::Row;

use super::Error;

/// The most events of a tenant that are counted.
pub const COUNTED: i64 = 1000;

/// A tenant whose nearest deadline is near.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endangered {
    /// The tenant.
    pub tenant_id: String,
    /// Why its events wait: what it is parked for, `breaker_open`, `throttled`, `provisioning`, or `retrying` where
    /// nothing but their own failures keeps them back.
    pub reason: String,
    /// How many events have their deadline within a day, [`COUNTED`] at the most.
    pub events: i64,
    /// The nearest deadline, RFC 3339 in UTC.
    pub expires_at: String,
}

/// The statement of [`endangered`], for who measures or explains it.
///
/// An event that came within the last hour is on its usual way, however old it was when it came. Whoever finds a tenant also
/// takes the right to tell of it for an hour: of two runs at once the second waits for the first one's row and then finds it taken.
pub const ENDANGERED: &str = concat!(
    waiting!(),
    ", near as (
        select t.id, t.reason, first.expires_at
        from waiting, lateral (
            select t.id, case when g.parked_reason is not null then g.parked_reason
                              when g.breaker in ('open', 'half_open') then 'breaker_open'
                              when g.throttled_until > clock() then 'throttled'
                              when t.status = 'provisioning' then 'provisioning'
                              else 'retrying' end as reason
            from tenants t left join delivery_gates g on g.tenant_id = t.id
            where t.id = waiting.tenant_id and t.status in ('active', 'provisioning')
              and coalesce(g.alerted_at <= clock() - interval '1 hour', true)
            limit 1
        ) t, lateral (
            select soon.expires_at
            from (
                select a.event_id, a.expires_at from dispatch_attempts a
                where a.tenant_id = t.id and a.status = 'pending' and a.expires_at > clock()
                  and a.expires_at <= clock() + interval '24 hours'
                order by a.expires_at limit $2
            ) soon join conversions c on c.tenant_id = t.id and c.event_id = soon.event_id
            where c.created_at <= clock() - interval '1 hour'
            order by soon.expires_at limit 1
        ) first
        order by first.expires_at limit $1
    ), told as (
        insert into delivery_gates as g (tenant_id, alerted_at) select id, clock() from near order by id
        on conflict (tenant_id) do update set alerted_at = excluded.alerted_at
            where coalesce(g.alerted_at <= clock() - interval '1 hour', true)
        returning g.tenant_id
    )
    select near.id, near.reason, to_char(near.expires_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') as expires_at,
           (select count(*) from (
                select from dispatch_attempts a
                where a.tenant_id = near.id and a.status = 'pending' and a.expires_at > clock()
                  and a.expires_at <= clock() + interval '24 hours'
                limit $2
            ) counted) as events
    from near join told on told.tenant_id = near.id
    order by near.expires_at, near.id"
);

/// Tenants whose nearest deadline lies within a day, that are meant to send, and of which nobody was told for an hour; the nearest
/// deadlines first, `limit` at the most.
pub async fn endangered(client: &Client, limit: i64) -> Result<Vec<Endangered>, Error> {
    let statement = client.prepare_cached(ENDANGERED).await?;
    client.query(&statement, &[&limit, &COUNTED]).await?.iter().map(endangered_of).collect()
}

fn endangered_of(row: &Row) -> Result<Endangered, Error> {
    Ok(Endangered {
        tenant_id: row.try_get("id")?,
        reason: row.try_get("reason")?,
        events: row.try_get("events")?,
        expires_at: row.try_get("expires_at")?,
    })
}
