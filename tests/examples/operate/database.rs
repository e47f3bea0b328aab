//! The database, as the functions reach it.

use anyhow::{Context, Result, anyhow};
use shared::config::{Reader, environment};
use shared::db::gates::{self, Gate};
use shared::db::{self, Db};
use shared::telemetry;

/// The database of the environment.
pub(crate) struct Database(pub(crate) Db);

impl Database {
    /// By `DB_URL`, else by `DB_SECRET_ARN`.
    pub(crate) fn open() -> Result<Self> {
        let mut reader = Reader::new(&environment);
        let db = reader.db();
        Ok(Self(db::open(reader.finish(db)?, 1)))
    }

    /// A tenant's gate; an error when there is no such tenant.
    pub(crate) async fn gate(&self, tenant: &str) -> Result<Gate> {
        let found = self.0.run(|client| async move { gates::show(&client, tenant).await }).await;
        found.map_err(plain)?.with_context(|| unknown(tenant))
    }
}

/// An error without what Postgres quotes of rows.
pub(crate) fn plain(error: db::Error) -> anyhow::Error {
    anyhow!(telemetry::chain(&error))
}

/// That there is no such tenant.
pub(crate) fn unknown(tenant: &str) -> String {
    format!("there is no tenant {tenant}")
}
