//! The platform's own secret: mistyped, replaced, empty, away.

use anyhow::{Context, Result};
use shared::db::Db;
use shared::db::connections::{Settings, manage};
use shared::platforms::Platform;
use shared::queue::Queue;
use shared::secrets::Secrets;
use tests::net;
use tests::relay::Relay;
use tests::world::{Connected, SECRETS_PREFIX, World, db_config, sdk_config, vault};
use url::Url;

use super::{TOKEN, delivery, forge, kept, moving, post, received, rows, wait};

/// An order function whose Secrets Manager is this one.
fn with_vault(world: &World, vault: order::Vault) -> order::State {
    order::State::new(Db::new(db_config(world.db.url()), None, 1), Queue::new(&world.sdk, &world.queue_url), vault)
}

/// A vault of a Secrets Manager on this port. It keeps no body, which would want Secrets Manager too.
async fn vault_at(port: u16) -> order::Vault {
    let sdk = sdk_config(&format!("http://127.0.0.1:{port}")).await;
    order::Vault::new(Secrets::new(&sdk), SECRETS_PREFIX.to_owned(), None)
}

/// Tells the functions of a change, as the operator's program does.
pub(super) async fn touch(world: &World, connected: &Connected) -> Result<()> {
    let (tenant, id) = (connected.tenant_id.as_str(), connected.id.as_str());
    assert!(world.order.db.run(|client| async move { manage::touch(&client, tenant, id, None).await }).await?);
    Ok(())
}

