//! The event exactly as Meta gets it: reviewed, and from then on the same.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tests::simulator::EventQuery;
use tests::world::World;

/// The one thing that differs from run to run.
fn masked(mut event: Value, tenant: &str) -> Result<String> {
    let time = event["event_time"].as_i64().context("event_time")?;
    event["event_time"] = "<seconds>".into();
    let fbc = event["user_data"]["fbc"].as_str().map(str::to_owned);
    if let Some(fbc) = fbc {
        let parts: Vec<&str> = fbc.splitn(4, '.').collect();
        assert!(
            parts[2].parse::<i64>()?.abs_diff(time * 1000) < 60_000,
            "the fbc's time is when the click was first seen"
        );
        event["user_data"]["fbc"] = format!("{}.{}.<ms>.{}", parts[0], parts[1], parts[3]).into();
    }
    event["event_id"] = "<event_id>".into();
    Ok(serde_json::to_string_pretty(&event)?.replace(tenant, "<tenant>"))
}

async fn taken(world: &World, order: &Value) -> Result<String> {
    let placed = world.post_order(order).await?.expect(202)?;
    world.run_dispatch().await?;
    let events = world.simulator.events(&EventQuery::id(placed["event_id"].as_str().context("event_id")?));
    masked(events.first().context("taken")?.json(), &world.tenant.id)
}

#[tokio::test]
async fn a_full_order_with_its_click() -> Result<()> {
    let world = World::new().await?;
    let click = json!({
        "url": "https://www.loja.com.br/curso?fbclid=IwAR0-Sample_1&utm_source=meta",
        "fbp": "fb.2.1700000000000.1234567890.AQYBAQIA",
    });
    let click = world.post_click(&click).await?.expect(200)?;
    let order = json!({
        "order_id": "HP-1001", "value": "197.9", "currency": "brl",
        "customer": {
            "email": " Maria.Silva+x@Example.COM ", "phone": "(11) 98765-4321", "first_name": "José", "last_name": "D'Ávila",
            "city": "São Paulo", "state": "São Paulo", "zip": "01310-100", "country": "br", "external_id": "User-7",
        },
        "click": {"click_id": click["click_id"]},
        "items": [{"id": "course", "quantity": 1, "price": 147.9}, {"id": 42, "quantity": 2, "price": "25.00"}],
    });
    insta::assert_snapshot!(taken(&world, &order).await?);
    Ok(())
}

#[tokio::test]
async fn an_order_with_nothing_but_hashes() -> Result<()> {
    let world = World::new().await?;
    let order = json!({
        "order_id": "2", "event_name": "Lead", "value": 0, "currency": "JPY", "action_source": "phone_call",
        "customer": {
            "email": "973DFE463EC85785F5F95AF5BA3906EEDB2D931C24E69824A89EA65DBA4E813B",
            "phone": "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176",
        },
        "click": {"fbclid": "Only-The-Click-Id"},
    });
    insta::assert_snapshot!(taken(&world, &order).await?);
    Ok(())
}
