//! A run as a whole: its time, and steps that fail apart.

use std::time::Instant;

use anyhow::{Context, Result};
use shared::queue::Queue;
use sweep::Swept;
use tests::net;
use tests::world::{World, sdk_config};

use super::{later, run, states, waiting};

#[tokio::test]
async fn a_run_whose_time_is_up_starts_nothing() -> Result<()> {
    let world = World::new().await?;
    waiting(&world, &world.tenant.id, 1).await?;
    world.execute("update dispatch_attempts set expires_at = now()").await?;
    let before = world.contents().await?;
    assert_eq!(sweep::sweep_until(&world.sweep, Instant::now()).await?, Swept::default());
    assert_eq!(world.contents().await?, before);
    Ok(())
}

#[tokio::test]
async fn a_run_with_nothing_to_do_does_nothing() -> Result<()> {
    let world = World::new().await?;
    let before = world.rows().await?;
    assert_eq!(run(&world).await?, Swept::default());
    assert_eq!(world.rows().await?, before);
    Ok(())
}

#[tokio::test]
async fn a_queue_that_is_away_fails_the_run_and_none_of_its_other_steps() -> Result<()> {
    let mut world = World::new().await?;
    let other = world.add_tenant("other").await?;
    waiting(&world, &world.tenant.id, 1).await?;
    waiting(&world, &other.id, 1).await?;
    world.execute(&format!("update dispatch_attempts set expires_at = now() where tenant_id = '{}'", other.id)).await?;
    let nowhere = sdk_config(&format!("http://127.0.0.1:{}", net::free_port()?)).await;
    world.sweep.queue = Queue::new(&nowhere, &world.queue_url);
    let failed = sweep::sweep(&world.sweep).await.err().context("a sweep that woke nobody")?;
    assert_eq!(failed.0, ["wake"]);
    assert_eq!(states(&world, &other.id).await?, "expired too_old");
    Ok(())
}

#[tokio::test]
async fn a_kind_that_cannot_be_purged_fails_the_run_and_no_other_kind_or_tenant() -> Result<()> {
    let mut world = World::new().await?;
    let other = world.add_tenant("other").await?;
    for tenant in [&world.tenant, &other] {
        let (tenant, funnel) = (&tenant.id, &tenant.funnel_id);
        world
            .execute(&format!("insert into clicks (tenant_id, id, funnel_id) values ('{tenant}', 'c', '{funnel}')"))
            .await?;
    }
    world.execute("alter table receipts rename to receipts_moved").await?;
    later(&mut world, "91 days").await?;
    let failed = sweep::sweep(&world.sweep).await.err().context("a sweep that could not purge")?;
    assert_eq!(failed.to_string(), "not swept: purge");
    assert_eq!(world.count("select count(*) from clicks", &[]).await?, 0);
    Ok(())
}
