//! An erasure at any moment of a delivery.

use anyhow::Result;
use serde_json::Value;
use tests::world::World;

use super::{ask, maria, sound, visit};

#[tokio::test]
async fn what_is_on_its_way_to_meta_is_left_alone_until_it_is_settled() -> Result<()> {
    let world = World::new().await?;
    visit(&world, "maria").await?;
    world
        .execute("update dispatch_attempts set leased_until = clock() + interval '5 minutes', lease_token = 1")
        .await?;
    let before = world.contents().await?;
    ask(&world, "erase", &maria()).await?.expect_problem(409)?;
    assert_eq!(world.contents().await?, before);
    world.execute("update dispatch_attempts set leased_until = clock()").await?;
    let receipt = ask(&world, "erase", &maria()).await?.expect(200)?;
    assert_eq!(receipt["receipt"]["not_sent"], 1);
    sound(&world).await
}

/// Comes back when a statement waits for a lock.
async fn waiting(world: &World) -> Result<()> {
    let waits = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while world.count(waits, &[]).await? == 0 {
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// Another session holds the event's rows with a change that it commits while the erasure waits for them.
async fn beside(change: &str) -> Result<(World, Value)> {
    let world = World::new().await?;
    visit(&world, "maria").await?;
    let other = world.db.connect().await?;
    other.batch_execute(&format!("begin; {change}")).await?;
    let committed = async {
        waiting(&world).await?;
        anyhow::Ok(other.batch_execute("commit").await?)
    };
    let body = maria();
    let (erased, done) = tokio::join!(ask(&world, "erase", &body), committed);
    done?;
    let answer = erased?.expect(200)?;
    sound(&world).await?;
    Ok((world, answer))
}

#[tokio::test]
async fn a_failed_try_that_is_recorded_meanwhile_leaves_no_attempt_behind() -> Result<()> {
    let (world, answer) = beside(
        "update dispatch_attempts set status = 'failed', finished_at = clock(), answer = 'transient';
         insert into dispatch_attempts (tenant_id, id, event_id, number, created_at, due_at, expires_at)
         select tenant_id, 'again', event_id, 2, clock(), clock(), expires_at from dispatch_attempts;",
    )
    .await?;
    assert_eq!(answer["receipt"]["not_sent"], 1);
    assert_eq!(world.count("select count(*) from dispatch_attempts where status = 'pending'", &[]).await?, 0);
    Ok(())
}

#[tokio::test]
async fn an_event_that_meta_took_meanwhile_is_sent() -> Result<()> {
    let (world, answer) = beside(
        "update dispatch_attempts set status = 'success', finished_at = clock(), answer = 'accepted';
         update conversions set state = 'sent';",
    )
    .await?;
    assert_eq!((&answer["receipt"]["conversions"], &answer["receipt"]["not_sent"]), (&Value::from(1), &Value::from(0)));
    assert_eq!(world.standing(&world.tenant.id, "sent", "").await?, 1);
    Ok(())
}

#[tokio::test]
async fn erasures_and_a_dispatcher_at_once_leave_a_sound_ledger() -> Result<()> {
    let world = World::new().await?;
    visit(&world, "maria").await?;
    let body = maria();
    let (a, b, _, c) = tokio::join!(
        ask(&world, "erase", &body),
        ask(&world, "erase", &body),
        world.wake(),
        ask(&world, "erase", &body)
    );
    for answer in [a?, b?, c?] {
        assert!(matches!(answer.status, 200 | 409), "{}", answer.body);
    }
    sound(&world).await
}

#[tokio::test]
async fn who_holds_an_attempt_and_then_needs_its_event_does_not_find_it_held_by_an_erasure() -> Result<()> {
    let world = World::new().await?;
    visit(&world, "maria").await?;
    let other = world.db.connect().await?;
    other.batch_execute("begin; select from dispatch_attempts for update").await?;
    let recorded = async {
        waiting(&world).await?;
        // As an answer is recorded, or what is too old is ended. What is held would be an error at once.
        anyhow::Ok(other.batch_execute("select from conversions for update nowait; commit").await?)
    };
    let body = maria();
    let (erased, recorded) = tokio::join!(ask(&world, "erase", &body), recorded);
    recorded?;
    erased?.expect(200)?;
    sound(&world).await
}
