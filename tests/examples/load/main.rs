//! How many clicks and orders a second one machine takes, and what the database alone would take.
//!
//! ```text
//! cargo run --release -p tests --example load -- [--environments 16] [--seconds 4] [--pairs 5]
//!     [--clicks N] [--orders N] [--webhooks N] [--rows 50000] [--check]
//! ```
//!
//! Release binaries of `click` and `order`, one process an environment, are invoked through a Runtime API stub and write
//! to a real Postgres whose commits wait for the disk. In the same run, turn about with them, `pgbench` runs the
//! functions' own statements, prepared, with as many clients, on the same tables: that is the floor, and the ratio is
//! the median over the pairs. A phase lasts `--seconds`, or `--clicks`, `--orders` or `--webhooks` invocations where those end
//! sooner (0 leaves them out).
//!
//! Then checkouts post to `order`, which verifies, reads and records their sales: what counts is how long they wait.
//!
//! Orders send their wake-ups to an SQS stand-in of the harness. The last line is one JSON object; with `--check` the
//! program fails when a target is missed.
#![expect(clippy::print_stdout, reason = "a program for people and scripts")]

mod bed;
mod fleet;
mod floor;
mod webhooks;

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use shared::clock::Clock;
use tests::progress::Progress;
use tests::runtime_api::sink::Sink;
use tests::runtime_api::traffic::{Clicks, Orders};
use tests::runtime_api::{self, Function};

use bed::Bed;
use fleet::{Fleet, Phase, Split};
use floor::{Floor, Script, Speed};

/// How much of the floor's rate each function must reach.
const TARGETS: [(&str, f64); 2] = [("click", 0.45), ("order", 0.40)];
/// Invocations of each environment before anything is measured: connections, statements and plans are made.
const WARM_UP: u64 = 30;
/// Invocations while the server counts statements.
const COUNTED: u64 = 1000;

struct Options {
    environments: usize,
    seconds: u64,
    pairs: usize,
    clicks: u64,
    orders: u64,
    webhooks: u64,
    rows: u32,
    check: bool,
}

fn options() -> Result<Options> {
    let mut options = Options {
        environments: 16,
        seconds: 4,
        pairs: 5,
        clicks: u64::MAX,
        orders: u64::MAX,
        webhooks: u64::MAX,
        rows: 50_000,
        check: false,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let mut number = || -> Result<u64> {
            let value = arguments.next().with_context(|| format!("{name} wants a number"))?;
            value.parse().with_context(|| format!("{name} wants a number, not {value}"))
        };
        match name.as_str() {
            "--environments" => options.environments = usize::try_from(number()?)?,
            "--seconds" => options.seconds = number()?,
            "--pairs" => options.pairs = usize::try_from(number()?)?,
            "--clicks" => options.clicks = number()?,
            "--orders" => options.orders = number()?,
            "--webhooks" => options.webhooks = number()?,
            "--rows" => options.rows = u32::try_from(number()?)?,
            "--check" => options.check = true,
            _ => bail!("unknown option {name}; see the head of tests/examples/load/main.rs"),
        }
    }
    ensure!(options.environments > 0 && options.seconds > 0 && options.pairs > 0 && options.rows > 0, "0 is too few");
    Ok(options)
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = options()?;
    let progress = Progress::stderr();
    let binaries = runtime_api::build(&["click", "order"], &progress)?;
    let bed = Bed::start(options.rows, &progress).await?;
    let floor = Floor::new(&bed.cluster, &bed.db)?;
    let sink = Sink::start(bed.db.url())?;
    let mut results = Vec::new();
    for (name, binary) in ["click", "order"].into_iter().zip(&binaries) {
        let most = if name == "click" { options.clicks } else { options.orders };
        if most == 0 {
            continue;
        }
        let function = Function::new(name, binary)?
            .env("DB_SECRET_ARN", "sample")
            .env("DISPATCH_QUEUE_URL", sink.queue_url())
            .env("AWS_ENDPOINT_URL", sink.endpoint());
        let (fleet, script) = if name == "click" {
            let fleet = Fleet::start(&function, options.environments, |seed| Clicks::new(&bed.tenant, seed))?;
            (fleet, Script::clicks(&bed.tenant))
        } else {
            let fleet =
                Fleet::start(&function, options.environments, |seed| Orders::new(&bed.tenant, options.rows, seed))?;
            (fleet, Script::orders(&bed.tenant, options.rows, Clock::SYSTEM.now_ms() * 1000))
        };
        results.push(measure(name, fleet, most, &script, &floor, &bed, &options).await?);
    }
    println!("\norders: {} wake-ups taken by the SQS stand-in", sink.taken());
    let webhook = match binaries.get(1) {
        Some(order) if options.webhooks > 0 => Some(webhooks::p99_ms(order.as_ref(), &bed, &options).await?),
        _ => None,
    };
    let missed = report(&results, webhook, &options);
    ensure!(!(options.check && missed), "a target was missed");
    Ok(())
}

struct Measured {
    name: &'static str,
    phases: Vec<Phase>,
    floors: Vec<Speed>,
    round_trips: f64,
}

