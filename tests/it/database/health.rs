//! What each HTTP function says of its health: shallow, and deep.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use lambda_http::http::Method;
use lambda_http::{Body, Request, Response};
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::config::{self, DbSource, Place};
use shared::db::migrate;
use shared::db::{Db, NEEDED};
use shared::secrets::Secrets;
use tests::heard::Heard;
use tests::relay::Relay;
use tests::world::{Answer, World, db_config, empty_db};
use tests::{request, wire};
use tracing::Level;
use url::Url;

use super::schema::all_but_the_last;
use super::with;

/// Each function's own path.
const PATHS: [&str; 4] = ["/healthz", "/healthz/click", "/healthz/order", "/healthz/setup"];

/// Sends a request where API Gateway would.
async fn routed(world: &World, request: &Request) -> Response<Body> {
    match request.uri().path() {
        "/healthz/order" => order::handle(&world.order, request).await,
        "/healthz/setup" => setup::handle(&world.setup, request).await,
        _ => click::handle(&world.click, request).await,
    }
}

async fn ask(world: &World, path: &str) -> Result<Answer> {
    Answer::read(routed(world, &request::get(path)).await)
}

/// Each function is asked deeply, and must answer all the same.
async fn deep(world: &World) -> Result<(u16, Value)> {
    let mut answers = Vec::new();
    for path in PATHS {
        let answer = ask(world, &format!("{path}?deep=1")).await?;
        answers.push((answer.status, answer.body));
    }
    answers.dedup();
    let only = answers.pop().filter(|_| answers.is_empty());
    only.context("they differ")
}

/// With clocks that stand at the answer of every question before: none holds any more.
fn forget(world: &mut World) {
    static NOW: AtomicI64 = AtomicI64::new(1_800_000_000_000);
    let later = Clock::from_fn(|| NOW.fetch_add(10_000, Ordering::Relaxed));
    (world.click.clock, world.order.clock, world.setup.clock) = (later, later, later);
}

#[tokio::test]
async fn shallow_asks_nobody_and_what_is_neither_is_refused() -> Result<()> {
    let mut world = World::new().await?;
    // Nothing listens there.
    with(&mut world, || Db::new(db_config("postgres://u:p@127.0.0.1:1/none"), None, 1))?;
    for path in PATHS {
        for query in ["", "?deep=0", "?other=1"] {
            let answer = ask(&world, &format!("{path}{query}")).await?;
            assert_eq!((answer.status, &answer.body), (200, &json!({"status": "ok"})), "{path}{query}");
            assert_eq!(answer.header("cache-control"), "no-store");
        }
        for query in ["deep=2", "deep=true", "deep="] {
            ask(&world, &format!("{path}?{query}")).await?.expect_problem(400)?;
        }
        let head = routed(&world, &request::new(Method::HEAD, path, "")).await;
        assert_eq!(head.status(), 200);
        let post = routed(&world, &request::new(Method::POST, path, "{}")).await;
        assert_eq!((post.status().as_u16(), &post.headers()["allow"]), (405, &"GET, HEAD".parse()?));
    }
    Ok(())
}

#[tokio::test]
async fn deep_says_which_part_is_away_and_nothing_else() -> Result<()> {
    let mut world = World::new().await?;
    forget(&mut world);
    assert_eq!(deep(&world).await?, (200, json!({"status": "ok"})));

    let url = "postgres://sample:hunter2@localhost:1/none";
    with(&mut world, || Db::new(db_config(url), None, 1))?;
    let (heard, listening) = Heard::listen(Level::ERROR);
    assert_eq!(deep(&world).await?, (503, json!({"status": "unavailable", "away": "database"})));
    drop(listening);
    assert_eq!(heard.lines("not healthy")?.len(), PATHS.len());
    assert!(!heard.text()?.contains("hunter2"));

    let source = DbSource::Secret(format!("{}/missing", world.tenant.id));
    let config = config::Db { source, place: Place::default(), ca_file: None };
    let secrets = Secrets::new(&world.sdk);
    with(&mut world, || Db::new(config.clone(), Some(secrets.clone()), 1))?;
    assert_eq!(deep(&world).await?, (503, json!({"status": "unavailable", "away": "secret"})));

    let old = empty_db().await?;
    migrate::run(old.url(), None, &all_but_the_last()?).await?;
    with(&mut world, || Db::new(db_config(old.url()), None, 1))?;
    assert_eq!(deep(&world).await?, (503, json!({"status": "unavailable", "away": "schema"})));
    migrate::run(old.url(), None, &migrate::runner()).await?;
    assert_eq!(deep(&world).await?, (200, json!({"status": "ok"})));
    // Of a connection that is there already, too.
    let client = old.connect().await?;
    client.execute("delete from refinery_schema_history where version = $1", &[&NEEDED]).await?;
    assert_eq!(deep(&world).await?, (503, json!({"status": "unavailable", "away": "schema"})));
    let answer = ask(&world, "/healthz/order?deep=1").await?;
    assert_eq!((answer.header("retry-after"), answer.header("content-type")), ("5", "application/json"));
    Ok(())
}

#[tokio::test]
async fn a_database_that_hangs_is_waited_for_two_seconds() -> Result<()> {
    let mut world = World::new().await?;
    let mut url = Url::parse(world.db.url())?;
    let relay = Relay::to(url.port().context("a port")?).await?;
    url.set_port(Some(relay.port())).map_err(|()| anyhow!("the port"))?;
    world.click.db = Db::new(db_config(url.as_str()), None, 1);
    forget(&mut world);
    assert_eq!(ask(&world, "/healthz?deep=1").await?.status, 200);
    relay.silence();
    let start = Instant::now();
    let answer = ask(&world, "/healthz?deep=1").await?;
    assert_eq!((answer.status, &answer.body["away"]), (503, &json!("database")));
    assert!(start.elapsed() < Duration::from_secs(8), "a statement's whole time, 10 s, was waited for");
    // It is not left to the next request.
    assert_eq!(ask(&world, "/healthz?deep=1").await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn the_database_is_asked_once_in_five_seconds_however_often_somebody_asks() -> Result<()> {
    static NOW: AtomicI64 = AtomicI64::new(1_800_000_000_000);
    let mut world = World::new().await?;
    let port = Url::parse(world.db.url())?.port().context("a port")?;
    let relay = wire::Relay::start(port).await?;
    let url = world.db.url().replace(&format!(":{port}/"), &format!(":{}/", relay.port()));
    world.click.db = Db::new(db_config(&url), None, 1);
    world.click.clock = Clock::from_fn(|| NOW.load(Ordering::Relaxed));
    world.click.db.warm().await;
    let connected = relay.round_trips();
    for seconds in [0, 4, 5, 9, 10] {
        NOW.store(1_800_000_000_000 + seconds * 1_000, Ordering::Relaxed);
        for _ in 0..20 {
            let (one, other) = tokio::join!(ask(&world, "/healthz?deep=1"), ask(&world, "/healthz/click?deep=1"));
            assert_eq!((one?.status, other?.status), (200, 200));
        }
    }
    assert_eq!(relay.round_trips() - connected, 3);
    Ok(())
}
