//! Batches, deaths and tenants that change while events are pending.

use std::time::Duration;

use anyhow::{Context, Result};
use shared::clock::Clock;
use tests::simulator::{Answer, EventQuery, Fault};
use tests::world::{World, batch, in_two_minutes, wake_up};

use super::gate;

#[tokio::test]
async fn a_thousand_and_one_events_are_two_requests_in_one_invocation() -> Result<()> {
    let world = World::new().await?;
    world.fill("o", 1001).await?;
    world.wake().await;
    let sizes: Vec<usize> = world.simulator.requests().iter().map(|it| it.events).collect();
    assert_eq!(sizes, [1000, 1]);
    assert_eq!(world.standing(&world.tenant.id, "sent", "").await?, 1001);
    assert_eq!(world.count("select count(*) from receipts", &[]).await?, 2);
    Ok(())
}

#[tokio::test]
async fn one_bad_event_in_a_thousand_costs_22_requests_at_the_most_and_each_has_its_receipt() -> Result<()> {
    let world = World::new().await?;
    world.fill("o", 1000).await?;
    world.execute("update conversions set user_data = '{\"em\": [\"maria@example.com\"]}' where id = 'o617'").await?;
    world.wake().await;
    let requests = i64::try_from(world.simulator.requests().len())?;
    assert!(requests <= 22, "{requests}");
    assert_eq!(world.standing(&world.tenant.id, "sent", "").await?, 999);
    assert_eq!(world.standing(&world.tenant.id, "quarantined", "data").await?, 1);
    assert_eq!(world.count("select count(*) from receipts", &[]).await?, requests);
    assert_eq!(world.count("select count(distinct send_id) from receipts", &[]).await?, 1);
    let words = world
        .text(
            "select concat_ws(' ', r.error_code, r.error_subcode, r.events, r.error_message <> '', r.fbtrace_id <> '')
             from receipts r join dispatch_attempts a on a.tenant_id = r.tenant_id and a.receipt_id = r.id
             join conversions c on c.tenant_id = a.tenant_id and c.event_id = a.event_id where c.id = 'o617'",
            &[],
        )
        .await?;
    assert_eq!(words.as_deref(), Some("100 2804016 1 t t"));
    Ok(())
}

#[tokio::test]
async fn a_receipt_keeps_what_a_support_ticket_needs_and_nothing_of_a_person() -> Result<()> {
    let world = World::new().await?;
    world.fill("o", 3).await?;
    world.wake().await;
    let kept = world
        .text(
            "select concat_ws(' ', answer, http_status, events, events_received, fbtrace_id <> '', length(body_sha256),
                              body_bytes > 100, took_ms >= 0, sent_at <= clock(), send_id = id) from receipts",
            &[],
        )
        .await?;
    assert_eq!(kept.as_deref(), Some("accepted 200 3 3 t 64 t t t t"));
    let all = world.text("select string_agg(r::text, ' ') from receipts r", &[]).await?.context("a receipt")?;
    let hash = world.text("select user_data -> 'em' ->> 0 from conversions limit 1", &[]).await?.context("a hash")?;
    assert!(!all.contains(&hash) && !all.contains(&world.tenant.access_token));
    Ok(())
}

