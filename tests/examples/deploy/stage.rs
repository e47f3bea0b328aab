//! What stands around the stack: Postgres, the local AWS with its policies in force, Meta.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use serde_json::json;
use tests::ministack::{Judgement, MiniStack};
use tests::net;
use tests::postgres::{Cluster, Durability};
use tests::progress::Progress;
use tests::simulator::{Config, Simulator};
use tests::world::sdk_config;

use crate::secrets;

/// The operator's token: a sample, for the loopback alone.
pub(crate) const ADMIN_TOKEN: &str = "sample-operator-token-of-a-deploy-to-this-machine";
/// The database's name.
const DATABASE: &str = "track";
/// Its owner, who alone may change the schema.
const OWNER: &str = "deploy_owner";
/// The functions' own role: rows, and nothing else.
const USER: &str = "deploy_user";
/// The secrets that a deploy needs, by parameter.
const SECRETS: [(&str, &str); 3] = [
    ("DatabaseSecretArn", "deploy/database"),
    ("MigrationDatabaseSecretArn", "deploy/migration-database"),
    ("AdminTokenSecretArn", "deploy/operator-token"),
];

/// Running parts; dropping them ends them.
pub(crate) struct Stage {
    /// The local AWS.
    pub(crate) aws: MiniStack,
    /// The SDK against it, as the account's root.
    pub(crate) sdk: SdkConfig,
    /// Meta.
    pub(crate) simulator: Simulator,
    cluster: Cluster,
    password: String,
}

impl Stage {
    /// Starts them, and makes an empty database with its two roles.
    pub(crate) async fn start(progress: &Progress) -> Result<Self> {
        progress.say("starting Postgres, the local AWS and the Meta simulator");
        let cluster = Cluster::start(Durability::Production).await?;
        let password: String = (0..32).map(|_| fastrand::alphanumeric()).collect();
        roles(&cluster, &password).await?;
        let aws = MiniStack::start_judged(progress).await?;
        let sdk = sdk_config(&aws.endpoint()).await;
        let simulator = Simulator::start(Config::default()).await.context("start the Meta simulator")?;
        Ok(Self { aws, sdk, simulator, cluster, password })
    }

    /// Makes the secrets that a deploy needs, and sees that the look before it names each that is missing. Gives their ARNs by
    /// parameter.
    pub(crate) async fn secrets(&self) -> Result<Vec<(String, String)>> {
        let client = Client::new(&self.sdk);
        let wanted = SECRETS.map(|(parameter, name)| (parameter.to_owned(), name.to_owned()));
        for (number, (_, name)) in SECRETS.iter().enumerate() {
            let found = secrets::look(&client, &wanted).await?;
            let missing = SECRETS.iter().filter(|(_, name)| found.faults.iter().any(|it| it.contains(name))).count();
            if missing != SECRETS.len() - number {
                bail!("{} secrets are missing, and the look before a deploy says: {found:?}", SECRETS.len() - number);
            }
            let text = self.text(name);
            client
                .create_secret()
                .name(*name)
                .secret_string(text)
                .send()
                .await
                .with_context(|| format!("make {name}"))?;
        }
        let found = secrets::look(&client, &wanted).await?;
        if !found.faults.is_empty() {
            bail!("nothing is missing, and the look before a deploy says: {:?}", found.faults);
        }
        Ok(found.arns)
    }

    fn text(&self, secret: &str) -> String {
        match secret {
            "deploy/operator-token" => ADMIN_TOKEN.to_owned(),
            "deploy/migration-database" => json!({ "DB_URL": self.url(OWNER) }).to_string(),
            // As RDS writes it, but for TLS.
            _ => json!({
                "username": USER, "password": self.password, "host": "127.0.0.1", "port": self.cluster.port(), "dbname": DATABASE,
                "sslmode": "disable",
            })
            .to_string(),
        }
    }

    fn url(&self, role: &str) -> String {
        format!("postgres://{role}:{}@127.0.0.1:{}/{DATABASE}", self.password, self.cluster.port())
    }

    /// The requests that IAM refused so far.
    pub(crate) fn refused(&self) -> Result<Vec<Judgement>> {
        Ok(self.aws.judgements()?.into_iter().filter(|it| it.refused.is_some()).collect())
    }

    /// Waits until `condition` holds. An error as soon as IAM refuses anybody anything, or when it takes longer than `limit`.
    pub(crate) async fn until(
        &self,
        what: &str,
        limit: Duration,
        mut condition: impl AsyncFnMut() -> bool,
    ) -> Result<()> {
        let end = tokio::time::Instant::now() + limit;
        while !condition().await {
            self.nothing_refused()?;
            if tokio::time::Instant::now() >= end {
                bail!("waited {limit:?} in vain for: {what}");
            }
            tokio::time::sleep(net::POLL).await;
        }
        Ok(())
    }

    /// An error unless IAM was asked about each function: then that it refused none says something.
    pub(crate) fn every_function_was_judged(&self, functions: &[&str]) -> Result<()> {
        let judged = self.aws.judgements()?;
        let session = |function: &str| format!("-{function}");
        match functions.iter().find(|it| !judged.iter().any(|one| one.principal.ends_with(&session(it)))) {
            None => Ok(()),
            Some(function) => bail!("IAM was never asked about {function}"),
        }
    }

    /// An error that names what IAM refused first.
    pub(crate) fn nothing_refused(&self) -> Result<()> {
        match self.refused()?.first() {
            None => Ok(()),
            Some(it) => bail!("IAM refused {} of {}: {}", it.principal, it.resource, it.action),
        }
    }
}

/// Who owns the schema, and who works in it, as the README has it.
async fn roles(cluster: &Cluster, password: &str) -> Result<()> {
    let run = async |database: &str, statements: &str| -> Result<()> {
        let (client, connection) = tokio_postgres::connect(&cluster.url(database), tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        client.batch_execute(statements).await.context("make the database and its roles")
    };
    for role in [OWNER, USER] {
        run("postgres", &format!("create role {role} login password '{password}'")).await?;
    }
    run("postgres", &format!("create database {DATABASE} owner {OWNER}")).await?;
    let rights = format!(
        "alter default privileges for role {OWNER} grant select, insert, update, delete on tables to {USER};
         alter default privileges for role {OWNER} grant usage on sequences to {USER};"
    );
    run(DATABASE, &rights).await
}
