//! Meta away for days, in time that the test moves.

use anyhow::Result;
use tests::simulator::{Answer, EventQuery, Fault, GraphError};
use tests::world::World;

const BEGIN: i64 = 1_790_000_000;
const HOUR: i64 = 3600;

/// Meta answers nothing else.
fn always(world: &World, answer: Answer) {
    world.simulator.fault(Fault::times(u32::MAX, answer));
}

/// Sweeps and dispatches through so many hours.
async fn pass(world: &World, clock: &tests::simulator::MovingClock, hours: i64, step_s: i64) -> Result<()> {
    for _ in 0..hours * HOUR / step_s {
        world.advance(clock, step_s).await?;
        sweep::sweep(&world.sweep).await?;
        world.run_dispatch().await?;
    }
    Ok(())
}

#[tokio::test]
async fn after_forty_hours_without_meta_everything_is_delivered_once() -> Result<()> {
    let (world, clock) = World::at(BEGIN).await?;
    world.fill("o", 25).await?;
    always(&world, Answer::Error(GraphError::new(503, 2, "away").transient()));
    world.wake().await;
    pass(&world, &clock, 40, HOUR).await?;
    let tries = world.simulator.requests().len();
    assert!((10..100).contains(&tries), "the breaker spares Meta: {tries}");
    world.simulator.clear_faults();
    pass(&world, &clock, 3, HOUR).await?;
    let events = world.simulator.events(&EventQuery::default());
    assert_eq!((events.len(), events.iter().map(|it| it.duplicates).sum::<u32>()), (25, 0));
    assert_eq!(world.standing(&world.tenant.id, "sent", "").await?, 25);
    Ok(())
}

#[tokio::test]
async fn after_six_days_what_was_refused_is_delivered_and_what_is_unclear_waits_for_a_person() -> Result<()> {
    let (world, clock) = World::at(BEGIN).await?;
    world.fill("unclear", 1).await?;
    always(&world, Answer::AcceptThenReset);
    world.wake().await;
    world.simulator.clear_faults();
    always(&world, Answer::Error(GraphError::new(503, 2, "away").transient()));
    world.fill("refused", 1).await?;
    world.wake().await;
    pass(&world, &clock, 48, 2 * HOUR).await?;
    assert_eq!(world.standing(&world.tenant.id, "quarantined", "unclear").await?, 1);
    pass(&world, &clock, 4 * 24, 2 * HOUR).await?;
    world.simulator.clear_faults();
    pass(&world, &clock, 4, HOUR).await?;
    assert_eq!(world.standing(&world.tenant.id, "sent", "").await?, 1);
    assert_eq!(world.standing(&world.tenant.id, "quarantined", "unclear").await?, 1);
    let sent = world.simulator.events(&EventQuery::default());
    assert!(sent.iter().all(|it| it.duplicates == 0), "nothing went twice outside of Meta's window");
    Ok(())
}

#[tokio::test]
async fn after_a_week_without_meta_events_expire_and_are_never_sent() -> Result<()> {
    let (world, clock) = World::at(BEGIN).await?;
    world.fill("o", 3).await?;
    always(&world, Answer::Error(GraphError::new(503, 2, "away").transient()));
    world.wake().await;
    pass(&world, &clock, 7 * 24 + 2, 6 * HOUR).await?;
    world.simulator.clear_faults();
    pass(&world, &clock, 4, HOUR).await?;
    assert_eq!(world.standing(&world.tenant.id, "expired", "too_old").await?, 3);
    assert_eq!(world.simulator.events(&EventQuery::default()).len(), 0);
    Ok(())
}
