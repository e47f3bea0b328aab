//! Requests of one moment: nothing is doubled, nothing is lost, nobody gets an error for it.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Context, Result};
use lambda_http::http::Method;
use serde_json::{Value, json};
use tests::request;
use tests::world::World;

/// Each table with what provisioning makes, by its count for one tenant.
const ROWS: &str = "
    select concat_ws(' ', (select count(*) from tenants where id = $1), (select count(*) from funnels where tenant_id = $1),
        (select count(*) from funnel_domains where tenant_id = $1), (select count(*) from funnel_checkouts where tenant_id = $1),
        (select count(*) from api_keys where tenant_id = $1), (select count(*) from connections where tenant_id = $1))";

#[tokio::test]
async fn patches_of_one_moment_are_all_merged() -> Result<()> {
    let world = Arc::new(World::new().await?);
    let session = world.session().await?;
    let bodies = [
        json!({"business": {"name": "Loja"}}),
        json!({"business": {"slug": "loja-1"}}),
        json!({"business": {"country": "BR"}}),
        json!({"business": {"currency": "BRL"}}),
        json!({"funnel": {"name": "Course"}}),
        json!({"funnel": {"domains": ["a.example.com"]}}),
        json!({"checkout": {"platform": "stripe"}}),
        json!({"other_senders": {"purchase": "off"}}),
    ];
    let tasks: Vec<_> = bodies
        .iter()
        .cloned()
        .map(|body| {
            let (world, session) = (Arc::clone(&world), session.clone());
            tokio::spawn(async move { world.enter(&session, &body).await?.expect(200) })
        })
        .collect();
    let mut versions = BTreeSet::new();
    for task in tasks {
        versions.insert(task.await??["version"].as_i64());
    }
    assert_eq!(versions.len(), bodies.len(), "each write has its own version");
    let seen = world.see(&session).await?;
    assert_eq!(
        seen["input"],
        json!({
            "business": {"name": "Loja", "slug": "loja-1", "country": "BR", "currency": "BRL"},
            "funnel": {"name": "Course", "domains": ["a.example.com"]},
            "checkout": {"platform": "stripe"}, "other_senders": {"purchase": "off"},
        })
    );
    Ok(())
}

#[tokio::test]
async fn of_two_tokens_entered_at_once_the_one_that_is_kept_is_the_one_that_was_judged_last() -> Result<()> {
    let world = Arc::new(World::new().await?);
    for round in 0..5 {
        let session = world.session().await?;
        let whole = world.entered(&format!("two-{round}"));
        let good = whole["meta"]["access_token"].as_str().context("a token")?.to_owned();
        world.enter(&session, &whole).await?.expect(200)?;
        let tasks: Vec<_> = [good.as_str(), "sample-wrong"]
            .map(|token| {
                let (world, session, body) =
                    (Arc::clone(&world), session.clone(), json!({"meta": {"access_token": token}}));
                tokio::spawn(async move { world.enter(&session, &body).await?.expect(200) })
            })
            .into();
        for task in tasks {
            task.await??;
        }
        let secrets = shared::secrets::Secrets::new(&world.sdk);
        let kept = secrets.meta(tests::world::SECRETS_PREFIX, &format!("tnt_{}", session.id)).await?;
        let verdict = world.see(&session).await?["meta"]["verdict"].clone();
        assert_eq!(verdict, if kept.access_token == good { "ready" } else { "token_refused" });
    }
    Ok(())
}

#[tokio::test]
async fn provisioned_twenty_times_at_once_there_is_one_of_each_row_and_one_answer_shows_the_key() -> Result<()> {
    let world = Arc::new(World::new().await?);
    let session = world.session().await?;
    world.enter(&session, &world.entered("twenty")).await?.expect(200)?;
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (world, session) = (Arc::clone(&world), session.clone());
            tokio::spawn(async move { world.act(&session, "provision", &Value::Null).await?.expect(200) })
        })
        .collect();
    let (mut keys, mut urls) = (Vec::new(), Vec::new());
    for task in tasks {
        let made = task.await??;
        assert_eq!(made["tenant"], json!({"id": format!("tnt_{}", session.id), "status": "provisioning"}));
        keys.extend(made["api_key"]["key"].as_str().map(str::to_owned));
        urls.extend(made["connection"]["url"].as_str().map(str::to_owned));
    }
    assert_eq!((keys.len(), urls.len()), (1, 1), "what is shown once is shown once");
    let tenant = format!("tnt_{}", session.id);
    assert_eq!(world.text(ROWS, &[&tenant]).await?.as_deref(), Some("1 1 1 1 1 1"));
    let listed = request::with_key(request::get("/v1/orders?order_id=1001"), &keys[0]);
    assert_eq!(world.send_order(&listed).await?.status, 404, "the key that was shown is the one in force");
    Ok(())
}

#[tokio::test]
async fn of_two_sessions_with_one_slug_one_gets_it_and_the_other_is_told() -> Result<()> {
    let world = Arc::new(World::new().await?);
    for round in 0..5 {
        let slug = json!({"business": {"slug": format!("wanted-{round}")}});
        let mut tasks = Vec::new();
        for name in ["one", "other"] {
            let session = world.session().await?;
            world.enter(&session, &world.entered(&format!("{name}-{round}"))).await?.expect(200)?;
            world.enter(&session, &slug).await?.expect(200)?;
            let world = Arc::clone(&world);
            tasks.push(tokio::spawn(async move { world.act(&session, "provision", &Value::Null).await }));
        }
        let mut statuses = Vec::new();
        for task in tasks {
            let answer = task.await??;
            if answer.status != 200 {
                assert_eq!(answer.errors(), [("business.slug".to_owned(), "slug_taken".to_owned())]);
            }
            statuses.push(answer.status);
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 422]);
    }
    Ok(())
}

#[tokio::test]
async fn keys_rotated_at_once_leave_one_in_force() -> Result<()> {
    let world = Arc::new(World::new().await?);
    let path = format!("/v1/tenants/{}/rotate-key", world.tenant.id);
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (world, path) = (Arc::clone(&world), path.clone());
            tokio::spawn(async move { world.operate(Method::POST, &path, &Value::Null).await?.expect(200) })
        })
        .collect();
    for task in tasks {
        assert!(task.await??["api_key"]["key"].is_string());
    }
    assert_eq!(world.count("select count(*) from api_keys where revoked_at is null", &[]).await?, 1);
    Ok(())
}
