//! What is measured: functions in this program, and a Postgres that is durable as in production.

use std::sync::Arc;

use anyhow::{Result, ensure};
use aws_config::SdkConfig;
use serde_json::json;
use shared::db::{Db, migrate};
use shared::queue::Queue;
use shared::secrets::Secrets;
use tests::postgres::{Cluster, Settings, TestDb};
use tests::progress::Progress;
use tests::request;
use tests::runtime_api::Events;
use tests::runtime_api::sink::Sink;
use tests::runtime_api::traffic::{Clicks, Orders};
use tests::runtime_api::{rows, usage};
use tests::seed::{self, Seeded};
use tests::simulator::Aside;
use tests::world::{SECRETS_PREFIX, db_config, fill, sdk_config, vault};
use tokio_postgres::Client;

use tests::capacity::Kind;

/// Clicks and buyers that are there before.
const BUYERS: u32 = 20_000;

/// A server, a filled database, and the ends of what the functions talk to.
pub(crate) struct Bed {
    /// For the program's own statements.
    pub(crate) client: Client,
    /// The server's process.
    pub(crate) postgres: u32,
    /// The tenant.
    pub(crate) tenant: Seeded,
    db: TestDb,
    sdk: SdkConfig,
    sink: Sink,
    meta: Aside,
    _cluster: Cluster,
}

impl Bed {
    /// Starts everything.
    pub(crate) async fn start(progress: &Progress) -> Result<Self> {
        progress.say("starting Postgres with fsync and synchronous_commit on");
        let cluster = Cluster::start_with(Settings::measured(progress)).await?;
        let db = cluster.create_db("template1").await?;
        migrate::run(db.url(), None, &migrate::runner()).await?;
        let client = db.connect().await?;
        let tenant = seed::rows(&client, "capacity").await?;
        progress.say(format!("filling in {BUYERS} clicks and buyers"));
        rows::fill(&client, &tenant.id, &tenant.funnel_id, BUYERS).await?;
        client.batch_execute("checkpoint").await?;
        let backend: i32 = client.query_one("select pg_backend_pid()", &[]).await?.try_get(0)?;
        let postgres = usage::parent(u32::try_from(backend)?)?;
        let sink = Sink::start(&json!({"access_token": tenant.access_token}).to_string())?;
        let sdk = sdk_config(&sink.endpoint()).await;
        let meta = Aside::start(&tenant)?;
        Ok(Self { client, postgres, tenant, db, sdk, sink, meta, _cluster: cluster })
    }

    /// An environment of click and one of order, which share nothing with others.
    pub(crate) fn worker(&self, seed: u32) -> Worker {
        let db = || Db::new(db_config(self.db.url()), None, 1);
        Worker {
            click: click::State::new(db(), 0),
            order: order::State::new(db(), Queue::new(&self.sdk, self.sink.queue_url()), vault(&self.sdk)),
            clicks: Clicks::new(&self.tenant, u64::from(seed) * 2 + 1),
            orders: Orders::new(&self.tenant, BUYERS, u64::from(seed) * 2 + 2),
            number: seed * 3,
        }
    }

    /// A dispatcher with so many events a request.
    pub(crate) fn dispatcher(&self, events: u32) -> Result<Arc<dispatch::State>> {
        let meta = shared::config::Meta { graph_url: self.meta.url.clone(), version: "v26.0".into() };
        let db = Db::new(db_config(self.db.url()), None, 4);
        let state = dispatch::State::new(
            db,
            shared::meta::Client::new(meta)?,
            Secrets::new(&self.sdk),
            SECRETS_PREFIX.to_owned(),
        );
        Ok(Arc::new(state.with_events_a_request(events)))
    }

    /// Makes so many events due.
    pub(crate) async fn fill(&self, prefix: &str, events: i32) -> Result<()> {
        fill::pending(&self.client, &self.tenant.id, prefix, events, 60).await?;
        self.client.batch_execute("analyze dispatch_attempts, conversions").await?;
        Ok(())
    }

    /// How many events of these wait.
    pub(crate) async fn waiting(&self, prefix: &str) -> Result<i64> {
        let sql = "select count(*) from dispatch_attempts where status = 'pending' and starts_with(id, $1)";
        Ok(self.client.query_one(sql, &[&prefix]).await?.try_get(0)?)
    }

    /// Nothing but what is filled in later is due.
    pub(crate) async fn put_off(&self) -> Result<()> {
        let sql = "update dispatch_attempts set due_at = due_at + interval '1 day' where status = 'pending'";
        self.client.batch_execute(sql).await?;
        Ok(())
    }

    /// Bytes that were written to the log, and bytes of the database.
    pub(crate) async fn bytes(&self) -> Result<[f64; 2]> {
        let sql =
            "select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8, pg_database_size(current_database())::float8";
        let row = self.client.query_one(sql, &[]).await?;
        Ok([row.try_get(0)?, row.try_get(1)?])
    }

    /// With `off` no page is written to the log as a whole, as on Aurora.
    pub(crate) async fn full_pages(&self, state: &str) -> Result<()> {
        self.client.batch_execute(&format!("alter system set full_page_writes = {state}")).await?;
        self.client.batch_execute("select pg_reload_conf()").await?;
        Ok(())
    }
}

/// One environment's requests, one after the other.
pub(crate) struct Worker {
    click: click::State,
    order: order::State,
    clicks: Clicks,
    orders: Orders,
    /// Of its next request.
    pub(crate) number: u32,
}

impl Worker {
    /// Makes and sends a request, and reads its answer.
    pub(crate) async fn send(&mut self, kind: Kind) -> Result<()> {
        let mut event = Vec::new();
        match kind {
            Kind::Click => self.clicks.write(&mut event),
            Kind::Order => self.orders.write(&mut event),
        }
        let request = request::of(&serde_json::from_slice(&event)?);
        let answer = match kind {
            Kind::Click => click::handle(&self.click, &request).await,
            Kind::Order => order::handle(&self.order, &request).await,
        };
        self.number += 1;
        ensure!(answer.status().is_success(), "a {kind:?} was answered {}: {:?}", answer.status(), answer.body());
        Ok(())
    }
}
