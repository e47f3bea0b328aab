//! Every lookup of the hot path uses its index, with 100,000 clicks, identities and attempts in the tables.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use shared::db::sweep::{alert, expire, purge, release, sessions, wake};
use shared::db::{
    clicks, connections, deliveries, dispatch, funnels, history, identities, keys, orders, sales, stories, visits,
};
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

#[tokio::test]
async fn every_lookup_of_the_hot_path_uses_its_index() -> Result<()> {
    let world = World::new().await?;
    load(&world).await?;
    let tenant = &world.tenant.id;

    let click = format!(
        "'{}','click-new','spare','id-new','fb.1.1700000000000.id-new','fb.1.1700000000000.5',null,null,null,null,null,'203.0.113.9','agent',null,null,null,null,'shop.example.com','checkout.example.com',null,36",
        world.tenant.funnel_id
    );
    let found = scans(&world, "click", clicks::RECORD, &click).await?;
    assert_indexed(
        "click",
        &found,
        &["funnels_id_key", "clicks_tenant_id_fbclid_key", "clicks_pkey", "click_aliases_pkey"],
    );

    assert_indexed("click", &found, &["funnel_domains_pkey", "funnel_checkouts_pkey", "funnel_minutes_pkey"]);
    let visit = format!("'{}','crawler','checkout.example.com'", world.tenant.funnel_id);
    assert_indexed("visit", &scans(&world, "visit", visits::COUNT, &visit).await?, &["funnels_id_key"]);

    let hash = "encode(sha256('c40'), 'hex')";
    let order = format!(
        "'{tenant}','{tenant}-key','new','api','o-new','e-new','Purchase','1.00','BRL',{now},'paid',null,'{{}}','{{}}',{hash},
         encode(sha256('pc40'), 'hex'),'c40','fb.1.1700000000000.id60','id60','fb.1.1700000000000.80',null,'203.0.0.100','agent',null,null,'{{}}',
         encode(sha256('xc40'), 'hex')",
        now = shared::clock::Clock::SYSTEM.now_ms() * 1000,
    );
    let found = scans(&world, "orders", orders::sql(), &order).await?;
    let wanted = [
        "clicks_pkey",
        "click_aliases_pkey",
        "clicks_tenant_id_fbc_key",
        "clicks_tenant_id_fbclid_key",
        "clicks_tenant_id_browser_created_at_idx",
        "clicks_tenant_id_ip_created_at_idx",
        "clicks_tenant_id_shared_from_browser_key",
        "identities_tenant_id_email_hash_source_created_at_idx",
        "identities_tenant_id_phone_hash_source_created_at_idx",
        "identities_tenant_id_external_id_hash_source_created_at_idx",
        "dedupe_registry_tenant_id_event_id_key",
        "orders_tenant_id_order_key_key",
    ];
    assert_indexed("order", &found, &wanted);

    world
        .execute(
            "insert into connections (tenant_id, id, platform, path_hash) select 't' || n, 'c' || k, 'hotmart', repeat('0', 64)
             from generate_series(1, 5000) n, generate_series(1, 3) k;
             update deliveries set connection_id = 'c1', delivery_key = encode(sha256(id::bytea), 'hex');
             analyze connections; analyze deliveries",
        )
        .await?;
    let sale = format!(
        "'{tenant}','shop','new','hotmart','o-new','e-new','Purchase','1.00','BRL',{now},'paid','o-new','{{}}','{{}}',{hash},
         encode(sha256('pc40'), 'hex'),'c40','fb.1.1700000000000.id60','id60','fb.1.1700000000000.80',null,'203.0.0.100','agent',null,null,'{{}}',
         encode(sha256('xc40'), 'hex'),1,encode(sha256('c60'), 'hex'),{now},{now},'Purchase','paid',false",
        now = shared::clock::Clock::SYSTEM.now_ms() * 1000,
    );
    world
        .execute(&format!(
            "insert into connections (tenant_id, id, platform, path_hash) values ('{tenant}', 'shop', 'hotmart', repeat('0', 64))"
        ))
        .await?;
    let found = scans(&world, "sales", sales::sql(), &sale).await?;
    assert_indexed("sale", &found, &wanted);
    assert_indexed("sale", &found, &["connections_pkey", "deliveries_tenant_id_delivery_key_idx"]);
    unused(&world).await?;

    world.fill("waiting", 3000).await?;
    world.execute("analyze dispatch_attempts").await?;
    let found = scans(&world, "claim", dispatch::claim_sql(), &format!("'{tenant}', 1000, 300")).await?;
    assert_indexed("claim", &found, &["dispatch_attempts_expires_idx", "conversions_tenant_id_event_id_key"]);
    let record = format!(
        "'{tenant}',array['c1000'],array[0],array['sent'],array[null::bigint],array[null::text],array['accepted'],array['r'],array['r'],array['r'],array['1'],array[5],array[5],array[1],array[900],array['hash'],array['accepted'],array[200],array[null::int],array[null::int],array[null::text],array['trace'],array[1],'taken',false,null,null,null,null"
    );
    let found = scans(&world, "record", dispatch::record_sql(), &record).await?;
    assert_indexed("record", &found, &["dispatch_attempts_pkey", "conversions_tenant_id_event_id_key"]);
    let found = scans(&world, "stories", stories::FIND, &format!("'{tenant}','e',null")).await?;
    let wanted = ["dispatch_attempts_tenant_id_event_id_idx", "receipts_pkey", "deliveries_tenant_id_order_key_idx"];
    assert_indexed("stories", &found, &wanted);
    let found = scans(&world, "history", history::OF_ORDER, &format!("'{tenant}','c40'")).await?;
    assert_indexed("history", &found, &["orders_tenant_id_order_key_key", "deliveries_tenant_id_order_key_idx"]);
    let found = scans(&world, "country", funnels::COUNTRY, &format!("'{}'", world.tenant.funnel_id)).await?;
    assert_indexed("country", &found, &["funnels_id_key", "tenants_pkey"]);
    let found = scans(&world, "keys", keys::FIND, &format!("'{tenant}'")).await?;
    assert_indexed("keys", &found, &["api_keys_pkey", "tenants_pkey"]);
    Ok(())
}

