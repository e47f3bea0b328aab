//! What one environment costs: to start, to invoke, in memory and in bytes to deploy.
//!
//! ```text
//! cargo run --release -p tests --example cold_start -- [--starts 30] [--invocations 2000] [--check]
//! ```
//!
//! Release binaries talk to a Runtime API stub and to a real Postgres. An empty function of the same runtime, profile and
//! subscriber is measured in the same run, turn about with ours: what it costs is Lambda's, the rest is ours.
//!
//! Three floors beside it, by the same client library: a function whose one query a request reads nothing, one whose query
//! only commits, and one that records a click of its own making by the statement of `click`. The first two differ in the
//! statement alone, so what the second costs more is the price of a longer wait; what `click` costs above the third is its own.
//!
//! - start: from the start of the process to its first `GET /next`, median; the CPU time until then;
//! - first: the first invocation, with what it still has to set up;
//! - in a row: CPU time of one invocation of a running environment that is invoked again at once, median over rounds. This is
//!   what the target is about. It is hard on whoever waits for the database: the empty function alone has the caches to itself;
//! - in turn: the same where each function has one invocation in turn. All find the caches as the others left them, and that
//!   common cost makes the ratio smaller than what the function itself adds: to be read beside the first, not instead;
//! - peak: the most memory that was resident (`VmHWM`), after all of it;
//! - zip: the binary deflated, as it is uploaded.
//!
//! `dispatch` is invoked with a wake-up for a tenant that has nothing due, `setup` with its health route. The last line is
//! one JSON object; with `--check` the program fails when a target is missed.
#![expect(clippy::print_stdout, reason = "a program for people and scripts")]

mod bed;
mod package;
mod subject;

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tests::progress::Progress;
use tests::runtime_api::usage;

use bed::Bed;
use subject::{Measured, Subject};

/// The empty function's name.
const EMPTY: &str = "empty";

/// What must hold, by function.
struct Target {
    name: &'static str,
    /// CPU of a warm invocation, as a multiple of the empty function's.
    cpu: Option<f64>,
    /// Start above the empty function's.
    start_ms: f64,
    peak_mb: Option<f64>,
    zip_mb: f64,
}

const TARGETS: [Target; 4] = [
    Target { name: "click", cpu: Some(2.5), start_ms: 6.0, peak_mb: Some(25.0), zip_mb: 3.5 },
    Target { name: "order", cpu: None, start_ms: 6.0, peak_mb: Some(40.0), zip_mb: 4.5 },
    Target { name: "dispatch", cpu: None, start_ms: 6.0, peak_mb: None, zip_mb: 4.5 },
    Target { name: "setup", cpu: None, start_ms: 6.0, peak_mb: None, zip_mb: 4.5 },
];

/// Warm invocations are made in this many rounds, each function in turn.
const ROUNDS: u32 = 10;

struct Options {
    starts: usize,
    invocations: u32,
    check: bool,
}

fn options() -> Result<Options> {
    let mut options = Options { starts: 30, invocations: 2000, check: false };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let mut number = || -> Result<u64> {
            let value = arguments.next().with_context(|| format!("{name} wants a number"))?;
            value.parse().with_context(|| format!("{name} wants a number, not {value}"))
        };
        match name.as_str() {
            "--starts" => options.starts = usize::try_from(number()?)?,
            "--invocations" => options.invocations = u32::try_from(number()?)?,
            "--check" => options.check = true,
            _ => bail!("unknown option {name}; see the head of tests/examples/cold_start/main.rs"),
        }
    }
    ensure!(options.starts > 0 && options.invocations >= ROUNDS, "too few");
    Ok(options)
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = options()?;
    let progress = Progress::stderr();
    let bed = Bed::start(&progress).await?;
    let mut subjects = bed.subjects(&progress)?;
    progress.say("starting each in turn");
    for _ in 0..options.starts {
        for subject in &mut subjects {
            subject.start_once()?;
        }
    }
    progress.say("invoking each in turn");
    let mut running = subjects.iter().map(Subject::run).collect::<Result<Vec<_>>>()?;
    let count = options.invocations / ROUNDS;
    for _ in 0..ROUNDS {
        let before = running.iter().map(|it| usage::cpu(it.pid())).collect::<Result<Vec<_>>>()?;
        for _ in 0..count {
            running.iter_mut().try_for_each(|it| it.invoke(1).map(drop))?;
        }
        for ((subject, environment), before) in subjects.iter_mut().zip(&mut running).zip(before) {
            subject.note(environment, before, count)?;
            subject.invoke(environment, count)?;
        }
    }
    let measured = subjects
        .into_iter()
        .zip(running)
        .map(|(subject, environment)| subject.finish(environment))
        .collect::<Result<Vec<_>>>()?;
    let missed = report(&measured)?;
    ensure!(!(options.check && missed), "a target was missed");
    Ok(())
}

