//! A world for one test: its own database, queue, secrets and simulator, and the functions over them.
//!
//! The cluster and the local AWS are started once a run and shared; nothing of one test is seen by another.

mod busy;
mod checkout;
pub mod crowd;
pub mod fill;
mod look;
pub mod seller;
mod time;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use aws_sdk_sqs::config::Credentials;
use lambda_http::Request;
use lambda_http::http::Method;
use serde_json::Value;
use shared::config::{self, DbSource};
use shared::db::{Db, migrate};
use shared::metrics::Metrics;
use shared::queue::Queue;
use shared::secrets::Secrets;
use tokio::sync::OnceCell;

pub use crate::answer::Answer;
use crate::ministack::MiniStack;
use crate::postgres::{Cluster, Durability, TestDb};
use crate::progress::Progress;
use crate::request;
use crate::seed::{self, Seeded};
use crate::simulator::{Config, Simulator};
pub use checkout::{Connected, PLATFORM_SECRET};

/// The secrets' prefix of every world; tenants' ids differ.
pub const SECRETS_PREFIX: &str = "track/";
/// The secret of the key of kept bodies.
pub const BODY_KEY: &str = "track/body-key";
/// Its text, a sample.
pub const BODY_KEY_TEXT: &str = "a sample text that a key is made of";
const TEMPLATE: &str = "migrated";

struct Parts {
    cluster: Cluster,
    aws: MiniStack,
}

static PARTS: OnceCell<Parts> = OnceCell::const_new();

async fn parts() -> Result<&'static Parts> {
    PARTS
        .get_or_try_init(|| async {
            // What a function logs is shown with the test that failed. One that listens for itself has its own subscriber.
            let _ = tracing_subscriber::fmt().with_max_level(tracing::Level::WARN).with_test_writer().try_init();
            let progress = Progress::stderr();
            let cluster = Cluster::start(Durability::Off).await?;
            let admin = shared_client(&cluster.url("postgres")).await?;
            admin.batch_execute(&format!("create database {TEMPLATE}")).await?;
            migrate::run(&cluster.url(TEMPLATE), None, &migrate::runner()).await?;
            let aws = MiniStack::start(&progress).await?;
            seed::body_key(&sdk_config(&aws.endpoint()).await, BODY_KEY, BODY_KEY_TEXT).await?;
            anyhow::Ok(Parts { cluster, aws })
        })
        .await
}

async fn shared_client(url: &str) -> Result<tokio_postgres::Client> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// An empty database of the run's cluster, without any migration.
pub async fn empty_db() -> Result<TestDb> {
    parts().await?.cluster.create_db("template1").await
}

/// A migrated database of the run's cluster.
pub async fn migrated_db() -> Result<TestDb> {
    parts().await?.cluster.create_db(TEMPLATE).await
}

/// The SDK against a local AWS.
pub async fn sdk_config(endpoint: &str) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "local"))
        .load()
        .await
}

/// The SDK against the run's local AWS.
pub async fn aws() -> Result<SdkConfig> {
    Ok(sdk_config(&parts().await?.aws.endpoint()).await)
}

/// Everything one test needs. See [`World::new`].
pub struct World {
    /// Its database.
    pub db: TestDb,
    /// Meta.
    pub simulator: Simulator,
    /// The seeded tenant with its funnel, key and token.
    pub tenant: Seeded,
    /// The click function.
    pub click: click::State,
    /// The order function.
    pub order: order::State,
    /// The dispatcher.
    pub dispatch: Arc<dispatch::State>,
    /// The sweep.
    pub sweep: sweep::State,
    /// The setup function.
    pub setup: Box<setup::State>,
    /// The operator's token.
    pub admin_token: String,
    /// The queue's URL.
    pub queue_url: String,
    /// The SDK.
    pub sdk: SdkConfig,
    client: tokio_postgres::Client,
    sqs: aws_sdk_sqs::Client,
}

impl World {
    /// A migrated database with one active tenant, a queue, its token as a secret, and a simulator that knows its pixel.
    pub async fn new() -> Result<Self> {
        // Boxed: it is part of every test's future.
        Box::pin(async { Self::with_db(migrated_db().await?).await }).await
    }

    /// The same in a migrated database of another cluster, which a test may stop.
    pub async fn on(cluster: &Cluster) -> Result<Self> {
        let db = cluster.create_db("template1").await?;
        migrate::run(db.url(), None, &migrate::runner()).await?;
        Self::with_db(db).await
    }