/// A path's connection, and a delivery that makes no order, with 90,000 kept bodies in the table.
async fn unused(world: &World) -> Result<()> {
    let tenant = &world.tenant.id;
    world
        .execute(
            "update connections set path_hash = encode(sha256((tenant_id || id)::bytea), 'hex');
             insert into kept_bodies (tenant_id, id, connection_id, digest, reason, received_at, bytes, sealed)
             select tenant_id, id || n, id, encode(sha256(n::text::bytea), 'hex'), 'not_authentic', now() - n * interval '3 hours', 500, ''
             from connections, generate_series(1, 60) n where tenant_id like 't1__' or tenant_id like 't2___' limit 90000;
             analyze connections; analyze kept_bodies",
        )
        .await?;
    let found = scans(world, "path", connections::FIND, "'t100', repeat('0', 64)").await?;
    assert_indexed("path", &found, &["tenants_pkey"]);
    let ignored = format!(
        "'{tenant}','shop',1,'new-1',encode(sha256('d'), 'hex'),'hotmart',null,'rejected','unreadable','body',repeat('a', 64),1700000000,'x'"
    );
    let found = scans(world, "unused", &deliveries::RECORD, &ignored).await?;
    let wanted = [
        "connections_pkey",
        "deliveries_tenant_id_delivery_key_idx",
        "kept_bodies_received_at_idx",
        "kept_bodies_pkey",
    ];
    assert_indexed("unused", &found, &wanted);
    let found = scans(world, "bodies", purge::Kind::Bodies.sql(), "'t100', 90").await?;
    assert_indexed("bodies", &found, &["kept_bodies_pkey"]);
    Ok(())
}

