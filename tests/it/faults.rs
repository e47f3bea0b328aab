//! Parts that are away, and what their callers see of it: an honest 503 or nothing at all, and a recovery without a restart.

use std::thread;

use anyhow::{Context, Result, anyhow};
use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_sdk_secretsmanager::primitives::Blob;
use lambda_http::http::Method;
use serde_json::{Value, json};
use shared::config::{self, DbSource};
use shared::db::Db;
use shared::queue::Queue;
use shared::secrets::Secrets;
use tests::net;
use tests::postgres::{Cluster, Durability};
use tests::relay::Relay;
use tests::request;
use tests::simulator::EventQuery;
use tests::world::{Answer, World, db_config, vault};
use url::Url;

fn click(id: &str) -> Value {
    json!({ "fbclid": format!("IwAR0-{id}") })
}

fn order(order_id: &str) -> Value {
    json!({"order_id": order_id, "value": 97, "currency": "BRL", "customer": {"email": "maria@example.com"}})
}

/// A 503 that says whom to ask and when to come back, and nothing of the cause.
fn hold_unavailable(answer: &Answer) -> Result<()> {
    answer.expect_problem(503)?;
    assert_eq!(answer.headers["retry-after"], "1");
    let constant = json!({
        "type": "about:blank", "title": "Temporarily not available", "status": 503, "request_id": request::REQUEST_ID,
        "detail": "Nothing was recorded for certain; send the same request again.",
    });
    assert_eq!(answer.body, constant);
    Ok(())
}

/// Ends every connection of the functions to the test's database while this thread, and so they, stand still: a frozen
/// environment that wakes up.
fn end_connections(world: &World) -> Result<i64> {
    let url = world.db.url().to_owned();
    let ended = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await?;
            tokio::spawn(connection);
            let sql = "select count(pg_terminate_backend(pid)) from pg_stat_activity
                       where datname = current_database() and application_name = 'track-ai'";
            anyhow::Ok(client.query_one(sql, &[]).await?.try_get(0)?)
        })
    });
    ended.join().map_err(|_| anyhow!("the thread panicked"))?
}

/// The SDK against a port, as patient as a function.
fn sdk_at(world: &World, port: u16) -> SdkConfig {
    let endpoint = format!("http://127.0.0.1:{port}");
    world.sdk.clone().into_builder().endpoint_url(endpoint).retry_config(RetryConfig::disabled()).build()
}

/// A click function whose database URL is kept in this secret.
fn click_by_secret(sdk: &SdkConfig, secret: &str) -> click::State {
    let config =
        config::Db { source: DbSource::Secret(secret.to_owned()), place: config::Place::default(), ca_file: None };
    click::State::new(Db::new(config, Some(Secrets::new(sdk)), 1), 0)
}

fn secrets(world: &World) -> aws_sdk_secretsmanager::Client {
    aws_sdk_secretsmanager::Client::new(&world.sdk)
}

async fn keep(world: &World, name: &str, text: &str) -> Result<()> {
    secrets(world).create_secret().name(name).secret_string(text).send().await?;
    Ok(())
}

async fn replace(world: &World, name: &str, text: &str) -> Result<()> {
    secrets(world).put_secret_value().secret_id(name).secret_string(text).send().await?;
    Ok(())
}

#[tokio::test]
async fn while_postgres_is_away_the_answer_is_503_and_the_same_environment_recovers() -> Result<()> {
    let cluster = Cluster::start(Durability::Off).await?;
    let mut world = World::on(&cluster).await?;
    world.post_click(&click("before")).await?.expect(200)?;
    let placed = world.post_order(&order("before")).await?.expect(202)?;
    let event_id = placed["event_id"].as_str().context("event_id")?.to_owned();
    let before = world.contents().await?;
    cluster.stop().await?;
    // A key that is known already, one that is not, and who only reads.
    hold_unavailable(&world.post_click(&click("during")).await?)?;
    hold_unavailable(&world.post_order(&order("during")).await?)?;
    hold_unavailable(&world.get_order(&format!("/v1/orders/{event_id}")).await?)?;
    let queue = Queue::new(&world.sdk, &world.queue_url);
    let fresh = order::State::new(Db::new(db_config(world.db.url()), None, 1), queue, vault(&world.sdk));
    let known = std::mem::replace(&mut world.order, fresh);
    hold_unavailable(&world.post_order(&order("during")).await?)?;
    hold_unavailable(&world.get_order("/v1/orders?order_id=before").await?)?;
    // What is wrong with a request is known without a database.
    world.send_click(&world.click_request("[")).await?.expect_problem(400)?;
    let unkeyed = request::new(Method::GET, "/v1/orders?order_id=before", "");
    world.send_order(&unkeyed).await?.expect_problem(401)?;

    cluster.restart().await?;
    world.reconnect().await?;
    assert_eq!(world.contents().await?, before, "nothing was changed meanwhile");
    world.post_click(&click("during")).await?.expect(200)?;
    world.post_order(&order("during")).await?.expect(202)?;
    world.order = known;
    world.post_order(&order("after")).await?.expect(202)?;
    world.get_order(&format!("/v1/orders/{event_id}")).await?.expect(200)?;
    world.run_dispatch().await?;
    assert_eq!(world.simulator.events(&EventQuery::default()).len(), 3);
    Ok(())
}