    /// The same over a database that has a schema already.
    pub async fn with_db(db: TestDb) -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("t{}x{number}", std::process::id());
        let client = db.connect().await?;
        let sdk = aws().await?;
        let tenant = seed::tenant(&client, &sdk, SECRETS_PREFIX, &name).await?;
        let simulator = Simulator::start(Config::default().with_pixel(&tenant.pixel_id, &tenant.access_token)).await?;
        let sqs = aws_sdk_sqs::Client::new(&sdk);
        let created = sqs.create_queue().queue_name(&name).send().await.context("create the queue")?;
        let queue_url = created.queue_url.context("the queue's URL")?;
        let admin_token = seller::admin(&sdk, &name).await?;
        Self::over(db, client, sdk, sqs, tenant, simulator, queue_url, &admin_token)
    }

    #[expect(clippy::too_many_arguments, reason = "each part of a world once")]
    fn over(
        db: TestDb,
        client: tokio_postgres::Client,
        sdk: SdkConfig,
        sqs: aws_sdk_sqs::Client,
        tenant: Seeded,
        simulator: Simulator,
        queue_url: String,
        admin_token: &str,
    ) -> Result<Self> {
        let database = || Db::new(db_config(db.url()), None, 4);
        Ok(Self {
            click: click::State::new(database(), 0),
            order: order::State::new(database(), Queue::new(&sdk, &queue_url), vault(&sdk)),
            dispatch: Self::dispatcher(&db, &sdk, &simulator)?,
            setup: Box::new(seller::function(&db, &sdk, &simulator, admin_token)?),
            admin_token: admin_token.to_owned(),
            sweep: sweep::State {
                db: database(),
                queue: Queue::new(&sdk, &queue_url),
                retention_days: 90,
                metrics: Metrics::default(),
            },
            db,
            simulator,
            tenant,
            queue_url,
            sdk,
            client,
            sqs,
        })
    }

    /// A dispatcher of its own, as another environment of the function would be.
    pub fn another_dispatcher(&self) -> Result<Arc<dispatch::State>> {
        Self::dispatcher(&self.db, &self.sdk, &self.simulator)
    }

    fn dispatcher(db: &TestDb, sdk: &SdkConfig, simulator: &Simulator) -> Result<Arc<dispatch::State>> {
        let meta = config::Meta { graph_url: simulator.base_url().to_owned(), version: "v26.0".into() };
        let db = Db::new(db_config(db.url()), None, 4);
        let client = shared::meta::Client::new(meta)?;
        Ok(Arc::new(dispatch::State::new(db, client, Secrets::new(sdk), SECRETS_PREFIX.to_owned())))
    }

    /// Gives the seeded tenant pending conversions; see [`fill::pending`].
    pub async fn fill(&self, prefix: &str, count: i32) -> Result<()> {
        fill::pending(&self.client, &self.tenant.id, prefix, count, 0).await
    }

    /// Makes every attempt to come due now, and wakes the dispatcher for the seeded tenant.
    pub async fn dispatch_now(&self) -> Result<SqsBatchResponse> {
        self.execute("update dispatch_attempts set due_at = clock() where status = 'pending'").await?;
        Ok(self.wake().await)
    }

    /// Wakes the dispatcher for the seeded tenant, not through SQS.
    pub async fn wake(&self) -> SqsBatchResponse {
        self.dispatch_bodies(&[&wake_up(&self.tenant.id)]).await
    }

    /// Connects again for the test's own statements, after the server was stopped.
    pub async fn reconnect(&mut self) -> Result<()> {
        self.client = self.db.connect().await?;
        Ok(())
    }

    /// Where clicks of the seeded funnel are posted.
    pub fn clicks_path(&self) -> String {
        format!("/v1/funnels/{}/clicks", self.tenant.funnel_id)
    }

    /// A click of the seeded funnel with any body.
    pub fn click_request(&self, body: &str) -> Request {
        request::post(&self.clicks_path(), body)
    }

    /// What a browser of the seeded funnel says of its visitor, with any body.
    pub fn identify_request(&self, body: &str) -> Request {
        request::post(&format!("/v1/funnels/{}/identify", self.tenant.funnel_id), body)
    }

    /// Says who the visitor of a click is.
    pub async fn post_identify(&self, body: &Value) -> Result<Answer> {
        self.send_click(&self.identify_request(&body.to_string())).await
    }

    /// An order with any body and the seeded tenant's key.
    pub fn order_request(&self, body: &str) -> Request {
        request::with_key(request::post("/v1/orders", body), &self.tenant.api_key)
    }

    /// Posts a click of the seeded funnel.
    pub async fn post_click(&self, body: &Value) -> Result<Answer> {
        self.send_click(&self.click_request(&body.to_string())).await
    }

    /// Sends a request to the click function.
    pub async fn send_click(&self, request: &Request) -> Result<Answer> {
        Answer::read(click::handle(&self.click, request).await)
    }

    /// Posts an order with the seeded tenant's key.
    pub async fn post_order(&self, body: &Value) -> Result<Answer> {
        self.send_order(&self.order_request(&body.to_string())).await
    }

    /// Gets a path of the order function with the seeded tenant's key.
    pub async fn get_order(&self, path: &str) -> Result<Answer> {
        self.send_order(&request::with_key(request::new(Method::GET, path, ""), &self.tenant.api_key)).await
    }

    /// Sends a request to the click function, which must refuse it with this problem and change nothing.
    pub async fn refused_click(&self, request: &Request, status: u16) -> Result<Answer> {
        let before = self.contents().await?;
        self.unchanged(self.send_click(request).await?, status, &before).await
    }

    /// Sends a request to the order function, which must refuse it with this problem and change nothing.
    pub async fn refused_order(&self, request: &Request, status: u16) -> Result<Answer> {
        let before = self.contents().await?;
        self.unchanged(self.send_order(request).await?, status, &before).await
    }

    async fn unchanged(&self, answer: Answer, status: u16, before: &str) -> Result<Answer> {
        answer.expect_problem(status)?;
        ensure!(self.contents().await? == before, "a refused request changed something: {}", answer.body);
        Ok(answer)
    }

    /// Another active tenant in the same database, with a token of its own that the simulator knows.
    pub async fn add_tenant(&self, name: &str) -> Result<Seeded> {
        let name = format!("{name}-{}", self.tenant.id.trim_start_matches("tnt_"));
        let tenant = seed::tenant(&self.client, &self.sdk, SECRETS_PREFIX, &name).await?;
        self.simulator.pixel(&tenant.pixel_id, &tenant.access_token);
        Ok(tenant)
    }

    /// Sends a request to the order function.
    pub async fn send_order(&self, request: &Request) -> Result<Answer> {
        Answer::read(order::handle(&self.order, request).await)
    }

    /// Takes what is in the queue and hands it to the dispatcher as one batch, with the semantics of an event source
    /// mapping: what is not named as failed is deleted.
    pub async fn run_dispatch(&self) -> Result<SqsBatchResponse> {
        let mut event = SqsEvent::default();
        let mut receipts = Vec::new();
        loop {
            let received = self
                .sqs
                .receive_message()
                .queue_url(&self.queue_url)
                .max_number_of_messages(10)
                .wait_time_seconds(0)
                .send()
                .await?;
            let messages = received.messages.unwrap_or_default();
            if messages.is_empty() {
                break;
            }
            for message in messages {
                let id = message.message_id.unwrap_or_default();
                receipts.push((id.clone(), message.receipt_handle.unwrap_or_default()));
                event.records.push(record(&id, &message.body.unwrap_or_default()));
            }
        }
        let response = dispatch::handle(&self.dispatch, event, in_two_minutes()).await;
        for (id, receipt) in receipts {
            if !response.batch_item_failures.iter().any(|failure| failure.item_identifier == id) {
                self.sqs.delete_message().queue_url(&self.queue_url).receipt_handle(receipt).send().await?;
            }
        }
        Ok(response)
    }

    /// Hands these bodies to the dispatcher, not through SQS; the ids are `m0`, `m1` ...
    pub async fn dispatch_bodies(&self, bodies: &[&str]) -> SqsBatchResponse {
        dispatch::handle(&self.dispatch, batch(bodies), in_two_minutes()).await
    }

    /// Runs statements of the test's own.
    pub async fn execute(&self, sql: &str) -> Result<()> {
        self.client.batch_execute(sql).await.with_context(|| sql.to_owned())
    }
}

