//! From a click to Meta.

use anyhow::{Context, Result};
use serde_json::json;
use tests::simulator::EventQuery;
use tests::world::World;

#[tokio::test]
async fn a_click_and_an_order_reach_meta_as_one_event() -> Result<()> {
    let world = World::new().await?;
    let click = json!({
        "url": "https://loja.example.com.br/curso?utm_source=meta&fbclid=IwAR0-Sample_1",
        "fbp": "fb.2.1700000000000.1234567890",
    });
    let click = world.post_click(&click).await?.expect(200)?;
    assert_eq!(click["new"], true);

    let order = json!({
        "order_id": "1001", "value": 97.0, "currency": "BRL",
        "customer": {"email": "Maria@Example.com", "first_name": "Maria"},
        "click": {"click_id": click["click_id"]},
    });
    let placed = world.post_order(&order).await?.expect(202)?;
    assert_eq!(placed["duplicate"], false);
    assert_eq!(placed["state"], "pending");
    assert_eq!(placed["match"]["stage"], "click");
    assert_eq!(placed["match"]["click_id"], click["click_id"]);
    assert_eq!(placed["action_source"], "website");

    let response = world.run_dispatch().await?;
    assert!(response.batch_item_failures.is_empty());

    let event_id = placed["event_id"].as_str().context("event_id")?;
    let events = world.simulator.events(&EventQuery::id(event_id));
    assert_eq!(events.len(), 1);
    let event = events[0].json();
    assert_eq!(event["user_data"]["fbc"], click["fbc"]);
    assert_eq!(event["custom_data"]["value"].to_string(), "97.00".parse::<f64>()?.to_string() + ".0");

    let story = world.get_order(&format!("/v1/orders/{event_id}")).await?.expect(200)?;
    assert_eq!(story["state"], "sent");
    assert_eq!(story["attempts"][0]["status"], "success");
    assert_eq!(story["attempts"][0]["events_received"], 1);

    let again = world.post_order(&order).await?.expect(200)?;
    assert_eq!(again["duplicate"], true);
    assert_eq!(again["state"], "sent");
    assert_eq!(again["match"], placed["match"]);
    world.run_dispatch().await?;
    assert_eq!(world.simulator.requests().len(), 1);
    Ok(())
}
