//! `meta_simulator`: Meta's Conversions API on the loopback, to test a sender against.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a developer's program")]

use std::convert::Infallible;
use std::io;
use std::process::ExitCode;
use std::time::Duration;

use tests::simulator::program::{self, Asked};
use tests::simulator::{Config, Simulator};
use tokio::signal::unix::{SignalKind, signal};

/// How often the requests that came are told.
const TELL: Duration = Duration::from_millis(200);

#[tokio::main]
async fn main() -> ExitCode {
    let config = match program::read(std::env::args().skip(1)) {
        Ok(Asked::Run(config)) => config,
        Ok(Asked::Help) => {
            println!("{}", program::USAGE);
            return ExitCode::SUCCESS;
        }
        Err(wrong) => {
            eprintln!("meta_simulator: {wrong}\n\n{}", program::USAGE);
            return ExitCode::from(2);
        }
    };
    match run(*config).await {
        Ok(signal) => {
            eprintln!("{signal}: ended");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("meta_simulator: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Until a signal, whose name it gives.
async fn run(config: Config) -> io::Result<&'static str> {
    // Before the URL is told: who waits for that may end us at once.
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let port = config.port;
    let simulator = Simulator::start(config.clone())
        .await
        .map_err(|error| io::Error::new(error.kind(), format!("port {port} of 127.0.0.1: {error}")))?;
    let url = simulator.base_url();
    eprintln!("{}", program::introduction(url, &config));
    println!("{}", serde_json::json!({ "url": url }));
    tokio::select! {
        _ = interrupt.recv() => Ok("Ctrl-C"),
        _ = terminate.recv() => Ok("SIGTERM"),
        never = tell(&simulator) => match never {},
    }
}

/// Each request in one line, for ever.
async fn tell(simulator: &Simulator) -> Infallible {
    let mut told = 0;
    loop {
        tokio::time::sleep(TELL).await;
        if simulator.request_count() < told {
            // Somebody reset it.
            told = 0;
        }
        for request in simulator.requests_after(told) {
            eprintln!("{}", program::line(&request));
            told += 1;
        }
    }
}
