//! The circuit breaker: ten failures in a row, one probe at a time, and only the tenant itself.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use tests::heard::Heard;
use tests::simulator::{Answer, EventQuery, Fault, GraphError};
use tests::world::{World, batch, in_two_minutes, wake_up};
use tokio::task::JoinSet;
use tracing::Level;

use super::{down, gate};

async fn cool_down_is_over(world: &World) -> Result<()> {
    world.execute("update delivery_gates set probe_at = clock()").await
}

/// Fails so often.
async fn fail(world: &World, times: u32) -> Result<()> {
    down(world, times);
    for _ in 0..times {
        world.dispatch_now().await?;
    }
    Ok(())
}

#[tokio::test]
async fn it_opens_at_the_tenth_failure_in_a_row_and_not_at_the_ninth() -> Result<()> {
    let world = World::new().await?;
    world.fill("o", 1).await?;
    fail(&world, 9).await?;
    assert_eq!(gate(&world, "breaker || failures").await?.as_deref(), Some("closed9"));
    fail(&world, 1).await?;
    assert_eq!(gate(&world, "breaker || failures").await?.as_deref(), Some("open10"));
    assert_eq!(gate(&world, "cooldown_s").await?.as_deref(), Some("60"));
    assert_eq!(world.standing(&world.tenant.id, "pending", "breaker_open").await?, 1);
    let before = world.simulator.requests().len();
    world.dispatch_now().await?;
    assert_eq!(world.simulator.requests().len(), before, "no send starts while it is open");
    Ok(())
}

#[tokio::test]
async fn any_success_resets_it_also_one_of_a_send_that_was_refused_in_part() -> Result<()> {
    let world = World::new().await?;
    world.fill("o", 2).await?;
    fail(&world, 9).await?;
    world.execute("update conversions set user_data = '{\"em\": [\"maria@example.com\"]}' where id = 'o1'").await?;
    world.dispatch_now().await?;
    assert_eq!(gate(&world, "breaker || failures").await?.as_deref(), Some("closed0"));
    assert_eq!(world.standing(&world.tenant.id, "quarantined", "data").await?, 1);
    assert_eq!(world.standing(&world.tenant.id, "sent", "").await?, 1);
    world.fill("p", 1).await?;
    fail(&world, 9).await?;
    assert_eq!(gate(&world, "breaker || failures").await?.as_deref(), Some("closed9"));
    Ok(())
}

#[tokio::test]
async fn after_the_cool_down_one_dispatcher_of_many_probes_and_what_it_meets_decides() -> Result<()> {
    let world = World::new().await?;
    world.fill("o", 50).await?;
    fail(&world, 10).await?;
    let dispatchers = (0..6).map(|_| world.another_dispatcher()).collect::<Result<Vec<_>>>()?;
    let body = wake_up(&world.tenant.id);
    for (failing, breaker) in [(1, "open120"), (1, "open240"), (0, "closed")] {
        down(&world, failing);
        cool_down_is_over(&world).await?;
        world.execute("update dispatch_attempts set due_at = clock() where status = 'pending'").await?;
        let before = world.simulator.requests().len();
        let mut wakes = JoinSet::new();
        for dispatcher in &dispatchers {
            let (dispatcher, body) = (Arc::clone(dispatcher), body.clone());
            wakes.spawn(async move { dispatch::handle(&dispatcher, batch(&[&body]), in_two_minutes()).await });
        }
        wakes.join_all().await;
        let requests = &world.simulator.requests()[before..];
        assert_eq!(gate(&world, "breaker || coalesce(cooldown_s::text, '')").await?.as_deref(), Some(breaker));
        assert_eq!(requests[0].events, 10, "a probe takes few along");
        if failing == 1 {
            assert_eq!(requests.len(), 1, "one probe, alone");
        }
    }
    assert_eq!(world.simulator.events(&EventQuery::default()).len(), 50);
    Ok(())
}

/// It would hold attempts that the probe's holder goes on to when the breaker closes, and they would lie until the next wake-up.
#[tokio::test]
async fn who_comes_second_to_a_probe_waits_for_nothing_and_holds_no_attempt() -> Result<()> {
    let world = World::new().await?;
    world.fill("o", 20).await?;
    fail(&world, 10).await?;
    cool_down_is_over(&world).await?;
    world.execute("update dispatch_attempts set due_at = clock() where status = 'pending'").await?;
    let tenant = &world.tenant.id;
    let mut first = world.db.connect().await?;
    let probing = first.transaction().await?;
    probing.execute("select from delivery_gates where tenant_id = $1 for update", &[tenant]).await?;
    let db = &world.sweep.db;
    let second = db.run(|client| async move { shared::db::dispatch::claim(&client, tenant, 1000).await });
    let second = tokio::time::timeout(Duration::from_secs(20), second).await.context("it waits for the first")??;
    assert!(second.attempts.is_empty() && !second.probe);
    probing.rollback().await?;
    world.simulator.clear_faults();
    world.wake().await;
    assert_eq!(world.simulator.events(&EventQuery::default()).len(), 20, "all of it, behind the probe");
    Ok(())
}

