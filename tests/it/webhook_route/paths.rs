//! Paths: what is none, what was one, and whose it is.

use anyhow::Result;
use lambda_http::http::Method;
use shared::db::connections::{Token, manage};
use shared::platforms::Platform;
use tests::request;
use tests::world::{Connected, World};

use super::{forge, kept, post, rows};

/// Every kind of request on a path that is none is answered alike, and changes nothing.
async fn hold_unknown(world: &World, path: &str) -> Result<()> {
    for (method, body) in [(Method::GET, ""), (Method::HEAD, ""), (Method::POST, ""), (Method::POST, "{}")] {
        let answer = world.refused_order(&request::new(method, path, body), 404).await?;
        assert_eq!(answer.body["detail"], "There is no connection in force with this path.", "{path}");
    }
    Ok(())
}

async fn rotate(world: &World, connected: &Connected, days: u16) -> Result<Connected> {
    rotate_to(world, connected, &Token::new(&connected.tenant_id)?, days).await
}

async fn rotate_to(world: &World, connected: &Connected, token: &Token, days: u16) -> Result<Connected> {
    let (tenant, id) = (connected.tenant_id.as_str(), connected.id.as_str());
    let run = world.order.db.run(|client| async move { manage::rotate(&client, tenant, id, token, days, None).await });
    assert!(run.await?);
    Ok(Connected { path: format!("/w/{}", token.reveal()), ..connected.clone() })
}

#[tokio::test]
async fn what_is_no_path_is_not_found() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    let hotmart = world.connect(Platform::Hotmart).await?;
    let (tenant, secret) = hotmart.path.trim_start_matches("/w/").split_once('.').unwrap_or_default();
    let hash = shared::db::keys::hash(secret);
    for token in [
        String::new(),
        tenant.to_owned(),
        secret.to_owned(),
        format!("{tenant}."),
        format!(".{secret}"),
        format!("{}.{secret}", other.id),
        format!("tnt_nobody.{secret}"),
        format!("{tenant}.{}", &secret[1..]),
        format!("{tenant}.{}", secret.to_uppercase()),
        format!("{tenant}.{secret}x"),
        format!("{tenant}.{secret}/x"),
        format!("{tenant}.{hash}"),
        format!("{tenant}.{}", "x".repeat(5000)),
        format!("{tenant}.x%27%20or%20%271%27=%271"),
    ] {
        hold_unknown(&world, &format!("/w/{token}")).await?;
    }
    Ok(())
}

