//! What stays when data is older than it may be kept: counts, and what tells a duplicate. Nothing of anybody.

use anyhow::{Context, Result, ensure};
use lambda_http::http::Method;
use serde_json::{Value, json};
use tests::request;
use tests::world::World;

use super::{later, ledger, run, sound};

const PHONE_HASH: &str = "f261637d5484242e5b87defaf745edca609d51b0d5b0112f93d2e85533c86d6a";
const EMAIL_HASH: &str = "10ef04a5a1acd81d18a0c61fdd354a063da07223720a1d8760aa5c2afa5e8ee0";
const CUSTOMER_HASH: &str = "fafe5e551759817bdc65038b8cb1a8263b1a8b3b60c269d67ff0f8c57ae0f733";

fn order(order_id: &str) -> Value {
    json!({
        "order_id": order_id, "value": 97, "currency": "BRL",
        "customer": {"email": "maria@example.com", "phone": "+5511955500001", "ip": "203.0.113.77", "user_agent": "Sample/7.7"},
        "click": {"click_id": "click-0001", "fbp": "fb.2.1700000000000.1234567890"},
        "utm": {"source": "sample-source"}
    })
}

/// What nobody may find any more: values, as they are kept.
const PERSONAL: [&str; 10] = [
    "maria@example.com",
    EMAIL_HASH,
    PHONE_HASH,
    CUSTOMER_HASH,
    "203.0.113.77",
    request::SOURCE_IP,
    "Sample/7.7",
    "IwAR0-Sample_1",
    "1234567890",
    "sample-source",
];

/// Every value of every column of every table that holds this text.
async fn holders(world: &World, text: &str) -> Result<Vec<String>> {
    let tables = "select string_agg(format('select %L as name, it::text as row from %I it', table_name, table_name), ' union all ')
                  from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'";
    let every = world.text(tables, &[]).await?.context("tables")?;
    let sql =
        format!("select coalesce(string_agg(distinct name, ' '), '') from ({every}) every where strpos(row, $1) > 0");
    let found = world.text(&sql, &[&text]).await?.context("a list")?;
    Ok(found.split_whitespace().map(str::to_owned).collect())
}

/// Clicks of one link by two browsers, a repeat of the first, orders of every kind, one sent, one refused, a receipt.
async fn traffic(world: &World) -> Result<()> {
    let click = json!({
        "url": "https://loja.example.com.br/?fbclid=IwAR0-Sample_1", "fbp": "fb.2.1700000000000.1234567890", "click_id": "click-0001"
    });
    world.post_click(&click).await?.expect(200)?;
    let mut repeat = click.clone();
    repeat["click_id"] = json!("click-0002");
    world.post_click(&repeat).await?.expect(200)?;
    let mut shared = click.clone();
    shared["click_id"] = json!("click-0003");
    shared["fbp"] = json!("fb.2.1700000000000.1234567890777");
    world.post_click(&shared).await?.expect(200)?;
    let said = json!({"click_id": "click-0003", "email": "maria@example.com", "phone": "11 95550-0001", "external_id": "User-42"});
    assert!(world.post_identify(&said).await?.expect(200)?["identity_id"].is_string());
    let sent = world.post_order(&order("sent")).await?.expect(202)?;
    assert_eq!(sent["match"]["click_id"], "click-0001");
    world.post_order(&order("sent")).await?.expect(200)?;
    world.run_dispatch().await?;
    let mut pix = order("pix");
    pix["status"] = json!("pending");
    assert_eq!(world.post_order(&pix).await?.expect(202)?["state"], "ignored");
    world.post_order(&order("late")).await?.expect(202)?;
    world.session().await?;
    let release = format!("/v1/tenants/{}/release", world.tenant.id);
    world.operate(Method::POST, &release, &Value::Null).await?.expect(200)?;
    world
        .execute(&format!(
            "insert into receipts (tenant_id, id, send_id, pixel_id, sent_at, took_ms, events, body_bytes, body_sha256, answer, error_message)
             values ('{}', 'r', 'r', '1', clock(), 1, 1, 1, '', 'data', 'not maria@example.com')",
            world.tenant.id
        ))
        .await
}