async fn measure(
    name: &'static str,
    mut fleet: Fleet,
    most: u64,
    script: &Script,
    floor: &Floor,
    bed: &Bed,
    options: &Options,
) -> Result<Measured> {
    let (limit, postgres) = (Duration::from_secs(options.seconds), bed.postgres);
    println!("\n{name}: {} environments", options.environments);
    fleet.run(WARM_UP * options.environments as u64, Duration::from_mins(1), postgres)?;
    floor.run(script, options.environments, 1, postgres)?;

    bed.forget_statements().await?;
    let counted = fleet.run(COUNTED, Duration::from_mins(1), postgres)?.latencies.len();
    let mut calls = 0;
    for statement in bed.statements().await? {
        println!("  {:>5} calls for {counted} requests: {} ...", statement.calls, statement.start.trim());
        calls += statement.calls;
    }
    #[expect(clippy::cast_precision_loss, reason = "counts")]
    let round_trips = calls as f64 / counted as f64;

    let (mut phases, mut floors) = (Vec::new(), Vec::new());
    println!(
        "  functions/s  p50 ms  p95 ms  p99 ms | functions  stub  postgres  others | server us | pgbench/s  server us | ratio"
    );
    for _ in 0..options.pairs {
        let phase = fleet.run(most, limit, postgres)?;
        let speed = floor.run(script, options.environments, options.seconds, postgres)?;
        let (rate, server) = (speed.rate, speed.server * 1e6);
        println!("  {} | {rate:9.0} {server:10.0} | {:5.2}", line(&phase), phase.speed.rate / rate);
        phases.push(phase);
        floors.push(speed);
    }
    Ok(Measured { name, phases, floors, round_trips })
}

fn line(phase: &Phase) -> String {
    let [p50, p95, p99] = [0.50, 0.95, 0.99].map(|part| phase.percentile(part).as_secs_f64() * 1000.0);
    let Split { functions, stub, postgres, others } = phase.cpu;
    let [functions, stub, postgres, others] = [functions, stub, postgres, others].map(|part| part * 100.0);
    format!(
        "{:11.0} {p50:7.1} {p95:7.1} {p99:7.1} | {functions:8.0}% {stub:4.0}% {postgres:8.0}% {others:6.0}% | {:9.0}",
        phase.speed.rate,
        phase.speed.server * 1e6
    )
}

/// Prints the medians, and as the last line the same for programs. Says whether a target was missed.
fn report(results: &[Measured], webhook_ms: Option<f64>, options: &Options) -> bool {
    let mut summary = serde_json::Map::new();
    summary.insert("environments".into(), options.environments.into());
    let mut missed = false;
    for result in results {
        let ratios = result.phases.iter().zip(&result.floors).map(|(phase, floor)| phase.speed.rate / floor.rate);
        let ratio = median(ratios.collect());
        let target = TARGETS.iter().find(|(name, _)| *name == result.name).map_or(0.0, |(_, target)| *target);
        let once = (result.round_trips - 1.0).abs() < 0.005;
        missed |= ratio < target || !once;
        println!(
            "{}: {ratio:.2} of its floor (target {target:.2}), {:.2} round trips a request (target 1.00)",
            result.name, result.round_trips
        );
        summary.insert(result.name.into(), numbers(result, ratio));
    }
    if let Some(p99) = webhook_ms {
        missed |= p99 > webhooks::P99_MS;
        println!("webhook: 99 of 100 answered in {p99:.1} ms (target {:.0})", webhooks::P99_MS);
        summary.insert("webhook".into(), json!({ "p99_ms": p99 }));
    }
    println!("{}", Value::Object(summary));
    missed
}

fn numbers(result: &Measured, ratio: f64) -> Value {
    let of = |what: &dyn Fn(&Phase) -> f64| median(result.phases.iter().map(what).collect());
    let milliseconds = |part: f64| rounded(of(&|phase| phase.percentile(part).as_secs_f64() * 1000.0));
    json!({
        "ratio": rounded(ratio),
        "per_second": of(&|phase| phase.speed.rate).round(),
        "floor_per_second": median(result.floors.iter().map(|it| it.rate).collect()).round(),
        "server_us": (of(&|phase| phase.speed.server) * 1e6).round(),
        "floor_server_us": median(result.floors.iter().map(|it| it.server * 1e6).collect()).round(),
        "p50_ms": milliseconds(0.50), "p95_ms": milliseconds(0.95), "p99_ms": milliseconds(0.99),
        "round_trips": rounded(result.round_trips),
        "cpu": {
            "functions": rounded(of(&|phase| phase.cpu.functions)), "stub": rounded(of(&|phase| phase.cpu.stub)),
            "postgres": rounded(of(&|phase| phase.cpu.postgres)), "others": rounded(of(&|phase| phase.cpu.others)),
        },
    })
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let (low, high) = (values.len().saturating_sub(1) / 2, values.len() / 2);
    match (values.get(low), values.get(high)) {
        (Some(low), Some(high)) => f64::midpoint(*low, *high),
        _ => 0.0,
    }
}
