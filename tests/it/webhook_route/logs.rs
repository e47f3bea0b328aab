//! Logs of the webhook path: which connection, and nothing of anybody.

use anyhow::{Context, Result};
use lambda_http::http::Method;
use shared::platforms::Platform;
use tests::heard::Heard;
use tests::request;
use tests::world::{BODY_KEY_TEXT, PLATFORM_SECRET, World};
use tracing::Level;

use super::{forge, post};

#[tokio::test]
async fn no_path_no_secret_and_no_buyer_is_logged_at_any_level() -> Result<()> {
    let mut world = World::new().await?;
    super::moving(&mut world);
    let hotmart = world.connect(Platform::Hotmart).await?;
    let token = hotmart.path.rsplit('.').next().context("a secret")?.to_owned();
    let (log, guard) = Heard::listen(Level::TRACE);
    post(&world, &hotmart, "d1", "PURCHASE_APPROVED").await?.expect(200)?;
    post(&world, &hotmart, "d2", "WITHOUT_VALUE").await?.expect(200)?;
    super::wait(10);
    forge(&world, &hotmart, "d3").await?.expect_problem(401)?;
    world.send_order(&request::new(Method::GET, &hotmart.path, "")).await?.expect(200)?;
    world.send_order(&request::post(&format!("{}x", hotmart.path), "{}")).await?.expect_problem(404)?;
    world.send_order(&hotmart.post(&[], &"x".repeat(1024 * 1024 + 1))).await?.expect_problem(413)?;
    // A database that fails in the middle of it.
    world.execute("alter table deliveries rename to elsewhere").await?;
    post(&world, &hotmart, "d4", "PURCHASE_PROTEST").await?.expect_problem(503)?;
    drop(guard);
    let text = log.text()?;
    for secret in [token.as_str(), PLATFORM_SECRET, BODY_KEY_TEXT, "maria@example.com", "Maria Sample", "HP-d", "/w/"] {
        let line = text.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
    for said in ["delivery rejected", "delivery not authentic", "delivery too large", "database", &hotmart.id] {
        assert!(text.contains(said), "{said} in {} bytes", text.len());
    }
    Ok(())
}