#[tokio::test]
async fn after_the_purge_nothing_of_anybody_is_left_and_the_ledger_says_what_it_said() -> Result<()> {
    let mut world = World::new().await?;
    traffic(&world).await?;
    for text in PERSONAL {
        ensure!(!holders(&world, text).await?.is_empty(), "{text} is nowhere to begin with");
    }
    later(&mut world, "8 days").await?;
    assert_eq!(run(&world).await?.expired, 1);
    let before = ledger(&world).await?;
    for wanted in ["sent,,1", "duplicate,,1", "ignored,order_not_paid,1", "expired,too_old,1"] {
        assert!(before.contains(wanted), "{wanted} in {before}");
    }
    sound(&world).await?;

    later(&mut world, "89 days").await?;
    // What waited and waits no more left counts of nothing.
    let nothing = sweep::Purged { tallies: 2, ..sweep::Purged::default() };
    assert_eq!(run(&world).await?.purged, nothing, "nothing is old enough");
    later(&mut world, "91 days").await?;
    let purged = run(&world).await?.purged;
    assert_eq!((purged.deliveries, purged.receipts, purged.clicks, purged.orders), (4, 2, 2, 3));
    assert_eq!(ledger(&world).await?, before);
    for text in PERSONAL {
        assert_eq!(holders(&world, text).await?, Vec::<String>::new(), "{text}");
    }
    for table in [
        "clicks",
        "click_aliases",
        "identities",
        "orders",
        "conversions",
        "dispatch_attempts",
        "deliveries",
        "receipts",
        "audit",
    ] {
        assert_eq!(world.count(&format!("select count(*) from {table}"), &[]).await?, 0, "{table}");
    }
    sound(&world).await
}

#[tokio::test]
async fn an_order_that_was_purged_is_still_a_duplicate_and_is_not_sent_again() -> Result<()> {
    let mut world = World::new().await?;
    traffic(&world).await?;
    later(&mut world, "91 days").await?;
    run(&world).await?;
    let sends = || world.simulator.requests().iter().filter(|it| it.method == "POST").count();
    let sent = sends();
    let again = world.post_order(&order("sent")).await?.expect(200)?;
    assert_eq!(again["duplicate"], true);
    run(&world).await?;
    world.run_dispatch().await?;
    assert_eq!(sends(), sent);
    sound(&world).await
}

#[tokio::test]
async fn a_retired_tenant_s_data_goes_too_and_another_s_young_data_stays() -> Result<()> {
    let mut world = World::new().await?;
    let other = world.add_tenant("other").await?;
    traffic(&world).await?;
    world.execute(&format!("update tenants set status = 'retired' where id = '{}'", world.tenant.id)).await?;
    later(&mut world, "91 days").await?;
    // The order function's connections are of the time before: what it writes now is as old as the rest.
    world.order = order::State::new(
        shared::db::Db::new(tests::world::db_config(world.db.url()), None, 1),
        shared::queue::Queue::new(&world.sdk, &world.queue_url),
        tests::world::vault(&world.sdk),
    );
    let mut young = order("young");
    young["event_time"] = json!((shared::clock::Clock::SYSTEM.now_ms() / 1000) - 60);
    let placed = request::with_key(request::post("/v1/orders", &young.to_string()), &other.api_key);
    world.send_order(&placed).await?.expect(202)?;
    run(&world).await?;
    for (tenant, left) in [(&world.tenant.id, 0), (&other.id, 1)] {
        for table in ["conversions", "deliveries", "identities", "orders"] {
            let sql = format!("select count(*) from {table} where tenant_id = $1");
            assert_eq!(world.count(&sql, &[tenant]).await?, left, "{table} of {tenant}");
        }
    }
    Ok(())
}
