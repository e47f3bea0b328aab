//! Whom the sweep wakes, and whom it leaves asleep.

use anyhow::Result;
use shared::db::sweep::wake;
use tests::world::World;

use super::{run, set_gate, waiting};

#[tokio::test]
async fn a_tenant_whose_gate_is_shut_is_woken_for_its_probe_alone() -> Result<()> {
    let world = World::new().await?;
    let tenant = &world.tenant.id;
    waiting(&world, tenant, 3).await?;
    for (gate, woken) in [
        ("failures = 9", 1),
        ("throttled_until = now() + interval '1 minute'", 0),
        ("throttled_until = now() - interval '1 minute'", 1),
        ("breaker = 'open', probe_at = now() + interval '1 minute'", 0),
        ("breaker = 'open', probe_at = now()", 1),
        ("breaker = 'open', probe_at = now(), throttled_until = now() + interval '1 minute'", 0),
        ("breaker = 'half_open', probe_at = now(), probe_until = now() + interval '1 minute'", 0),
        ("breaker = 'half_open', probe_at = now(), probe_until = now() - interval '1 second'", 1),
        ("parked_reason = 'token', parked_at = now(), probe_at = now() + interval '1 minute'", 0),
        ("parked_reason = 'token', parked_at = now(), probe_at = now()", 1),
        ("parked_reason = 'token', parked_at = now(), probe_at = now(), probe_until = now() + interval '1 minute'", 0),
    ] {
        set_gate(&world, gate).await?;
        let swept = run(&world).await?;
        assert_eq!((swept.due, swept.woken), (woken, woken), "{gate}");
    }
    Ok(())
}

#[tokio::test]
async fn one_tenant_s_shut_gate_keeps_no_other_from_being_woken() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    for tenant in [&world.tenant.id, &other.id] {
        waiting(&world, tenant, 1).await?;
    }
    let gate = "insert into delivery_gates (tenant_id, throttled_until) values ('{}', now() + interval '1 hour')";
    world.execute(&gate.replace("{}", &world.tenant.id)).await?;
    let due = world.sweep.db.run(|client| async move { wake::due(&client, 10).await }).await?;
    assert_eq!(due, [(other.id.clone(), "e1".to_owned())]);
    Ok(())
}

#[tokio::test]
async fn a_tenant_is_woken_with_its_oldest_due_event_that_may_still_be_sent_and_that_nobody_holds() -> Result<()> {
    let world = World::new().await?;
    waiting(&world, &world.tenant.id, 5).await?;
    world
        .execute(
            "update dispatch_attempts set due_at = now() - (10 - substr(id, 2)::int) * interval '1 minute';
             update dispatch_attempts set expires_at = now() where id = 'n1';
             update dispatch_attempts set leased_until = now() + interval '1 minute' where id = 'n2';
             update dispatch_attempts set due_at = now() + interval '1 minute' where id = 'n3'",
        )
        .await?;
    let due = || world.sweep.db.run(|client| async move { wake::due(&client, 10).await });
    assert_eq!(due().await?, [(world.tenant.id.clone(), "e4".to_owned())]);
    world.execute("update dispatch_attempts set expires_at = now()").await?;
    assert_eq!(due().await?, []);
    Ok(())
}
