//! How long a page takes of a tenant with 100,000 events among 200,000: `cargo run --release -p tests --example page_times -- [--check]`.
//!
//! The setup function renders each page over a real Postgres in a warm environment; what is measured is the whole answer, of which
//! the first byte is a part. API Gateway's own time is Lambda's. The last line is one JSON object with the median of each page in
//! milliseconds; with `--check` the program fails when one takes longer than 200 ms.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for people and scripts")]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use lambda_http::Request;
use lambda_http::http::Method;
use lambda_http::http::header::SET_COOKIE;
use serde_json::{Map, Value, json};
use shared::db::sweep::tally;
use tests::request;
use tests::world::World;
use tests::world::crowd::large;

/// How long a page may take.
const MOST: Duration = Duration::from_millis(200);
/// How often each is asked for, after once to warm up.
const ROUNDS: usize = 20;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let is_check = std::env::args().skip(1).any(|it| it == "--check");
    match run().await {
        Ok(slow) if is_check && !slow.is_empty() => {
            eprintln!("page_times: over {} ms: {}", MOST.as_millis(), slow.join(", "));
            ExitCode::FAILURE
        }
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("page_times: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Measures all pages. Gives those that take too long.
async fn run() -> Result<Vec<String>> {
    let world = World::new().await?;
    eprintln!("Filling the tables ...");
    large(&world).await?;
    // As the sweep leaves them each minute.
    let tenant = world.tenant.id.as_str();
    world.sweep.db.run(|client| async move { tally::days(&client, tenant).await }).await?;
    let cookie = log_in(&world).await?;
    let (mut medians, mut slow) = (Map::new(), Vec::new());
    for page in pages(&world).await? {
        let took = median(&world, &page, &cookie).await?;
        println!("{:>8.1} ms  {page}", took.as_secs_f64() * 1000.0);
        medians.insert(page.clone(), json!((took.as_secs_f64() * 10_000.0).round() / 10.0));
        if took > MOST {
            slow.push(page);
        }
    }
    println!("{}", json!({"median_ms": Value::Object(medians), "slow": slow}));
    Ok(slow)
}

/// Every page that looks something up.
async fn pages(world: &World) -> Result<Vec<String>> {
    let session = world.session().await?;
    world.enter(&session, &world.entered("one")).await?.expect(200)?;
    let event = world.text("select event_id from conversions where id = 'more77'", &[]).await?.context("an event")?;
    let of_tenant = [
        "",
        "/events",
        "/events?state=quarantined",
        "/events?q=hotmart:more99",
        &format!("/events/{event}"),
        "/health",
        "/quarantine",
        "/connections",
        "/bodies",
        "/keys",
        "/settings",
        "/people",
        "/changes",
    ];
    let mut all: Vec<String> = of_tenant.iter().map(|it| format!("/setup/tenants/{}{it}", world.tenant.id)).collect();
    all.push("/setup/sessions".to_owned());
    all.extend(["business", "meta", "active"].map(|it| format!("/setup/sessions/{}/{it}", session.id)));
    Ok(all)
}

/// The operator's cookie.
async fn log_in(world: &World) -> Result<String> {
    let form = request::post("/setup/login", &format!("token={}", world.admin_token));
    let form = request::with_header(form, "sec-fetch-site", "same-origin");
    let form = request::with_header(form, "content-type", "application/x-www-form-urlencoded");
    let response = setup::handle(&world.setup, &form).await;
    let set = response.headers().get(SET_COOKIE).context("a cookie")?.to_str()?;
    Ok(set.split(';').next().unwrap_or_default().to_owned())
}

async fn median(world: &World, page: &str, cookie: &str) -> Result<Duration> {
    let (path, query) = page.split_once('?').unwrap_or((page, ""));
    let mut took = Vec::with_capacity(ROUNDS);
    for _ in 0..=ROUNDS {
        let request = asked(path, query, cookie);
        let began = Instant::now();
        let response = setup::handle(&world.setup, &request).await;
        took.push(began.elapsed());
        ensure!(response.status() == 200, "{page}: {}", response.status());
    }
    // The first one warmed up.
    took.remove(0);
    took.sort_unstable();
    Ok(took[ROUNDS / 2])
}

fn asked(path: &str, query: &str, cookie: &str) -> Request {
    let path = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    request::with_header(request::new(Method::GET, &path, ""), "cookie", cookie)
}
