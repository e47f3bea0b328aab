//! Another tenant's events are never seen, found, exported or written.

use anyhow::{Context, Result};
use lambda_http::http::Method;
use serde_json::{Value, json};
use tests::request;
use tests::world::World;

use super::{get, got, import, order, path, placed, search};

#[tokio::test]
async fn nothing_of_another_tenant_is_seen_in_any_of_it() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    let theirs = request::with_key(request::post("/v1/orders", &order("theirs").to_string()), &other.api_key);
    let theirs = world.send_order(&theirs).await?.expect(202)?["event_id"].as_str().context("an id")?.to_owned();
    let before = world.contents().await?;
    let overview = got(&world, "overview").await?;
    assert_eq!((&overview["ledger"]["sales"], &overview["ledger"]["entries"]), (&json!(0), &json!([])));
    assert_eq!(overview["matches"]["last_28_days"]["events"], 0);
    assert!(overview["days"].as_array().is_some_and(|days| days.iter().all(|day| day["orders"] == 0)));
    assert_eq!(got(&world, "events").await?["events"], json!([]));
    for q in ["theirs", "maria@example.com", "11955500001", &theirs] {
        assert_eq!(search(&world, q).await?, Vec::<String>::new(), "{q}");
    }
    get(&world, &format!("events/{theirs}")).await?.expect_problem(404)?;
    assert_eq!(get(&world, "events.csv").await?.text().lines().count(), 1);
    // A cursor of theirs is only a place in time.
    let cursor = {
        let page =
            world.operate(Method::GET, &format!("/v1/tenants/{}/events", other.id), &Value::Null).await?.expect(200)?;
        assert_eq!(page["events"][0]["event_id"], json!(theirs));
        shared::keyset::Cursor::new(4_102_444_800_000_000, theirs[..20].to_owned()).text()
    };
    assert_eq!(got(&world, &format!("events?after={cursor}")).await?["events"], json!([]));
    assert_eq!(world.contents().await?, before);
    let at = shared::clock::Clock::SYSTEM.now_s();
    let table = format!("order_id,value,currency,event_time,customer.email\ntheirs,97.00,BRL,{at},maria@example.com\n");
    let mine = import(&world, &world.tenant, "", &table).await?.expect(200)?;
    assert_eq!(mine["lines"][0]["outcome"], "taken", "the same order of another tenant is another order");
    assert_ne!(mine["lines"][0]["event_id"], json!(theirs));
    Ok(())
}

#[tokio::test]
async fn a_tenant_that_is_none_is_not_found_by_any_route() -> Result<()> {
    let world = World::new().await?;
    placed(&world, &order("1")).await?;
    let nobody = |rest: &str| path(&world, rest).replace(&world.tenant.id, "nobody");
    for rest in ["overview", "events", "events?q=1", "events.csv", &format!("events/{}", "0".repeat(64))] {
        world.operate(Method::GET, &nobody(rest), &Value::Null).await?.expect_problem(404)?;
    }
    world.operate(Method::POST, &nobody("events/search"), &json!({"q": "1"})).await?.expect_problem(404)?;
    let mut none = world.tenant.clone();
    none.id = "nobody".to_owned();
    for query in ["", "?check=1"] {
        import(&world, &none, query, "order_id,value,currency,event_time\n").await?.expect_problem(404)?;
    }
    Ok(())
}
