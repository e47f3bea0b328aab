//! Kept bodies: sealed, once, bounded, and not for long.

use anyhow::{Context, Result};
use shared::intake::seal::{BodyKey, Owner};
use shared::platforms::Platform;
use tests::world::{BODY_KEY_TEXT, Connected, World};

use super::{TOKEN, delivery, forge, kept, post};

/// So many bodies of a connection, one made each second before an hour ago.
async fn fill(world: &World, connected: &Connected, count: i32, bytes: i32) -> Result<()> {
    world
        .execute(&format!(
            "insert into kept_bodies (tenant_id, id, connection_id, digest, reason, received_at, bytes, sealed)
             select '{}', 'b' || n, '{}', encode(sha256(n::text::bytea), 'hex'), 'unreadable',
                    now() - interval '1 hour' - n * interval '1 second', {bytes}, ''
             from generate_series(1, {count}) n",
            connected.tenant_id, connected.id
        ))
        .await
}

#[tokio::test]
async fn what_is_kept_is_sealed_and_opens_for_its_owner_alone() -> Result<()> {
    let world = World::new().await?;
    let hotmart = world.connect(Platform::Hotmart).await?;
    forge(&world, &hotmart, "d1").await?.expect_problem(401)?;
    let client = world.db.connect().await?;
    let row = client.query_one("select id, sealed, bytes, kept_bodies::text from kept_bodies", &[]).await?;
    let (id, sealed, bytes, text): (String, Vec<u8>, i32, String) =
        (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
    assert_eq!(usize::try_from(bytes)?, sealed.len());
    for word in ["maria", "forged", "HP-d1"] {
        assert!(!sealed.windows(word.len()).any(|it| it == word.as_bytes()) && !text.contains(word), "{word}");
    }
    let owner = Owner { tenant_id: &world.tenant.id, connection_id: &hotmart.id, id: &id };
    let posted = BodyKey::of(BODY_KEY_TEXT)?.open(owner, &sealed)?;
    assert_eq!(posted.body, delivery("d1", "PURCHASE_APPROVED").into_bytes());
    assert_eq!(posted.headers.get("x-hotmart-hottok").context("the token")?, "forged");
    Ok(())
}

#[tokio::test]
async fn the_same_body_is_kept_once_as_it_came_last_and_since_it_came_first() -> Result<()> {
    let mut world = World::new().await?;
    super::moving(&mut world);
    let hotmart = world.connect(Platform::Hotmart).await?;
    let first_at = world.order.clock.now_s();
    forge(&world, &hotmart, "d1").await?.expect_problem(401)?;
    super::wait(3600);
    let last_at = world.order.clock.now_s();
    world
        .deliver(&hotmart, &[("x-hotmart-hottok", "last")], &delivery("d1", "PURCHASE_APPROVED"))
        .await?
        .expect_problem(401)?;
    let client = world.db.connect().await?;
    let row =
        client.query_one("select id, sealed, extract(epoch from received_at)::bigint from kept_bodies", &[]).await?;
    let (id, sealed, received_at): (String, Vec<u8>, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    let owner = Owner { tenant_id: &world.tenant.id, connection_id: &hotmart.id, id: &id };
    let posted = BodyKey::of(BODY_KEY_TEXT)?.open(owner, &sealed)?;
    assert_eq!(posted.headers.get("x-hotmart-hottok").context("the token")?, "last");
    assert!((0..5).contains(&(received_at - first_at)) && (0..5).contains(&(posted.received_at_s - last_at)));
    Ok(())
}

#[tokio::test]
async fn a_body_that_was_proved_is_not_replaced_by_one_that_is_not() -> Result<()> {
    let world = World::new().await?;
    let hotmart = world.connect(Platform::Hotmart).await?;
    let body = delivery("d1", "WITHOUT_VALUE");
    world.deliver(&hotmart, &[], &body).await?.expect_problem(401)?;
    post(&world, &hotmart, "d1", "WITHOUT_VALUE").await?.expect(200)?;
    assert_eq!(kept(&world).await?, "value_missing");
    let proved = world.text("select id from kept_bodies", &[]).await?;
    world.deliver(&hotmart, &[("x-hotmart-hottok", "forged")], &body).await?.expect_problem(401)?;
    world.deliver(&hotmart, &[TOKEN], &body).await?.expect(200)?;
    assert_eq!(kept(&world).await?, "value_missing");
    assert_eq!(world.text("select id from kept_bodies", &[]).await?, proved);
    Ok(())
}

#[tokio::test]
async fn of_more_than_a_thousand_bodies_of_a_connection_the_oldest_go() -> Result<()> {
    let world = World::new().await?;
    let (hotmart, other) = (world.connect(Platform::Hotmart).await?, world.connect(Platform::Kiwify).await?);
    fill(&world, &hotmart, 1000, 100).await?;
    world.deliver(&other, &[], "{}").await?.expect_problem(401)?;
    for id in ["d1", "d2", "d2"] {
        forge(&world, &hotmart, id).await?.expect_problem(401)?;
    }
    let sql = "select count(*) from kept_bodies where connection_id = $1";
    assert_eq!(world.count(sql, &[&hotmart.id]).await?, 1000);
    assert_eq!(world.count(sql, &[&other.id]).await?, 1);
    let oldest = "select count(*) from kept_bodies where id in ('b1000', 'b999')";
    assert_eq!(world.count(oldest, &[]).await?, 0);
    assert_eq!(world.count("select count(*) from kept_bodies where reason = 'not_authentic'", &[]).await?, 3);
    Ok(())
}

#[tokio::test]
async fn of_more_than_16_mebibytes_of_a_connection_the_oldest_go() -> Result<()> {
    let world = World::new().await?;
    let hotmart = world.connect(Platform::Hotmart).await?;
    fill(&world, &hotmart, 16, 1024 * 1024).await?;
    forge(&world, &hotmart, "d1").await?.expect_problem(401)?;
    assert_eq!(world.count("select count(*) from kept_bodies", &[]).await?, 16);
    assert_eq!(world.count("select count(*) from kept_bodies where id = 'b16'", &[]).await?, 0);
    Ok(())
}

#[tokio::test]
async fn bodies_are_purged_after_seven_days() -> Result<()> {
    let world = World::new().await?;
    let hotmart = world.connect(Platform::Hotmart).await?;
    forge(&world, &hotmart, "d1").await?.expect_problem(401)?;
    fill(&world, &hotmart, 2000, 1).await?;
    world.execute("update kept_bodies set received_at = now() - interval '7 days' where reason = 'unreadable'").await?;
    let swept = sweep::sweep(&world.sweep).await?;
    assert_eq!(swept.purged.bodies, 2000);
    assert_eq!(kept(&world).await?, "not_authentic");
    Ok(())
}
