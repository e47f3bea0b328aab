//! Databases of the cluster.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::Duration,
};

use anyhow::{Context, Result};
use tokio::{runtime, time::timeout};
use tokio_postgres::{Client, Error, NoTls};

use super::Cluster;

/// How long the removal of a test's database may take before it is left to the cluster's end.
const REMOVAL: Duration = Duration::from_secs(10);

/// A database of one test. Dropping it removes it in the background, with whoever is still connected.
#[derive(Debug)]
pub struct TestDb {
    name: String,
    url: String,
    socket: String,
    admin: String,
}

impl TestDb {
    pub(super) async fn create(cluster: &Cluster, template: &str) -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let admin = cluster.url("postgres");
        let statement = format!("CREATE DATABASE {} TEMPLATE {}", quoted(&name), quoted(template));
        let client = connect(&admin).await?;
        client.batch_execute(&statement).await.with_context(|| format!("copy the database {template}"))?;
        Ok(Self { url: cluster.url(&name), socket: cluster.socket(&name), name, admin })
    }

    /// Its name in the cluster.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its URL by TCP, for `DB_URL`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its settings by the Unix socket, in libpq's `name=value` form.
    pub fn socket(&self) -> &str {
        &self.socket
    }

    /// A connection of its own, not TLS.
    pub async fn connect(&self) -> Result<Client> {
        connect(&self.url).await.with_context(|| format!("connect to {}", self.name))
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(&self.name));
        let admin = std::mem::take(&mut self.admin);
        // Best effort: the whole cluster goes at the end. Its own thread, since we may be inside a runtime that ends.
        thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build();
            if let Ok(runtime) = runtime {
                let work = async { connect(&admin).await?.batch_execute(&statement).await };
                let _ = runtime.block_on(async { timeout(REMOVAL, work).await });
            }
        });
    }
}

/// A client whose connection is driven in the background of the current runtime.
pub(super) async fn connect(url: &str) -> Result<Client, Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
