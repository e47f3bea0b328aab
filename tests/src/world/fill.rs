//! Many pending conversions at once, as orders would have made them.

use anyhow::{Context, Result};
use tokio_postgres::Client;

/// Gives a tenant so many pending conversions that are due, named `<prefix>1`, `<prefix>2` ... Each has a hashed e-mail of
/// `<n>@example.com`, and happened `age_s` seconds ago. They are there together or not at all.
pub async fn pending(client: &Client, tenant_id: &str, prefix: &str, count: i32, age_s: i32) -> Result<()> {
    client
        .execute(
            "with made as (
                 select $1::text as tenant_id, $2::text || n as id,
                        encode(sha256(($1 || '|' || $2 || n || '|Purchase|97.00|BRL')::bytea), 'hex') as event_id,
                        clock() - $4::int * interval '1 second' as event_time, n
                 from generate_series(1, $3::int) n
             ), claim as (
                 insert into dedupe_registry (tenant_id, id, event_id, order_id, event_name, value, currency, created_at)
                 select tenant_id, id, event_id, id, 'Purchase', 97, 'BRL', clock() from made
             ), placed as (
                 insert into orders (tenant_id, id, order_key, state, ordered_at, paid_at, created_at, updated_at)
                 select tenant_id, id, id, 'paid', event_time, event_time, clock(), clock() from made
             ), conversion as (
                 insert into conversions (tenant_id, id, event_id, order_key, event_name, event_time, value, currency,
                     action_source, user_data, custom_data, match_stage, match_candidates, match_rules, state, created_at, updated_at)
                 select tenant_id, id, event_id, id, 'Purchase', event_time, 97, 'BRL', 'system_generated',
                        jsonb_build_object('em', jsonb_build_array(encode(sha256((n || '@example.com')::bytea), 'hex'))),
                        jsonb_build_object('currency', 'BRL', 'value', 97.00, 'order_id', id),
                        'none', '[]', '{\"ordered_at\": 0, \"window_days\": 28}', 'pending', clock(), clock()
                 from made
             ), attempt as (
                 insert into dispatch_attempts (tenant_id, id, event_id, created_at, due_at, expires_at)
                 select tenant_id, id, event_id, clock(), clock(), event_time + interval '7 days' - interval '1 minute' from made
             )
             insert into deliveries (tenant_id, id, source, received_at, order_key, event_id, outcome)
             select tenant_id, id, 'api', clock(), id, event_id, 'conversion' from made",
            &[&tenant_id, &prefix, &count, &age_s],
        )
        .await
        .with_context(|| format!("{count} conversions of {tenant_id}"))?;
    Ok(())
}
