//! The password of the functions' database user is rotated while they work.

use std::cell::Cell;
use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use aws_sdk_secretsmanager::Client;
use futures_util::future::try_join_all;
use lambda_http::Request;
use serde_json::json;
use shared::config::{self, DbSource, Place};
use shared::db::Db;
use shared::queue::Queue;
use shared::secrets::Secrets;
use tests::authority::Authority;
use tests::postgres::{Cluster, Durability, Settings};
use tests::scratch::Scratch;
use tests::world::{Answer, World, vault};
use tokio::sync::watch;
use url::Url;

use super::end_connections;

/// How many environments of each function work meanwhile.
const WORKERS: usize = 2;

/// A database user with a password in a secret, and who rotates it.
struct Rotated<'a> {
    world: &'a World,
    secrets: Client,
    role: String,
    secret: String,
}

impl<'a> Rotated<'a> {
    async fn new(world: &'a World) -> Result<Self> {
        // Also the cluster's own name, since roles are the whole cluster's.
        let role = format!("app_{}", world.tenant.id);
        world
            .execute(&format!(
                "create role {role} login password 'first';
                 grant select, insert, update, delete on all tables in schema public to {role};
                 grant usage on all sequences in schema public to {role}"
            ))
            .await?;
        let rotated = Self { world, secrets: Client::new(&world.sdk), secret: format!("{role}/db"), role };
        let first = rotated.secrets.create_secret().name(&rotated.secret).secret_string(rotated.text("first")?);
        first.send().await?;
        Ok(rotated)
    }

    /// The form of a secret that the rotation functions of AWS keep.
    fn text(&self, password: &str) -> Result<String> {
        let url = Url::parse(self.world.db.url())?;
        let text = json!({
            "engine": "postgres", "username": self.role, "password": password, "host": url.host_str(), "port": url.port(),
            "dbname": url.path().trim_start_matches('/'), "sslmode": "disable",
        });
        Ok(text.to_string())
    }

    fn database(&self) -> Db {
        let source = DbSource::Secret(self.secret.clone());
        let config = config::Db { source, place: Place::default(), ca_file: None };
        Db::new(config, Some(Secrets::new(&self.world.sdk)), 1)
    }

    /// Keeps the next password beside the one in force; gives its version and that one's.
    async fn create(&self, password: &str) -> Result<(String, String)> {
        let current = self.secrets.get_secret_value().secret_id(&self.secret).send().await?;
        let put = self.secrets.put_secret_value().secret_id(&self.secret).secret_string(self.text(password)?);
        let pending = put.version_stages("AWSPENDING").send().await?;
        let version = |of: Option<String>| of.context("a version");
        Ok((version(pending.version_id)?, version(current.version_id)?))
    }

    /// Sets it in the database, so that whoever logs in needs it; and all must.
    async fn set(&self, password: &str) -> Result<()> {
        self.world.execute(&format!("alter role {} password '{password}'", self.role)).await?;
        end_connections(self.world).await?;
        Ok(())
    }

    async fn finish(&self, (pending, current): (String, String)) -> Result<()> {
        let label = || self.secrets.update_secret_version_stage().secret_id(&self.secret);
        let moved = label().version_stage("AWSCURRENT").move_to_version_id(&pending).remove_from_version_id(&current);
        moved.send().await?;
        label().version_stage("AWSPENDING").remove_from_version_id(&pending).send().await?;
        Ok(())
    }

    /// Puts a password in force without keeping it as pending before.
    async fn replace(&self, password: &str) -> Result<()> {
        let put = self.secrets.put_secret_value().secret_id(&self.secret).secret_string(self.text(password)?);
        put.send().await?;
        Ok(())
    }
}

/// How long the database is ahead of the secret where it is replaced by hand.
const GAP: Duration = Duration::from_millis(500);

/// How long a refused login waits for another password.
const PATIENCE: Duration = Duration::from_secs(3);

/// What an environment does all the time, and how often it has.
struct Worker {
    ended: watch::Sender<u64>,
    refused: Cell<u64>,
}

impl Worker {
    fn new() -> Self {
        Self { ended: watch::Sender::new(0), refused: Cell::new(0) }
    }

    /// Posts one request after the other until it is told to stop, and one that is refused for the database again; each must be taken.
    /// Gives how many were.
    async fn post<R>(&self, stop: &Cell<bool>, send: impl Fn(u64) -> R) -> Result<u64>
    where
        R: Future<Output = Result<Answer>>,
    {
        let mut number = 0;
        while !stop.get() {
            let mut answer = send(number).await?;
            while answer.status == 503 {
                self.refused.set(self.refused.get() + 1);
                answer = send(number).await?;
            }
            ensure!(matches!(answer.status, 200 | 202), "request {number}: {}", answer.body);
            self.ended.send_modify(|ended| *ended += 1);
            number += 1;
        }
        Ok(number)
    }

    /// Until it has ended so many more.
    async fn more(&self, count: u64) -> Result<()> {
        let mut ended = self.ended.subscribe();
        let target = *ended.borrow() + count;
        ended.wait_for(|ended| *ended >= target).await?;
        Ok(())
    }
}

async fn all_more(workers: &[Worker], count: u64) -> Result<()> {
    try_join_all(workers.iter().map(|worker| worker.more(count))).await?;
    Ok(())
}

/// How many requests were refused so far.
fn refused(workers: &[Worker]) -> u64 {
    workers.iter().map(|worker| worker.refused.get()).sum()
}

fn click(world: &World, worker: usize, number: u64) -> Request {
    world.click_request(&json!({ "fbclid": format!("IwAR0-{worker}-{number}") }).to_string())
}

