//! Deliveries that could not be read, and quarantined events: listed, and taken again.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use shared::db::connections::Settings;
use shared::platforms::Platform;
use tests::world::PLATFORM_SECRET;

use super::connections::{Admin, deliver};

#[tokio::test]
async fn bodies_are_listed_and_replayed_part_by_part_each_once() -> Result<()> {
    let admin = Admin::new().await?;
    let world = &admin.world;
    for name in ["north", "south"] {
        let settings = Settings { shop: Some(name.to_owned()), ..Settings::default() };
        let connected = world.connect_as(&world.tenant.id, Platform::WooCommerce, &settings).await?;
        world
            .execute(&format!(
                "insert into kept_bodies (tenant_id, id, connection_id, digest, reason, received_at, bytes, sealed)
                 select '{}', '{name}' || n, '{}', encode(sha256(n::text::bytea), 'hex'), 'not_authentic',
                        date_trunc('second', now()) - n / 3 * interval '1 second', 10, 'x' from generate_series(1, 130) n",
                connected.tenant_id, connected.id
            ))
            .await?;
    }
    let (mut seen, mut times, mut after) = (Vec::new(), Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("bodies?limit=90{after}")).await?;
        for body in page["bodies"].as_array().context("a list")? {
            seen.push(body["id"].as_str().context("an id")?.to_owned());
            times.push(body["received_at"].as_i64().context("a time")?);
        }
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert!(times.is_sorted_by(|newer, older| newer >= older), "the newest first");
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 260, "each once");
    let (mut calls, mut not_opened, mut next) = (0, 0, Value::Null);
    loop {
        let done = admin.post("bodies/replay", &json!({"after": next})).await?.expect(200)?;
        calls += 1;
        not_opened += done["not_opened"].as_i64().context("a count")?;
        next = done["next"].clone();
        if next.is_null() {
            break;
        }
    }
    assert_eq!((calls, not_opened), (3, 260));
    for after in ["x", "", "00"] {
        admin.post("bodies/replay", &json!({"after": after})).await?.expect_problem(422)?;
    }
    admin.post("bodies/replay", &json!({"id": "a", "connection_id": "b"})).await?.expect_problem(422)?;
    Ok(())
}

#[tokio::test]
async fn without_a_key_no_body_is_replayed_and_with_another_one_none_is_opened() -> Result<()> {
    let mut admin = Admin::new().await?;
    let (_, path) = admin.connect("mistyped").await?;
    deliver(&admin.world, &path, "d1", PLATFORM_SECRET).await?.expect_problem(401)?;
    admin.world.setup.body_key_secret = None;
    admin.post("bodies/replay", &Value::Null).await?.expect_problem(409)?;
    admin.world.setup.body_key_secret = Some("no-such-secret".to_owned());
    admin.post("bodies/replay", &Value::Null).await?.expect_problem(503)?;
    // A text that is long enough, and is not the key.
    admin.world.setup.body_key_secret = Some(format!("track/{}/meta", admin.world.tenant.id));
    let done = admin.post("bodies/replay", &Value::Null).await?.expect(200)?;
    assert_eq!(done["not_opened"], 1);
    Ok(())
}

#[tokio::test]
async fn quarantined_events_are_listed_with_meta_s_words_until_they_go_back() -> Result<()> {
    let admin = Admin::new().await?;
    let world = &admin.world;
    for id in ["1", "2"] {
        let order = json!({"order_id": id, "value": 97, "currency": "BRL", "customer": {"email": "maria@example.com"}});
        world.post_order(&order).await?.expect(202)?;
    }
    let good = world.text("select user_data::text from conversions limit 1", &[]).await?.context("user data")?;
    world.execute("update conversions set user_data = '{\"em\": [\"plain\"]}' where order_key = '1'").await?;
    world.run_dispatch().await?;
    let listed = admin.get("quarantine").await?;
    assert_eq!(listed["events"].as_array().map(Vec::len), Some(1), "{listed}");
    let one = &listed["events"][0];
    assert_eq!(
        (&one["order_id"], &one["event_name"], &one["value"]),
        (&json!("1"), &json!("Purchase"), &json!("97.00"))
    );
    assert_eq!(
        one["replayable_until"].as_i64().context("a time")? - one["event_time"].as_i64().context("a time")?,
        7 * 24 * 3600 - 60
    );
    let meta = &one["meta"];
    assert_eq!((&meta["http_status"], &meta["error_code"]), (&json!(400), &json!(100)));
    assert!(meta["error_message"].as_str().is_some_and(|it| !it.is_empty()) && meta["fbtrace_id"].is_string(), "{one}");
    assert!(!listed.to_string().contains("maria"));
    world.execute(&format!("update conversions set user_data = '{good}'")).await?;
    let back = admin.post("replay", &json!({"event_id": one["event_id"]})).await?.expect(200)?;
    assert_eq!(back["replayed"], 1);
    assert_eq!(admin.get("quarantine").await?, json!({"events": [], "next": null}));
    Ok(())
}

#[tokio::test]
async fn quarantined_events_of_one_time_are_listed_each_once() -> Result<()> {
    let admin = Admin::new().await?;
    admin.world.fill("q", 7).await?;
    let other = admin.world.add_tenant("other").await?;
    tests::world::fill::pending(&admin.world.db.connect().await?, &other.id, "q", 2, 0).await?;
    admin.world.execute("update conversions set state = 'quarantined', reason = 'unclear', event_time = now()").await?;
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("quarantine?limit=3{after}")).await?;
        for event in page["events"].as_array().context("a list")? {
            assert_eq!((&event["reason"], &event["meta"]), (&json!("unclear"), &Value::Null));
            seen.push(event["event_id"].to_string());
        }
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(seen.len(), 7);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 7);
    Ok(())
}