#[tokio::test]
async fn while_secrets_are_away_a_delivery_is_to_come_again_and_then_is_taken() -> Result<()> {
    let mut world = World::new().await?;
    let hotmart = world.connect(Platform::Hotmart).await?;
    let before = world.contents().await?;
    let away = with_vault(&world, vault_at(net::free_port()?).await);
    let good = std::mem::replace(&mut world.order, away);
    for id in ["d1", "d2"] {
        let answer = post(&world, &hotmart, id, "PURCHASE_PROTEST").await?;
        answer.expect_problem(503)?;
        assert_eq!(answer.header("retry-after"), "1");
    }
    forge(&world, &hotmart, "d3").await?.expect_problem(503)?;
    assert_eq!(world.contents().await?, before);
    world.order = good;
    post(&world, &hotmart, "d1", "PURCHASE_PROTEST").await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn while_secrets_are_away_what_fits_the_remembered_ones_is_taken_and_the_rest_is_to_come_again() -> Result<()> {
    let mut world = World::new().await?;
    let hotmart = world.connect(Platform::Hotmart).await?;
    let aws = Url::parse(world.sdk.endpoint_url().context("an endpoint")?)?.port().context("a port")?;
    let line = Relay::to(aws).await?;
    world.order = with_vault(&world, vault_at(line.port()).await);
    moving(&mut world);
    post(&world, &hotmart, "d1", "PURCHASE_PROTEST").await?.expect(200)?;
    line.down();
    wait(5);
    for _ in 0..2 {
        forge(&world, &hotmart, "d2").await?.expect_problem(503)?;
    }
    post(&world, &hotmart, "d3", "PURCHASE_PROTEST").await?.expect(200)?;
    line.up();
    wait(5);
    forge(&world, &hotmart, "d2").await?.expect_problem(401)?;
    Ok(())
}

#[tokio::test]
async fn a_mistyped_secret_that_is_repaired_is_read_again_before_a_delivery_is_refused() -> Result<()> {
    let mut world = World::new().await?;
    moving(&mut world);
    let hotmart = world.connect_to(&world.tenant.id, Platform::Hotmart, "mistyped").await?;
    post(&world, &hotmart, "d1", "PURCHASE_PROTEST").await?.expect_problem(401)?;
    world.platform_secret(&hotmart, tests::world::PLATFORM_SECRET).await?;
    // Read just now: a stranger cannot have us ask for it with each request.
    post(&world, &hotmart, "d1", "PURCHASE_PROTEST").await?.expect_problem(401)?;
    wait(4);
    post(&world, &hotmart, "d1", "PURCHASE_PROTEST").await?.expect_problem(401)?;
    wait(1);
    post(&world, &hotmart, "d1", "PURCHASE_PROTEST").await?.expect(200)?;
    assert_eq!(rows(&world).await?, "ignored refund_requested");
    assert_eq!(kept(&world).await?, "not_authentic");
    Ok(())
}

#[tokio::test]
async fn a_secret_is_read_again_at_the_next_write_after_the_functions_were_told() -> Result<()> {
    let world = World::new().await?;
    let hotmart = world.connect(Platform::Hotmart).await?;
    post(&world, &hotmart, "d1", "PURCHASE_PROTEST").await?.expect(200)?;
    world.platform_secret(&hotmart, "another").await?;
    touch(&world, &hotmart).await?;
    // By the secret of before, which is remembered: it does not hold any more.
    post(&world, &hotmart, "d2", "PURCHASE_PROTEST").await?.expect_problem(401)?;
    let header = [("x-hotmart-hottok", "another")];
    world.deliver(&hotmart, &header, &delivery("d3", "PURCHASE_PROTEST")).await?.expect(200)?;
    assert_eq!(rows(&world).await?, "ignored refund_requested, ignored refund_requested");
    Ok(())
}

#[tokio::test]
async fn a_connection_and_its_secret_are_believed_for_a_minute() -> Result<()> {
    let mut world = World::new().await?;
    moving(&mut world);
    let hotmart = world.connect(Platform::Hotmart).await?;
    post(&world, &hotmart, "d1", "PURCHASE_PROTEST").await?.expect(200)?;
    world.platform_secret(&hotmart, "another").await?;
    wait(59);
    post(&world, &hotmart, "d2", "PURCHASE_PROTEST").await?.expect(200)?;
    wait(1);
    post(&world, &hotmart, "d3", "PURCHASE_PROTEST").await?.expect_problem(401)?;
    Ok(())
}

#[tokio::test]
async fn while_one_secret_replaces_another_both_are_taken() -> Result<()> {
    let world = World::new().await?;
    let hotmart = world.connect(Platform::Hotmart).await?;
    let secrets = Secrets::new(&world.sdk);
    secrets.put_connection(SECRETS_PREFIX, &hotmart.tenant_id, &hotmart.id, "another", true).await?;
    for (number, secret) in [tests::world::PLATFORM_SECRET, "another"].into_iter().enumerate() {
        let body = delivery(&number.to_string(), "PURCHASE_PROTEST");
        world.deliver(&hotmart, &[("x-hotmart-hottok", secret)], &body).await?.expect(200)?;
    }
    Ok(())
}

#[tokio::test]
async fn p13_without_a_secret_or_with_an_empty_one_nothing_is_authentic_and_all_is_kept() -> Result<()> {
    let world = World::new().await?;
    let secrets = Secrets::new(&world.sdk);
    for text in ["", " \n"] {
        let refused = secrets.put_connection(SECRETS_PREFIX, "t", "c", text, false).await;
        assert!(refused.is_err_and(|error| error.to_string().contains("an empty secret proves nothing")));
    }
    let manager = aws_sdk_secretsmanager::Client::new(&world.sdk);
    for (number, text) in [None, Some(r#"{"secrets":[""]}"#), Some("not JSON")].into_iter().enumerate() {
        let hotmart = world.connect_as(&world.tenant.id, Platform::Hotmart, &Settings::default()).await?;
        if let Some(text) = text {
            let name = format!("{SECRETS_PREFIX}{}/connections/{}", hotmart.tenant_id, hotmart.id);
            manager.create_secret().name(name).secret_string(text).send().await?;
        }
        for header in [TOKEN, ("x-hotmart-hottok", "")] {
            let body = delivery(&format!("{number}-{}", header.1.len()), "PURCHASE_APPROVED");
            world.deliver(&hotmart, &[header], &body).await?.expect_problem(401)?;
        }
        assert_eq!(world.count("select count(*) from kept_bodies where connection_id = $1", &[&hotmart.id]).await?, 2);
    }
    Ok(())
}

#[tokio::test]
async fn without_the_bodies_key_a_delivery_is_to_come_again_rather_than_lost() -> Result<()> {
    let mut world = World::new().await?;
    let hotmart = world.connect(Platform::Hotmart).await?;
    let missing = Some("track/no-such-key".to_owned());
    world.order = with_vault(&world, order::Vault::new(Secrets::new(&world.sdk), SECRETS_PREFIX.to_owned(), missing));
    let before = world.contents().await?;
    forge(&world, &hotmart, "d1").await?.expect_problem(503)?;
    post(&world, &hotmart, "d2", "WITHOUT_VALUE").await?.expect_problem(503)?;
    assert_eq!(world.contents().await?, before);
    // What needs no key goes on.
    post(&world, &hotmart, "d3", "PURCHASE_PROTEST").await?.expect(200)?;
    // A deployment that names no key keeps no body, and says what it says.
    world.order = with_vault(&world, order::Vault::new(Secrets::new(&world.sdk), SECRETS_PREFIX.to_owned(), None));
    forge(&world, &hotmart, "d1").await?.expect_problem(401)?;
    let answer = post(&world, &hotmart, "d2", "WITHOUT_VALUE").await?.expect(200)?;
    assert_eq!(answer, received("rejected", Some("value_missing")));
    assert_eq!(
        (rows(&world).await?.as_str(), kept(&world).await?.as_str()),
        ("ignored refund_requested, rejected value_missing", "")
    );
    world.order = with_vault(&world, vault(&world.sdk));
    forge(&world, &hotmart, "d1").await?.expect_problem(401)?;
    assert_eq!(kept(&world).await?, "not_authentic");
    Ok(())
}
