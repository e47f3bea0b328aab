//! Setup sessions end when nobody goes on with them.

use anyhow::{Context, Result};
use tests::world::World;

use super::{later, run};

async fn left(world: &World) -> Result<String> {
    let sql = "select coalesce(string_agg(id || case when closed_at is null then '' else ' closed' end, ', ' order by id), '')
               from setup_sessions";
    world.text(sql, &[]).await?.context("a text")
}

#[tokio::test]
async fn a_session_is_closed_after_30_days_untouched_and_deleted_when_it_is_older_than_data_may_be() -> Result<()> {
    let mut world = World::new().await?;
    world
        .execute(&format!(
            "insert into setup_sessions (id, tenant_id, input) values ('mine', '{0}', '{{\"email\": \"maria@example.com\"}}'), ('nobodys', null, '{{}}');
             insert into setup_sessions (id, tenant_id, updated_at) values ('touched', '{0}', now() + interval '20 days')",
            world.tenant.id
        ))
        .await?;
    later(&mut world, "29 days").await?;
    assert_eq!(run(&world).await?.sessions_closed, 0);
    assert_eq!(left(&world).await?, "mine, nobodys, touched");
    later(&mut world, "31 days").await?;
    assert_eq!(run(&world).await?.sessions_closed, 2);
    assert_eq!(left(&world).await?, "mine closed, nobodys closed, touched");
    later(&mut world, "32 days").await?;
    assert_eq!(run(&world).await?.sessions_closed, 0, "closed once");
    later(&mut world, "91 days").await?;
    let swept = run(&world).await?;
    assert_eq!((swept.sessions_closed, swept.sessions_deleted), (1, 2));
    assert_eq!(left(&world).await?, "touched closed");
    Ok(())
}

#[tokio::test]
async fn where_data_is_kept_for_less_than_30_days_no_session_outlives_it() -> Result<()> {
    let mut world = World::new().await?;
    world.execute("insert into setup_sessions (id) values ('nobodys')").await?;
    world.sweep.retention_days = 8;
    later(&mut world, "9 days").await?;
    let swept = run(&world).await?;
    assert_eq!((swept.sessions_closed, swept.sessions_deleted), (0, 1));
    Ok(())
}

#[tokio::test]
async fn what_was_told_of_sessions_that_nobody_went_on_with_is_as_old_as_data_may_be_and_no_older() -> Result<()> {
    let mut world = World::new().await?;
    let told = "select coalesce(string_agg(id, ' ' order by id), '') from audit";
    world
        .execute(&format!(
            "insert into setup_sessions (id, created_at, updated_at) values
                ('left', now() - interval '80 days', now() - interval '80 days'), ('kept', now() - interval '80 days', now());
             insert into audit (tenant_id, id, at, who, act, subject) values
                ('tnt_left', 'a', now() - interval '80 days', 'operator', 'session.created', 'left'),
                ('tnt_left', 'b', now() - interval '79 days', 'link:left', 'session.patched', 'left'),
                ('tnt_kept', 'c', now() - interval '80 days', 'operator', 'session.created', 'kept'),
                ('tnt_kept', 'd', now(), 'link:kept', 'session.patched', 'kept'),
                ('{0}', 'e', now() - interval '80 days', 'operator', 'tenant.released', '{0}'),
                ('{0}', 'f', now(), 'operator', 'tenant.released', '{0}')",
            world.tenant.id
        ))
        .await?;
    later(&mut world, "9 days").await?;
    assert_eq!(run(&world).await?.purged.audit, 0);
    later(&mut world, "11 days").await?;
    assert_eq!(run(&world).await?.sessions_deleted, 1);
    assert_eq!(world.text(told, &[]).await?.as_deref(), Some("d f"));
    Ok(())
}
