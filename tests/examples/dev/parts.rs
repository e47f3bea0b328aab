//! What stands around the functions: Postgres and the AWS side.

use anyhow::{Context, Result};
use aws_config::SdkConfig;
use serde_json::json;
use tests::ministack::MiniStack;
use tests::postgres::{Cluster, Durability};
use tests::progress::Progress;
use tests::queues;
use tests::seed;
use tests::world::sdk_config;

/// The database's name.
const DATABASE: &str = "track";
/// The secret with its URL.
pub(crate) const DB_SECRET: &str = "track/db";
/// The secret of the key of kept bodies.
pub(crate) const BODY_KEY: &str = "track/body-key";
/// The secret with the operator's token.
pub(crate) const ADMIN_SECRET: &str = "track/admin";
/// The operator's token: a sample, for the loopback alone.
pub(crate) const ADMIN_TOKEN: &str = "sample-operator-token";

/// Running parts; dropping them ends them.
pub(crate) struct Parts {
    /// Postgres.
    pub(crate) cluster: Cluster,
    /// SQS and Secrets Manager.
    pub(crate) aws: MiniStack,
    /// The SDK against it.
    pub(crate) sdk: SdkConfig,
    /// The dispatcher's queue.
    pub(crate) queue_url: String,
    /// Where messages go that were not taken five times, as in production.
    pub(crate) dead_letter_url: String,
}

impl Parts {
    /// Starts both, makes the database, its secret and the queues.
    pub(crate) async fn start(progress: &Progress) -> Result<Self> {
        progress.say("starting Postgres");
        let cluster = Cluster::start(Durability::Production).await?;
        let (client, connection) = tokio_postgres::connect(&cluster.url("postgres"), tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        client.batch_execute(&format!("create database {DATABASE}")).await?;
        progress.say("starting the local AWS");
        let aws = MiniStack::start(progress).await?;
        let sdk = sdk_config(&aws.endpoint()).await;
        let url = json!({ "DB_URL": cluster.url(DATABASE) }).to_string();
        for (name, text) in [(DB_SECRET, url.as_str()), (ADMIN_SECRET, ADMIN_TOKEN)] {
            keep(&sdk, name, text).await?;
        }
        // As CloudFormation makes it in production.
        let text: String = (0..64).map(|_| fastrand::alphanumeric()).collect();
        seed::body_key(&sdk, BODY_KEY, &text).await?;
        let (queue_url, dead_letter_url) =
            queues::with_dead_letters(&sdk, "track-dispatch", 60).await.context("make the queues")?;
        Ok(Self { cluster, aws, sdk, queue_url, dead_letter_url })
    }

    /// The database's URL.
    pub(crate) fn db_url(&self) -> String {
        self.cluster.url(DATABASE)
    }

    /// A connection to the database.
    pub(crate) async fn connect(&self) -> Result<tokio_postgres::Client> {
        let (client, connection) = tokio_postgres::connect(&self.db_url(), tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }
}

async fn keep(sdk: &SdkConfig, name: &str, text: &str) -> Result<()> {
    let client = aws_sdk_secretsmanager::Client::new(sdk);
    let made = client.create_secret().name(name).secret_string(text).send().await;
    made.map(drop).with_context(|| format!("keep the secret {name}"))
}
