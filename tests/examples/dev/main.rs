//! `cargo dev`: the whole product on this machine, and its main job done once.
//!
//! Brings up Postgres, a local AWS and the Meta simulator, runs the functions under `cargo lambda watch`, migrates,
//! seeds a demo tenant, sends a click and an order through the functions, shows what Meta took, and stays up.
//! `--once` ends there, with 0 only if the event was taken; its last line on stdout is one JSON object.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a developer's program")]

mod demo;
mod meta;
mod options;
mod parts;
mod stack;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use tests::progress::Progress;
use tokio::signal::unix::{SignalKind, signal};

use options::Options;
use stack::Stack;

#[tokio::main]
async fn main() -> ExitCode {
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(usage) => {
            eprintln!("{usage}");
            return ExitCode::from(2);
        }
    };
    // A signal at any time ends the work; dropping it ends every part.
    let ended = tokio::select! {
        ended = run(&options) => ended,
        name = interrupted() => {
            eprintln!("\n{name}: every part is ended");
            return if options.once { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        }
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\ncargo dev: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Result<()> {
    let started = Instant::now();
    let progress = Progress::stderr();
    let mut stack = Stack::start(options, &progress).await?;
    let taken = demo::run(&stack).await?;
    eprintln!("\n{}", taken.story);
    if options.once {
        // First the parts' last words: the JSON object is the last line also where both streams are one.
        drop(stack);
        println!("{}", taken.json(started.elapsed()));
        return Ok(());
    }
    eprintln!("{}", stack.directory());
    eprintln!("Up. Ctrl-C ends everything; a change of the code restarts the functions.\n");
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        stack.check()?;
    }
}

/// The name of the first signal that asks us to end.
async fn interrupted() -> &'static str {
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => "Ctrl-C",
        _ = terminate.recv() => "SIGTERM",
    }
}

/// Used by the modules: an answer that should have been another.
fn unexpected<T>(what: &str, status: u16, body: &str) -> Result<T> {
    bail!("{what}: {status} {body}")
}
