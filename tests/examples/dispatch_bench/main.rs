//! How many events a second one dispatcher brings from pending rows to recorded success, and what the database alone
//! would take.
//!
//! ```text
//! cargo run --release -p tests --example dispatch_bench -- [--pairs 5] [--batches 20] [--memory 100] [--check]
//! ```
//!
//! - floor: one process of the release binary, invoked through a Runtime API stub, drains `--batches` thousands of events to
//!   a Meta that answers at once; turn about with it, `psql` runs the dispatcher's own statements for as many events on the same
//!   tables. Commits wait for the disk for both. The ratio is the median over the pairs;
//! - statements: what the server was sent for a thousand events, by `pg_stat_statements`;
//! - batches: the same dispatcher, inside this program, with 1,000 events a request and with one;
//! - memory: the most that was resident of a process that drained `--memory` thousands of events.
//!
//! The simulator judges every event as strictly as ever and shares the machine. The last line is one JSON object; with
//! `--check` the program fails when a target is missed.
#![expect(clippy::print_stdout, reason = "a program for people and scripts")]

mod bed;
mod floor;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;
use shared::db::Db;
use shared::secrets::Secrets;
use tests::progress::Progress;
use tests::runtime_api::sink::Sink;
use tests::runtime_api::traffic::WakeUps;
use tests::runtime_api::{self, Environment, Function, usage};
use tests::world::{SECRETS_PREFIX, batch, db_config, sdk_config, wake_up};

use bed::{BATCH, Bed};

/// Of the floor's events a second.
const RATIO: f64 = 0.6;
/// What requests of 1,000 events must gain over requests of one.
const GAIN: f64 = 5.0;
/// Statements for a thousand events.
const STATEMENTS: f64 = 6.0;
/// Resident bytes.
const MEMORY: u64 = 64 * 1024 * 1024;
/// Events of the requests with one: each is a request and two commits.
const SINGLES: i32 = 1;

struct Options {
    pairs: i32,
    batches: i32,
    memory: i32,
    check: bool,
}

fn options() -> Result<Options> {
    let mut options = Options { pairs: 5, batches: 20, memory: 100, check: false };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let mut number = || -> Result<i32> {
            let value = arguments.next().with_context(|| format!("{name} wants a number"))?;
            value.parse().with_context(|| format!("{name} wants a number, not {value}"))
        };
        match name.as_str() {
            "--pairs" => options.pairs = number()?,
            "--batches" => options.batches = number()?,
            "--memory" => options.memory = number()?,
            "--check" => options.check = true,
            _ => bail!("unknown option {name}; see the head of tests/examples/dispatch_bench/main.rs"),
        }
    }
    ensure!(options.pairs > 0 && options.batches > 0 && options.memory >= 0, "too few");
    Ok(options)
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = options()?;
    let progress = Progress::stderr();
    let binaries = runtime_api::build(&["dispatch"], &progress)?;
    let bed = Bed::start(&progress).await?;
    let sink = Sink::start(&json!({"access_token": bed.tenant.access_token}).to_string())?;
    let function = Function::new("dispatch", binaries.first().context("a binary")?)?
        .env("DB_URL", bed.db.url())
        .env("META_GRAPH_URL", &bed.meta.url)
        .env("AWS_ENDPOINT_URL", sink.endpoint());
    let mut environment = start(&function, &bed)?;
    bed.fill("warm", 2).await?;
    drain(&bed, &mut environment).await?;

    let (mut ratios, mut rates, mut floors, mut statements) = (Vec::new(), Vec::new(), Vec::new(), 0.0_f64);
    let events = f64::from(options.batches * BATCH);
    println!("  events/s   psql's/s  ratio  statements for 1,000");
    for pair in 0..options.pairs {
        bed.fill(&format!("p{pair}"), options.batches).await?;
        let took = drain(&bed, &mut environment).await?;
        #[expect(clippy::cast_precision_loss, reason = "a count of statements")]
        let sent = bed.statements().await? as f64 / f64::from(options.batches);
        statements = statements.max(sent);
        bed.fill(&format!("f{pair}"), options.batches).await?;
        let floor = floor::run(&bed, &format!("f{pair}"), options.batches)?;
        ensure!(bed.waiting().await? == 0, "the floor has left events");
        let (rate, floor) = (events / took.as_secs_f64(), events / floor.as_secs_f64());
        println!("  {rate:8.0}   {floor:8.0}  {:5.2}  {sent:5.1}", rate / floor);
        ratios.push(rate / floor);
        rates.push(rate);
        floors.push(floor);
    }
    drop(environment);

    let (many, single) = requests(&bed, &sink).await?;
    let mut peak = 0;
    if options.memory > 0 {
        let mut environment = start(&function, &bed)?;
        bed.fill("memory", options.memory).await?;
        drain(&bed, &mut environment).await?;
        peak = usage::peak_memory(environment.pid())?;
    }
    let (ratio, gain) = (median(ratios), many / single);
    #[expect(clippy::cast_precision_loss, reason = "megabytes")]
    let peak_mb = peak as f64 / 1e6;
    println!(
        "{ratio:.2} of the floor (target {RATIO}), {statements:.1} statements for 1,000 events (at most {STATEMENTS})"
    );
    println!("{many:.0} events/s with 1,000 a request, {single:.0} with one: {gain:.1} times (target {GAIN})");
    println!("{peak_mb:.1} MB resident at the most while {},000 events were drained (at most 64 MiB)", options.memory);
    let missed = ratio < RATIO || gain < GAIN || statements > STATEMENTS || peak > MEMORY;
    println!(
        "{}",
        json!({
            "ratio": rounded(ratio), "per_second": median(rates).round(), "floor_per_second": median(floors).round(),
            "statements": rounded(statements), "batched_per_second": many.round(), "single_per_second": single.round(),
            "gain": rounded(gain), "peak_mb": rounded(peak_mb),
        })
    );
    ensure!(!(options.check && missed), "a target was missed");
    Ok(())
}

