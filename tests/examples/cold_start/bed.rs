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

/// Reads and writes nothing.
const ONE_QUERY: &str = "select 1::int";
/// The least that a commit has to wait for the disk for: one record in the log, which nobody reads.
const ONE_COMMIT: &str = "select 1::int from pg_logical_emit_message(true, 'cold_start', '')";

/// A durable Postgres with one tenant, and an SQS that takes all.
pub(crate) struct Bed {
    tenant: Seeded,
    /// It never has an order, so that its wake-ups find nothing.
    idle: Seeded,
    sink: Sink,
    db: TestDb,
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
        Ok(Self { tenant, idle, sink, db, _cluster: cluster })
    }

    /// The empty function and the floors first, then ours.
    pub(crate) fn subjects(&self, progress: &Progress) -> Result<Vec<Subject>> {
        let names = ["click", "order", "dispatch", "setup"];
        let binaries = runtime_api::build(&names, progress)?;
        let mut subjects = self.floors(progress)?;
        for (name, binary) in names.into_iter().zip(binaries) {
            let function = Function::new(name, binary)?
                // As in production: the URL is read from its secret.
                .env("DB_SECRET_ARN", "sample")
                .env("DISPATCH_QUEUE_URL", self.sink.queue_url())
                // Read at the first call of the operator's, which is not made here.
                .env("ADMIN_TOKEN_SECRET_ARN", "track/admin")
                // As deployed: a click is told of in a line of the log.
                .env("METRICS_NAMESPACE", "TrackAI/cold-start")
                .env("AWS_ENDPOINT_URL", self.sink.endpoint());
            let (tenant, idle) = (self.tenant.clone(), self.idle.clone());
            subjects.push(Subject::new(name, function, move |seed| match name {
                "click" => Box::new(Clicks::new(&tenant, seed)),
                "order" => Box::new(Orders::new(&tenant, ROWS, seed)),
                "dispatch" => Box::new(WakeUps::new(&idle)),
                _ => Box::new(Same::get("/healthz/setup")),
            }));
        }
        Ok(subjects)
    }

    fn floors(&self, progress: &Progress) -> Result<Vec<Subject>> {
        let empty = runtime_api::build_example("empty_function", progress)?;
        let one_query = runtime_api::build_example("one_query_function", progress)?;
        let asking = |name, statement: &str| -> Result<Function> {
            Ok(Function::new(name, &one_query)?.env("DB_URL", self.db.url()).env("STATEMENT", statement))
        };
        let one_click = runtime_api::build_example("one_click_function", progress)?;
        let one_click = Function::new("one_click", one_click)?
            .env("DB_URL", self.db.url())
            .env("FUNNEL", self.tenant.funnel_id.as_str());
        let functions = [
            (EMPTY, Function::new(EMPTY, empty)?),
            ("one_query", asking("one_query", ONE_QUERY)?),
            ("one_commit", asking("one_commit", ONE_COMMIT)?),
            ("one_click", one_click),
        ];
        let subject = |(name, function)| {
            let tenant = self.tenant.clone();
            Subject::new(name, function, move |seed| Box::new(Clicks::new(&tenant, seed)))
        };
        Ok(functions.into_iter().map(subject).collect())
    }
}
