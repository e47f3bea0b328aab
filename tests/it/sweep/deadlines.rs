//! Leases that ran out, and events that may not be sent any more.

use anyhow::Result;
use tests::world::World;

use super::{run, sound, states, waiting};

const LEASE: &str = "select concat_ws(' ', leased_until, extract(epoch from clock() - unclear_since)::int,
                                      extract(epoch from expires_at - unclear_since)::int)
                     from dispatch_attempts";

#[tokio::test]
async fn a_dead_dispatcher_s_lease_ends_and_its_event_is_unclear_since_it_was_claimed() -> Result<()> {
    let world = World::new().await?;
    waiting(&world, &world.tenant.id, 1).await?;
    world.execute("update tenants set status = 'suspended'").await?;
    world.execute("update dispatch_attempts set leased_until = now() + interval '10 seconds'").await?;
    assert_eq!(run(&world).await?.released, 0, "it may still be at work");
    world.execute("update dispatch_attempts set leased_until = now() - interval '60 seconds'").await?;
    assert_eq!(run(&world).await?.released, 1);
    let told = world.text(LEASE, &[]).await?.unwrap_or_default();
    let (age, window) = told.split_once(' ').unwrap_or_default();
    assert!((360..420).contains(&age.parse::<i32>()?), "{told}");
    assert_eq!(window, "169200", "47 hours");
    assert_eq!(run(&world).await?.released, 0);
    Ok(())
}

#[tokio::test]
async fn what_was_unclear_before_stays_so_and_no_deadline_moves_out() -> Result<()> {
    let world = World::new().await?;
    waiting(&world, &world.tenant.id, 1).await?;
    world
        .execute(
            "update tenants set status = 'suspended';
             update dispatch_attempts set leased_until = now() - interval '1 second',
                 unclear_since = date_trunc('hour', now()) - interval '40 hours', expires_at = date_trunc('hour', now()) + interval '2 hours'",
        )
        .await?;
    assert_eq!(run(&world).await?.released, 1);
    let kept =
        "select count(*) from dispatch_attempts where unclear_since = date_trunc('hour', now()) - interval '40 hours'
                and expires_at = date_trunc('hour', now()) + interval '2 hours' and leased_until is null";
    assert_eq!(world.count(kept, &[]).await?, 1);
    Ok(())
}

#[tokio::test]
async fn an_event_that_meta_would_refuse_for_its_age_expires_whatever_its_tenant_s_status() -> Result<()> {
    let world = World::new().await?;
    for status in ["provisioning", "active", "suspended", "retired"] {
        for state in ["pending", "held", "parked"] {
            let tenant = format!("{status}-{state}");
            world
                .execute(&format!("insert into tenants (id, slug, status) values ('{tenant}', '{tenant}', '{status}')"))
                .await?;
            waiting(&world, &tenant, 2).await?;
            world
                .execute(&format!(
                    "update conversions set state = '{state}' where tenant_id = '{tenant}';
                     update dispatch_attempts set expires_at = now() where tenant_id = '{tenant}' and id = 'n1'"
                ))
                .await?;
        }
    }
    assert_eq!(run(&world).await?.expired, 12);
    let ended = "select count(*) from dispatch_attempts a join conversions c using (tenant_id, event_id)
                 where a.status = 'failed' and a.answer = 'too_old' and a.finished_at is not null and a.id = 'n1'
                   and c.state = 'expired' and c.reason = 'too_old'";
    assert_eq!(world.count(ended, &[]).await?, 12);
    let left = "select count(*) from dispatch_attempts where status = 'pending' and id = 'n2'";
    assert_eq!(world.count(left, &[]).await?, 12, "what has time left waits on");
    assert_eq!(run(&world).await?.expired, 0);
    sound(&world).await
}

#[tokio::test]
async fn an_unclear_event_goes_to_a_person_while_meta_would_take_it_and_expires_otherwise() -> Result<()> {
    let world = World::new().await?;
    let tenant = world.tenant.id.clone();
    for (age, wanted) in [("3 days", "quarantined unclear"), ("6 days 23:59:30", "expired unclear")] {
        world
            .execute("truncate dispatch_attempts, conversions, deliveries, dedupe_registry, tallies, tally_changes")
            .await?;
        waiting(&world, &tenant, 1).await?;
        world
            .execute(&format!(
                "update conversions set event_time = now() - interval '{age}';
                 update dispatch_attempts set unclear_since = now() - interval '47 hours', expires_at = now()"
            ))
            .await?;
        assert_eq!(run(&world).await?.expired, 1);
        assert_eq!(states(&world, &tenant).await?, wanted);
        let answer = world.text("select answer from dispatch_attempts where status = 'failed'", &[]).await?;
        assert_eq!(answer.as_deref(), Some("unclear"));
        sound(&world).await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_event_that_a_dispatcher_holds_is_left_to_it_until_its_lease_ends() -> Result<()> {
    let world = World::new().await?;
    let tenant = world.tenant.id.clone();
    waiting(&world, &tenant, 1).await?;
    world
        .execute("update dispatch_attempts set expires_at = now(), leased_until = now() + interval '1 minute'")
        .await?;
    assert_eq!(run(&world).await?.expired, 0);
    world.execute("update dispatch_attempts set leased_until = now() - interval '1 second'").await?;
    let swept = run(&world).await?;
    assert_eq!((swept.released, swept.expired, swept.due), (1, 1, 0));
    assert_eq!(states(&world, &tenant).await?, "quarantined unclear");
    sound(&world).await
}

#[tokio::test]
async fn two_runs_at_once_end_each_of_many_events_and_leases_once() -> Result<()> {
    let world = World::new().await?;
    for tenant in ["a", "b", "c"] {
        let sql = format!("insert into tenants (id, slug, status) values ('{tenant}', '{tenant}', 'suspended')");
        world.execute(&sql).await?;
        waiting(&world, tenant, 900).await?;
    }
    // More than a batch, and more than a tenant's share of one.
    world
        .execute(
            "update dispatch_attempts set expires_at = now(), leased_until = case when tenant_id <> 'c' then now() end",
        )
        .await?;
    let (one, other) = tokio::join!(run(&world), run(&world));
    let (one, other) = (one?, other?);
    assert_eq!((one.released + other.released, one.expired + other.expired), (1800, 2700));
    let left = "select count(*) from dispatch_attempts where status = 'pending' or leased_until is not null";
    assert_eq!(world.count(left, &[]).await?, 0);
    sound(&world).await
}
