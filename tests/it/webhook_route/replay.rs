//! Replay: what was refused is taken after the repair, and nothing twice.

use anyhow::Result;
use shared::db::connections::{Settings, manage};
use shared::domain::order::Amount;
use shared::intake::replay::{Replay, Replayed};
use shared::intake::seal::{BodyKey, Owner};
use shared::platforms::{Delivery, Platform};
use shared::secrets::Secrets;
use tests::world::{BODY_KEY_TEXT, Connected, PLATFORM_SECRET, SECRETS_PREFIX, World};

use super::secrets::touch;
use super::sign::signed_at;
use super::{TOKEN, delivery, forge, kept, moving, post, received, rows, wait};

async fn replay_by(world: &World, text: &str, connection: Option<&str>) -> Result<Replayed> {
    let (secrets, key) = (Secrets::new(&world.sdk), BodyKey::of(text)?);
    let replay = Replay { db: &world.order.db, secrets: &secrets, prefix: SECRETS_PREFIX, key: &key };
    Ok(replay.run(&world.tenant.id, connection).await?)
}

async fn replay(world: &World) -> Result<Replayed> {
    replay_by(world, BODY_KEY_TEXT, None).await
}

/// A platform whose secret the seller mistyped.
async fn mistyped(world: &World, platform: Platform) -> Result<Connected> {
    world.connect_to(&world.tenant.id, platform, "mistyped").await
}

#[tokio::test]
async fn a_mistyped_secret_loses_no_sale() -> Result<()> {
    let world = World::new().await?;
    let hotmart = mistyped(&world, Platform::Hotmart).await?;
    for id in ["d1", "d2"] {
        post(&world, &hotmart, id, "PURCHASE_APPROVED").await?.expect_problem(401)?;
    }
    post(&world, &hotmart, "d3", "PURCHASE_PROTEST").await?.expect_problem(401)?;
    forge(&world, &hotmart, "d4").await?.expect_problem(401)?;
    let unrepaired = Replayed { not_authentic: 4, ..Replayed::default() };
    assert_eq!(replay(&world).await?, unrepaired);

    world.platform_secret(&hotmart, PLATFORM_SECRET).await?;
    let replayed = replay(&world).await?;
    assert_eq!(replayed, Replayed { taken: 2, ignored: 1, not_authentic: 1, ..Replayed::default() });
    assert_eq!(kept(&world).await?, "not_authentic");
    assert!(rows(&world).await?.contains("ignored refund_requested"));
    assert_eq!(world.count("select count(*) from conversions where state = 'pending'", &[]).await?, 2);
    assert_eq!(replay(&world).await?, Replayed { not_authentic: 1, ..Replayed::default() });
    Ok(())
}

#[tokio::test]
async fn what_is_signed_for_one_attempt_is_judged_by_the_time_of_that_attempt() -> Result<()> {
    let mut world = World::new().await?;
    moving(&mut world);
    wait(-3 * 24 * 3600);
    let stripe = mistyped(&world, Platform::Stripe).await?;
    let body = r#"{"id":"evt_1","type":"customer.created","livemode":true,"data":{"object":{}}}"#;
    for _ in 0..2 {
        let signed = signed_at(Platform::Stripe, PLATFORM_SECRET, body.as_bytes(), world.order.clock.now_s());
        world.deliver(&stripe, &[(signed[0].0, &signed[0].1)], body).await?.expect_problem(401)?;
        // Stripe tries again hours later, with another signature.
        wait(6 * 3600);
    }
    assert_eq!(kept(&world).await?, "not_authentic");
    world.platform_secret(&stripe, PLATFORM_SECRET).await?;
    assert_eq!(replay(&world).await?, Replayed { ignored: 1, ..Replayed::default() });
    assert_eq!((rows(&world).await?.as_str(), kept(&world).await?.as_str()), ("ignored event_not_used", ""));
    Ok(())
}

#[tokio::test]
async fn what_is_authentic_now_and_still_cannot_be_used_is_rejected_once_and_kept() -> Result<()> {
    let world = World::new().await?;
    let hotmart = mistyped(&world, Platform::Hotmart).await?;
    post(&world, &hotmart, "d1", "WITHOUT_VALUE").await?.expect_problem(401)?;
    world.platform_secret(&hotmart, PLATFORM_SECRET).await?;
    for _ in 0..3 {
        assert_eq!(replay(&world).await?, Replayed { rejected: 1, ..Replayed::default() });
    }
    assert_eq!(
        (rows(&world).await?.as_str(), kept(&world).await?.as_str()),
        ("rejected value_missing", "value_missing")
    );
    Ok(())
}

