//! What the functions reach while they are measured.

use anyhow::Result;
use shared::db::migrate;
use tests::postgres::{Cluster, Durability, Settings, TestDb};
use tests::progress::Progress;
use tests::runtime_api::sink::Sink;
use tests::runtime_api::traffic::{Clicks, Orders, Same, WakeUps};
use tests::runtime_api::{self, Function, rows};
use tests::seed::{self, Seeded};

use crate::EMPTY;
use crate::subject::Subject;

/// Clicks and buyers in the database.
const ROWS: u32 = 10_000;

/// A durable Postgres with one tenant, and an SQS that takes all.
pub(crate) struct Bed {
    tenant: Seeded,
    /// It never has an order, so that its wake-ups find nothing.
    idle: Seeded,
    sink: Sink,
    _db: TestDb,
    _cluster: Cluster,
}

impl Bed {
    /// Starts it.
    pub(crate) async fn start(progress: &Progress) -> Result<Self> {
        let mut settings = Settings::new(Durability::Production);
        settings.progress = progress.clone();
        progress.say("starting Postgres with fsync and synchronous_commit on");
        let cluster = Cluster::start_with(settings).await?;
        let db = cluster.create_db("template1").await?;
        migrate::run(db.url(), None, &migrate::runner()).await?;
        let client = db.connect().await?;
        let tenant = seed::rows(&client, "start").await?;
        let idle = seed::rows(&client, "idle").await?;
        rows::fill(&client, &tenant.id, &tenant.funnel_id, ROWS).await?;
        let sink = Sink::start(db.url())?;
        Ok(Self { tenant, idle, sink, _db: db, _cluster: cluster })
    }

    /// The empty function first, then ours.
    pub(crate) fn subjects(&self, progress: &Progress) -> Result<Vec<Subject>> {
        let names = ["click", "order", "dispatch", "setup"];
        let binaries = runtime_api::build(&names, progress)?;
        let empty = runtime_api::build_example("empty_function", progress)?;
        let tenant = self.tenant.clone();
        let mut subjects =
            vec![Subject::new(EMPTY, Function::new(EMPTY, empty)?, move |seed| Box::new(Clicks::new(&tenant, seed)))];
        for (name, binary) in names.into_iter().zip(binaries) {
            let function = Function::new(name, binary)?
                // As in production: the URL is read from its secret.
                .env("DB_SECRET_ARN", "sample")
                .env("DISPATCH_QUEUE_URL", self.sink.queue_url())
                .env("AWS_ENDPOINT_URL", self.sink.endpoint());
            let (tenant, idle) = (self.tenant.clone(), self.idle.clone());
            subjects.push(Subject::new(name, function, move |seed| match name {
                "click" => Box::new(Clicks::new(&tenant, seed)),
                "order" => Box::new(Orders::new(&tenant, ROWS, seed)),
                "dispatch" => Box::new(WakeUps::new(&idle)),
                _ => Box::new(Same::get("/healthz")),
            }));
        }
        Ok(subjects)
    }
}
