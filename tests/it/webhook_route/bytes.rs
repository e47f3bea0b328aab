//! Any bytes to any platform's path: an answer of the contract, never our fault, and no sale of what nothing proves.

use std::fs;

use anyhow::{Context, Result, ensure};
use lambda_http::Request;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};
use shared::platforms::Platform;
use tests::request;
use tests::world::{Connected, PLATFORM_SECRET, World};
use tokio::runtime::Builder;

use super::TOKEN;
use super::sign::{signed, signs};

/// Headers that some platform looks at.
const HEADERS: [&str; 9] = [
    "x-hotmart-hottok",
    "x-signature",
    "stripe-signature",
    "webhook-signature",
    "x-shopify-hmac-sha256",
    "x-wc-webhook-topic",
    "authorization",
    "x-yampi-hmac-sha256",
    "content-type",
];

/// Our own bodies in each platform's shape.
fn fixtures() -> Result<Vec<Vec<u8>>> {
    let root = tests::install::workspace_root().join("tests/fixtures/webhooks");
    let mut all = Vec::new();
    for platform in fs::read_dir(&root).with_context(|| root.display().to_string())? {
        for file in fs::read_dir(platform?.path())? {
            all.push(fs::read(file?.path())?);
        }
    }
    ensure!(all.len() > 100, "{} fixtures", all.len());
    Ok(all)
}

/// Bytes of any kind, or a platform's body of which some bytes are others.
fn body() -> Result<impl Strategy<Value = Vec<u8>>> {
    let any_bytes = prop::collection::vec(any::<u8>(), 0..300);
    let changed = (select(fixtures()?), prop::collection::vec((any::<Index>(), any::<u8>()), 0..4));
    let changed = changed.prop_map(|(mut body, changes)| {
        for (at, byte) in changes {
            let at = at.index(body.len());
            body[at] = byte;
        }
        body
    });
    Ok(prop_oneof![1 => any_bytes, 3 => changed])
}

fn headers() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let values = prop_oneof!["[ -~]{0,40}", "t=[0-9]{10},v1=[0-9a-f]{64}", "application/x-www-form-urlencoded"];
    prop::collection::vec((select(HEADERS.to_vec()), values), 0..4)
}

fn post(connected: &Connected, headers: &[(&'static str, String)], query: &str, body: &[u8]) -> Request {
    let path = if query.is_empty() { connected.path.clone() } else { format!("{}?{query}", connected.path) };
    let headers: Vec<(&'static str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    request::with_headers(request::post_bytes(&path, body), &headers)
}

async fn connections(world: &World) -> Result<Vec<(Platform, Connected)>> {
    let mut all = Vec::new();
    for platform in Platform::WORDS.iter().filter_map(|word| Platform::parse(word)) {
        all.push((platform, world.connect(platform).await?));
    }
    Ok(all)
}

#[test]
fn no_bytes_that_nothing_proves_make_a_row_or_are_our_fault() -> Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let world = runtime.block_on(World::new())?;
    let all = runtime.block_on(connections(&world))?;
    let case = (select(all), headers(), "[a-z=&%0-9]{0,20}", body()?);
    let mut runner = TestRunner::new(Config { cases: 400, failure_persistence: None, ..Config::default() });
    runner.run(&case, |((platform, connected), headers, query, body)| {
        let proves = body.windows(PLATFORM_SECRET.len()).any(|it| it == PLATFORM_SECRET.as_bytes());
        prop_assume!(!proves);
        let sent = post(&connected, &headers, &query, &body);
        let answer =
            runtime.block_on(world.send_order(&sent)).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert!(matches!(answer.status, 200 | 401), "{}: {}", platform.as_str(), answer.status);
        prop_assert!(answer.status == 401 || answer.body["outcome"] == "probe", "{}", answer.body);
        Ok(())
    })?;
    let rows = runtime.block_on(world.count("select count(*) from deliveries", &[]))?;
    assert_eq!(rows, 0);
    assert!(runtime.block_on(world.count("select count(*) from kept_bodies", &[]))? > 100);
    Ok(())
}

#[test]
fn no_bytes_that_are_the_platform_s_own_are_our_fault() -> Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let world = runtime.block_on(World::new())?;
    let all = runtime.block_on(connections(&world))?;
    let signing: Vec<(Platform, Connected)> = all.into_iter().filter(|(platform, _)| signs(*platform)).collect();
    assert_eq!(signing.len(), 9);
    let case = (select(signing), body()?);
    let mut runner = TestRunner::new(Config { cases: 300, failure_persistence: None, ..Config::default() });
    runner.run(&case, |((platform, connected), body)| {
        let headers = signed(platform, PLATFORM_SECRET, &body);
        let sent = post(&connected, &headers, "", &body);
        let answer =
            runtime.block_on(world.send_order(&sent)).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(answer.status, 200, "{}: {}", platform.as_str(), answer.body);
        Ok(())
    })?;
    Ok(())
}

#[tokio::test]
async fn a_token_in_another_header_or_in_the_query_proves_nothing() -> Result<()> {
    let world = World::new().await?;
    let hotmart = world.connect(Platform::Hotmart).await?;
    let body = super::delivery("d1", "PURCHASE_APPROVED");
    let elsewhere = [("x-signature", TOKEN.1.to_owned()), ("authorization", format!("Bearer {}", TOKEN.1))];
    for header in elsewhere {
        let sent = post(&hotmart, &[header], &format!("hottok={}", TOKEN.1), body.as_bytes());
        world.send_order(&sent).await?.expect_problem(401)?;
    }
    Ok(())
}
