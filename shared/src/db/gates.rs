//! What keeps a tenant's sends back, for who looks at it, and the operator's reset.

use deadpool_postgres::Client;
use serde::Serialize;
use tokio_postgres::Row;
use utoipa::ToSchema;

use super::Error;
use super::audit::{Entry, audited};

/// A tenant's gate and what waits behind it. Times are Unix seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Gate {
    /// The tenant.
    pub tenant_id: String,
    /// Only an active tenant sends (one in provisioning while it has a live test code).
    pub tenant_status: String,
    /// The circuit breaker: `closed`, `open` or `half_open`.
    pub breaker: String,
    /// Sends in a row of which Meta took no event.
    pub failures: i32,
    /// When the breaker opened last.
    pub opened_at: Option<i64>,
    /// How long it stays open, in seconds.
    pub cooldown_s: Option<i32>,
    /// Why sending is parked, if it is.
    pub parked_reason: Option<String>,
    /// Since when.
    pub parked_at: Option<i64>,
    /// While open or parked: from when on one try finds out whether Meta takes events again.
    pub probe_at: Option<i64>,
    /// Until when Meta wants no request.
    pub throttled_until: Option<i64>,
    /// With which error events were refused one by one since Meta last took any.
    pub refused_as: Option<String>,
    /// How many.
    pub refused_count: i32,
    /// Events that wait to be sent.
    pub waiting: i64,
    /// When the first of them is too old to be sent.
    pub nearest_deadline: Option<i64>,
}

/// A gate as a row of `t` (tenants), `g` (its delivery gate, if it has one) and `w` (what waits).
const COLUMNS: &str = "
    t.id as tenant_id, t.status::text as tenant_status, coalesce(g.breaker, 'closed') as breaker, coalesce(g.failures, 0) as failures,
    extract(epoch from g.opened_at)::bigint as opened_at, g.cooldown_s, g.parked_reason,
    extract(epoch from g.parked_at)::bigint as parked_at, extract(epoch from g.probe_at)::bigint as probe_at,
    extract(epoch from g.throttled_until)::bigint as throttled_until, g.refused_as, coalesce(g.refused_count, 0) as refused_count,
    w.waiting, extract(epoch from w.nearest_deadline)::bigint as nearest_deadline";

const WAITING: &str = "
    cross join lateral (
        select count(*) as waiting, min(a.expires_at) as nearest_deadline
        from dispatch_attempts a where a.tenant_id = t.id and a.status = 'pending'
    ) w";

/// A tenant's gate; `None` when there is no such tenant. One that never had anything to keep back has a closed breaker and
/// nothing else.
pub async fn show(client: &Client, tenant_id: &str) -> Result<Option<Gate>, Error> {
    let sql = format!(
        "select {COLUMNS} from tenants t left join delivery_gates g on g.tenant_id = t.id {WAITING} where t.id = $1"
    );
    let statement = client.prepare_cached(&sql).await?;
    client.query_opt(&statement, &[&tenant_id]).await?.as_ref().map(gate).transpose()
}

/// The gates that keep something back now, those with the nearest deadline first, up to `limit`.
pub async fn closed(client: &Client, limit: i64) -> Result<Vec<Gate>, Error> {
    let sql = format!(
        "select {COLUMNS} from delivery_gates g join tenants t on t.id = g.tenant_id {WAITING}
         where g.breaker <> 'closed' or g.parked_reason is not null or g.throttled_until > clock()
         order by w.nearest_deadline nulls last, t.id limit $1"
    );
    let statement = client.prepare_cached(&sql).await?;
    client.query(&statement, &[&limit]).await?.iter().map(gate).collect()
}

/// What a reset did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Released {
    /// The gate as it was.
    pub before: Gate,
    /// How many attempts that waited for later are due now.
    pub hastened: i64,
}

/// The operator's reset: the breaker closes and forgets its failures, parking and throttling end, refusals are forgotten,
/// and each pending attempt that no dispatcher holds is due at once. The caller logs it. `None` when there is no such tenant.
///
/// What was at fault finds out by itself: the next send is judged as any other, and the doctor looks within the minute. Safe to run twice.
/// Told of where somebody asked for it.
pub async fn release(client: &Client, tenant_id: &str, entry: Option<&Entry>) -> Result<Option<Released>, Error> {
    const AUDITED: &str =
        audited!("$1", "$2", "jsonb_build_object('hastened', (select count(*) from hastened))", "before");
    let sql = format!(
        "with before as materialized (
             select {COLUMNS} from tenants t left join delivery_gates g on g.tenant_id = t.id {WAITING} where t.id = $1
         ), opened as (
             update delivery_gates
             set breaker = 'closed', failures = 0, opened_at = null, cooldown_s = null, parked_reason = null, parked_at = null,
                 probe_at = null, probe_until = null, throttled_until = null, refused_as = null, refused_count = 0,
                 alerted_at = null, updated_at = clock()
             where tenant_id = $1
         ), hastened as (
             update dispatch_attempts set due_at = clock()
             where tenant_id = $1 and status = 'pending' and due_at > clock()
               and (leased_until is null or leased_until <= clock())
             returning id
         ), examined as (
             update tenants set examine_at = clock() where id = $1
         ), {AUDITED}
         select before.*, (select count(*) from hastened) as hastened from before"
    );
    let statement = client.prepare_cached(&sql).await?;
    let Some(row) = client.query_opt(&statement, &[&tenant_id, &entry.map(Entry::text)]).await? else {
        return Ok(None);
    };
    Ok(Some(Released { before: gate(&row)?, hastened: row.try_get("hastened")? }))
}

fn gate(row: &Row) -> Result<Gate, Error> {
    Ok(Gate {
        tenant_id: row.try_get("tenant_id")?,
        tenant_status: row.try_get("tenant_status")?,
        breaker: row.try_get("breaker")?,
        failures: row.try_get("failures")?,
        opened_at: row.try_get("opened_at")?,
        cooldown_s: row.try_get("cooldown_s")?,
        parked_reason: row.try_get("parked_reason")?,
        parked_at: row.try_get("parked_at")?,
        probe_at: row.try_get("probe_at")?,
        throttled_until: row.try_get("throttled_until")?,
        refused_as: row.try_get("refused_as")?,
        refused_count: row.try_get("refused_count")?,
        waiting: row.try_get("waiting")?,
        nearest_deadline: row.try_get("nearest_deadline")?,
    })
}