fn start(function: &Function, bed: &Bed) -> Result<Environment> {
    let mut environment = Environment::start(function, WakeUps::new(&bed.tenant))?;
    environment.ready()?;
    Ok(environment)
}

/// Invokes it until nothing waits: an invocation ends before its deadline.
async fn drain(bed: &Bed, environment: &mut Environment) -> Result<Duration> {
    let start = Instant::now();
    let mut before = i64::MAX;
    loop {
        tokio::task::block_in_place(|| environment.invoke(1))?;
        let took = start.elapsed();
        match bed.waiting().await? {
            0 => return Ok(took),
            waiting => ensure!(waiting < before, "{waiting} events do not move"),
            // What waits grows less with each.
        }
        before = bed.waiting().await?;
    }
}

/// Events a second with 1,000 a request and with one, by the same code.
async fn requests(bed: &Bed, sink: &Sink) -> Result<(f64, f64)> {
    let sdk = sdk_config(&sink.endpoint()).await;
    let meta = shared::config::Meta { graph_url: bed.meta.url.clone(), version: "v26.0".into() };
    let state = |events| -> Result<Arc<dispatch::State>> {
        let db = Db::new(db_config(bed.db.url()), None, 1);
        let client = shared::meta::Client::new(meta.clone())?;
        let state = dispatch::State::new(db, client, Secrets::new(&sdk), SECRETS_PREFIX.to_owned());
        Ok(Arc::new(state.with_events_a_request(events)))
    };
    let mut rates = Vec::new();
    for (name, events, batches) in [("many", 1000, 10), ("single", 1, SINGLES)] {
        let state = state(events)?;
        bed.fill(name, batches).await?;
        let start = Instant::now();
        while bed.waiting().await? > 0 {
            let end = Instant::now() + Duration::from_mins(2);
            dispatch::handle(&state, batch(&[&wake_up(&bed.tenant.id)]), end).await;
        }
        rates.push(f64::from(batches * BATCH) / start.elapsed().as_secs_f64());
    }
    Ok((rates[0], rates[1]))
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let (low, high) = (values.len().saturating_sub(1) / 2, values.len() / 2);
    f64::midpoint(values[low], values[high])
}
