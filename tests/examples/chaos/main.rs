//! Whether anything is lost when processes are killed: real functions, a real Postgres, the local SQS, and faults from a seed.
//!
//! ```text
//! cargo run -p tests --example chaos -- [--kills 30] [--seed 1] [--orders 300] [--windows 4] [--release]
//! ```
//!
//! Orders of two tenants are posted to the `order` function while processes of `order`, `dispatch`, `sweep` and Postgres get
//! `kill -9`, at any moment and exactly between Meta's answer and its record; SQS repeats and reorders; the healthy tenant's
//! pixel has bad moments, the other one's is dead until the end. Then all faults end, and every order that was answered 2xx must
//! be at the simulator, or in a state that explains itself, and the ledger must add up to the answers. Before the kills the
//! latency from an order's answer to Meta is measured, in alternating windows without and with the dead tenant's traffic.
//!
//! The last line is one JSON object; the exit code is 0 only if nothing is lost, nothing is stuck and the ledger is sound.
//!
//! The same seed gives the same strikes, pauses, orders, and faults of Meta in the same order. What the machine decides is not
//! reproduced: which request meets which fault, which environment is idle, in which microsecond a kill falls.
//!
//! Time is shortened, never turned: see `time.rs`.
#![expect(clippy::print_stdout, reason = "a program for people and scripts")]

mod books;
mod fleet;
mod judge;
mod killer;
mod latency;
mod load;
mod options;
mod queue;
mod stage;
mod sweeping;
mod time;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use serde_json::json;
use tests::chaos::{Schedule, Verdict};
use tests::progress::Progress;

use latency::Latency;
use options::Options;
use stage::Stage;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(usage) => {
            Progress::stderr().say(usage);
            return Ok(ExitCode::from(2));
        }
    };
    let progress = Progress::new(|line| println!("{line}"));
    let schedule = Schedule::draw(options.seed, options.kills, options.orders);
    let stage = Stage::start(&options, &progress).await?;

    progress.say(format!("measuring latency in {} windows alone and as many beside the dead tenant", options.windows));
    let latency = latency::measure(&stage, &schedule, options.windows).await?;
    progress.say(format!("  {latency}"));

    progress.say(format!("posting {} orders under {} kills", options.orders, options.kills));
    stage.faults_begin(&schedule);
    let struck =
        tokio::try_join!(killer::strike(&stage, &schedule, &progress), load::post(&stage.shared, &schedule))?.0;
    for (blow, counts) in &struck {
        progress.say(format!("  {:>3} kills, {:>3} in their moment: {blow}", counts.kills, counts.in_their_moment));
    }

    progress.say("all faults end; draining");
    let drained = time::drain(&stage, Duration::from_secs(90)).await?;
    progress.say(format!("  {drained}"));
    let evidence = judge::evidence(&stage, &drained).await?;
    let verdict = Verdict::of(&evidence);
    judge::tell(&evidence, &verdict, &progress);
    stage.end().await;

    let kills = struck.values().map(|it| it.kills).sum();
    println!("{}", summary(&options, kills, &verdict, &latency));
    Ok(if verdict.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn summary(options: &Options, kills: usize, verdict: &Verdict, latency: &Latency) -> serde_json::Value {
    json!({
        "seed": options.seed, "kills": kills, "orders": verdict.orders, "accepted": verdict.accepted,
        "sent": verdict.sent, "lost": verdict.lost.len(), "duplicate_sends": verdict.duplicate_sends,
        "stuck": verdict.stuck,
        "healthy": {
            "p50_ms_alone": latency.alone.p50, "p50_ms_beside_dead": latency.beside.p50,
            "p99_ms_alone": latency.alone.p99, "p99_ms_beside_dead": latency.beside.p99,
        },
    })
}
