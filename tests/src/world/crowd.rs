//! Many tenants with much in their tables, to plan and to measure what one of them looks up.

use anyhow::Result;
use shared::db::sweep::tally;

use super::World;

/// How many clicks, identities and attempts are loaded.
pub const ROWS: i32 = 100_000;

/// Thousands of tenants, of which twenty have this many clicks of these addresses, the seeded one among them. One was made each so many
/// seconds.
pub async fn tenants(world: &World, clicks: i32, address: &str, each_s: i32) -> Result<()> {
    let (tenant, funnel) = (&world.tenant.id, &world.tenant.funnel_id);
    world
        .execute(&format!(
            "insert into tenants (id, slug, status) select 't' || n, 't' || n, 'active' from generate_series(1, 5000) n;
             insert into funnels (tenant_id, id, name, status) select 't' || n, 'f' || n, 'Load', 'active' from generate_series(1, 5000) n;
             insert into funnel_domains (tenant_id, funnel_id, domain) select tenant_id, id, 'example.com' from funnels;
             insert into clicks (tenant_id, id, funnel_id, fbclid, fbc, fbp, ip, user_agent, created_at)
             select case n % 20 when 0 then '{tenant}' else 't' || n % 20 end, 'c' || n,
                    case n % 20 when 0 then '{funnel}' else 'f' || n % 20 end, 'id' || n, 'fb.1.1700000000000.id' || n,
                    'fb.1.1700000000000.' || n, {address}, 'agent', now() - n * {each_s} * interval '1 second'
             from generate_series(1, {clicks}) n;
             insert into click_aliases (tenant_id, id, click_id) select tenant_id, 'a' || id, id from clicks"
        ))
        .await
}

/// All that the tables hold of such tenants.
pub async fn load(world: &World) -> Result<()> {
    tenants(world, ROWS, "'203.0.' || n / 250 % 250 || '.' || n % 250", 20).await?;
    world
        .execute(
            "insert into funnel_checkouts (tenant_id, funnel_id, domain, platform, slot)
             select tenant_id, id, 'pay.example.net', 'other', 'xcod' from funnels;
             insert into funnel_minutes (tenant_id, funnel_id, minute, clicks) select tenant_id, id, date_trunc('minute', now()), 36 from funnels;
             insert into api_keys (tenant_id, id, secret_hash) select 't' || n, 'k', repeat('0', 64) from generate_series(1, 5000) n;
             insert into identities (tenant_id, id, email_hash, phone_hash, external_id_hash, click_id, created_at)
             select tenant_id, 'i' || id, encode(sha256(id::bytea), 'hex'), encode(sha256(('p' || id)::bytea), 'hex'),
                    encode(sha256(('x' || id)::bytea), 'hex'), id, created_at
             from clicks;
             insert into dedupe_registry (tenant_id, id, event_id, order_id, event_name, value, currency)
             select tenant_id, id, encode(sha256(('e' || id)::bytea), 'hex'), id, 'Purchase', 1, 'BRL' from clicks;
             insert into orders (tenant_id, id, order_key, state, ordered_at) select tenant_id, id, id, 'paid', now() from clicks;
             insert into conversions (tenant_id, id, event_id, order_key, event_name, event_time, value, currency, action_source,
                 user_data, custom_data, match_stage, match_candidates, match_rules, state)
             select tenant_id, id, event_id, order_id, event_name, now(), value, currency, 'website', '{}', '{}', 'none', '[]',
                 '{\"ordered_at\": 0, \"window_days\": 28}', 'sent'
             from dedupe_registry;
             insert into dispatch_attempts (tenant_id, id, event_id, status, due_at)
             select tenant_id, id, event_id, (case when substr(id, 2)::int % 1000 = 0 then 'pending' else 'success' end)::dispatch_status,
                    now()
             from dedupe_registry;
             update conversions set state = 'pending' where substr(id, 2)::int % 1000 = 0;
             insert into delivery_gates (tenant_id) select id from tenants;
             insert into deliveries (tenant_id, id, source, order_key, event_id, outcome)
             select tenant_id, id, 'api', order_key, event_id, 'conversion' from conversions;
             insert into receipts (tenant_id, id, send_id, pixel_id, sent_at, took_ms, events, body_bytes, body_sha256, answer)
             select tenant_id, id, id, '1', now(), 1, 1, 1, '', 'accepted' from dispatch_attempts where status = 'success';
             update dispatch_attempts set receipt_id = id where status = 'success';
             insert into funnel_minutes (tenant_id, funnel_id, minute, clicks)
             select tenant_id, funnel_id, date_trunc('minute', now()) - row_number() over (partition by tenant_id) * interval '1 minute', 36
             from clicks;
             insert into unrecorded_visits (tenant_id, funnel_id, day, reason, part, visits)
             select tenant_id, funnel_id, now()::date - (row_number() over (partition by tenant_id) / 16)::int, 'crawler',
                    row_number() over (partition by tenant_id) % 16, 1
             from clicks;
             analyze",
        )
        .await
}

