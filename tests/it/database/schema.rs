//! Functions that are newer than the database's schema: they say so, do nothing, and go on by themselves once it is migrated.

use anyhow::{Context, Result};
use lambda_http::http::Method;
use refinery::{Migration, Runner};
use serde_json::json;
use shared::db::migrate::{self, runner};
use shared::db::{Db, NEEDED};
use shared::telemetry;
use tests::heard::Heard;
use tests::simulator::EventQuery;
use tests::wire::Relay;
use tests::world::{Answer, World, db_config, empty_db, migrated_db, wake_up};
use tracing::Level;

use super::{end_connections, with};

/// Every migration but the last.
pub(super) fn all_but_the_last() -> Result<Runner> {
    let mut kept: Vec<Migration> = Vec::new();
    for migration in runner().get_migrations().iter().filter(|it| it.version() < NEEDED) {
        let name = format!("V{}__{}", migration.version(), migration.name());
        kept.push(Migration::unapplied(&name, migration.sql().context("a migration's text")?)?);
    }
    Ok(Runner::new(&kept))
}

fn hold_unavailable(answer: &Answer) -> Result<()> {
    answer.expect_problem(503)?;
    assert_eq!(answer.header("retry-after"), "1");
    Ok(())
}

/// What a connection is told.
async fn settings(db: &Db) -> Result<Vec<String>> {
    let sql = "select array[current_setting('plan_cache_mode'), current_setting('idle_in_transaction_session_timeout'),
                   current_setting('idle_session_timeout')]";
    Ok(db.run(|client| async move { Ok(client.query_one(sql, &[]).await?.try_get(0)?) }).await?)
}

#[test]
fn what_a_release_needs_is_its_last_migration() {
    assert_eq!(runner().get_migrations().iter().map(Migration::version).max(), Some(NEEDED));
}

#[tokio::test]
async fn on_an_older_schema_every_function_says_so_and_does_nothing_until_it_is_migrated() -> Result<()> {
    let db = empty_db().await?;
    migrate::run(db.url(), None, &all_but_the_last()?).await?;
    let world = World::with_db(db).await?;
    let click = json!({"fbclid": "IwAR0-older"});
    let order =
        json!({"order_id": "older", "value": 97, "currency": "BRL", "customer": {"email": "maria@example.com"}});
    let tenant = format!("/v1/tenants/{}", world.tenant.id);
    world.fill("due", 1).await?;
    world.execute("update dispatch_attempts set due_at = clock()").await?;
    let before = world.contents().await?;

    let (heard, listening) = Heard::listen(Level::ERROR);
    hold_unavailable(&world.post_click(&click).await?)?;
    hold_unavailable(&world.post_order(&order).await?)?;
    hold_unavailable(&world.get_order("/v1/orders?order_id=older").await?)?;
    hold_unavailable(&world.operate(Method::GET, &tenant, &json!(null)).await?)?;
    let refused = world.dispatch_bodies(&[&wake_up(&world.tenant.id)]).await;
    assert_eq!(refused.batch_item_failures.len(), 1, "SQS keeps the message");
    assert!(sweep::sweep(&world.sweep).await.is_err(), "a sweep that did nothing says so");
    drop(listening);
    let log = heard.text()?;
    let said = format!("the database is at V{}, and this release needs V{NEEDED}: run migrate", NEEDED - 1);
    let not_said: Vec<&str> = log.lines().filter(|line| !line.contains(&said)).collect();
    assert_eq!(not_said, Vec::<&str>::new());
    // The four requests and the dispatch, once each; the sweep's steps.
    assert!(log.lines().count() > 5, "{log}");
    assert_eq!(world.contents().await?, before, "nothing was changed");
    assert!(world.simulator.requests().is_empty(), "nothing was sent");

    migrate::run(world.db.url(), None, &runner()).await?;
    world.post_click(&click).await?.expect(200)?;
    world.post_order(&order).await?.expect(202)?;
    world.operate(Method::GET, &tenant, &json!(null)).await?.expect(200)?;
    assert!(world.dispatch_now().await?.batch_item_failures.is_empty());
    assert_eq!(world.simulator.events(&EventQuery::default()).len(), 2);
    sweep::sweep(&world.sweep).await?;
    Ok(())
}

#[tokio::test]
async fn a_database_that_was_never_migrated_is_told_apart() -> Result<()> {
    let db = empty_db().await?;
    let state = click::State::new(Db::new(db_config(db.url()), None, 1), 0);
    let asked = state.db.run(|_| async { Ok(()) }).await;
    let text = asked.err().map(|error| telemetry::chain(&error)).context("it was taken for good")?;
    assert_eq!(text, format!("the database has no schema yet, and this release needs V{NEEDED}: run migrate"));
    Ok(())
}

/// Lambda ends an environment without a word to Postgres.
#[tokio::test]
async fn a_connection_whose_environment_is_gone_is_let_go_by_the_server() -> Result<()> {
    let world = World::new().await?;
    assert_eq!(settings(&world.click.db).await?, ["force_generic_plan", "15s", "15min"]);
    Ok(())
}

#[tokio::test]
async fn a_newer_schema_and_one_whose_age_may_not_be_read_are_fine() -> Result<()> {
    let mut world = World::new().await?;
    world
        .execute(
            "insert into refinery_schema_history (version, name, applied_on, checksum)
             select max(version) + 1, 'later', 'now', '0' from refinery_schema_history",
        )
        .await?;
    world.post_click(&json!({"fbclid": "IwAR0-newer"})).await?.expect(200)?;

    let role = format!("app_{}", world.db.name());
    world
        .execute(&format!(
            "create role {role} login password 'sample';
             grant select, insert, update, delete on all tables in schema public to {role};
             revoke all on refinery_schema_history from {role}"
        ))
        .await?;
    let mut url = url::Url::parse(world.db.url())?;
    let set = url.set_username(&role).and_then(|()| url.set_password(Some("sample")));
    set.map_err(|()| anyhow::anyhow!("the login"))?;
    with(&mut world, || Db::new(db_config(url.as_str()), None, 1))?;
    world.post_click(&json!({"fbclid": "IwAR0-unread"})).await?.expect(200)?;
    // It has its settings all the same.
    assert_eq!(settings(&world.click.db).await?, ["force_generic_plan", "15s", "15min"]);
    assert!(end_connections(&world).await? > 0);
    Ok(())
}

#[tokio::test]
async fn the_question_costs_a_new_connection_no_round_trip() -> Result<()> {
    let db = migrated_db().await?;
    let port = url::Url::parse(db.url())?.port().context("a port")?;
    let relay = Relay::start(port).await?;
    let url = db.url().replace(&format!(":{port}/"), &format!(":{}/", relay.port()));
    let database = Db::new(db_config(&url), None, 1);
    database.warm().await;
    // The login, and what a connection is told and asked.
    assert_eq!(relay.round_trips(), 2);
    database.run(|client| async move { Ok(client.batch_execute("select 1").await?) }).await?;
    assert_eq!(relay.round_trips(), 3);
    Ok(())
}
