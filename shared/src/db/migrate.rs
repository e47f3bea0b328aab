//! The migrations, embedded, and their runner.

use refinery::{Report, Runner};
use thiserror::Error;
use tokio::sync::oneshot;

use super::tls;
use crate::config;
use crate::secrets::Version;

mod embedded {
    #![allow(missing_docs, clippy::pedantic, clippy::allow_attributes, unreachable_pub, reason = "generated code")]
    refinery::embed_migrations!("../migrations");
}

/// Serialises migrations of one database, whoever runs them: refinery itself takes no lock. Any constant will do.
const LOCK: i64 = 7_238_116_521_190;

/// Why migrations did not run. What had run before stays.
#[derive(Debug, Error)]
pub enum Error {
    /// No way to the database.
    #[error(transparent)]
    Db(#[from] super::Error),
    /// The lock was not to be had.
    #[error("the migrations' lock")]
    Lock(#[source] tokio_postgres::Error),
    /// A migration failed, or one that had run was edited afterwards.
    #[error("{0}")]
    Migration(#[from] refinery::Error),
}

/// The migrations of this build.
pub fn runner() -> Runner {
    embedded::migrations::runner().set_abort_divergent(true).set_abort_missing(true)
}

/// Applies what is missing to the database at `url`; gives what was applied, as `V1__init`, in order.
///
/// Running twice is a no-op. Two at once run one after the other. An edited migration that had run is refused.
pub async fn run(url: &str, ca_file: Option<&str>, runner: &Runner) -> Result<Vec<String>, Error> {
    let (config, connector) = tls::connection(url, ca_file)?;
    let (mut client, connection) = config.connect(connector).await.map_err(super::Error::connect)?;
    let (closed, on_close) = oneshot::channel();
    tokio::spawn(async move {
        let _ = closed.send(connection.await);
    });
    client.execute("select pg_advisory_lock($1)", &[&LOCK]).await.map_err(Error::Lock)?;
    let report = runner.run_async(&mut client).await;
    // The lock goes with the connection, also when a migration failed.
    drop(client);
    let _ = on_close.await;
    Ok(names(&report?))
}

/// The same for the database of a function's configuration.
pub async fn run_configured(
    config: &config::Db,
    secrets: Option<&crate::secrets::Secrets>,
) -> Result<Vec<String>, Error> {
    let url = match (&config.source, secrets) {
        (config::DbSource::Url(url), _) => url.clone(),
        (config::DbSource::Secret(id), Some(secrets)) => {
            secrets.db_url(id, Version::Current, &config.place).await.map_err(super::Error::Secret)?
        }
        (config::DbSource::Secret(_), None) => return Err(super::Error::Url("no Secrets Manager client".into()).into()),
    };
    run(&url, config.ca_file.as_deref(), &runner()).await
}

fn names(report: &Report) -> Vec<String> {
    report.applied_migrations().iter().map(|it| format!("V{}__{}", it.version(), it.name())).collect()
}
