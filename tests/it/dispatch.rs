//! The dispatcher: records apart, and answers told apart and recorded.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tests::simulator::{Answer, EventQuery, Fault, GraphError};
use tests::world::World;

async fn placed(world: &World, order_id: &str) -> Result<String> {
    let order =
        json!({"order_id": order_id, "value": 97, "currency": "BRL", "customer": {"email": "maria@example.com"}});
    let placed = world.post_order(&order).await?.expect(202)?;
    Ok(placed["event_id"].as_str().context("event_id")?.to_owned())
}

async fn story(world: &World, event_id: &str) -> Result<Value> {
    world.get_order(&format!("/v1/orders/{event_id}")).await?.expect(200)
}

#[tokio::test]
async fn a_record_that_is_not_ours_fails_alone() -> Result<()> {
    let world = World::new().await?;
    let event_id = placed(&world, "1").await?;
    let good = json!({"type": "dispatch.v1", "tenant_id": world.tenant.id, "event_id": event_id}).to_string();
    let response = world
        .dispatch_bodies(&[
            "",
            "not json",
            &good,
            r#"{"type":"dispatch.v2","tenant_id":"t","event_id":"e"}"#,
            "[]",
            "null",
        ])
        .await;
    let failed: Vec<&str> = response.batch_item_failures.iter().map(|it| it.item_identifier.as_str()).collect();
    assert_eq!(failed, ["m0", "m1", "m3", "m4", "m5"]);
    assert_eq!(world.simulator.events(&EventQuery::id(&event_id)).len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_message_for_a_tenant_that_does_not_exist_is_done_and_sends_nothing() -> Result<()> {
    let world = World::new().await?;
    let body = json!({"type": "dispatch.v1", "tenant_id": "nobody", "event_id": "e"}).to_string();
    assert!(world.dispatch_bodies(&[&body]).await.batch_item_failures.is_empty());
    assert_eq!(world.simulator.requests().len(), 0);
    Ok(())
}

#[tokio::test]
async fn many_events_of_a_tenant_go_in_one_request() -> Result<()> {
    let world = World::new().await?;
    for number in 0..25 {
        placed(&world, &number.to_string()).await?;
    }
    world.run_dispatch().await?;
    assert_eq!(world.simulator.events(&EventQuery::default()).len(), 25);
    assert_eq!(world.simulator.requests().len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_failure_that_will_pass_is_recorded_and_tried_again_when_due() -> Result<()> {
    let world = World::new().await?;
    let event_id = placed(&world, "1").await?;
    world.simulator.fault(Fault::once(Answer::Error(GraphError::new(500, 2, "busy").transient())));
    assert!(world.run_dispatch().await?.batch_item_failures.is_empty());
    let told = story(&world, &event_id).await?;
    assert_eq!(told["state"], "pending");
    assert_eq!(told["attempts"][0]["status"], "failed");
    assert_eq!(told["attempts"][0]["answer"], "transient");
    assert_eq!(told["attempts"][0]["error_code"], 2);
    assert_eq!(told["attempts"][1]["status"], "pending");

    world.execute("update dispatch_attempts set due_at = now() where status = 'pending'").await?;
    sweep::sweep(&world.sweep).await?;
    world.run_dispatch().await?;
    let told = story(&world, &event_id).await?;
    assert_eq!(told["state"], "sent");
    assert_eq!(told["attempts"][1]["number"], 2);
    assert_eq!(world.simulator.events(&EventQuery::default()).len(), 1);
    Ok(())
}

#[tokio::test]
async fn an_unclear_answer_is_sent_again_under_the_same_event_id_while_meta_deduplicates() -> Result<()> {
    let world = World::new().await?;
    let event_id = placed(&world, "1").await?;
    world.simulator.fault(Fault::once(Answer::AcceptThenReset));
    world.run_dispatch().await?;
    assert_eq!(story(&world, &event_id).await?["attempts"][0]["answer"], "unclear");
    world.execute("update dispatch_attempts set due_at = now() where status = 'pending'").await?;
    sweep::sweep(&world.sweep).await?;
    world.run_dispatch().await?;
    let events = world.simulator.events(&EventQuery::id(&event_id));
    assert_eq!((events.len(), events[0].duplicates), (1, 1));
    assert_eq!(story(&world, &event_id).await?["state"], "sent");

    let late = placed(&world, "2").await?;
    world
        .execute(
            "update dispatch_attempts set unclear_since = now() - interval '47 hours', expires_at = now() where status = 'pending'",
        )
        .await?;
    let before = world.simulator.requests().len();
    world.run_dispatch().await?;
    sweep::sweep(&world.sweep).await?;
    let told = story(&world, &late).await?;
    assert_eq!((&told["state"], &told["reason"]), (&json!("quarantined"), &json!("unclear")));
    assert_eq!(world.simulator.requests().len(), before);
    Ok(())
}

#[tokio::test]
async fn one_bad_event_is_found_and_quarantined_with_metas_words_and_the_others_are_delivered() -> Result<()> {
    let world = World::new().await?;
    let mut all = Vec::new();
    for number in 0..8 {
        all.push(placed(&world, &number.to_string()).await?);
    }
    // Meta wants hashes; nothing of ours writes this, so the row is changed behind its back.
    world
        .execute(&format!(
            "update conversions set user_data = '{{\"em\": [\"maria@example.com\"]}}' where event_id = '{}'",
            all[5]
        ))
        .await?;
    world.run_dispatch().await?;
    for (number, event_id) in all.iter().enumerate() {
        let told = story(&world, event_id).await?;
        assert_eq!(told["state"], if number == 5 { "quarantined" } else { "sent" }, "{number}");
    }
    let told = story(&world, &all[5]).await?;
    assert_eq!(
        (&told["attempts"][0]["error_code"], &told["attempts"][0]["error_subcode"]),
        (&json!(100), &json!(2_804_016))
    );
    assert!(told["attempts"][0]["error_message"].as_str().is_some_and(|it| !it.is_empty()));
    assert_eq!(world.simulator.events(&EventQuery::default()).len(), 7);
    Ok(())
}

#[tokio::test]
async fn a_dead_token_parks_the_event_and_burns_nothing() -> Result<()> {
    let world = World::new().await?;
    let event_id = placed(&world, "1").await?;
    world.simulator.pixel(&world.tenant.pixel_id, "another-token");
    world.run_dispatch().await?;
    let told = story(&world, &event_id).await?;
    assert_eq!((&told["state"], &told["reason"]), (&json!("parked"), &json!("credentials")));
    assert_eq!(told["attempts"][0]["error_code"], 190);
    Ok(())
}

#[tokio::test]
async fn an_event_older_than_meta_takes_expires_and_is_not_sent() -> Result<()> {
    let world = World::new().await?;
    let event_id = placed(&world, "1").await?;
    world.execute("update conversions set event_time = now() - interval '7 days 1 second'; update dispatch_attempts set expires_at = now()").await?;
    world.run_dispatch().await?;
    sweep::sweep(&world.sweep).await?;
    assert_eq!(story(&world, &event_id).await?["state"], "expired");
    assert_eq!(world.simulator.requests().len(), 0);
    Ok(())
}

#[tokio::test]
async fn a_tenant_that_is_not_active_sends_nothing_and_all_of_it_goes_when_it_is() -> Result<()> {
    let world = World::new().await?;
    world.execute("update tenants set status = 'suspended'").await?;
    let event_id = placed(&world, "1").await?;
    assert_eq!(story(&world, &event_id).await?["state"], "held");
    world.run_dispatch().await?;
    assert_eq!(world.simulator.requests().len(), 0);
    world.execute("update tenants set status = 'active'").await?;
    sweep::sweep(&world.sweep).await?;
    world.run_dispatch().await?;
    assert_eq!(story(&world, &event_id).await?["state"], "sent");
    Ok(())
}

#[tokio::test]
async fn a_provisioning_tenant_sends_only_while_its_test_code_is_live() -> Result<()> {
    let world = World::new().await?;
    world.execute("update tenants set status = 'provisioning'").await?;
    let waiting = placed(&world, "1").await?;
    assert_eq!(story(&world, &waiting).await?["state"], "held");
    let live = "update tenants set test_event_code = 'TEST123', test_event_code_until = now() + interval '1 hour'";
    world.execute(live).await?;
    let event_id = placed(&world, "2").await?;
    world.run_dispatch().await?;
    let events = world.simulator.events(&EventQuery::id(&event_id));
    assert_eq!(events[0].test_event_code.as_deref(), Some("TEST123"));

    world.execute("update tenants set status = 'active', test_event_code_until = now() - interval '1 second'").await?;
    let event_id = placed(&world, "3").await?;
    world.run_dispatch().await?;
    assert_eq!(world.simulator.events(&EventQuery::id(&event_id))[0].test_event_code, None);
    Ok(())
}

#[tokio::test]
async fn the_same_message_twice_at_once_sends_once() -> Result<()> {
    let world = World::new().await?;
    let event_id = placed(&world, "1").await?;
    let body = json!({"type": "dispatch.v1", "tenant_id": world.tenant.id, "event_id": event_id}).to_string();
    let bodies = [body.as_str()];
    let (a, b, c) =
        tokio::join!(world.dispatch_bodies(&bodies), world.dispatch_bodies(&bodies), world.dispatch_bodies(&bodies));
    assert!([a, b, c].iter().all(|it| it.batch_item_failures.is_empty()));
    assert_eq!(world.simulator.requests().len(), 1);
    Ok(())
}

#[tokio::test]
async fn the_token_is_in_no_url_and_the_request_says_who_sends_it() -> Result<()> {
    let world = World::new().await?;
    placed(&world, "1").await?;
    world.run_dispatch().await?;
    let request = world.simulator.requests().remove(0);
    assert!(!request.token_in_url);
    assert!(request.user_agent.as_deref().is_some_and(|it| it.starts_with("track-ai/")));
    Ok(())
}

#[tokio::test]
async fn a_lease_that_was_taken_over_cannot_record() -> Result<()> {
    let world = World::new().await?;
    let event_id = placed(&world, "1").await?;
    world.execute("update dispatch_attempts set lease_token = 7, leased_until = now() + interval '1 minute'").await?;
    let done = shared::db::dispatch::Done {
        attempt_id: world.text("select id from dispatch_attempts", &[]).await?.context("attempt")?,
        lease_token: 6,
        outcome: shared::db::dispatch::Outcome::Sent,
        answer: "accepted",
        receipt_id: None,
    };
    let tenant = &world.tenant.id;
    let record = &shared::db::dispatch::Record { done: vec![done], ..Default::default() };
    let db = &world.sweep.db;
    let recorded = db.run(|client| async move { shared::db::dispatch::record(&client, tenant, record).await }).await?;
    assert_eq!(recorded.attempts, 0);
    assert_eq!(story(&world, &event_id).await?["state"], "pending");
    Ok(())
}

#[tokio::test]
async fn the_time_of_the_first_unclear_send_goes_along_to_every_attempt_that_follows() -> Result<()> {
    let world = World::new().await?;
    placed(&world, "1").await?;
    world.simulator.fault(Fault::once(Answer::Reset));
    world.run_dispatch().await?;
    world.execute("update dispatch_attempts set due_at = now(), unclear_since = unclear_since - interval '46 hours' where status = 'pending'").await?;
    world.simulator.fault(Fault::once(Answer::Error(GraphError::new(400, 4, "throttled"))));
    sweep::sweep(&world.sweep).await?;
    world.run_dispatch().await?;
    let hours = "select (extract(epoch from now() - unclear_since) / 3600)::bigint from dispatch_attempts where status = 'pending'";
    assert_eq!(world.count(hours, &[]).await?, 46);
    Ok(())
}

#[tokio::test]
async fn an_attempt_whose_dispatcher_died_is_taken_over_when_its_lease_ends_and_counts_as_unclear() -> Result<()> {
    let world = World::new().await?;
    let event_id = placed(&world, "1").await?;
    let tenant = &world.tenant.id;
    let claim = || world.sweep.db.run(|client| async move { shared::db::dispatch::claim(&client, tenant, 1000).await });
    let first = claim().await?;
    let unclear_s = "select extract(epoch from now() - unclear_since)::bigint from dispatch_attempts where unclear_since is not null";
    assert_eq!(first.attempts.len(), 1);
    assert_eq!(world.count("select count(*) from dispatch_attempts where unclear_since is not null", &[]).await?, 0);
    assert!(claim().await?.attempts.is_empty(), "a lease holds");
    world.execute("update dispatch_attempts set leased_until = now() - interval '1 second'").await?;
    let second = claim().await?;
    assert_eq!(second.attempts[0].lease_token, first.attempts[0].lease_token + 1);
    assert!(world.count(unclear_s, &[]).await? >= i64::from(shared::db::dispatch::LEASE_S));
    world.execute("update dispatch_attempts set leased_until = now() - interval '1 second'").await?;
    sweep::sweep(&world.sweep).await?;
    world.run_dispatch().await?;
    assert_eq!(story(&world, &event_id).await?["state"], "sent");
    Ok(())
}

#[tokio::test]
async fn what_an_invocation_has_no_time_for_is_left_for_the_next() -> Result<()> {
    let world = World::new().await?;
    let event_id = placed(&world, "1").await?;
    let body = json!({"type": "dispatch.v1", "tenant_id": world.tenant.id, "event_id": event_id}).to_string();
    let now = std::time::Instant::now();
    let response = dispatch::handle(&world.dispatch, tests::world::batch(&[&body]), now).await;
    assert!(response.batch_item_failures.is_empty());
    assert_eq!(world.simulator.requests().len(), 0);
    world.run_dispatch().await?;
    let told = story(&world, &event_id).await?;
    assert_eq!((&told["state"], told["attempts"].as_array().map(Vec::len)), (&json!("sent"), Some(1)));
    Ok(())
}

#[tokio::test]
async fn attempts_that_are_given_back_are_due_at_once_and_are_not_unclear() -> Result<()> {
    let world = World::new().await?;
    placed(&world, "1").await?;
    let tenant = &world.tenant.id;
    let claim = || world.sweep.db.run(|client| async move { shared::db::dispatch::claim(&client, tenant, 1000).await });
    let held: Vec<_> = claim().await?.attempts.iter().map(|it| (it.attempt_id.clone(), it.lease_token)).collect();
    let held = &held;
    world
        .sweep
        .db
        .run(|client| async move { shared::db::dispatch::release(&client, tenant, held, 0, false).await })
        .await?;
    let again = claim().await?;
    assert_eq!(again.attempts.len(), 1);
    assert_eq!(world.count("select count(*) from dispatch_attempts where unclear_since is not null", &[]).await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_token_that_was_repaired_meanwhile_is_read_anew_and_used_in_the_same_invocation() -> Result<()> {
    let world = World::new().await?;
    placed(&world, "1").await?;
    world.run_dispatch().await?;
    world.simulator.pixel(&world.tenant.pixel_id, "a-new-token");
    aws_sdk_secretsmanager::Client::new(&world.sdk)
        .put_secret_value()
        .secret_id(format!("{}{}/meta", tests::world::SECRETS_PREFIX, world.tenant.id))
        .secret_string(json!({"access_token": "a-new-token"}).to_string())
        .send()
        .await?;
    let event_id = placed(&world, "2").await?;
    world.run_dispatch().await?;
    assert_eq!(story(&world, &event_id).await?["state"], "sent");
    Ok(())
}

#[tokio::test]
async fn parked_events_go_when_what_they_wait_for_is_repaired() -> Result<()> {
    let world = World::new().await?;
    world.execute("update tenants set pixel_id = null").await?;
    let event_id = placed(&world, "1").await?;
    world.run_dispatch().await?;
    let told = story(&world, &event_id).await?;
    assert_eq!((&told["state"], &told["reason"]), (&json!("parked"), &json!("no_pixel")));
    world.execute(&format!("update tenants set pixel_id = '{}'", world.tenant.pixel_id)).await?;
    world.execute("update delivery_gates set probe_at = now()").await?;
    sweep::sweep(&world.sweep).await?;
    world.run_dispatch().await?;
    let told = story(&world, &event_id).await?;
    assert_eq!((&told["state"], &told["reason"]), (&json!("sent"), &Value::Null));
    Ok(())
}

#[tokio::test]
async fn sweep_wakes_every_tenant_with_something_due_in_requests_of_ten() -> Result<()> {
    let world = World::new().await?;
    world
        .execute(
            "insert into tenants (id, slug, status) select 'w' || n, 'w' || n, 'active' from generate_series(1, 25) n;
             insert into dedupe_registry (tenant_id, id, event_id, order_id, event_name, value, currency)
             select id, 'r', 'e', 'o', 'Purchase', 1, 'BRL' from tenants where id like 'w%';
             insert into dispatch_attempts (tenant_id, id, event_id) select tenant_id, 'a', 'e' from dedupe_registry",
        )
        .await?;
    let swept = sweep::sweep(&world.sweep).await?;
    assert_eq!((swept.due, swept.woken), (25, 25));
    Ok(())
}
