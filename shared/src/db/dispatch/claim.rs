//! Claiming: a lease with a fencing token on attempts that are due, past the tenant's gate.

use std::sync::LazyLock;
use std::time::Instant;

use deadpool_postgres::Client;
use serde_json::value::RawValue;
use tokio_postgres::Row;

use super::super::Error;
use super::{Gate, LEASE_S};
use crate::domain::delivery::gate::{Breaker, PROBE_EVENTS};
use crate::domain::delivery::{Event, TRIES_OF_UNKNOWN, UNCLEAR_WINDOW_S};

/// What a dispatcher got hold of.
pub struct Claim {
    /// When they were claimed.
    pub at: Instant,
    /// The attempts, nearest deadline first.
    pub attempts: Vec<Claimed>,
    /// Whether they are a probe: the tenant's breaker is open or it is parked, and nobody else may try meanwhile. Who holds
    /// a probe must [`record`](super::record()) a verdict, or [`release`](super::release()) it.
    pub probe: bool,
    /// What keeps the tenant's sends back.
    pub gate: Gate,
}

/// An event whose attempt this process holds.
pub struct Claimed {
    /// The attempt.
    pub attempt_id: String,
    /// The fencing token: a record under an older one is refused.
    pub lease_token: i64,
    /// Which attempt it is, from 1.
    pub number: i32,
    /// How often it met a code that nobody knows; 0 while it cannot have met it often.
    pub unknown: i64,
    /// The pixel to send to; none if the tenant has none yet.
    pub pixel_id: Option<String>,
    /// The test event code, while its end lies ahead.
    pub test_event_code: Option<String>,
    /// How long ago its order came, in milliseconds, when it was claimed.
    pub waited_ms: i64,
    /// The event as it goes on the wire.
    pub event: Event,
}

/// The statement of [`claim`], for who measures or explains it.
pub fn sql() -> &'static str {
    &SQL
}

/// The attempts are walked along the index of deadlines until there are enough: a tenant may have any number of them pending. Each
/// limit stands plain in its part, so that every plan knows it. The probe of a tenant whose events were refused alike takes some from
/// the other end too: were those with the nearest deadline bad by themselves, it would never learn that the others are not.
///
/// A tenant in provisioning sends what came while its test code was live; what is held waits for active. An attempt whose
/// lease ran out may have been sent by who held it. An event that happens later than now by a function's clock is of now.
static SQL: LazyLock<String> = LazyLock::new(|| {
    let due = format!(
        "select a.tenant_id, a.id,
               coalesce(a.unclear_since, a.leased_until - $3 * interval '1 second') as unclear_since
        from dispatch_attempts a
        where a.tenant_id = $1
          and a.status = 'pending' and a.due_at <= clock() and a.expires_at > clock()
          and (a.leased_until is null or a.leased_until <= clock())
          and coalesce(a.unclear_since, a.leased_until - $3 * interval '1 second', clock())
              > clock() - {UNCLEAR_WINDOW_S} * interval '1 second'
          and ((select is_active from tenant)
               or exists (select from conversions c
                          where c.tenant_id = a.tenant_id and c.event_id = a.event_id and c.state <> 'held'))"
    );
    format!(
        "
    with tenant as (
        select t.id, t.status = 'active' as is_active, t.pixel_id,
               case when t.test_event_code_until > clock() then t.test_event_code end as test_event_code,
               coalesce(g.breaker, 'closed') as breaker, g.parked_reason,
               coalesce(g.breaker <> 'closed' or g.parked_reason is not null, false) as shut
        from tenants t left join delivery_gates g on g.tenant_id = t.id
        where t.id = $1
          and (t.status = 'active' or t.status = 'provisioning' and t.test_event_code_until > clock())
          and coalesce(g.throttled_until <= clock(), true)
    ), turn as (
        -- Before any attempt is locked: who comes second to a probe would hold attempts that its holder goes on to when it closes.
        select g.tenant_id from delivery_gates g, tenant
        where g.tenant_id = tenant.id and tenant.shut
          and g.probe_at <= clock() and coalesce(g.probe_until <= clock(), true)
        for update of g skip locked
    ), due as (
        {due}
          and (select not shut from tenant)
        order by a.expires_at limit $2::bigint
        for update skip locked
    ), nearest as (
        {due}
          and exists (select from turn)
        order by a.expires_at limit {PROBE_EVENTS}
        for update skip locked
    ), furthest as (
        {due}
          and exists (select from turn)
          and (select parked_reason = 'refused_alike' from tenant)
        order by a.expires_at desc limit {PROBE_EVENTS}
        for update skip locked
    ), wanted as (
        select * from due union select * from nearest union select * from furthest
    ), probe as (
        update delivery_gates g
        set probe_until = clock() + $3 * interval '1 second',
            breaker = case when g.breaker = 'open' then 'half_open' else g.breaker end, updated_at = clock()
        from turn
        where g.tenant_id = turn.tenant_id and exists (select from wanted)
        returning g.tenant_id
    ), claimed as (
        update dispatch_attempts a
        set leased_until = clock() + $3 * interval '1 second', lease_token = a.lease_token + 1,
            unclear_since = wanted.unclear_since,
            expires_at = least(a.expires_at, wanted.unclear_since + {UNCLEAR_WINDOW_S} * interval '1 second')
        from wanted, tenant
        where a.tenant_id = wanted.tenant_id and a.id = wanted.id and (not tenant.shut or exists (select from probe))
        returning a.tenant_id, a.id, a.event_id, a.lease_token, a.number, a.expires_at
    )
    select claimed.id, claimed.lease_token, claimed.number,
           case when claimed.number > {TRIES_OF_UNKNOWN} then (
               select count(*) from dispatch_attempts p
               where p.tenant_id = claimed.tenant_id and p.event_id = claimed.event_id and p.answer = 'unknown'
           ) else 0 end as unknown, tenant.pixel_id, tenant.test_event_code,
           tenant.shut, tenant.breaker, tenant.parked_reason,
           (extract(epoch from clock() - c.created_at) * 1000)::bigint as waited_ms, c.event_id, c.event_name,
           extract(epoch from least(c.event_time, clock()))::bigint as event_time, c.action_source, c.event_source_url, c.limited_data_use,
           c.user_data::text as user_data, c.custom_data::text as custom_data
    from tenant, claimed
        join conversions c on c.tenant_id = claimed.tenant_id and c.event_id = claimed.event_id
    order by claimed.expires_at, claimed.id"
    )
});

