//! The server that everything of a run shares, durable as in production.

use anyhow::{Context, Result, ensure};
use shared::db::migrate;
use tests::postgres::{Cluster, Settings, TestDb};
use tests::progress::Progress;
use tests::runtime_api::{rows, usage};
use tests::seed::{self, Seeded};
use tokio_postgres::Client;

/// A cluster, one migrated and filled database, and a tenant.
pub(crate) struct Bed {
    /// A connection for the program's own statements.
    pub(crate) client: Client,
    /// The database.
    pub(crate) db: TestDb,
    /// The tenant.
    pub(crate) tenant: Seeded,
    /// The server's process.
    pub(crate) postgres: u32,
    /// The server.
    pub(crate) cluster: Cluster,
}

/// A statement that the server was sent.
pub(crate) struct Statement {
    /// Its first words.
    pub(crate) start: String,
    /// How often.
    pub(crate) calls: i64,
}

impl Bed {
    /// Starts it and fills in this many clicks and buyers.
    pub(crate) async fn start(buyers: u32, progress: &Progress) -> Result<Self> {
        progress.say("starting Postgres with fsync and synchronous_commit on");
        let cluster = Cluster::start_with(Settings::measured(progress)).await?;
        ensure!(cluster.has_statements(), "this Postgres has no pg_stat_statements, which counts the round trips");
        let db = cluster.create_db("template1").await?;
        migrate::run(db.url(), None, &migrate::runner()).await?;
        let client = db.connect().await?;
        client.batch_execute("create extension pg_stat_statements").await?;
        for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
            let row = client.query_one("select current_setting($1)", &[&setting]).await?;
            ensure!(row.try_get::<_, &str>(0)? == "on", "{setting} is not on");
        }
        let tenant = seed::rows(&client, "load").await?;
        progress.say(format!("filling in {buyers} clicks and buyers, twice"));
        rows::fill(&client, &tenant.id, &tenant.funnel_id, buyers).await?;
        client.batch_execute("checkpoint").await?;
        let backend: i32 = client.query_one("select pg_backend_pid()", &[]).await?.try_get(0)?;
        let postgres = usage::parent(u32::try_from(backend)?)?;
        Ok(Self { client, db, tenant, postgres, cluster })
    }

    /// Forgets which statements were sent.
    pub(crate) async fn forget_statements(&self) -> Result<()> {
        self.client.batch_execute("select pg_stat_statements_reset()").await?;
        Ok(())
    }

    /// Every statement that clients sent since, `begin`, `commit` and `discard` among them.
    pub(crate) async fn statements(&self) -> Result<Vec<Statement>> {
        let sql = "select left(regexp_replace(s.query, '\\s+', ' ', 'g'), 60), s.calls
                   from pg_stat_statements s join pg_database d on d.oid = s.dbid
                   where d.datname = current_database() and s.toplevel and s.query not like '%pg_stat_statements%'
                   order by s.calls desc";
        let rows = self.client.query(sql, &[]).await.context("pg_stat_statements")?;
        rows.iter().map(|row| Ok(Statement { start: row.try_get(0)?, calls: row.try_get(1)? })).collect()
    }
}