#[tokio::test]
async fn connections_that_died_while_the_environment_was_frozen_are_nobody_s_trouble() -> Result<()> {
    for size in [1, 4] {
        let mut world = World::new().await?;
        let database = || Db::new(db_config(world.db.url()), None, size);
        let queue = Queue::new(&world.sdk, &world.queue_url);
        world.click = click::State::new(database(), 0);
        world.order = order::State::new(database(), queue, vault(&world.sdk));
        for round in 0..3 {
            // At once, so that the pool is full.
            let bodies = [0, 1, 2, 3].map(|index| click(&format!("{round}-{index}")));
            let [a, b, c, d] = bodies.each_ref().map(|body| world.post_click(body));
            let (a, b, c, d) = tokio::try_join!(a, b, c, d)?;
            for answer in [a, b, c, d] {
                answer.expect(200)?;
            }
            world.post_order(&order(&format!("{round}-before"))).await?.expect(202)?;
            assert!(end_connections(&world)? > i64::try_from(size)?, "both functions were connected");
            world.post_click(&click(&format!("{round}-after"))).await?.expect(200)?;
            world.post_order(&order(&format!("{round}-after"))).await?.expect(202)?;
            assert!(end_connections(&world)? >= 2);
            world.get_order(&format!("/v1/orders?order_id={round}-after")).await?.expect(200)?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_connection_that_hangs_costs_one_request_and_not_the_next() -> Result<()> {
    let mut world = World::new().await?;
    let mut url = Url::parse(world.db.url())?;
    let relay = Relay::to(url.port().context("a port")?).await?;
    url.set_port(Some(relay.port())).map_err(|()| anyhow!("the port"))?;
    world.click = click::State::new(Db::new(db_config(url.as_str()), None, 1), 0);
    world.post_click(&click("before")).await?.expect(200)?;
    relay.silence();
    hold_unavailable(&world.post_click(&click("hangs")).await?)?;
    world.post_click(&click("after")).await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn a_password_rotated_in_secrets_manager_is_picked_up_at_the_next_refused_login() -> Result<()> {
    let mut world = World::new().await?;
    let role = format!("app_{}", world.db.name());
    let login = |password: &str| -> Result<String> {
        let mut url = Url::parse(world.db.url())?;
        let set = url.set_username(&role).and_then(|()| url.set_password(Some(password)));
        set.map_err(|()| anyhow!("the login"))?;
        Ok(url.into())
    };
    let (first, second, third) = (login("first")?, login("second")?, login("third")?);
    let password = |word: &str| format!("alter role {role} password '{word}'");
    world
        .execute(&format!(
            "create role {role} login password 'first';
             grant select, insert, update, delete on all tables in schema public to {role}"
        ))
        .await?;
    let secret = format!("{role}/db");
    keep(&world, &secret, &json!({ "DB_URL": first }).to_string()).await?;
    world.click = click_by_secret(&world.sdk, &secret);
    world.post_click(&click("first")).await?.expect(200)?;

    world.execute(&password("second")).await?;
    replace(&world, &secret, &json!({ "DB_URL": second }).to_string()).await?;
    world.post_click(&click("open connection")).await?.expect(200)?;
    assert_eq!(end_connections(&world)?, 1);
    world.post_click(&click("second")).await?.expect(200)?;

    // The database was faster than Secrets Manager: honest meanwhile, and right as soon as the secret is.
    world.execute(&password("third")).await?;
    assert_eq!(end_connections(&world)?, 1);
    let before = world.contents().await?;
    for _ in 0..2 {
        hold_unavailable(&world.post_click(&click("third")).await?)?;
    }
    assert_eq!(world.contents().await?, before);
    replace(&world, &secret, &json!({ "DB_URL": third }).to_string()).await?;
    world.post_click(&click("third")).await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn each_form_of_the_database_secret_works_and_a_broken_one_can_be_mended_without_a_restart() -> Result<()> {
    let mut world = World::new().await?;
    let url = Url::parse(world.db.url())?;
    let rds = |port: Value| {
        json!({
            "engine": "postgres", "username": url.username(), "password": url.password(), "host": url.host_str(), "port": port,
            "dbname": url.path().trim_start_matches('/'), "sslmode": "disable", "dbInstanceIdentifier": "sample",
        })
    };
    let port = url.port().context("a port")?;
    let forms = [
        url.to_string(),
        format!(" {url}\n"),
        json!({ "DB_URL": url.as_str() }).to_string(),
        rds(json!(port)).to_string(),
        rds(json!(port.to_string())).to_string(),
    ];
    for (index, form) in forms.iter().enumerate() {
        let secret = format!("{}/form-{index}", world.tenant.id);
        keep(&world, &secret, form).await?;
        world.click = click_by_secret(&world.sdk, &secret);
        world.post_click(&click(&index.to_string())).await?.expect(200)?;
    }
    let secret = format!("{}/broken", world.tenant.id);
    world.click = click_by_secret(&world.sdk, &secret);
    hold_unavailable(&world.post_click(&click("missing")).await?)?;
    secrets(&world).create_secret().name(&secret).secret_binary(Blob::new(b"\xff")).send().await?;
    hold_unavailable(&world.post_click(&click("binary")).await?)?;
    for broken in
        ["x", "{}", r#"{"DB_URL":"mysql://db.example.com/"}"#, r#"{"username":"a","password":"b"}"#, "postgres://"]
    {
        replace(&world, &secret, broken).await?;
        hold_unavailable(&world.post_click(&click("broken")).await?)?;
    }
    replace(&world, &secret, &forms[0]).await?;
    world.post_click(&click("mended")).await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn secrets_manager_away_at_the_start_is_503_until_it_is_back() -> Result<()> {
    let mut world = World::new().await?;
    let endpoint = Url::parse(world.sdk.endpoint_url().context("an endpoint")?)?;
    let relay = Relay::to(endpoint.port().context("a port")?).await?;
    relay.down();
    let secret = format!("{}/db", world.tenant.id);
    keep(&world, &secret, world.db.url()).await?;
    world.click = click_by_secret(&sdk_at(&world, relay.port()), &secret);
    world.click.db.warm().await;
    let before = world.contents().await?;
    hold_unavailable(&world.post_click(&click("away")).await?)?;
    assert_eq!(world.contents().await?, before);
    relay.up();
    world.post_click(&click("back")).await?.expect(200)?;
    relay.down();
    world.post_click(&click("away again")).await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn while_sqs_is_away_an_order_is_accepted_and_the_next_sweep_has_it_sent_once() -> Result<()> {
    let mut world = World::new().await?;
    let nowhere = sdk_at(&world, net::free_port()?);
    let database = || Db::new(db_config(world.db.url()), None, 1);
    let missing = format!("{}-missing", world.queue_url);
    for (order_id, queue) in [
        ("away", Queue::new(&nowhere, &world.queue_url)),
        ("missing", Queue::new(&sdk_at(&world, Url::parse(&world.queue_url)?.port().context("a port")?), &missing)),
    ] {
        world.order = order::State::new(database(), queue, vault(&world.sdk));
        let placed = world.post_order(&order(order_id)).await?.expect(202)?;
        assert_eq!((&placed["duplicate"], &placed["state"]), (&json!(false), &json!("pending")));
        world.run_dispatch().await?;
        assert!(world.simulator.events(&EventQuery::default()).is_empty(), "nobody was woken");
        let again = world.post_order(&order(order_id)).await?.expect(200)?;
        assert_eq!((&again["duplicate"], &again["state"]), (&json!(true), &json!("pending")));

        let good = std::mem::replace(&mut world.sweep.queue, Queue::new(&nowhere, &world.queue_url));
        assert!(sweep::sweep(&world.sweep).await.is_err(), "a sweep that woke nobody says so");
        world.sweep.queue = good;
        let swept = sweep::sweep(&world.sweep).await?;
        assert_eq!((swept.due, swept.woken), (1, 1));
        world.run_dispatch().await?;
        let told = world.get_order(&format!("/v1/orders?order_id={order_id}")).await?.expect(200)?;
        assert_eq!(told["events"][0]["state"], "sent");
        assert_eq!(world.simulator.requests().len(), 1);
        assert_eq!(sweep::sweep(&world.sweep).await?.due, 0);
        world.simulator.reset();
        world.simulator.pixel(&world.tenant.pixel_id, &world.tenant.access_token);
    }
    Ok(())
}
