//! The operator's program: `cargo run -p tests --example operate -- --help`.
//!
//! Looks at what keeps a tenant's sends back and resets it, shows the ledger and checks it, puts quarantined events back, shows
//! receipts, looks after the dead-letter queue, and connects checkout platforms. The database is `DB_URL` (or `DB_SECRET_ARN`); AWS is as for the functions.
//! Answers for people, or with `--json` one JSON value for scripts. Ends with 0, with 1 when something failed or is not sound,
//! and with 2 on wrong usage.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an operator's program")]

mod bodies;
mod books;
mod command;
mod connections;
mod database;
mod delivery;
mod queues;
mod said;

use std::process::ExitCode;

use anyhow::Result;

use command::{Asked, Checkout, Command};
use database::Database;
use said::Said;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_max_level(tracing::Level::INFO).with_writer(std::io::stderr).init();
    let asked = match command::read(std::env::args().skip(1)) {
        Ok(Some(asked)) => asked,
        Ok(None) => {
            println!("{}", command::USAGE);
            return ExitCode::SUCCESS;
        }
        Err(wrong) => {
            eprintln!("operate: {wrong}\n\n{}", command::USAGE);
            return ExitCode::from(2);
        }
    };
    let Asked { command, json } = asked;
    match run(&command).await {
        Ok(said) => {
            println!("{}", if json { said.json.to_string() } else { said.text });
            if said.sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("operate: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: &Command) -> Result<Said> {
    match command {
        Command::Gates { tenant } => delivery::gates(&Database::open()?, tenant.as_deref()).await,
        Command::Release { tenant } => delivery::release(&Database::open()?, tenant).await,
        Command::Replay { tenant, event_id, may_be_there } => {
            delivery::replay(&Database::open()?, tenant, event_id.as_deref(), *may_be_there).await
        }
        Command::Ledger { tenant, since, until } => books::ledger(&Database::open()?, tenant, *since, *until).await,
        Command::Check { tenant } => books::check(&Database::open()?, tenant.as_deref()).await,
        Command::Receipts { tenant, event_id } => {
            books::receipts(&Database::open()?, tenant, event_id.as_deref()).await
        }
        Command::DeadLetters { queue } => queues::dead_letters(queue).await,
        Command::Redrive { from, to } => queues::redrive(from, to).await,
        Command::Checkout(command) => checkout(&Database::open()?, command).await,
    }
}

async fn checkout(database: &Database, command: &Checkout) -> Result<Said> {
    match command {
        Checkout::Connect { tenant, platform, given, secret } => {
            connections::connect(database, tenant, *platform, given, secret.as_ref()).await
        }
        Checkout::List { tenant } => connections::list(database, tenant).await,
        Checkout::Change { tenant, id, given } => connections::change(database, tenant, id, given).await,
        Checkout::Rotate { tenant, id, overlap_days } => connections::rotate(database, tenant, id, *overlap_days).await,
        Checkout::Revoke { tenant, id } => connections::revoke(database, tenant, id).await,
        Checkout::PlatformSecret { tenant, id, secret, keep_former } => {
            connections::platform_secret(database, tenant, id, secret, *keep_former).await
        }
        Checkout::OptionalEvents { tenant, wanted } => connections::optional_events(database, tenant, wanted).await,
        Checkout::Bodies { tenant, id } => bodies::list(database, tenant, id.as_deref()).await,
        Checkout::ReplayBodies { tenant, id } => bodies::replay(database, tenant, id.as_deref()).await,
    }
}