/// The seeded tenant has all but a few of the events, over four weeks and in several states.
pub async fn large(world: &World) -> Result<()> {
    load(world).await?;
    let (tenant, funnel) = (&world.tenant.id, &world.tenant.funnel_id);
    world
        .execute(&format!(
            "insert into clicks (tenant_id, id, funnel_id, created_at)
             select '{tenant}', 'more' || n, '{funnel}', now() - n * interval '24 seconds' from generate_series(1, 100000) n;
             insert into orders (tenant_id, id, order_key, state, ordered_at, created_at)
             select '{tenant}', 'more' || n, 'hotmart:more' || n, 'paid', now(), now() - n * interval '24 seconds' from generate_series(1, 100000) n;
             insert into conversions (tenant_id, id, event_id, order_key, event_name, event_time, value, currency, action_source,
                 user_data, custom_data, match_stage, match_candidates, match_rules, state, reason, created_at)
             select tenant_id, id, encode(sha256(id::bytea), 'hex'), order_key, 'Purchase', created_at, 97, 'BRL', 'website', '{{}}', '{{}}',
                    'click', '[]', '{{\"ordered_at\": 0, \"window_days\": 28}}',
                    case when substr(id, 5)::int % 1000 = 0 then 'quarantined' else 'sent' end,
                    case when substr(id, 5)::int % 1000 = 0 then 'data' end, created_at
             from orders where tenant_id = '{tenant}' and id like 'more%';
             insert into deliveries (tenant_id, id, source, order_key, event_id, outcome, received_at)
             select tenant_id, id, 'hotmart', order_key, event_id, 'conversion', created_at from conversions where id like 'more%';
             insert into identities (tenant_id, id, email_hash, source, created_at)
             select tenant_id, id, encode(sha256(id::bytea), 'hex'), 'order', created_at from orders where id like 'more%';
             insert into connections (tenant_id, id, platform, path_hash) select id, 'c1', 'hotmart', repeat('0', 64) from tenants"
        ))
        .await?;
    while !world.sweep.db.run(|client| async move { tally::add_up(&client).await }).await?.is_empty() {}
    // As others have them, and what the last minute brought.
    world
        .execute(
            "insert into tallies (tenant_id, kind, day, state, stage, tally)
             select 't' || n, kind, now()::date - day, 'sent', 'click', 100
             from generate_series(21, 2000) n, generate_series(0, 27) day, unnest(array['delivery', 'event', 'attempt']) kind;
             insert into traffic_days (tenant_id, day, clicks, orders)
             select 't' || n, now()::date - day, 100, 1 from generate_series(21, 2000) n, generate_series(1, 27) day;
             insert into ledger_days (tenant_id, day, state, sales)
             select 't' || n, now()::date - day, 'sent', 1 from generate_series(21, 2000) n, generate_series(91, 118) day;
             insert into tally_changes (tenant_id, kind, day, state, reason, stage, change)
             select 't' || 1 + n % 2000, 'event', now()::date, 'sent', '', 'click', 1 from generate_series(1, 20000) n;
             analyze",
        )
        .await
}