/// A hash that browsers claimed 100,000 times at 2,000 clicks, after two orders had it; a click that has 50 of the claims and 5,000
/// orders; and twenty tenants' other observations.
async fn claims(world: &World) -> Result<()> {
    let tenant = &world.tenant.id;
    tenants(world, 40_000, "'203.0.113.7'", 60).await?;
    world
        .execute(&format!(
            "insert into identities (tenant_id, id, email_hash, click_id, created_at)
             select tenant_id, 'i' || id, encode(sha256(id::bytea), 'hex'), id, created_at from clicks;
             insert into identities (tenant_id, id, email_hash, external_id_hash, click_id, source, browser, created_at)
             select c.tenant_id, 'claim' || n, encode(sha256('hot'), 'hex'), 'x' || n, c.id, 'browser', c.browser,
                    now() - n * interval '1 millisecond'
             from generate_series(1, {ROWS}) n
                 join clicks c on c.tenant_id = '{tenant}' and c.id = 'c' || case when n <= 50 then 20 else n % 1999 * 20 + 40 end;
             insert into identities (tenant_id, id, email_hash, click_id, source, created_at)
             select '{tenant}', 'order' || n, encode(sha256('hot'), 'hex'), 'c' || 40 * n, 'order', now() - n * interval '2 days'
             from generate_series(1, 2) n;
             insert into identities (tenant_id, id, email_hash, click_id, source)
             select '{tenant}', 'of-c20-' || n, 'e' || n, 'c20', 'order' from generate_series(1, 5000) n;
             analyze"
        ))
        .await
}

#[tokio::test]
async fn an_order_and_a_claim_read_a_few_rows_of_what_browsers_claimed_100_000_times() -> Result<()> {
    let world = World::new().await?;
    claims(&world).await?;
    let tenant = &world.tenant.id;
    let order = format!(
        "'{tenant}','{tenant}-key','new','api','o-new','e-new','Purchase','1.00','BRL',{now},'paid',null,'{{}}','{{}}',
         encode(sha256('hot'), 'hex'),null,null,null,null,null,null,null,null,null,null,'{{}}',null",
        now = shared::clock::Clock::SYSTEM.now_ms() * 1000,
    );
    let order = plan(&world, "orders", orders::sql(), &order).await?;
    assert_eq!(most_read(&order, "identities"), 20);

    let claim = format!(
        "'{}','new','c20','id40','fb.1.1700000000000.60','203.0.113.9','agent',encode(sha256('hot'), 'hex'),null,'new','loja.example.com.br'",
        world.tenant.funnel_id
    );
    let claim = plan(&world, "identities", identities::sql(), &claim).await?;
    assert!(most_read(&claim, "clicks") <= 1, "{claim:#}");
    // Of the click's claims each is looked at for the same one; none of the thousands that orders have left there.
    assert_eq!(most_read(&claim, "identities"), 50, "{claim:#}");
    let mut found = Vec::new();
    collect(&claim, &mut found);
    let wanted = [
        "funnels_id_key",
        "tenants_pkey",
        "funnel_domains_pkey",
        "clicks_pkey",
        "click_aliases_pkey",
        "clicks_tenant_id_fbclid_key",
        "clicks_tenant_id_shared_from_browser_key",
        "clicks_tenant_id_browser_created_at_idx",
        "identities_browser_claim_key",
        "identities_tenant_id_browser_created_at_idx",
    ];
    assert_indexed("identities", &found, &wanted);
    Ok(())
}

