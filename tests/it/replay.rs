//! Replay: what was quarantined goes back once, and what Meta may have only when a person says so.

use anyhow::{Context, Result};
use serde_json::json;
use shared::db::gates;
use shared::db::replay::{self, Replayed, Which};
use tests::simulator::EventQuery;
use tests::world::World;

async fn replayed(world: &World, tenant: &str, which: Which<'_>, may_be_there: bool) -> Result<Replayed> {
    Ok(world
        .sweep
        .db
        .run(|client| async move { replay::replay(&client, tenant, which, may_be_there, None).await })
        .await?)
}

async fn placed(world: &World, order_id: &str) -> Result<String> {
    let order =
        json!({"order_id": order_id, "value": 97, "currency": "BRL", "customer": {"email": "maria@example.com"}});
    let placed = world.post_order(&order).await?.expect(202)?;
    Ok(placed["event_id"].as_str().context("event_id")?.to_owned())
}

/// Ends an event's attempt in quarantine, for a reason and with a first unclear send so many hours ago.
async fn quarantine(world: &World, event_id: &str, reason: &str, unclear_hours: Option<i32>) -> Result<()> {
    let since = unclear_hours.map_or_else(|| "null".to_owned(), |hours| format!("now() - interval '{hours} hours'"));
    world
        .execute(&format!(
            "update conversions set state = 'quarantined', reason = '{reason}' where event_id = '{event_id}';
             update dispatch_attempts
             set status = 'failed', answer = '{reason}', finished_at = now(), number = 7, unclear_since = {since}
             where event_id = '{event_id}'"
        ))
        .await
}

const ONE: Replayed = Replayed { replayed: 1, too_old: 0, unclear: 0, more: false };

#[tokio::test]
async fn what_meta_refused_goes_back_with_a_new_attempt_and_is_sent_after_the_repair() -> Result<()> {
    let world = World::new().await?;
    let event_id = placed(&world, "1").await?;
    let good = world.text("select user_data::text from conversions", &[]).await?.context("user data")?;
    world.execute("update conversions set user_data = '{\"em\": [\"plain\"]}'").await?;
    world.run_dispatch().await?;
    assert_eq!(world.text("select state from conversions", &[]).await?.as_deref(), Some("quarantined"));
    world.execute(&format!("update conversions set user_data = '{good}'")).await?;

    assert_eq!(replayed(&world, &world.tenant.id, Which::Event(&event_id), false).await?, ONE);
    let attempt = "select concat_ws(' ', number, due_at <= now(), unclear_since is null,
                       (select a.expires_at = event_time + interval '7 days' - interval '1 minute' from conversions))
                   from dispatch_attempts a where status = 'pending'";
    assert_eq!(world.text(attempt, &[]).await?.as_deref(), Some("2 t t t"));
    sweep::sweep(&world.sweep).await?;
    world.run_dispatch().await?;
    assert_eq!(world.simulator.events(&EventQuery::id(&event_id)).len(), 1);
    let told = world.get_order(&format!("/v1/orders/{event_id}")).await?.expect(200)?;
    assert_eq!(told["state"], "sent");
    let lines: Vec<&str> =
        told["story"].as_array().context("story")?.iter().filter_map(|it| it["text"].as_str()).collect();
    assert!(lines.contains(&"Somebody put the event back to be sent."), "{lines:?}");
    assert_eq!(replayed(&world, &world.tenant.id, Which::All, true).await?, Replayed::default(), "what was sent stays");
    Ok(())
}

#[tokio::test]
async fn what_meta_may_have_goes_back_only_when_a_person_says_so() -> Result<()> {
    let world = World::new().await?;
    let unclear = placed(&world, "unclear").await?;
    quarantine(&world, &unclear, "unclear", Some(47)).await?;
    let stale = placed(&world, "stale").await?;
    quarantine(&world, &stale, "data", Some(48)).await?;
    let fresh = placed(&world, "fresh").await?;
    quarantine(&world, &fresh, "data", Some(40)).await?;
    let tenant = &world.tenant.id;
    assert_eq!(replayed(&world, tenant, Which::All, false).await?, Replayed { unclear: 2, ..ONE });
    let kept = "select (extract(epoch from expires_at - now()) / 3600)::int::bigint
                from dispatch_attempts where status = 'pending' and unclear_since is not null and event_id = $1";
    assert_eq!(world.count(kept, &[&fresh]).await?, 7, "the 47 hours go on");
    assert_eq!(replayed(&world, tenant, Which::Event(&stale), true).await?, ONE);
    assert_eq!(replayed(&world, tenant, Which::All, true).await?, ONE);
    let free =
        "select count(*) from dispatch_attempts where status = 'pending' and number = 8 and unclear_since is null";
    assert_eq!(world.count(free, &[]).await?, 2);
    Ok(())
}

#[tokio::test]
async fn what_is_too_old_for_meta_is_left_and_counted() -> Result<()> {
    let world = World::new().await?;
    for (order_id, age) in
        [("old", "7 days"), ("edge", "6 days 23 hours 59 minutes"), ("young", "6 days 23 hours 58 minutes")]
    {
        let event_id = placed(&world, order_id).await?;
        quarantine(&world, &event_id, "data", None).await?;
        let age = format!("update conversions set event_time = now() - interval '{age}' where event_id = '{event_id}'");
        world.execute(&age).await?;
    }
    assert_eq!(replayed(&world, &world.tenant.id, Which::All, true).await?, Replayed { too_old: 2, ..ONE });
    assert_eq!(world.count("select count(*) from conversions where state = 'quarantined'", &[]).await?, 2);
    Ok(())
}

