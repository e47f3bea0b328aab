//! Everything that runs: Postgres, the local AWS, the simulator, the functions' environments, and who invokes them.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use shared::db::migrate;
use tests::chaos::{Part, Schedule};
use tests::ministack::MiniStack;
use tests::postgres::{Cluster, Durability, Settings, TestDb};
use tests::progress::Progress;
use tests::queues;
use tests::runtime_api::{self, Function};
use tests::seed::{self, Seeded};
use tests::simulator::{Config, Simulator};
use tests::trap::Line;
use tests::world::{SECRETS_PREFIX, sdk_config};
use tokio::task::JoinSet;
use tokio_postgres::Client;
use url::Url;

use crate::books::Books;
use crate::fleet::{Fleet, Slot};
use crate::options::Options;
use crate::{queue, sweeping, time};

/// Function, environments at once, and time-out in seconds, as the template has them.
const FUNCTIONS: [(Part, &str, usize, u64); 3] =
    [(Part::Order, "order", 2, 28), (Part::Dispatch, "dispatch", 5, 120), (Part::Sweep, "sweep", 1, 50)];
/// How soon a message that was not deleted comes again, in seconds.
const VISIBILITY_S: u32 = 5;

/// What all that goes on shares.
pub(crate) struct Shared {
    order: Fleet,
    dispatch: Fleet,
    sweep: Fleet,
    /// Whether the queue repeats, reorders and keeps messages back.
    pub(crate) mischief: AtomicBool,
    /// Whether nothing is taken from the queue.
    pub(crate) paused: AtomicBool,
    /// Batches in hand.
    pub(crate) batches: AtomicUsize,
    /// Whether everything is over.
    pub(crate) over: AtomicBool,
    /// The database.
    pub(crate) db: TestDb,
    /// The queue.
    pub(crate) sqs: aws_sdk_sqs::Client,
    /// Its URL.
    pub(crate) queue_url: String,
    /// The healthy tenant, and the dead one.
    pub(crate) tenants: [Seeded; 2],
    /// Meta.
    pub(crate) simulator: Simulator,
    /// What was posted.
    pub(crate) books: Books,
}

impl Shared {
    /// The environments of a function.
    pub(crate) fn fleet(&self, part: Part) -> &Fleet {
        match part {
            Part::Order => &self.order,
            Part::Dispatch => &self.dispatch,
            Part::Sweep => &self.sweep,
        }
    }

    /// A connection of our own, past every line. The server may be away.
    pub(crate) async fn connect(&self) -> Result<Client> {
        self.db.connect().await
    }

    /// The dead tenant's pixel answers nothing well any more.
    pub(crate) fn kill_tenant(&self, schedule: &Schedule) {
        let [_, dead] = &self.tenants;
        self.simulator.clear_faults_of(&dead.pixel_id);
        for fault in &schedule.death {
            self.simulator.fault(fault.clone().for_pixel(&dead.pixel_id));
        }
    }
}

/// Everything that runs. Dropping it ends it.
pub(crate) struct Stage {
    /// What all that goes on shares.
    pub(crate) shared: Arc<Shared>,
    background: JoinSet<()>,
    /// The server.
    pub(crate) cluster: Cluster,
    _aws: MiniStack,
}