#[tokio::test]
async fn a_probe_whose_dispatcher_died_goes_to_another_when_its_time_ends() -> Result<()> {
    let world = World::new().await?;
    world.fill("o", 1).await?;
    fail(&world, 10).await?;
    cool_down_is_over(&world).await?;
    world.execute("update dispatch_attempts set due_at = clock() where status = 'pending'").await?;
    let (tenant, db) = (&world.tenant.id, &world.sweep.db);
    let held = db.run(|client| async move { shared::db::dispatch::claim(&client, tenant, 1000).await }).await?;
    assert!(held.probe && held.half_opens());
    assert_eq!(gate(&world, "breaker").await?.as_deref(), Some("half_open"));
    world.fill("p", 1).await?;
    world.wake().await;
    assert_eq!(world.simulator.events(&EventQuery::default()).len(), 0, "nobody beside a probe");
    world.execute("update delivery_gates set probe_until = clock()").await?;
    world.wake().await;
    assert_eq!(world.simulator.events(&EventQuery::default()).len(), 1);
    assert_eq!(gate(&world, "breaker").await?.as_deref(), Some("closed"));
    Ok(())
}

#[tokio::test]
async fn each_transition_is_one_line_of_which_a_metric_is_made() -> Result<()> {
    let world = World::new().await?;
    world.fill("o", 1).await?;
    let (log, guard) = Heard::listen(Level::INFO);
    fail(&world, 11).await?;
    cool_down_is_over(&world).await?;
    fail(&world, 1).await?;
    cool_down_is_over(&world).await?;
    world.simulator.clear_faults();
    world.dispatch_now().await?;
    drop(guard);
    for (message, times) in [("breaker opened", 2), ("breaker half-open", 2), ("breaker closed", 1)] {
        let lines = log.lines(message)?;
        assert_eq!(lines.len(), times, "{message}");
        assert!(lines.iter().all(|line| line["fields"]["tenant.id"] == world.tenant.id), "{message}");
    }
    Ok(())
}

#[tokio::test]
async fn the_cool_down_doubles_to_an_hour_at_the_most() -> Result<()> {
    let world = World::new().await?;
    world.fill("o", 1).await?;
    fail(&world, 10).await?;
    let mut seen = Vec::new();
    for _ in 0..8 {
        cool_down_is_over(&world).await?;
        fail(&world, 1).await?;
        seen.push(gate(&world, "cooldown_s").await?.unwrap_or_default());
        assert_eq!(
            gate(&world, "probe_at > clock() + (cooldown_s - 5) * interval '1 second'").await?.as_deref(),
            Some("true")
        );
    }
    assert_eq!(seen, ["120", "240", "480", "960", "1920", "3600", "3600", "3600"]);
    Ok(())
}

#[tokio::test]
async fn an_open_breaker_is_its_tenants_alone() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    world.fill("o", 1).await?;
    let busy = GraphError::new(500, 2, "busy").transient();
    world.simulator.fault(Fault::times(10, Answer::Error(busy)).for_pixel(&world.tenant.pixel_id));
    for _ in 0..10 {
        world.dispatch_now().await?;
    }
    tests::world::fill::pending(&world.db.connect().await?, &other.id, "x", 3, 0).await?;
    world.dispatch_bodies(&[&wake_up(&world.tenant.id), &wake_up(&other.id)]).await;
    assert_eq!(world.standing(&other.id, "sent", "").await?, 3);
    assert_eq!(world.standing(&world.tenant.id, "pending", "breaker_open").await?, 1);
    Ok(())
}

/// What sends do to a breaker, said plainly.
#[derive(Debug, Default, PartialEq, Eq)]
struct Model {
    is_open: bool,
    failures: i32,
    cooldown_s: i32,
}

impl Model {
    fn after(&mut self, taken: bool) {
        if taken {
            *self = Self::default();
            return;
        }
        self.failures += 1;
        if self.is_open {
            self.cooldown_s = (self.cooldown_s * 2).min(3600);
        } else if self.failures >= 10 {
            (self.is_open, self.cooldown_s) = (true, 60);
        }
    }
}

#[tokio::test]
async fn whatever_sends_come_to_the_row_does_what_the_rule_says() -> Result<()> {
    let world = World::new().await?;
    let mut random = fastrand::Rng::with_seed(7);
    let mut model = Model::default();
    let mut opened = 0;
    for step in 0..300 {
        world.fill(&format!("s{step}-"), 1).await?;
        cool_down_is_over(&world).await?;
        let taken = random.u8(0..100) < 6;
        if !taken {
            down(&world, 1);
        }
        world.dispatch_now().await?;
        model.after(taken);
        opened += i32::from(model.is_open);
        let row = gate(&world, "concat_ws(' ', breaker = 'open', failures, coalesce(cooldown_s, 0))").await?;
        let Model { is_open, failures, cooldown_s } = &model;
        let expected = format!("{} {failures} {cooldown_s}", if *is_open { "t" } else { "f" });
        assert_eq!(row.unwrap_or_else(|| "f 0 0".into()), expected, "step {step}");
    }
    assert!(opened > 20, "the walk must pass both states");
    Ok(())
}