#[tokio::test]
async fn every_step_of_the_sweep_uses_its_index() -> Result<()> {
    let world = World::new().await?;
    load(&world).await?;
    let tenant = &world.tenant.id;
    world
        .execute(
            "update deliveries set received_at = now() - interval '60 days';
             insert into setup_sessions (id, tenant_id) select 's' || n, case when n > 100 then 't' || n end from generate_series(1, 5000) n;
             update dispatch_attempts set leased_until = now() where id = 'c2000';
             update dispatch_attempts set expires_at = now() where id = 'c3000';
             analyze",
        )
        .await?;
    let steps = [
        // Any index of pending attempts alone will do: which one is a tie.
        ("release", release::RELEASE, "300, 169200", &["dispatch_attempts_pkey"][..]),
        (
            "expire",
            expire::EXPIRE,
            "604740",
            &["dispatch_attempts_expires_idx", "dispatch_attempts_pkey", "conversions_tenant_id_event_id_key"],
        ),
        ("due", wake::DUE, "1000", &["dispatch_attempts_due_idx", "tenants_pkey", "delivery_gates_pkey"]),
        ("alert", alert::ENDANGERED, "100, 1000", &["dispatch_attempts_expires_idx", "delivery_gates_pkey"]),
        ("next", purge::NEXT, "", &["tenants_purged_at_idx", "tenants_pkey"]),
        (
            "nobodys",
            sessions::END_NOBODYS,
            "1, 30",
            &["setup_sessions_tenant_id_updated_at_idx", "setup_sessions_pkey"],
        ),
    ];
    for (name, sql, arguments, wanted) in steps {
        assert_indexed(name, &scans(&world, name, sql, arguments).await?, wanted);
    }
    let released = scans(&world, "released", release::RELEASE, "300, 169200").await?;
    let all = ["dispatch_attempts_tenant_id_idx", "dispatch_attempts_tenant_id_event_id_idx"];
    assert!(
        !released.iter().any(|(_, on)| all.contains(&on.as_str())),
        "release looks through what is done: {released:?}"
    );
    let ended = scans(&world, "sessions", sessions::END, "1, 30, 't200'").await?;
    assert_indexed("sessions", &ended, &["setup_sessions_tenant_id_updated_at_idx"]);
    for (kind, name, wanted) in [
        (
            purge::Kind::Deliveries,
            "deliveries",
            &[
                "deliveries_tenant_id_received_at_idx",
                "deliveries_pkey",
                "conversions_tenant_id_event_id_key",
                "dispatch_attempts_tenant_id_event_id_idx",
            ][..],
        ),
        (purge::Kind::Receipts, "receipts", &["receipts_tenant_id_sent_at_idx", "receipts_pkey"]),
        (purge::Kind::Identities, "identities", &["identities_tenant_id_created_at_idx", "identities_pkey"]),
        (
            purge::Kind::Clicks,
            "clicks",
            &[
                "clicks_tenant_id_created_at_idx",
                "identities_tenant_id_click_id_idx",
                "clicks_tenant_id_shared_from_browser_key",
                "click_aliases_tenant_id_click_id_idx",
                "clicks_pkey",
            ],
        ),
        (purge::Kind::Orders, "orders", &["orders_tenant_id_created_at_idx", "conversions_tenant_id_order_key_idx"]),
        (purge::Kind::Visits, "visits", &["unrecorded_visits_pkey"]),
        (purge::Kind::Minutes, "minutes", &["funnel_minutes_pkey"]),
    ] {
        // A tenth of what there is: as much as a day's walk finds at the most.
        let found = scans(&world, name, kind.sql(), &format!("'{tenant}', 21")).await?;
        assert_indexed(name, &found, wanted);
    }
    Ok(())
}

#[tokio::test]
async fn a_setup_session_and_what_has_come_of_it_are_found_by_indexes() -> Result<()> {
    let world = World::new().await?;
    load(&world).await?;
    let tenant = &world.tenant.id;
    world
        .execute(&format!(
            "insert into setup_sessions (id, tenant_id) select 's' || n, case when n = 7 then '{tenant}' end from generate_series(1, 5000) n;
             analyze setup_sessions"
        ))
        .await?;
    let found = scans(&world, "session", shared::db::setup::FIND, "'s7', 'loja'").await?;
    let wanted = ["setup_sessions_pkey", "tenants_pkey", "tenants_slug_key", "clicks_tenant_id_created_at_idx"];
    assert_indexed("session", &found, &wanted);
    Ok(())
}

#[tokio::test]
async fn an_order_s_plan_that_was_made_while_the_tables_were_empty_goes_by_its_key() -> Result<()> {
    let world = World::new().await?;
    let tenant = &world.tenant.id;
    let now = shared::clock::Clock::SYSTEM.now_ms() * 1000;
    let order = format!(
        "'{tenant}','{tenant}-key','new','api','o-new','e-new','Purchase','1.00','BRL',{now},'paid',null,'{{}}','{{}}',null,
         null,null,null,null,null,null,null,null,null,null,'{{}}',null",
    );
    let found = scans(&world, "orders", orders::sql(), &order).await?;
    assert_indexed("order", &found, &["orders_tenant_id_order_key_key"]);
    Ok(())
}
