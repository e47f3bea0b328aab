//! Applies the migrations to the database in `DB_URL`: `DB_URL=postgres://... cargo run -p tests --example migrate`.
//!
//! Prints each migration that it applied, a line each; nothing when none was missing. `DB_CA_FILE` as for the functions.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a developer's program")]

use std::process::ExitCode;

use shared::config::{DbSource, Reader, environment};
use shared::db::migrate;
use shared::telemetry;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut reader = Reader::new(&environment);
    let db = reader.db();
    let db = match reader.finish(db) {
        Ok(db) => db,
        Err(error) => return refused(&error.to_string()),
    };
    if !matches!(db.source, DbSource::Url(_)) {
        return refused("set DB_URL; a secret's database is migrated by the migrate function");
    }
    match migrate::run_configured(&db, None).await {
        Ok(applied) => {
            for name in applied {
                println!("{name}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => refused(&telemetry::chain(&error)),
    }
}

fn refused(why: &str) -> ExitCode {
    eprintln!("migrate: {why}");
    ExitCode::FAILURE
}
