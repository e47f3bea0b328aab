//! What requests look up.

use anyhow::Result;
use shared::db::connections::listed;
use shared::db::sweep::purge;
use shared::db::{
    audit, clicks, connections, deliveries, dispatch, funnels, history, kept, keys, orders, quarantine, sales, setup,
    stories, visits,
};
use tests::world::World;

use super::{assert_indexed, load, most_read, plan, scans};

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

    world
        .execute(
            "insert into connections (tenant_id, id, platform, path_hash) select 't' || n, 'c' || k, 'hotmart', repeat('0', 64)
             from generate_series(1, 5000) n, generate_series(1, 3) k;
             analyze connections",
        )
        .await?;
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
    let order = order.replace("'api','o-new'", "'import','c60'");
    let imported = plan(&world, "imports", orders::sql(), &order).await?;
    assert!(most_read(&imported, "orders") <= 1, "{imported:#}");

    world
        .execute(
            "update deliveries set connection_id = 'c1', delivery_key = encode(sha256(id::bytea), 'hex');
             analyze deliveries",
        )
        .await?;
    let sale = format!(
        "'{tenant}','shop','new','hotmart','o-new','e-new','Purchase','1.00','BRL',{now},'paid','o-new','{{}}','{{}}',{hash},
         encode(sha256('pc40'), 'hex'),'c40','fb.1.1700000000000.id60','id60','fb.1.1700000000000.80',null,'203.0.0.100','agent',null,null,'{{}}',
         encode(sha256('xc40'), 'hex'),1,encode(sha256('c60'), 'hex'),{now},{now},'Purchase','paid',false,'c60'",
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
    assert_indexed("keys", &found, &["tenants_pkey"]);
    let found = scans(&world, "held", keys::HELD, &format!("'{tenant}'")).await?;
    assert_indexed("held", &found, &["tenants_pkey"]);
    lists(&world).await
}

/// What a tenant's people look at, with a page in the middle of much.
async fn lists(world: &World) -> Result<()> {
    let tenant = &world.tenant.id;
    world
        .execute(&format!(
            "insert into api_keys (tenant_id, id, secret_hash, created_at, revoked_at)
             select '{tenant}', 'k' || n, repeat('0', 64), now() - n * interval '1 hour', now() from generate_series(1, 3000) n;
             insert into audit (tenant_id, id, at, who, act, subject)
             select case n % 20 when 0 then '{tenant}' else 't' || n % 20 end, 'a' || n, now() - n * interval '20 seconds', 'operator', 'x', 'x'
             from generate_series(1, 100000) n;
             analyze api_keys; analyze audit"
        ))
        .await?;
    world
        .execute(&format!(
            "insert into kept_bodies (tenant_id, id, connection_id, digest, reason, received_at, bytes, sealed)
             select '{tenant}', 'kept' || n, 'shop', encode(sha256(n::text::bytea), 'hex'), 'unreadable', now() - n * interval '1 minute', 500, ''
             from generate_series(1, 900) n;
             update conversions set state = 'quarantined', event_time = now() - substr(id, 2)::int * interval '20 seconds'
             where tenant_id = '{tenant}' and state = 'sent';
             analyze kept_bodies; analyze conversions"
        ))
        .await?;
    let page = format!("'{tenant}', (extract(epoch from now() - interval '5 hours') * 1000000)::bigint, 'a5', 51");
    let found = scans(world, "bodies", kept::PAGE, &format!("{page}, null")).await?;
    assert_indexed("bodies", &found, &["kept_bodies_received_at_idx"]);
    let read = most_read(&plan(world, "bodies", kept::PAGE, &format!("{page}, null")).await?, "kept_bodies");
    assert!(read <= 51, "bodies: {read} rows for a page");
    let found = scans(world, "batch", kept::BATCH_SQL, &format!("'{tenant}', null, '', 0, '', 100")).await?;
    assert_indexed("batch", &found, &["kept_bodies_received_at_idx"]);
    let found = scans(world, "connections", listed::PAGE, &page).await?;
    assert_indexed("connections", &found, &["deliveries_tenant_id_received_at_idx"]);
    let read = most_read(&plan(world, "connections", listed::PAGE, &page).await?, "deliveries");
    assert!(read <= 2000, "connections: {read} deliveries");
    let found = scans(world, "quarantine", quarantine::LIST, &page).await?;
    let wanted = ["conversions_quarantined_idx", "dispatch_attempts_tenant_id_event_id_idx", "receipts_pkey"];
    assert_indexed("quarantine", &found, &wanted);
    let read = most_read(&plan(world, "quarantine", quarantine::LIST, &page).await?, "conversions");
    assert!(read <= 53, "quarantine: {read} rows for a page");
    let page = format!("'{tenant}', (extract(epoch from now() - interval '5 days') * 1000000)::bigint, 'a5', 51");
    for (name, sql, table, index) in [
        ("key list", setup::LIST_KEYS, "api_keys", "api_keys_tenant_id_created_at_idx"),
        ("audit", audit::LIST, "audit", "audit_tenant_id_at_idx"),
    ] {
        assert_indexed(name, &scans(world, "listed", sql, &page).await?, &[index]);
        let read = most_read(&plan(world, "listed", sql, &page).await?, table);
        assert!(read <= 51, "{name} reads {read} rows for a page");
    }
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
