//! Migrations at deploy time: the only function whose database role may change the schema.

use serde::Serialize;
use shared::config;
use shared::db::migrate::{self, Error};
use shared::secrets::Secrets;

/// What a run did.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Migrated {
    /// What was applied now, in order; empty when nothing was missing.
    pub applied: Vec<String>,
}

/// Applies what is missing.
pub async fn migrate(db: &config::Db, secrets: Option<&Secrets>) -> Result<Migrated, Error> {
    let applied = migrate::run_configured(db, secrets).await?;
    tracing::info!(?applied, "migrated");
    Ok(Migrated { applied })
}