impl Stage {
    /// Brings it up.
    pub(crate) async fn start(options: &Options, progress: &Progress) -> Result<Self> {
        let names = FUNCTIONS.map(|(_, name, _, _)| name);
        let build = if options.release { runtime_api::build } else { runtime_api::build_debug };
        let binaries = build(&names, progress)?;
        progress.say("starting Postgres with fsync on, the local AWS, the simulator and the functions");
        let mut settings = Settings::new(Durability::Production);
        settings.progress = progress.clone();
        let cluster = Cluster::start_with(settings).await?;
        let db = cluster.create_db("template1").await?;
        migrate::run(db.url(), None, &migrate::runner()).await?;
        let client = db.connect().await?;
        for setting in ["fsync", "synchronous_commit"] {
            let row = client.query_one("select current_setting($1)", &[&setting]).await?;
            ensure!(row.try_get::<_, &str>(0)? == "on", "{setting} is not on");
        }
        let aws = MiniStack::start(progress).await?;
        let sdk = sdk_config(&aws.endpoint()).await;
        let tenants = [
            seed::tenant(&client, &sdk, SECRETS_PREFIX, "healthy").await?,
            seed::tenant(&client, &sdk, SECRETS_PREFIX, "dead").await?,
        ];
        let config =
            tenants.iter().fold(Config::default(), |config, it| config.with_pixel(&it.pixel_id, &it.access_token));
        let simulator = Simulator::start(config).await?;
        let (queue_url, _) = queues::with_dead_letters(&sdk, "chaos", VISIBILITY_S).await.context("make the queues")?;
        let ground = Ground { db: &db, meta: simulator.base_url(), aws: aws.endpoint(), queue_url: &queue_url };
        let mut fleets = Vec::new();
        for ((_, name, count, limit_s), binary) in FUNCTIONS.into_iter().zip(&binaries) {
            fleets.push(ground.fleet(name, binary, count, Duration::from_secs(limit_s)).await?);
        }
        let [order, dispatch, sweep]: [Fleet; 3] = fleets.try_into().ok().context("three fleets")?;
        let shared = Arc::new(Shared {
            order,
            dispatch,
            sweep,
            mischief: AtomicBool::new(false),
            paused: AtomicBool::new(false),
            batches: AtomicUsize::new(0),
            over: AtomicBool::new(false),
            db,
            sqs: aws_sdk_sqs::Client::new(&sdk),
            queue_url,
            tenants,
            simulator,
            books: Books::default(),
        });
        let background = background(&shared, options.seed);
        Ok(Self { shared, background, cluster, _aws: aws })
    }

    /// Meta and the queue begin to misbehave.
    pub(crate) fn faults_begin(&self, schedule: &Schedule) {
        let [healthy, _] = &self.shared.tenants;
        for fault in &schedule.weather {
            self.shared.simulator.fault(fault.clone().for_pixel(&healthy.pixel_id));
        }
        self.shared.kill_tenant(schedule);
        self.shared.mischief.store(true, Ordering::SeqCst);
    }

    /// All is well from now on.
    pub(crate) fn faults_end(&self) {
        self.shared.simulator.clear_faults();
        self.shared.mischief.store(false, Ordering::SeqCst);
    }

    /// Ends what goes on in the background.
    pub(crate) async fn end(mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        self.background.abort_all();
        while self.background.join_next().await.is_some() {}
    }
}

fn background(shared: &Arc<Shared>, seed: u64) -> JoinSet<()> {
    let mut background = JoinSet::new();
    for number in 1..=shared.dispatch.slots().len() {
        background.spawn(queue::poll(Arc::clone(shared), seed.wrapping_add(number as u64)));
    }
    background.spawn(sweeping::sweep(Arc::clone(shared)));
    background.spawn(time::shorten(Arc::clone(shared)));
    background
}

/// What the functions stand on.
struct Ground<'a> {
    db: &'a TestDb,
    meta: &'a str,
    aws: String,
    queue_url: &'a str,
}

impl Ground<'_> {
    async fn fleet(&self, name: &str, binary: &Path, count: usize, limit: Duration) -> Result<Fleet> {
        let mut slots = Vec::new();
        for number in 1..=count {
            let (db_url, postgres) = line(self.db.url()).await?;
            let (meta_url, meta) = line(self.meta).await?;
            let function = Function::new(&format!("chaos-{name}-{number}"), binary)?
                .env("DB_URL", db_url)
                .env("META_GRAPH_URL", meta_url.trim_end_matches('/'))
                .env("AWS_ENDPOINT_URL", self.aws.as_str())
                .env("DISPATCH_QUEUE_URL", self.queue_url)
                .env("SECRETS_PREFIX", SECRETS_PREFIX);
            slots.push(Slot::new(function, postgres, meta));
        }
        Ok(Fleet::new(slots, limit))
    }
}

/// The same URL, by a line of its own.
async fn line(url: &str) -> Result<(String, Line)> {
    let mut url = Url::parse(url)?;
    let line = Line::to(url.port().context("a port")?).await?;
    url.set_port(Some(line.port())).ok().context("a URL with a port")?;
    Ok((url.into(), line))
}
