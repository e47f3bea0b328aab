//! The deployment, tested by deploying: `cargo run -p tests --example deploy`.
//!
//! Builds the template with the SAM CLI, deploys it to a local AWS that enforces IAM's policies, and goes through the API from a seller's
//! setup to Meta; then a message that is not ours, the schedule, an update under load, and the end of the stack. The last line on stdout
//! is one JSON object; the exit code is 0 only if all held and nothing was refused.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a developer's program")]

mod api;
mod journey;
mod options;
mod outcome;
mod poison;
mod policies;
mod run;
mod secrets;
mod stack;
mod stage;
mod sweeping;
mod tenant;
mod trickle;

use std::process::ExitCode;

use anyhow::Result;
use aws_config::BehaviorVersion;
use tests::progress::Progress;
use tokio::signal::unix::{SignalKind, signal};

use self::options::Options;
use self::outcome::Outcome;

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
    tokio::select! {
        code = done(options) => code,
        () = interrupted() => ExitCode::FAILURE,
    }
}

async fn done(options: Options) -> ExitCode {
    let ended = match options {
        Options::Check(wanted) => check(&wanted).await,
        Options::Deploy(without) => {
            let mut outcome = Outcome::default();
            let ended = run::whole(without.as_ref(), &mut outcome, &Progress::stderr()).await;
            // First why, and the parts' last words: the JSON object is the last line also where both streams are one.
            let ended = ended.inspect_err(|error| eprintln!("\ndeploy: {error:#}"));
            println!("{}", outcome.json());
            return if ended.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
        }
    };
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("deploy: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Looks for the secrets in the account of the environment's credentials. Whether a deploy may begin.
#[expect(clippy::disallowed_methods, reason = "a developer's own credentials: profiles too, which no function reads")]
async fn check(wanted: &[(String, String)]) -> Result<bool> {
    let sdk = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let found = secrets::look(&aws_sdk_secretsmanager::Client::new(&sdk), wanted).await?;
    for (parameter, arn) in &found.arns {
        println!("{parameter}={arn}");
    }
    for fault in &found.faults {
        eprintln!("{fault}");
    }
    Ok(found.faults.is_empty())
}

/// Returns at the first signal that asks us to end.
async fn interrupted() {
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
