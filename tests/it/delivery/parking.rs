//! Parking: what is the tenant's matter waits for its repair, burns nothing, and goes nearest deadline first.

use anyhow::{Context, Result};
use serde_json::json;
use tests::simulator::{Answer, EventQuery, Fault, GraphError};
use tests::world::{SECRETS_PREFIX, World, fill};

use super::gate;

async fn keep_token(world: &World, text: &str) -> Result<()> {
    let id = format!("{SECRETS_PREFIX}{}/meta", world.tenant.id);
    let secrets = aws_sdk_secretsmanager::Client::new(&world.sdk);
    secrets.put_secret_value().secret_id(id).secret_string(text).send().await?;
    Ok(())
}

/// A quarter of an hour later, by another environment, which has read no token yet.
async fn later(world: &mut World) -> Result<()> {
    world.dispatch = world.another_dispatcher()?;
    world.execute("update delivery_gates set probe_at = clock()").await?;
    world.wake().await;
    Ok(())
}

#[tokio::test]
async fn a_revoked_token_parks_all_that_the_tenant_has_and_a_repaired_one_releases_it_nearest_deadline_first()
-> Result<()> {
    let mut world = World::new().await?;
    let client = world.db.connect().await?;
    for (prefix, age_s) in [("young", 60), ("old", 86_400), ("middle", 3600)] {
        fill::pending(&client, &world.tenant.id, prefix, 5, age_s).await?;
    }
    world.simulator.pixel(&world.tenant.pixel_id, "another-token");
    world.wake().await;
    let tenant = world.tenant.id.clone();
    assert_eq!(world.standing(&tenant, "parked", "credentials").await?, 15);
    let placed = world
        .post_order(
            &json!({"order_id": "1", "value": 97, "currency": "BRL", "customer": {"email": "maria@example.com"}}),
        )
        .await?;
    placed.expect(202)?;
    assert_eq!(world.standing(&tenant, "parked", "credentials").await?, 16, "what comes later waits too");
    let requests = world.simulator.requests().len();
    world.dispatch_now().await?;
    assert_eq!(world.simulator.requests().len(), requests, "no send before the quarter of an hour is over");

    keep_token(&world, r#"{"access_token": "another-token"}"#).await?;
    later(&mut world).await?;
    assert_eq!(world.standing(&tenant, "sent", "").await?, 16);
    assert_eq!(gate(&world, "parked_reason").await?, None);
    let ids: Vec<String> = world
        .simulator
        .events(&EventQuery::default())
        .iter()
        .map(|it| it.json()["custom_data"]["order_id"].as_str().unwrap_or_default().to_owned())
        .collect();
    let names: Vec<&str> = ids.iter().map(|it| it.trim_end_matches(|c: char| c.is_ascii_digit())).collect();
    let expected = [vec!["old"; 5], vec!["middle"; 5], vec!["young"; 5]].concat();
    assert_eq!(names[..15], expected);
    assert_eq!(world.simulator.requests()[requests].events, 10, "a probe takes few along");
    Ok(())
}

#[tokio::test]
async fn a_probe_that_meets_the_same_waits_for_another_quarter_of_an_hour() -> Result<()> {
    let mut world = World::new().await?;
    world.fill("o", 1).await?;
    world.simulator.pixel(&world.tenant.pixel_id, "another-token");
    world.wake().await;
    later(&mut world).await?;
    assert_eq!(gate(&world, "parked_reason").await?.as_deref(), Some("credentials"));
    assert_eq!(gate(&world, "probe_at > clock() + interval '14 minutes'").await?.as_deref(), Some("true"));
    assert_eq!(gate(&world, "probe_until").await?, None);
    Ok(())
}

#[tokio::test]
async fn a_secret_that_is_gone_or_unreadable_parks_with_its_reason_and_sends_nothing() -> Result<()> {
    let mut world = World::new().await?;
    let tenant = world.tenant.id.clone();
    world.fill("o", 3).await?;
    keep_token(&world, "{\"token\": ").await?;
    world.wake().await;
    assert_eq!(world.standing(&tenant, "parked", "malformed_token").await?, 3);
    let id = format!("{SECRETS_PREFIX}{tenant}/meta");
    let secrets = aws_sdk_secretsmanager::Client::new(&world.sdk);
    secrets.delete_secret().secret_id(&id).force_delete_without_recovery(true).send().await?;
    later(&mut world).await?;
    assert_eq!(world.standing(&tenant, "parked", "no_token").await?, 3);
    assert_eq!(world.simulator.requests().len(), 0);
    let text = json!({"access_token": world.tenant.access_token}).to_string();
    secrets.create_secret().name(&id).secret_string(text).send().await.context("the secret again")?;
    later(&mut world).await?;
    assert_eq!(world.standing(&tenant, "sent", "").await?, 3);
    Ok(())
}

#[tokio::test]
async fn a_pixel_that_is_gone_parks_and_so_does_a_tenant_without_one() -> Result<()> {
    let mut world = World::new().await?;
    let tenant = world.tenant.id.clone();
    world.fill("o", 2).await?;
    world.simulator.fault(Fault::once(Answer::Error(GraphError::new(400, 100, "gone").with_subcode(33))));
    world.wake().await;
    assert_eq!(world.standing(&tenant, "parked", "credentials").await?, 2);
    world.execute("update tenants set pixel_id = null").await?;
    later(&mut world).await?;
    assert_eq!(world.standing(&tenant, "parked", "no_pixel").await?, 2);
    world.execute(&format!("update tenants set pixel_id = '{}'", world.tenant.pixel_id)).await?;
    later(&mut world).await?;
    assert_eq!(world.standing(&tenant, "sent", "").await?, 2);
    Ok(())
}

fn refused_alike(times: u32) -> Fault {
    Fault::times(times, Answer::Error(GraphError::new(400, 100, "bad").with_subcode(2_804_017)))
}

#[tokio::test]
async fn every_event_refused_alike_parks_the_tenant_and_quarantines_none() -> Result<()> {
    let mut world = World::new().await?;
    let tenant = world.tenant.id.clone();
    world.fill("o", 100).await?;
    world.simulator.fault(refused_alike(10_000));
    world.wake().await;
    assert_eq!(world.standing(&tenant, "parked", "refused_alike").await?, 100);
    assert!(world.simulator.requests().len() < 80);
    world.simulator.clear_faults();
    later(&mut world).await?;
    assert_eq!(world.standing(&tenant, "sent", "").await?, 100);
    Ok(())
}

#[tokio::test]
async fn events_that_come_one_by_one_and_are_refused_alike_park_it_too() -> Result<()> {
    let world = World::new().await?;
    let tenant = world.tenant.id.clone();
    world.simulator.fault(refused_alike(8));
    for number in 0..7 {
        world.fill(&format!("o{number}-"), 1).await?;
        world.wake().await;
    }
    assert_eq!(gate(&world, "parked_reason").await?, None);
    world.fill("o7-", 1).await?;
    world.wake().await;
    assert_eq!(gate(&world, "parked_reason").await?.as_deref(), Some("refused_alike"));
    world.fill("o8-", 3).await?;
    world.wake().await;
    assert_eq!(world.standing(&tenant, "parked", "refused_alike").await?, 3);
    Ok(())
}

#[tokio::test]
async fn refusals_with_an_acceptance_between_them_never_park() -> Result<()> {
    let world = World::new().await?;
    for number in 0..12 {
        if number % 6 != 5 {
            world.simulator.fault(refused_alike(1));
        }
        world.fill(&format!("o{number}-"), 1).await?;
        world.wake().await;
    }
    assert_eq!(gate(&world, "parked_reason").await?, None);
    assert_eq!(world.standing(&world.tenant.id, "quarantined", "data").await?, 10);
    Ok(())
}

#[tokio::test]
async fn bad_events_with_the_nearest_deadlines_do_not_keep_the_good_ones_behind_them_back() -> Result<()> {
    let mut world = World::new().await?;
    let client = world.db.connect().await?;
    fill::pending(&client, &world.tenant.id, "bad", 12, 86_400).await?;
    world.execute("update conversions set user_data = '{\"em\": [\"maria@example.com\"]}'").await?;
    world.wake().await;
    assert_eq!(world.standing(&world.tenant.id, "parked", "refused_alike").await?, 12);
    later(&mut world).await?;
    assert_eq!(world.standing(&world.tenant.id, "parked", "refused_alike").await?, 12, "a probe burns none");
    fill::pending(&client, &world.tenant.id, "good", 30, 60).await?;
    later(&mut world).await?;
    assert_eq!(world.standing(&world.tenant.id, "sent", "").await?, 30);
    assert_eq!(world.standing(&world.tenant.id, "quarantined", "data").await?, 12);
    assert_eq!(gate(&world, "parked_reason").await?, None);
    Ok(())
}