fn order(world: &World, worker: usize, number: u64) -> Request {
    let order_id = format!("{worker}-{number}");
    let body =
        json!({"order_id": order_id, "value": 97, "currency": "BRL", "customer": {"email": "maria@example.com"}});
    world.order_request(&body.to_string())
}

#[tokio::test]
async fn a_rotation_under_load_costs_no_caller_an_error_and_loses_nothing() -> Result<()> {
    let world = World::new().await?;
    let rotated = Rotated::new(&world).await?;
    let stop = Cell::new(false);
    let workers: Vec<Worker> = std::iter::repeat_with(Worker::new).take(2 * WORKERS).collect();
    let (browsers, sellers) = workers.split_at(WORKERS);

    let clicks = try_join_all(browsers.iter().enumerate().map(|(index, worker)| {
        let state = click::State::new(rotated.database(), 0);
        let (world, stop) = (&world, &stop);
        async move {
            let send = async |number| Answer::read(click::handle(&state, &click(world, index, number)).await);
            worker.post(stop, send).await
        }
    }));
    let orders = try_join_all(sellers.iter().enumerate().map(|(index, worker)| {
        let queue = Queue::new(&world.sdk, &world.queue_url);
        let state = order::State::new(rotated.database(), queue, vault(&world.sdk));
        let (world, stop) = (&world, &stop);
        async move {
            let send = async |number| Answer::read(order::handle(&state, &order(world, index, number)).await);
            worker.post(stop, send).await
        }
    }));
    let rotation = async {
        all_more(&workers, 3).await?;
        // As Secrets Manager does it. While the database is ahead, all go on.
        for password in ["second", "third"] {
            let versions = rotated.create(password).await?;
            all_more(&workers, 1).await?;
            rotated.set(password).await?;
            all_more(&workers, 3).await?;
            rotated.finish(versions).await?;
            all_more(&workers, 1).await?;
            end_connections(&world).await?;
            all_more(&workers, 3).await?;
        }
        ensure!(refused(&workers) == 0, "{} requests were refused", refused(&workers));
        // By hand, with nothing pending: who meets the gap waits for its end. On a machine that made it longer, nobody waits for as long.
        let ahead = Instant::now();
        rotated.set("fourth").await?;
        let through = tokio::time::timeout(GAP, all_more(&workers, 1)).await;
        ensure!(through.is_err(), "somebody knew the password");
        rotated.replace("fourth").await?;
        let is_patient = ahead.elapsed() + GAP < PATIENCE;
        all_more(&workers, 3).await?;
        ensure!(refused(&workers) == 0 || !is_patient, "{} requests were refused", refused(&workers));
        stop.set(true);
        Ok(())
    };
    let (clicks, orders, ()) = tokio::try_join!(clicks, orders, rotation)?;
    let (clicks, orders): (u64, u64) = (clicks.iter().sum(), orders.iter().sum());
    let kept = (
        world.count("select count(*) from clicks", &[]).await?,
        world.count("select count(*) from dedupe_registry", &[]).await?,
    );
    assert_eq!(kept, (i64::try_from(clicks)?, i64::try_from(orders)?));
    assert_eq!(
        world.text("select string_agg(f::text, ' ') from ledger_faults($1) f", &[&world.tenant.id]).await?,
        None
    );
    Ok(())
}

#[tokio::test]
async fn a_password_that_is_wrong_for_good_is_waited_for_once() -> Result<()> {
    let world = World::new().await?;
    let rotated = Rotated::new(&world).await?;
    let state = click::State::new(rotated.database(), 0);
    rotated.set("lost").await?;
    let start = Instant::now();
    for number in 0..20 {
        Answer::read(click::handle(&state, &click(&world, 0, number)).await)?.expect_problem(503)?;
    }
    assert!(start.elapsed().as_secs() < 20, "each request was held");
    rotated.replace("lost").await?;
    Answer::read(click::handle(&state, &click(&world, 0, 20)).await)?.expect(200)?;
    Ok(())
}

/// RDS's own: username and password alone, TLS with verification, and the place from the function's configuration.
#[tokio::test]
async fn the_secret_that_rds_looks_after_works_over_verified_tls_and_through_a_rotation() -> Result<()> {
    let ours = Authority::new("Ours")?;
    let settings = Settings { certificate: Some(ours.certificate("localhost")?), ..Settings::new(Durability::Off) };
    let cluster = Cluster::start_with(settings).await?;
    let world = World::on(&cluster).await?;
    let scratch = Scratch::new("trk-ca", None)?;
    let ca = scratch.path().join("ca.pem");
    fs::write(&ca, ours.pem())?;
    let rotated = Rotated::new(&world).await?;
    let text = |password: &str| json!({"username": rotated.role, "password": password}).to_string();
    let replace = async |password: &str| {
        let put = rotated.secrets.put_secret_value().secret_id(&rotated.secret).secret_string(text(password));
        put.send().await.map(drop)
    };
    replace("first").await?;
    let place = Place {
        host: Some("localhost".to_owned()),
        port: Some(cluster.port()),
        name: Some(world.db.name().to_owned()),
    };
    let ca_file = Some(ca.to_str().ok_or_else(|| anyhow!("the path"))?.to_owned());
    let config = config::Db { source: DbSource::Secret(rotated.secret.clone()), place, ca_file };
    let state = click::State::new(Db::new(config, Some(Secrets::new(&world.sdk)), 1), 0);
    let send = async |number| Answer::read(click::handle(&state, &click(&world, 0, number)).await)?.expect(200);
    send(0).await?;
    let encrypted = "select count(*) from pg_stat_ssl join pg_stat_activity using (pid) where ssl and usename = $1";
    assert_eq!(world.count(encrypted, &[&rotated.role]).await?, 1);

    rotated.set("second").await?;
    let (waited, replaced) = tokio::join!(send(1), replace("second"));
    waited?;
    replaced?;
    Ok(())
}
