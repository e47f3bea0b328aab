//! What a seller's pages look up, of a tenant with 100,000 events of 200,000.

use std::time::{Duration, Instant};

use anyhow::Result;
use lambda_http::http::Method;
use serde_json::{Value, json};
use shared::db::sweep::tally;
use shared::db::{books, history, ledger, orders};
use tests::world::World;

use super::{assert_indexed, load, scans};

/// The seeded tenant has all but a few of the events, over four weeks and in several states.
async fn large(world: &World) -> Result<()> {
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
    while world.sweep.db.run(|client| async move { tally::add_up(&client).await }).await? > 0 {}
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

#[tokio::test]
async fn a_seller_s_pages_use_indexes_and_are_there_at_once_with_100_000_events() -> Result<()> {
    let world = World::new().await?;
    large(&world).await?;
    plans(&world).await?;
    times(&world).await
}

async fn plans(world: &World) -> Result<()> {
    let tenant = &world.tenant.id;
    let uncounted = scans(world, "days", books::DAYS, &format!("'{tenant}', 28")).await?;
    let wanted =
        ["tallies_pkey", "traffic_days_pkey", "clicks_tenant_id_created_at_idx", "orders_tenant_id_created_at_idx"];
    assert_indexed("days", &uncounted, &wanted);
    let counting = scans(world, "count", tally::DAYS, &format!("'{tenant}'")).await?;
    assert_indexed("count", &counting, &wanted[1..]);
    let added = scans(world, "add", tally::ADD_UP, "").await?;
    assert_indexed("add", &added, &["tally_changes_pkey"]);

    let list = scans(world, "list", books::LIST, &format!("'{tenant}',null,null,null,null,null,51")).await?;
    let wanted = ["conversions_tenant_id_state_created_at_idx", "tenants_pkey", "delivery_gates_pkey"];
    assert_indexed("list", &list, &wanted);
    let hash = "encode(sha256('more77'), 'hex')";
    let found = scans(
        world,
        "search",
        books::SEARCH,
        &format!("'{tenant}','more99',{hash},{hash},{hash},253402300800000000,'',51"),
    )
    .await?;
    let wanted = [
        "conversions_tenant_id_order_key_idx",
        "conversions_tenant_id_event_id_key",
        "conversions_pkey",
        "deliveries_pkey",
        "identities_tenant_id_email_hash_idx",
        "identities_tenant_id_phone_hash_idx",
    ];
    assert_indexed("search", &found, &wanted);
    let tallied = scans(world, "tallied", ledger::TALLIED, &format!("'{tenant}'")).await?;
    assert_indexed("tallied", &tallied, &["tallies_pkey", "tally_changes_pkey", "ledger_days_pkey"]);
    let matched = scans(world, "matches", books::MATCHES, &format!("'{tenant}'")).await?;
    assert_indexed("matches", &matched, &["tallies_pkey", "tally_changes_pkey"]);
    let history = scans(world, "history", history::OF_EVENT, &format!("'{tenant}',{hash}")).await?;
    assert_indexed("history", &history, &["conversions_tenant_id_event_id_key", "deliveries_tenant_id_order_key_idx"]);
    let claimed = scans(world, "claimed", orders::CLAIMED, &format!("'{tenant}',array[{hash}]")).await?;
    assert_indexed("claimed", &claimed, &["dedupe_registry_tenant_id_event_id_key"]);
    Ok(())
}

async fn times(world: &World) -> Result<()> {
    let tenant = world.tenant.id.as_str();
    world.sweep.db.run(|client| async move { tally::days(&client, tenant).await }).await?;
    let event = world.text("select event_id from conversions where id = 'more77'", &[]).await?.unwrap_or_default();
    for rest in [
        "overview".to_owned(),
        "events".into(),
        "events?state=quarantined".into(),
        "events?q=more99".into(),
        format!("events/{event}"),
    ] {
        let path = format!("/v1/tenants/{tenant}/{rest}");
        let mut took = Duration::MAX;
        for _ in 0..5 {
            let began = Instant::now();
            world.operate(Method::GET, &path, &Value::Null).await?.expect(200)?;
            took = took.min(began.elapsed());
        }
        tracing::warn!(rest, ?took, "best of five");
        assert!(took < Duration::from_millis(200), "{rest} took {took:?}");
    }
    let q = json!({"q": "nobody@example.com"});
    world.operate(Method::POST, &format!("/v1/tenants/{tenant}/events/search"), &q).await?.expect(200)?;
    Ok(())
}