/// What the order function reads in Secrets Manager.
pub fn vault(sdk: &SdkConfig) -> order::Vault {
    order::Vault::new(Secrets::new(sdk), SECRETS_PREFIX.to_owned(), Some(BODY_KEY.to_owned()))
}

/// The configuration of a database at a URL.
pub fn db_config(url: &str) -> config::Db {
    config::Db { source: DbSource::Url(url.to_owned()), place: config::Place::default(), ca_file: None }
}

/// The end of an invocation that has just begun.
pub fn in_two_minutes() -> Instant {
    Instant::now() + Duration::from_mins(2)
}

/// The body of a wake-up for a tenant.
pub fn wake_up(tenant_id: &str) -> String {
    serde_json::json!({"type": "dispatch.v1", "tenant_id": tenant_id, "event_id": "any"}).to_string()
}

/// An SQS event with these bodies; the ids are `m0`, `m1` ...
pub fn batch(bodies: &[&str]) -> SqsEvent {
    let mut event = SqsEvent::default();
    event.records = bodies.iter().enumerate().map(|(index, body)| record(&format!("m{index}"), body)).collect();
    event
}

fn record(id: &str, body: &str) -> SqsMessage {
    let mut message = SqsMessage::default();
    message.message_id = Some(id.to_owned());
    message.body = Some(body.to_owned());
    message
}
