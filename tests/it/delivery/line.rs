//! What stands beside the answer: headers, proofs, sizes and encodings.

use anyhow::Result;
use serde_json::json;
use tests::simulator::{Answer, Fault, GraphError, Proof, Usage};
use tests::world::{SECRETS_PREFIX, World, fill, wake_up};

use super::gate;

async fn keep_secret(world: &World, text: &str) -> Result<()> {
    let id = format!("{SECRETS_PREFIX}{}/meta", world.tenant.id);
    let secrets = aws_sdk_secretsmanager::Client::new(&world.sdk);
    secrets.put_secret_value().secret_id(id).secret_string(text).send().await?;
    Ok(())
}

#[tokio::test]
async fn throttling_keeps_all_that_a_tenant_has_back_for_as_long_as_meta_says_and_nobody_elses() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    world.fill("o", 3).await?;
    let usage = Usage { business_minutes: Some(19), ..Usage::default() };
    let throttled = Fault::once(Answer::Error(GraphError::new(403, 4, "limit"))).for_pixel(&world.tenant.pixel_id);
    world.simulator.fault(throttled.with_usage(usage));
    world.wake().await;
    let left = "round(extract(epoch from throttled_until - clock()) / 60)";
    assert_eq!(gate(&world, left).await?.as_deref(), Some("19"));
    let due =
        "select count(*) from dispatch_attempts where status = 'pending' and due_at >= clock() + interval '18 minutes'";
    assert_eq!(world.count(due, &[]).await?, 3);

    world.fill("later", 1).await?;
    fill::pending(&world.db.connect().await?, &other.id, "x", 1, 0).await?;
    let before = world.simulator.request_count();
    world.dispatch_bodies(&[&wake_up(&world.tenant.id), &wake_up(&other.id)]).await;
    assert_eq!(world.simulator.request_count(), before + 1, "only the other's");
    assert_eq!(world.standing(&world.tenant.id, "pending", "throttled").await?, 4);
    assert_eq!(sweep::sweep(&world.sweep).await?.due, 0, "it is not woken either");

    world.execute("update delivery_gates set throttled_until = clock()").await?;
    world.dispatch_now().await?;
    assert_eq!(world.standing(&world.tenant.id, "sent", "").await?, 4);
    Ok(())
}

#[tokio::test]
async fn a_success_that_says_to_stay_away_is_a_success_and_is_obeyed() -> Result<()> {
    let world = World::new().await?;
    world.fill("o", 1).await?;
    let usage = Usage { account_seconds: Some(300), ..Usage::default() };
    world.simulator.fault(Fault::once(Answer::Pass).with_usage(usage));
    world.wake().await;
    assert_eq!(world.standing(&world.tenant.id, "sent", "").await?, 1);
    world.fill("p", 1).await?;
    world.wake().await;
    assert_eq!(world.standing(&world.tenant.id, "pending", "throttled").await?, 1);
    Ok(())
}

#[tokio::test]
async fn an_app_secret_proves_each_request_and_one_that_is_missing_is_the_tenants_matter() -> Result<()> {
    let mut world = World::new().await?;
    world.simulator.app_secret(&world.tenant.pixel_id, Some("sample-app-secret"));
    world.fill("o", 20).await?;
    world.wake().await;
    assert_eq!(world.standing(&world.tenant.id, "parked", "credentials").await?, 20);
    let token = &world.tenant.access_token;
    keep_secret(&world, &json!({"access_token": token, "app_secret": "sample-app-secret"}).to_string()).await?;
    world.dispatch = world.another_dispatcher()?;
    world.execute("update delivery_gates set probe_at = clock()").await?;
    world.wake().await;
    assert_eq!(world.standing(&world.tenant.id, "sent", "").await?, 20);
    let last = world.simulator.requests().pop().map(|it| it.appsecret_proof);
    assert_eq!(last, Some(Proof::Valid));
    Ok(())
}

#[tokio::test]
async fn a_gzipped_answer_is_read_and_one_without_an_end_is_not() -> Result<()> {
    let world = World::new().await?;
    world.fill("o", 1).await?;
    world.simulator.fault(Fault::once(Answer::Pass).gzipped());
    world.wake().await;
    assert_eq!(world.standing(&world.tenant.id, "sent", "").await?, 1);
    for (name, fault) in [
        ("large", Fault::once(Answer::Large(10_000_000))),
        ("large-gzipped", Fault::once(Answer::Large(10_000_000)).gzipped()),
    ] {
        world.fill(name, 1).await?;
        world.simulator.fault(fault);
        world.wake().await;
        let answer =
            world.text("select string_agg(answer, ' ') from dispatch_attempts where id = $1 || '1'", &[&name]).await?;
        assert_eq!(answer.as_deref(), Some("unclear"), "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn a_redirect_is_not_followed_so_the_token_goes_nowhere_else() -> Result<()> {
    let world = World::new().await?;
    let elsewhere = tests::simulator::Simulator::start(tests::simulator::Config::demo()).await?;
    world.fill("o", 1).await?;
    let location = format!("{}/v26.0/1/events", elsewhere.base_url());
    world.simulator.fault(Fault::once(Answer::Redirect { status: 307, location }));
    world.wake().await;
    assert_eq!(elsewhere.request_count(), 0);
    assert_eq!(world.standing(&world.tenant.id, "pending", "").await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_request_over_metas_size_is_halved_until_it_fits_and_an_event_over_it_is_quarantined_alone() -> Result<()> {
    let mut world = World::new().await?;
    let config = tests::simulator::Config {
        body_limit: 4_000,
        ..tests::simulator::Config::default().with_pixel(&world.tenant.pixel_id, &world.tenant.access_token)
    };
    world.simulator = tests::simulator::Simulator::start(config).await?;
    world.dispatch = world.another_dispatcher()?;
    world.fill("o", 40).await?;
    world
        .execute("update conversions set custom_data = custom_data || jsonb_build_object('note', repeat('x', 5000)) where id = 'o7'")
        .await?;
    world.wake().await;
    assert_eq!(world.standing(&world.tenant.id, "sent", "").await?, 39);
    assert_eq!(world.standing(&world.tenant.id, "quarantined", "data").await?, 1);
    Ok(())
}