#[tokio::test]
async fn a_rejection_that_is_repaired_counts_as_a_duplicate_of_what_it_became() -> Result<()> {
    let world = World::new().await?;
    let hotmart = world.connect(Platform::Hotmart).await?;
    post(&world, &hotmart, "d1", "WITHOUT_VALUE").await?.expect(200)?;
    // As if we had learnt to read it: the same delivery, in words that we know.
    let client = world.db.connect().await?;
    let row = client.query_one("select id from kept_bodies", &[]).await?;
    let id: String = row.try_get(0)?;
    let owner = Owner { tenant_id: &world.tenant.id, connection_id: &hotmart.id, id: &id };
    let sent = hotmart.post(&[TOKEN], "");
    let body = delivery("d1", "PURCHASE_PROTEST");
    let known = Delivery::new(sent.headers(), "", body.as_bytes());
    let sealed = BodyKey::of(BODY_KEY_TEXT)?.seal(owner, &known, world.order.clock.now_s())?;
    client.execute("update kept_bodies set sealed = $1", &[&sealed]).await?;

    assert_eq!(replay(&world).await?, Replayed { ignored: 1, ..Replayed::default() });
    assert_eq!(kept(&world).await?, "");
    let by_outcome = "select string_agg(outcome || ' ' || reason, ', ' order by outcome) from deliveries";
    assert_eq!(world.text(by_outcome, &[]).await?.as_deref(), Some("duplicate replayed, ignored refund_requested"));
    Ok(())
}

/// What is in the ledger of the seeded tenant, and that nothing is wrong with it.
async fn ledger(world: &World) -> Result<String> {
    let faults = "select count(*) from tenants t, ledger_faults(t.id) f";
    assert_eq!(world.count(faults, &[]).await?, 0);
    let sql = "select coalesce(string_agg(concat_ws(' ', outcome, reason), ', ' order by outcome, reason), '') from deliveries";
    Ok(world.text(sql, &[]).await?.unwrap_or_default())
}

#[tokio::test]
async fn a_sale_that_was_delivered_again_before_its_replay_is_one_sale() -> Result<()> {
    let world = World::new().await?;
    let hotmart = mistyped(&world, Platform::Hotmart).await?;
    post(&world, &hotmart, "d1", "PURCHASE_APPROVED").await?.expect_problem(401)?;
    world.platform_secret(&hotmart, PLATFORM_SECRET).await?;
    touch(&world, &hotmart).await?;
    // The first delivery after it finds out.
    post(&world, &hotmart, "d2", "PURCHASE_PROTEST").await?;
    post(&world, &hotmart, "d1", "PURCHASE_APPROVED").await?.expect(200)?;
    assert_eq!(replay(&world).await?.taken, 1);
    assert_eq!(world.count("select count(*) from conversions", &[]).await?, 1);
    assert_eq!(world.count("select count(*) from deliveries where outcome = 'conversion'", &[]).await?, 1);
    ledger(&world).await?;
    Ok(())
}

#[tokio::test]
async fn a_replayed_sale_happened_when_it_first_came() -> Result<()> {
    let mut world = World::new().await?;
    moving(&mut world);
    wait(-2 * 24 * 3600);
    let hotmart = mistyped(&world, Platform::Hotmart).await?;
    let came_at = world.order.clock.now_s();
    // It says no time of its own.
    let mut body: serde_json::Value = serde_json::from_str(&delivery("d1", "PURCHASE_APPROVED"))?;
    body["creation_date"] = serde_json::Value::Null;
    for _ in 0..2 {
        world.deliver(&hotmart, &[TOKEN], &body.to_string()).await?.expect_problem(401)?;
        wait(3600);
    }
    world.platform_secret(&hotmart, PLATFORM_SECRET).await?;
    assert_eq!(replay(&world).await?, Replayed { taken: 1, ..Replayed::default() });
    let happened_at = world.count("select extract(epoch from event_time)::bigint from conversions", &[]).await?;
    assert!((0..5).contains(&(happened_at - came_at)), "{}", happened_at - came_at);
    Ok(())
}

