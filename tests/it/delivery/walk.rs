//! Random walks: whatever comes in whatever order, each sale is in one state and none is lost.

use anyhow::Result;
use shared::db::replay::{self, Which};
use shared::db::{gates, ledger};
use tests::simulator::{Answer, Fault, presets};
use tests::world::World;

const STEPS: u32 = 50;

/// One thing that happens.
async fn step(world: &World, random: &mut fastrand::Rng, number: u32, filled: &mut i64) -> Result<()> {
    let tenant = world.tenant.id.as_str();
    match random.u8(0..12) {
        0..4 => {
            let count = random.i32(1..30);
            world.fill(&format!("s{number}-"), count).await?;
            *filled += i64::from(count);
        }
        4..7 => {
            let all = presets();
            let fault = Fault::once(all[random.usize(0..all.len())].answer.clone());
            world.simulator.fault(if random.bool() { fault } else { fault.taking(true) });
        }
        7 => {
            let answers =
                [Answer::Reset, Answer::AcceptThenReset, Answer::Half, Answer::Received(Some(3)), Answer::AcceptTwice];
            world.simulator.fault(Fault::once(answers[random.usize(0..answers.len())].clone()));
        }
        8 => {
            let status = ["active", "active", "suspended"][random.usize(0..3)];
            world.execute(&format!("update tenants set status = '{status}'")).await?;
        }
        9 => {
            world.execute("update delivery_gates set probe_at = clock(), throttled_until = null").await?;
        }
        10 => {
            world.sweep.db.run(|client| async move { gates::release(&client, tenant, None).await }).await?;
        }
        _ => {
            let db = &world.sweep.db;
            db.run(|client| async move { replay::replay(&client, tenant, Which::All, true, None).await }).await?;
        }
    }
    world.dispatch_now().await?;
    sweep::sweep(&world.sweep).await?;
    Ok(())
}

/// The counts add up to what came in, and no rule of the ledger is broken.
async fn sound(world: &World, filled: i64) -> Result<()> {
    let tenant = world.tenant.id.as_str();
    let db = &world.sweep.db;
    let rows = db.run(|client| async move { ledger::ledger(&client, tenant, None, None).await }).await?;
    assert_eq!(rows.iter().map(|it| it.sales).sum::<i64>(), filled);
    let faults = db.run(|client| async move { ledger::faults(&client, tenant).await }).await?;
    assert!(faults.is_empty(), "{faults:?}");
    Ok(())
}

#[tokio::test]
async fn through_any_walk_each_sale_is_in_one_state_and_at_its_end_all_are_with_meta() -> Result<()> {
    for seed in 0..2 {
        let world = World::new().await?;
        let mut random = fastrand::Rng::with_seed(seed);
        let mut filled = 0;
        for number in 0..STEPS {
            step(&world, &mut random, number, &mut filled).await?;
            sound(&world, filled).await?;
        }
        world.simulator.clear_faults();
        world.execute("update tenants set status = 'active'").await?;
        let tenant = world.tenant.id.as_str();
        let db = &world.sweep.db;
        db.run(|client| async move { gates::release(&client, tenant, None).await }).await?;
        while db.run(|client| async move { replay::replay(&client, tenant, Which::All, true, None).await }).await?.more
        {
        }
        world.dispatch_now().await?;
        sound(&world, filled).await?;
        let expired = world.standing(tenant, "expired", "too_old").await?;
        assert_eq!(world.standing(tenant, "sent", "").await? + expired, filled, "seed {seed}");
        let taken = world.simulator.events(&tests::simulator::EventQuery::default()).len();
        assert!(i64::try_from(taken)? >= filled - expired, "seed {seed}");
    }
    Ok(())
}
