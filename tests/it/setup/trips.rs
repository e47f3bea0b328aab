//! How often a request goes to Postgres, seen on the wire.

use anyhow::Result;
use lambda_http::http::Method;
use serde_json::{Value, json};
use shared::db::Db;
use tests::wire::Relay;
use tests::world::{World, db_config};

#[tokio::test]
async fn a_session_is_shown_in_one_round_trip_and_written_in_two() -> Result<()> {
    let mut world = World::new().await?;
    let port = url::Url::parse(world.db.url())?.port().unwrap_or(5432);
    let relay = Relay::start(port).await?;
    let relayed = world.db.url().replace(&format!(":{port}/"), &format!(":{}/", relay.port()));
    world.setup.db = Db::new(db_config(&relayed), None, 1);
    let session = world.session().await?;
    world.enter(&session, &world.entered("trips")).await?.expect(200)?;
    world.act(&session, "provision", &Value::Null).await?.expect(200)?;
    world.see(&session).await?;

    let before = relay.round_trips();
    for _ in 0..10 {
        world.see(&session).await?;
    }
    assert_eq!(relay.round_trips() - before, 10, "shown");
    let before = relay.round_trips();
    for name in ["a", "b", "c"] {
        world.enter(&session, &json!({"business": {"name": name}})).await?.expect(200)?;
    }
    assert_eq!(relay.round_trips() - before, 6, "read and written");
    let before = relay.round_trips();
    world.act(&session, "provision", &Value::Null).await?.expect(200)?;
    assert_eq!(relay.round_trips() - before, 2, "read and made");
    let before = relay.round_trips();
    world
        .setup_as(&session.token, Method::GET, "/v1/setup/sessions/nobodys", &Value::Null)
        .await?
        .expect_problem(404)?;
    assert_eq!(relay.round_trips() - before, 0, "refused before anything is looked up");
    world.setup_as("x", Method::GET, &session.path(""), &Value::Null).await?.expect_problem(401)?;
    let before = relay.round_trips();
    for _ in 0..5 {
        world.setup_as("x", Method::GET, &session.path(""), &Value::Null).await?.expect_problem(401)?;
    }
    assert_eq!(relay.round_trips() - before, 5, "a wrong token is counted");
    let tenant = format!("/v1/tenants/tnt_{}", session.id);
    let (_, key) = world.key(&format!("tnt_{}", session.id), &["read"]).await?;
    let list = format!("{tenant}/keys");
    for token in [&key, &session.token] {
        world.setup_as(token, Method::GET, &list, &Value::Null).await?.expect(200)?;
        let before = relay.round_trips();
        world.setup_as(token, Method::GET, &list, &Value::Null).await?.expect(200)?;
        assert_eq!(relay.round_trips() - before, 2, "who it is, and the list");
    }
    let before = relay.round_trips();
    world.operate(Method::GET, &list, &Value::Null).await?.expect(200)?;
    assert_eq!(relay.round_trips() - before, 1, "the operator's token is remembered");
    Ok(())
}
