//! Every lookup of the hot path uses its index, with 100,000 clicks, identities and attempts in the tables.

mod books;
mod claims;
mod doctor;
mod lookups;
mod people;
mod sweep;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::world::World;

const ROWS: i32 = 100_000;

/// Thousands of tenants, of which twenty have this many clicks of these addresses, the seeded one among them. One was made each so many
/// seconds.
async fn tenants(world: &World, clicks: i32, address: &str, each_s: i32) -> Result<()> {
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
async fn load(world: &World) -> Result<()> {
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

/// Plans and runs a statement with these arguments, as a generic plan: what a warm function runs.
async fn plan(world: &World, name: &str, sql: &str, arguments: &str) -> Result<Value> {
    let client = world.db.connect().await?;
    client.batch_execute(&format!("set plan_cache_mode = force_generic_plan; prepare {name} as {sql}; begin")).await?;
    let arguments = if arguments.is_empty() { String::new() } else { format!("({arguments})") };
    let explain = format!("explain (analyze, format json) execute {name}{arguments}");
    let row = client.query_one(&explain, &[]).await.with_context(|| name.to_owned())?;
    let plan: Value = row.try_get(0)?;
    client.batch_execute("rollback").await?;
    Ok(plan[0]["Plan"].clone())
}

/// The scans of a plan as (node, table or index).
async fn scans(world: &World, name: &str, sql: &str, arguments: &str) -> Result<Vec<(String, String)>> {
    let plan = plan(world, name, sql, arguments).await?;
    let mut found = Vec::new();
    collect(&plan, &mut found);
    ensure!(!found.is_empty(), "{name}: no scan found in {plan}");
    Ok(found)
}

/// The most rows that any node of a plan read of a table, taken or not.
fn most_read(plan: &Value, table: &str) -> i64 {
    let number = |key: &str| plan[key].as_i64().unwrap_or_default();
    let read = number("Actual Rows") + number("Rows Removed by Filter");
    let own = if plan["Relation Name"] == table { read } else { 0 };
    let below = plan["Plans"].as_array().into_iter().flatten().map(|child| most_read(child, table));
    below.max().unwrap_or_default().max(own)
}

fn collect(plan: &Value, found: &mut Vec<(String, String)>) {
    let text = |key: &str| plan[key].as_str().unwrap_or_default().to_owned();
    let node = text("Node Type");
    if node.ends_with("Scan")
        && !matches!(node.as_str(), "CTE Scan" | "Function Scan" | "Subquery Scan" | "Values Scan" | "WorkTable Scan")
    {
        let on = [text("Index Name"), text("Relation Name")].into_iter().find(|it| !it.is_empty()).unwrap_or_default();
        found.push((node, on));
    }
    for child in plan["Plans"].as_array().into_iter().flatten() {
        collect(child, found);
    }
}

fn assert_indexed(name: &str, found: &[(String, String)], wanted: &[&str]) {
    let sequential: Vec<_> = found.iter().filter(|(node, _)| node == "Seq Scan").collect();
    assert!(sequential.is_empty(), "{name}: {sequential:?}");
    for index in wanted {
        assert!(found.iter().any(|(_, on)| on == index), "{name} does not use {index}: {found:?}");
    }
}
