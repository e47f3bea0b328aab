//! What is about to be lost is told, once an hour a tenant.

use anyhow::{Context, Result};
use shared::db::sweep::alert::{self, Endangered};
use tests::heard::Heard;
use tests::world::World;
use tracing::Level;

use super::{blocked, later, run, set_gate, waiting};

/// Accepted this long ago, and this long from being lost.
async fn near(world: &World, tenant: &str, accepted: &str, left: &str) -> Result<()> {
    waiting(world, tenant, 3).await?;
    world
        .execute(&format!(
            "update conversions set created_at = clock() - interval '{accepted}' where tenant_id = '{tenant}';
             update dispatch_attempts set expires_at = clock() + interval '{left}' where tenant_id = '{tenant}'"
        ))
        .await
}

async fn endangered(world: &World) -> Result<Vec<Endangered>> {
    Ok(world.sweep.db.run(|client| async move { alert::endangered(&client, 10).await }).await?)
}

#[tokio::test]
async fn a_tenant_whose_events_are_lost_within_a_day_is_told_of_once_an_hour() -> Result<()> {
    let mut world = World::new().await?;
    near(&world, &world.tenant.id, "2 hours", "23 hours").await?;
    let (one, other) = tokio::join!(run(&world), run(&world));
    assert_eq!(one?.alerted + other?.alerted, 1, "two runs at once tell once");
    assert_eq!(run(&world).await?.alerted, 0);
    later(&mut world, "59 minutes").await?;
    assert_eq!(run(&world).await?.alerted, 0);
    later(&mut world, "61 minutes").await?;
    assert_eq!(run(&world).await?.alerted, 1);
    Ok(())
}

#[tokio::test]
async fn a_run_that_finds_a_tenant_in_the_moment_that_another_tells_of_it_does_not_tell_again() -> Result<()> {
    let world = World::new().await?;
    near(&world, &world.tenant.id, "2 hours", "23 hours").await?;
    let other = world.db.connect().await?;
    let told =
        format!("begin; insert into delivery_gates (tenant_id, alerted_at) values ('{}', now())", world.tenant.id);
    other.batch_execute(&told).await?;
    let committed = async {
        blocked(&world).await?;
        other.batch_execute("commit").await?;
        anyhow::Ok(())
    };
    let (found, committed) = tokio::join!(endangered(&world), committed);
    committed?;
    assert_eq!(found?, []);
    Ok(())
}

#[tokio::test]
async fn nobody_is_told_of_what_has_time_has_just_come_or_is_not_meant_to_be_sent() -> Result<()> {
    let world = World::new().await?;
    for (tenant, status, accepted, left, told) in [
        ("a", "active", "2 hours", "25 hours", false),
        ("b", "active", "59 minutes", "1 hour", false),
        ("c", "suspended", "2 hours", "1 hour", false),
        ("d", "retired", "2 hours", "1 hour", false),
        ("e", "active", "61 minutes", "23 hours", true),
        ("f", "provisioning", "61 minutes", "2 hours", true),
    ] {
        let sql = format!("insert into tenants (id, slug, status) values ('{tenant}', '{tenant}', '{status}')");
        world.execute(&sql).await?;
        near(&world, tenant, accepted, left).await?;
        let found: Vec<String> = endangered(&world).await?.into_iter().map(|it| it.tenant_id).collect();
        let wanted: &[&str] = if told { &[tenant] } else { &[] };
        assert_eq!(found, wanted, "{tenant}");
    }
    Ok(())
}

#[tokio::test]
async fn an_alert_says_why_the_events_wait_how_many_they_are_and_until_when() -> Result<()> {
    let world = World::new().await?;
    let tenant = &world.tenant.id;
    waiting(&world, tenant, 1200).await?;
    world
        .execute(
            "update conversions set created_at = now() - interval '1 day';
             update dispatch_attempts set expires_at = date_trunc('hour', now()) + interval '5 hours';
             update dispatch_attempts set expires_at = date_trunc('hour', now()) + interval '3 hours' where id = 'n7'",
        )
        .await?;
    let deadline = world
        .text("select to_char((date_trunc('hour', now()) + interval '3 hours') at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:00:00\"Z\"')", &[])
        .await?;
    for (gate, reason) in [
        ("failures = 9", "retrying"),
        ("throttled_until = now() + interval '1 minute'", "throttled"),
        ("breaker = 'open', probe_at = now() + interval '1 minute'", "breaker_open"),
        ("breaker = 'half_open', probe_at = now()", "breaker_open"),
        ("breaker = 'open', parked_reason = 'no_pixel', parked_at = now(), probe_at = now()", "no_pixel"),
    ] {
        set_gate(&world, gate).await?;
        let told = endangered(&world).await?;
        let wanted = Endangered {
            tenant_id: tenant.clone(),
            reason: reason.to_owned(),
            events: alert::COUNTED,
            expires_at: deadline.clone().context("a deadline")?,
        };
        assert_eq!(told, [wanted], "{gate}");
    }
    Ok(())
}

#[tokio::test]
async fn an_alert_is_one_error_line_that_the_template_s_metric_counts() -> Result<()> {
    let world = World::new().await?;
    near(&world, &world.tenant.id, "2 hours", "23 hours").await?;
    let (log, guard) = Heard::listen(Level::INFO);
    run(&world).await?;
    drop(guard);
    let told = log.lines("events about to expire")?;
    assert_eq!(told.len(), 1, "{told:?}");
    let fields = &told[0]["fields"];
    assert_eq!(told[0]["level"], "ERROR");
    assert_eq!((&fields["tenant.id"], &fields["events"]), (&world.tenant.id.clone().into(), &3.into()));
    Ok(())
}
