//! What the dispatcher works on while it is measured.

use anyhow::{Result, ensure};
use shared::db::migrate;
use tests::postgres::{Cluster, Settings, TestDb};
use tests::progress::Progress;
use tests::seed::{self, Seeded};
use tests::simulator::Aside;
use tests::world::fill;
use tokio_postgres::Client;

/// Events of one request.
pub(crate) const BATCH: i32 = 1000;

/// A durable Postgres with one tenant, and a Meta that answers at once.
pub(crate) struct Bed {
    client: Client,
    pub(crate) db: TestDb,
    pub(crate) tenant: Seeded,
    pub(crate) meta: Aside,
    pub(crate) cluster: Cluster,
}

impl Bed {
    pub(crate) async fn start(progress: &Progress) -> Result<Self> {
        progress.say("starting Postgres with fsync and synchronous_commit on");
        let cluster = Cluster::start_with(Settings::measured(progress)).await?;
        ensure!(cluster.has_statements(), "this Postgres has no pg_stat_statements, which counts the statements");
        let db = cluster.create_db("template1").await?;
        migrate::run(db.url(), None, &migrate::runner()).await?;
        let client = db.connect().await?;
        client.batch_execute("create extension pg_stat_statements").await?;
        let tenant = seed::rows(&client, "bench").await?;
        let meta = Aside::start(&tenant)?;
        Ok(Self { client, db, tenant, meta, cluster })
    }

    /// Makes so many batches due, the batches' deadlines in their order.
    pub(crate) async fn fill(&self, name: &str, batches: i32) -> Result<()> {
        for batch in 0..batches {
            let age_s = 60 + 10 * (batches - batch);
            fill::pending(&self.client, &self.tenant.id, &prefix(name, batch), BATCH, age_s).await?;
        }
        // One by one: a vacuum stands outside of any transaction.
        for statement in [
            "vacuum analyze dispatch_attempts",
            "vacuum analyze conversions",
            "checkpoint",
            "select pg_stat_statements_reset()",
        ] {
            self.client.batch_execute(statement).await?;
        }
        Ok(())
    }

    /// How many events wait.
    pub(crate) async fn waiting(&self) -> Result<i64> {
        let sql = "select count(*) from dispatch_attempts where status = 'pending'";
        Ok(self.client.query_one(sql, &[]).await?.try_get(0)?)
    }

    /// Statements that the dispatcher sent since the last fill.
    pub(crate) async fn statements(&self) -> Result<i64> {
        let sql =
            "select coalesce(sum(s.calls), 0)::bigint from pg_stat_statements s join pg_database d on d.oid = s.dbid
                   where d.datname = current_database() and s.toplevel and s.query not like '%pg_stat_statements%'
                     and s.query not like 'select count(*) from dispatch_attempts%'";
        Ok(self.client.query_one(sql, &[]).await?.try_get(0)?)
    }
}

/// How the ids of a batch begin.
pub(crate) fn prefix(name: &str, batch: i32) -> String {
    format!("{name}-{batch}-")
}