/// Prints the table, what was missed, and as the last line the same for programs. Says whether anything was missed.
fn report(measured: &[Measured]) -> Result<bool> {
    let empty = measured.iter().find(|it| it.name == EMPTY).context("the empty function")?;
    println!("function   start ms  above  cpu ms  first ms  in turn  x empty  in a row  x empty  peak MB  zip MB");
    for it in measured {
        println!(
            "{:10} {:8.2} {:6.2} {:7.2} {:9.2} {:8.0} {:8.2} {:9.0} {:8.2} {:8.1} {:7.2}",
            it.name,
            milliseconds(it.start),
            milliseconds(it.start) - milliseconds(empty.start),
            milliseconds(it.start_cpu),
            milliseconds(it.first),
            milliseconds(it.in_turn) * 1000.0,
            it.in_turn.as_secs_f64() / empty.in_turn.as_secs_f64(),
            milliseconds(it.in_a_row) * 1000.0,
            it.in_a_row.as_secs_f64() / empty.in_a_row.as_secs_f64(),
            megabytes(it.peak),
            megabytes(it.zip),
        );
    }
    let mut missed = Vec::new();
    for target in &TARGETS {
        let it = measured.iter().find(|it| it.name == target.name).context(target.name)?;
        missed.extend(misses(target, it, empty));
    }
    for miss in &missed {
        println!("missed: {miss}");
    }
    let functions = measured.iter().map(|it| (it.name.to_owned(), numbers(it, empty)));
    println!("{}", json!({"functions": functions.collect::<serde_json::Map<_, _>>(), "missed": missed}));
    Ok(!missed.is_empty())
}

fn misses(target: &Target, it: &Measured, empty: &Measured) -> Vec<String> {
    let cpu = it.in_a_row.as_secs_f64() / empty.in_a_row.as_secs_f64();
    let start = milliseconds(it.start) - milliseconds(empty.start);
    [
        ("times the CPU of the empty function, in a row", cpu, target.cpu),
        ("ms of start above the empty function's", start, Some(target.start_ms)),
        ("MB of memory at the peak", megabytes(it.peak), target.peak_mb),
        ("MB zipped", megabytes(it.zip), Some(target.zip_mb)),
    ]
    .into_iter()
    .filter_map(|(what, value, most)| Some((what, value, most.filter(|most| value > *most)?)))
    .map(|(what, value, most)| format!("{}: {value:.2} {what}, {most:.2} at the most", target.name))
    .collect()
}

fn numbers(it: &Measured, empty: &Measured) -> Value {
    json!({
        "start_ms": rounded(milliseconds(it.start)),
        "start_above_empty_ms": rounded(milliseconds(it.start) - milliseconds(empty.start)),
        "start_cpu_ms": rounded(milliseconds(it.start_cpu)),
        "first_ms": rounded(milliseconds(it.first)),
        "in_turn_cpu_us": rounded(milliseconds(it.in_turn) * 1000.0),
        "in_turn_cpu_ratio": rounded(it.in_turn.as_secs_f64() / empty.in_turn.as_secs_f64()),
        "in_a_row_cpu_us": rounded(milliseconds(it.in_a_row) * 1000.0),
        "in_a_row_cpu_ratio": rounded(it.in_a_row.as_secs_f64() / empty.in_a_row.as_secs_f64()),
        "peak_mb": rounded(megabytes(it.peak)),
        "zip_mb": rounded(megabytes(it.zip)),
    })
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "a size")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1_000_000.0
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