#[tokio::test]
async fn a_sale_without_the_chosen_amount_is_taken_once_another_is_chosen() -> Result<()> {
    let world = World::new().await?;
    let hotmart = world.connect(Platform::Hotmart).await?;
    let (tenant, id) = (hotmart.tenant_id.as_str(), hotmart.id.as_str());
    let set = async |amount: Amount| {
        let change = &move |settings| Settings { amount, ..settings };
        let changed = world.order.db.run(|client| manage::change(client, tenant, id, change, None)).await?;
        changed.map_err(|refused| anyhow::anyhow!("{refused}"))
    };
    set(Amount::Net).await?;
    for _ in 0..2 {
        let answer = post(&world, &hotmart, "d1", "PURCHASE_APPROVED").await?.expect(200)?;
        assert_eq!(answer, received("rejected", Some("amount_not_stated")));
    }
    assert_eq!(ledger(&world).await?, "duplicate redelivery, rejected amount_not_stated");
    set(Amount::Price).await?;
    assert_eq!(replay(&world).await?, Replayed { taken: 1, ..Replayed::default() });
    assert_eq!(ledger(&world).await?, "conversion, duplicate redelivery, duplicate replayed");
    assert_eq!(kept(&world).await?, "");
    post(&world, &hotmart, "d1", "PURCHASE_APPROVED").await?.expect(200)?;
    assert_eq!(world.count("select count(*) from conversions", &[]).await?, 1);
    Ok(())
}

#[tokio::test]
async fn two_replays_at_once_and_a_delivery_beside_them_record_it_once() -> Result<()> {
    let world = World::new().await?;
    let hotmart = mistyped(&world, Platform::Hotmart).await?;
    for id in ["d1", "d2", "d3"] {
        post(&world, &hotmart, id, "PURCHASE_PROTEST").await?.expect_problem(401)?;
    }
    world.platform_secret(&hotmart, PLATFORM_SECRET).await?;
    let (one, other) = tokio::join!(replay(&world), replay(&world));
    one?;
    other?;
    assert_eq!(kept(&world).await?, "");
    let sql = "select count(distinct delivery_key) from deliveries where outcome = 'ignored'";
    assert_eq!(world.count(sql, &[]).await?, 3);
    Ok(())
}

#[tokio::test]
async fn what_is_sealed_with_another_key_or_of_a_connection_that_is_no_more_is_left() -> Result<()> {
    let world = World::new().await?;
    let (hotmart, kiwify) = (mistyped(&world, Platform::Hotmart).await?, mistyped(&world, Platform::Kiwify).await?);
    post(&world, &hotmart, "d1", "PURCHASE_PROTEST").await?.expect_problem(401)?;
    world.deliver(&kiwify, &[], "{}").await?.expect_problem(401)?;
    world.platform_secret(&hotmart, PLATFORM_SECRET).await?;
    let other = replay_by(&world, "another text that a key is made of", Some(&hotmart.id)).await?;
    assert_eq!(other, Replayed { not_opened: 1, ..Replayed::default() });
    let (tenant, id) = (hotmart.tenant_id.as_str(), hotmart.id.as_str());
    assert!(world.order.db.run(|client| async move { manage::revoke(&client, tenant, id, None).await }).await?);
    assert_eq!(replay(&world).await?, Replayed { not_in_force: 1, not_authentic: 1, ..Replayed::default() });
    assert_eq!(kept(&world).await?, "not_authentic, not_authentic");
    Ok(())
}

#[tokio::test]
async fn a_tenant_s_replay_takes_nothing_of_another_s() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    let theirs = world.connect_to(&other.id, Platform::Hotmart, "mistyped").await?;
    post(&world, &theirs, "d1", "PURCHASE_PROTEST").await?.expect_problem(401)?;
    world.platform_secret(&theirs, PLATFORM_SECRET).await?;
    assert_eq!(replay(&world).await?, Replayed::default());
    assert_eq!(replay_by(&world, BODY_KEY_TEXT, Some(&theirs.id)).await?, Replayed::default());
    assert_eq!(kept(&world).await?, "not_authentic");
    Ok(())
}