#[tokio::test]
async fn a_dispatcher_that_ends_in_the_middle_of_a_send_leaves_the_event_to_the_next_under_the_same_id() -> Result<()> {
    let world = World::new().await?;
    world.fill("o", 1).await?;
    world.simulator.fault(Fault::once(Answer::Delay(Duration::from_secs(30))));
    let body = wake_up(&world.tenant.id);
    {
        let send = dispatch::handle(&world.dispatch, batch(&[&body]), in_two_minutes());
        tokio::pin!(send);
        // Lambda ends it when Meta has the request and has not answered yet.
        while world.simulator.requests().is_empty() {
            let turn = tokio::time::timeout(Duration::from_millis(20), &mut send).await;
            assert!(turn.is_err(), "it waits for Meta");
        }
    }
    let second = world.another_dispatcher()?;
    let wake = || dispatch::handle(&second, batch(&[&body]), in_two_minutes());
    wake().await;
    assert_eq!(world.simulator.requests().len(), 1, "the lease still holds");
    world.execute("update dispatch_attempts set leased_until = clock()").await?;
    wake().await;
    let events = world.simulator.events(&EventQuery::default());
    assert_eq!((events.len(), events[0].duplicates), (1, 1));
    assert_eq!(world.standing(&world.tenant.id, "sent", "").await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_failure_ends_the_invocations_sends_and_what_was_not_sent_is_as_it_was() -> Result<()> {
    let world = World::new().await?;
    world.fill("o", 1500).await?;
    super::down(&world, 1);
    world.wake().await;
    assert_eq!(world.simulator.requests().len(), 1);
    let numbers =
        "select count(*) from dispatch_attempts where status = 'pending' and number = 1 and leased_until is null";
    assert_eq!(world.count(numbers, &[]).await?, 500);
    world.wake().await;
    let second = world.simulator.requests()[1].events;
    assert!((500..700).contains(&second), "most of those that failed wait for their time: {second}");
    Ok(())
}

#[tokio::test]
async fn a_tenant_suspended_with_events_pending_sends_none_until_it_is_active_again() -> Result<()> {
    let world = World::new().await?;
    world.fill("o", 2).await?;
    for status in ["suspended", "retired"] {
        world.execute(&format!("update tenants set status = '{status}'")).await?;
        world.wake().await;
        assert_eq!(world.simulator.requests().len(), 0);
        assert_eq!(world.standing(&world.tenant.id, "held", status).await?, 2);
    }
    world.execute("update tenants set status = 'active'").await?;
    world.wake().await;
    assert_eq!(world.standing(&world.tenant.id, "sent", "").await?, 2);
    Ok(())
}

#[tokio::test]
async fn an_event_goes_until_a_minute_before_metas_seven_days_and_not_later() -> Result<()> {
    let world = World::new().await?;
    let client = world.db.connect().await?;
    let last = 7 * 86_400 - 60;
    tests::world::fill::pending(&client, &world.tenant.id, "late", 1, last).await?;
    tests::world::fill::pending(&client, &world.tenant.id, "in-time", 1, last - 30).await?;
    world.wake().await;
    assert_eq!(world.standing(&world.tenant.id, "sent", "").await?, 1);
    assert_eq!(world.simulator.requests().len(), 1);
    Ok(())
}

#[tokio::test]
async fn an_hour_between_the_clocks_of_the_functions_changes_nothing_of_the_event() -> Result<()> {
    let mut world = World::new().await?;
    let ahead = Clock::from_fn(|| Clock::SYSTEM.now_ms() + 3_600_000);
    let behind = Clock::from_fn(|| Clock::SYSTEM.now_ms() - 3_600_000);
    for (number, clock) in [ahead, behind].into_iter().enumerate() {
        world.order.clock = clock;
        let order = serde_json::json!({
            "order_id": number.to_string(), "value": 97, "currency": "BRL", "customer": {"email": "maria@example.com"},
        });
        world.post_order(&order).await?.expect(202)?;
    }
    let ages = "select count(*) from conversions where abs(extract(epoch from now() - event_time)) > 60";
    assert_eq!(world.count(ages, &[]).await?, 0, "the database's clock dates what has no time of its own");
    world.run_dispatch().await?;
    assert_eq!(world.standing(&world.tenant.id, "sent", "").await?, 2);
    Ok(())
}

#[tokio::test]
async fn tenants_of_one_batch_do_not_wait_for_one_whose_server_hangs() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    world.fill("o", 1).await?;
    tests::world::fill::pending(&world.db.connect().await?, &other.id, "x", 1, 0).await?;
    let hangs = Fault::once(Answer::Delay(Duration::from_mins(1))).for_pixel(&world.tenant.pixel_id);
    world.simulator.fault(hangs);
    let (first, second) = (wake_up(&world.tenant.id), wake_up(&other.id));
    let bodies = [first.as_str(), second.as_str()];
    let all = world.dispatch_bodies(&bodies);
    tokio::pin!(all);
    while world.standing(&other.id, "sent", "").await? == 0 {
        let turn = tokio::time::timeout(Duration::from_millis(20), &mut all).await;
        assert!(turn.is_err(), "the other one still hangs");
    }
    Ok(())
}

#[tokio::test]
async fn a_healthy_tenants_sends_write_no_gate() -> Result<()> {
    let world = World::new().await?;
    world.fill("o", 5).await?;
    world.wake().await;
    assert_eq!(gate(&world, "tenant_id").await?, None);
    Ok(())
}

#[tokio::test]
async fn an_answer_is_recorded_although_postgres_was_away_for_a_moment_after_it() -> Result<()> {
    let cluster = tests::postgres::Cluster::start(tests::postgres::Durability::Off).await?;
    let mut world = World::on(&cluster).await?;
    world.fill("o", 1).await?;
    world.simulator.fault(Fault::once(Answer::Delay(Duration::from_secs(2))));
    {
        let send = world.wake();
        tokio::pin!(send);
        while world.simulator.requests().is_empty() {
            let turn = tokio::time::timeout(Duration::from_millis(20), &mut send).await;
            assert!(turn.is_err(), "it waits for Meta");
        }
        cluster.stop().await?;
        // Long enough for the record to be tried once and to fail.
        let turn = tokio::time::timeout(Duration::from_secs(3), &mut send).await;
        assert!(turn.is_err(), "it tries again");
        cluster.restart().await?;
        send.await;
    }
    world.reconnect().await?;
    assert_eq!(world.standing(&world.tenant.id, "sent", "").await?, 1);
    assert_eq!(world.simulator.requests().len(), 1, "and not sent again");
    Ok(())
}
