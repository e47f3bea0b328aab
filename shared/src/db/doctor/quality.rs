//! What a week's events carry.

use deadpool_postgres::Client;

use super::super::Error;
use crate::domain::quality::Coverage;

/// The statement of [`quality`], for who measures or explains it.
pub const QUALITY: &str = "
    with week as materialized (
        select d.event_id from deliveries d
        where d.tenant_id = $1 and d.received_at > clock() - interval '7 days' and d.outcome = 'conversion'
        order by d.received_at desc limit 2000
    ), event as (
        select c.user_data as it from week cross join lateral (
            select c.user_data from conversions c where c.tenant_id = $1 and c.event_id = week.event_id limit 1) c
    )
    select json_build_object(
        'events', count(*), 'email', count(*) filter (where it ? 'em'), 'phone', count(*) filter (where it ? 'ph'),
        'fbc', count(*) filter (where it ? 'fbc'), 'fbp', count(*) filter (where it ? 'fbp'),
        'ip', count(*) filter (where it ? 'client_ip_address'), 'agent', count(*) filter (where it ? 'client_user_agent'),
        'name', count(*) filter (where it ?& array['fn', 'ln']),
        'address', count(*) filter (where it ? 'country' and it ?| array['ct', 'st', 'zp']),
        'external_id', count(*) filter (where it ? 'external_id'))::text as coverage,
        exists (select from tenants t where t.id = $1) as is_there
    from event";

/// What the tenant's events of the last 7 days carry, of the newest [`SAMPLE`](super::SAMPLE); `None` where there is no such tenant.
pub async fn quality(client: &Client, tenant_id: &str) -> Result<Option<Coverage>, Error> {
    let statement = client.prepare_cached(QUALITY).await?;
    let row = client.query_one(&statement, &[&tenant_id]).await?;
    if !row.try_get::<_, bool>("is_there")? {
        return Ok(None);
    }
    let coverage = serde_json::from_str(row.try_get("coverage")?);
    coverage.map(Some).map_err(|_| Error::Inconsistent { table: "conversions", column: "user_data" })
}
