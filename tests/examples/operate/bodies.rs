//! What came and made no order: shown, and taken after the repair. What is in a body is never shown.

use anyhow::{Context, Result};
use serde_json::to_value;
use shared::config::{Reader, environment};
use shared::db::audit::{self, By, Entry};
use shared::db::kept;
use shared::domain::access::Act;
use shared::domain::order::Rejected;
use shared::intake::replay::{Replay, Replayed};
use shared::intake::seal::BodyKey;
use shared::secrets::Secrets;
use shared::telemetry;

use crate::connections::prefix;
use crate::database::{Database, plain};
use crate::said::{Said, at, table};

/// Lists a tenant's kept bodies, or those of one connection.
pub(crate) async fn list(database: &Database, tenant: &str, connection: Option<&str>) -> Result<Said> {
    database.gate(tenant).await?;
    let run = database.0.run(|client| async move { kept::list(&client, tenant, connection).await });
    let all = run.await.map_err(plain)?;
    if all.is_empty() {
        return Ok(Said::well("No body is kept.", to_value(&all)?));
    }
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|it| {
            let words = Rejected::parse(&it.reason)
                .map_or("nothing proves that it is the platform's: is the secret right?", Rejected::words);
            vec![
                it.id.clone(),
                it.connection_id.clone(),
                at(it.received_at),
                it.bytes.to_string(),
                it.reason.clone(),
                words.to_owned(),
            ]
        })
        .collect();
    Ok(Said::well(table(&["id", "connection", "came", "bytes", "reason", ""], &rows), to_value(&all)?))
}

/// Replays them.
pub(crate) async fn replay(database: &Database, tenant: &str, connection: Option<&str>) -> Result<Said> {
    database.gate(tenant).await?;
    let id = Reader::new(&environment).body_key_secret().context("BODY_KEY_SECRET_ARN is not set")?;
    let secrets = Secrets::new(&shared::aws::sdk_config());
    let key = BodyKey::of(&secrets.text(&id).await?)?;
    let replay = Replay { db: &database.0, secrets: &secrets, prefix: &prefix(), key: &key };
    let replayed = replay.run(tenant, connection).await;
    let replayed = replayed.map_err(|error| anyhow::anyhow!(telemetry::chain(&error)))?;
    if replayed != Replayed::default() {
        let detail = &to_value(replayed)?;
        let entry = &Entry::new(By::Operator, None, Act::BodiesReplayed, connection.unwrap_or(tenant), detail);
        let noted = database.0.run(|client| async move { audit::write(&client, tenant, entry).await });
        noted.await.map_err(plain)?;
    }
    tracing::info!(tenant.id = tenant, taken = replayed.taken, "bodies replayed");
    Ok(Said { text: told(&replayed), json: to_value(replayed)?, sound: replayed.not_opened == 0 })
}

fn told(replayed: &Replayed) -> String {
    let counts = [
        (replayed.taken, "taken; the next sweep wakes the dispatcher"),
        (replayed.ignored, "authentic, and there was nothing to do"),
        (replayed.not_authentic, "kept on: the secret of now does not fit them"),
        (replayed.rejected, "kept on: they still cannot be used"),
        (replayed.not_opened, "kept on: sealed with another key than BODY_KEY_SECRET_ARN's"),
        (replayed.not_in_force, "kept on: their connection is revoked, or was changed meanwhile"),
    ];
    let lines: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}.")).collect();
    if lines.is_empty() { "No body is kept.".to_owned() } else { lines.join("\n") }
}