#[tokio::test]
async fn p14_a_delivery_is_of_the_path_s_tenant_whatever_it_says() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    let theirs = world.connect_to(&other.id, Platform::Hotmart, "their-secret").await?;
    let mine = world.connect(Platform::Hotmart).await?;
    // My secret does not fit their path, and what is kept of it is theirs.
    post(&world, &theirs, "d1", "PURCHASE_PROTEST").await?.expect_problem(401)?;
    assert_eq!(world.count("select count(*) from kept_bodies where tenant_id = $1", &[&other.id]).await?, 1);
    post(&world, &mine, "d1", "PURCHASE_PROTEST").await?.expect(200)?;
    assert_eq!(world.count("select count(*) from deliveries where tenant_id = $1", &[&mine.tenant_id]).await?, 1);
    assert_eq!(world.count("select count(*) from deliveries where tenant_id = $1", &[&other.id]).await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_rotated_path_is_taken_beside_the_new_one_until_its_time_is_over() -> Result<()> {
    let world = World::new().await?;
    let old = world.connect(Platform::Hotmart).await?;
    post(&world, &old, "d1", "PURCHASE_PROTEST").await?.expect(200)?;
    let new = rotate(&world, &old, 7).await?;
    for (path, id) in [(&old, "d2"), (&new, "d3"), (&old, "d4")] {
        post(&world, path, id, "PURCHASE_PROTEST").await?.expect(200)?;
    }
    world.execute("update connections set former_path_until = now()").await?;
    hold_unknown(&world, &old.path).await?;
    post(&world, &new, "d5", "PURCHASE_PROTEST").await?.expect(200)?;
    assert_eq!(world.count("select count(*) from deliveries where connection_id = $1", &[&old.id]).await?, 5);
    // Without an overlap the former path ends at once.
    let newest = rotate(&world, &new, 0).await?;
    hold_unknown(&world, &new.path).await?;
    post(&world, &newest, "d6", "PURCHASE_PROTEST").await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn a_rotation_that_is_run_again_after_a_lost_answer_keeps_the_former_path() -> Result<()> {
    let world = World::new().await?;
    let old = world.connect(Platform::Hotmart).await?;
    let token = &Token::new(&old.tenant_id)?;
    rotate_to(&world, &old, token, 7).await?;
    let new = rotate_to(&world, &old, token, 7).await?;
    for (path, id) in [(&old, "d1"), (&new, "d2")] {
        post(&world, path, id, "PURCHASE_PROTEST").await?.expect(200)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_former_path_is_not_remembered_past_its_time() -> Result<()> {
    let mut world = World::new().await?;
    super::moving(&mut world);
    let old = world.connect(Platform::Hotmart).await?;
    rotate(&world, &old, 1).await?;
    world.execute("update connections set former_path_until = now() + interval '10 seconds'").await?;
    post(&world, &old, "d1", "PURCHASE_PROTEST").await?.expect(200)?;
    world.execute("update connections set former_path_until = now()").await?;
    super::wait(10);
    post(&world, &old, "d2", "PURCHASE_PROTEST").await?.expect_problem(404)?;
    Ok(())
}

#[tokio::test]
async fn a_revoked_path_is_not_found_from_the_same_moment() -> Result<()> {
    let world = World::new().await?;
    let hotmart = world.connect(Platform::Hotmart).await?;
    for (event, is_forged) in [("PURCHASE_PROTEST", false), ("WITHOUT_VALUE", false), ("", true)] {
        let hotmart = world.connect(Platform::Hotmart).await?;
        post(&world, &hotmart, "d1", "PURCHASE_PROTEST").await?.expect(200)?;
        let (tenant, id) = (hotmart.tenant_id.as_str(), hotmart.id.as_str());
        let run = world.order.db.run(|client| async move { manage::revoke(&client, tenant, id, None).await });
        assert!(run.await?);
        let before = world.contents().await?;
        let answer =
            if is_forged { forge(&world, &hotmart, "d2").await? } else { post(&world, &hotmart, "d2", event).await? };
        answer.expect_problem(404)?;
        assert_eq!(world.contents().await?, before, "{event}");
        hold_unknown(&world, &hotmart.path).await?;
    }
    post(&world, &hotmart, "d3", "PURCHASE_PROTEST").await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn a_probe_tells_a_revoked_path_even_while_it_is_remembered() -> Result<()> {
    let world = World::new().await?;
    let shop = world.connect(Platform::WooCommerce).await?;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    world.deliver(&shop, &form, "webhook_id=1").await?.expect(200)?;
    world.execute("update connections set revoked_at = now(), version = version + 1").await?;
    world.deliver(&shop, &form, "webhook_id=1").await?.expect_problem(404)?;
    Ok(())
}

#[tokio::test]
async fn a_connection_that_was_changed_since_it_was_remembered_is_looked_up_again() -> Result<()> {
    let world = World::new().await?;
    let hotmart = world.connect(Platform::Hotmart).await?;
    post(&world, &hotmart, "d1", "PURCHASE_PROTEST").await?.expect(200)?;
    for (id, event) in [("d2", "PURCHASE_PROTEST"), ("d3", "WITHOUT_VALUE"), ("d5", "PURCHASE_APPROVED")] {
        world.execute("update connections set version = version + 1").await?;
        post(&world, &hotmart, id, event).await?.expect(200)?;
    }
    world.execute("update connections set version = version + 1").await?;
    forge(&world, &hotmart, "d4").await?.expect_problem(401)?;
    assert_eq!(
        rows(&world).await?,
        "ignored refund_requested, ignored refund_requested, rejected value_missing, conversion"
    );
    assert_eq!(kept(&world).await?, "not_authentic, value_missing");
    Ok(())
}
