//! Tenants with something due that nobody was woken for.

use deadpool_postgres::Client;

use super::Error;

/// The statement of [`due`], for who measures or explains it. It steps from tenant to tenant along the index of pending
/// attempts, so that neither idle tenants nor finished attempts cost anything.
///
/// A tenant whose gate is shut is not woken: not while Meta's own wait lasts, and while the breaker is open or the tenant is
/// parked only for the probe, when its time has come and nobody holds it.
pub const DUE: &str = concat!(
    waiting!(),
    "
    select t.id, due.event_id
    from waiting, lateral (
        select t.id from tenants t left join delivery_gates g on g.tenant_id = t.id
        where t.id = waiting.tenant_id
          and (t.status = 'active' or t.status = 'provisioning' and t.test_event_code_until > clock())
          and coalesce(g.throttled_until <= clock(), true)
          and (coalesce(g.breaker, 'closed') = 'closed' and g.parked_reason is null
               or g.probe_at <= clock() and coalesce(g.probe_until <= clock(), true))
        limit 1
    ) t, lateral (
        select a.event_id, a.due_at
        from dispatch_attempts a
        where a.tenant_id = t.id and a.status = 'pending' and a.due_at <= clock() and a.expires_at > clock()
          and (a.leased_until is null or a.leased_until <= clock())
        order by a.due_at limit 1
    ) due
    order by due.due_at limit $1"
);

/// Tenants with an attempt that is due, may still be sent and is held by nobody, with the oldest such event of each, longest
/// waiting first.
pub async fn due(client: &Client, limit: i64) -> Result<Vec<(String, String)>, Error> {
    let statement = client.prepare_cached(DUE).await?;
    let rows = client.query(&statement, &[&limit]).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}
