//! How often a page goes to Postgres, seen on the wire.

use anyhow::Result;
use lambda_http::http::Method;
use serde_json::json;
use shared::db::Db;
use tests::wire::Relay;
use tests::world::{World, db_config};

use super::{got, import, order, path, placed};

#[tokio::test]
async fn each_of_them_is_one_round_trip_a_search_for_a_buyer_two() -> Result<()> {
    let mut world = World::new().await?;
    let event_id = placed(&world, &order("1")).await?;
    let port = url::Url::parse(world.db.url())?.port().unwrap_or(5432);
    let relay = Relay::start(port).await?;
    let relayed = world.db.url().replace(&format!(":{port}/"), &format!(":{}/", relay.port()));
    world.setup.db = Db::new(db_config(&relayed), None, 1);
    for rest in ["overview", "events", "events?state=sent&limit=3", "events?q=1", &format!("events/{event_id}")] {
        got(&world, rest).await?;
        let before = relay.round_trips();
        for _ in 0..5 {
            got(&world, rest).await?;
        }
        assert_eq!(relay.round_trips() - before, 5, "{rest}");
    }
    let (found, q) = (path(&world, "events/search"), json!({"q": "maria@example.com"}));
    world.operate(Method::POST, &found, &q).await?.expect(200)?;
    let before = relay.round_trips();
    world.operate(Method::POST, &found, &q).await?.expect(200)?;
    assert_eq!(relay.round_trips() - before, 2, "search");

    let at = shared::clock::Clock::SYSTEM.now_s();
    let rows: String = (0..200).map(|n| format!("i{n},1,BRL,{at},a@example.com\n")).collect::<Vec<_>>().concat();
    let table = format!("order_id,value,currency,event_time,customer.email\n{rows}");
    import(&world, &world.tenant, "", &table).await?.expect(200)?;
    let before = relay.round_trips();
    import(&world, &world.tenant, "", &table).await?.expect(200)?;
    assert_eq!(relay.round_trips() - before, 3, "the tenant, and two hundred orders in two commits");
    Ok(())
}