/// Claims up to `limit` attempts of a tenant that are due, nearest deadline first. Rows that another dispatcher holds are
/// skipped; a tenant whose breaker is open, that is parked or that Meta throttles gives none, or a probe when one may go.
pub async fn claim(client: &Client, tenant_id: &str, limit: i64) -> Result<Claim, Error> {
    let statement = client.prepare_cached(&SQL).await?;
    let rows = client.query(&statement, &[&tenant_id, &limit, &f64::from(LEASE_S)]).await?;
    let Some(first) = rows.first() else { return Ok(Claim::nothing()) };
    let gate = Gate::read(Some(first.try_get("breaker")?), first.try_get("parked_reason")?)?;
    let attempts = rows.iter().map(claimed).collect::<Result<_, _>>()?;
    Ok(Claim { at: Instant::now(), attempts, probe: first.try_get("shut")?, gate })
}

impl Claim {
    fn nothing() -> Self {
        Self { at: Instant::now(), attempts: Vec::new(), probe: false, gate: Gate::default() }
    }

    /// Whether this claim half-opened the breaker.
    pub fn half_opens(&self) -> bool {
        self.probe && self.gate.breaker == Breaker::Open
    }
}

fn claimed(row: &Row) -> Result<Claimed, Error> {
    let json = |column: &'static str| {
        let text: String = row.try_get(column)?;
        RawValue::from_string(text).map_err(|_| Error::Inconsistent { table: "conversions", column })
    };
    Ok(Claimed {
        attempt_id: row.try_get("id")?,
        lease_token: row.try_get("lease_token")?,
        number: row.try_get("number")?,
        unknown: row.try_get("unknown")?,
        pixel_id: row.try_get("pixel_id")?,
        test_event_code: row.try_get("test_event_code")?,
        waited_ms: row.try_get("waited_ms")?,
        event: Event {
            event_id: row.try_get("event_id")?,
            event_name: row.try_get("event_name")?,
            event_time_s: row.try_get("event_time")?,
            action_source: row.try_get("action_source")?,
            event_source_url: row.try_get("event_source_url")?,
            user_data: json("user_data")?,
            custom_data: json("custom_data")?,
            limited_data_use: row.try_get("limited_data_use")?,
        },
    })
}