/// Quarantined conversions of a tenant, made in bulk.
async fn many(world: &World, tenant: &str, count: usize) -> Result<()> {
    world
        .execute(&format!(
            "insert into dedupe_registry (tenant_id, id, event_id, order_id, event_name, value, currency)
             select '{tenant}', 'q' || n, 'q' || n, 'q' || n, 'Purchase', 1, 'BRL' from generate_series(1, {count}) n;
             insert into conversions (tenant_id, id, event_id, order_key, event_name, event_time, value, currency, action_source,
                 user_data, custom_data, match_stage, match_candidates, match_rules, state, reason)
             select tenant_id, id, event_id, order_id, event_name, now(), value, currency, 'website', '{{}}', '{{}}', 'none', '[]',
                 '{{}}', 'quarantined', 'data'
             from dedupe_registry where tenant_id = '{tenant}';
             insert into dispatch_attempts (tenant_id, id, event_id, status, finished_at, answer)
             select tenant_id, id, event_id, 'failed', now(), 'data' from dedupe_registry where tenant_id = '{tenant}'"
        ))
        .await
}

#[tokio::test]
async fn a_run_is_bounded_and_says_whether_more_are_left() -> Result<()> {
    let world = World::new().await?;
    let tenant = &world.tenant.id;
    many(&world, tenant, replay::MOST + 1).await?;
    let most = i64::try_from(replay::MOST)?;
    let first = replayed(&world, tenant, Which::All, false).await?;
    assert_eq!((first.replayed, first.more), (most, true));
    assert_eq!(replayed(&world, tenant, Which::All, false).await?, ONE);
    assert_eq!(replayed(&world, tenant, Which::All, false).await?, Replayed::default());
    let pending = "select count(distinct event_id) from dispatch_attempts where status = 'pending' and number = 2";
    assert_eq!(world.count(pending, &[]).await?, most + 1);
    Ok(())
}

#[tokio::test]
async fn several_at_once_put_each_back_once_and_touch_no_other_tenant() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    let tenant = &world.tenant.id;
    many(&world, tenant, 200).await?;
    many(&world, &other.id, 3).await?;
    let one = || replayed(&world, tenant, Which::All, false);
    let (a, b, c) = tokio::join!(one(), one(), one());
    assert_eq!(a?.replayed + b?.replayed + c?.replayed, 200);
    let sql = "select count(*) from dispatch_attempts where status = 'pending' and tenant_id = $1";
    assert_eq!(world.count(sql, &[tenant]).await?, 200);
    assert_eq!(world.count(sql, &[&other.id]).await?, 0);
    // The ids of the two tenants' events are the same.
    assert_eq!(replayed(&world, &other.id, Which::Event("q1"), false).await?, ONE);
    assert_eq!(world.count(sql, &[&other.id]).await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_reset_opens_the_tenant_s_gate_and_makes_due_what_nobody_holds() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    for order_id in ["free", "held"] {
        placed(&world, order_id).await?;
    }
    world
        .execute(
            "update dispatch_attempts set due_at = now() + interval '1 hour';
             update dispatch_attempts set leased_until = now() + interval '1 minute', lease_token = 1
             where event_id = (select event_id from conversions where order_key = 'held');
             insert into delivery_gates (tenant_id, breaker, failures, opened_at, cooldown_s, parked_reason, parked_at, probe_at,
                 throttled_until, refused_as, refused_count)
             select id, 'open', 12, now(), 120, 'credentials', now(), now() + interval '2 minutes', now() + interval '1 hour',
                 '100/33', 3
             from tenants",
        )
        .await?;
    let (tenant, theirs) = (&world.tenant.id, &other.id);
    let db = &world.sweep.db;
    let untouched = db.run(|client| async move { gates::show(&client, theirs).await }).await?;
    assert_eq!(db.run(|client| async move { gates::closed(&client, 10).await }).await?.len(), 2);

    let released =
        db.run(|client| async move { gates::release(&client, tenant, None).await }).await?.context("a tenant")?;
    assert_eq!((released.before.breaker.as_str(), released.before.failures), ("open", 12));
    assert_eq!((released.before.waiting, released.hastened), (2, 1));
    let after = db.run(|client| async move { gates::show(&client, tenant).await }).await?.context("a tenant")?;
    let open = "select concat_ws(' ', breaker, failures, refused_count, num_nulls(opened_at, cooldown_s, parked_reason, parked_at,
                    probe_at, probe_until, throttled_until, refused_as))
                from delivery_gates where tenant_id = $1";
    assert_eq!(world.text(open, &[tenant]).await?.as_deref(), Some("closed 0 0 8"));
    assert_eq!((after.waiting, after.parked_reason.as_deref()), (2, None));
    let due = "select count(*) from dispatch_attempts where due_at <= now() and leased_until is null";
    assert_eq!(world.count(due, &[]).await?, 1);

    assert_eq!(db.run(|client| async move { gates::show(&client, theirs).await }).await?, untouched);
    let again =
        db.run(|client| async move { gates::release(&client, tenant, None).await }).await?.context("a tenant")?;
    assert_eq!((again.before, again.hastened), (after, 0));
    assert_eq!(db.run(|client| async move { gates::release(&client, "nobody", None).await }).await?, None);
    assert_eq!(db.run(|client| async move { gates::show(&client, "nobody").await }).await?, None);
    Ok(())
}
