//! A sale, from the checkout's post to Meta.

use anyhow::Result;
use serde_json::json;
use shared::domain::event_id::EventId;
use shared::domain::money::{Currency, Money};
use shared::domain::order::{EventName, OrderId};
use shared::platforms::Platform;
use tests::simulator::EventQuery;
use tests::world::World;

use super::{TOKEN, delivery, received};

fn event_id(world: &World, order_id: &str) -> Option<String> {
    let value = Money::parse("97.00", Currency::parse("BRL")?).ok()?;
    let order_id = OrderId::parse(order_id)?;
    Some(EventId::of(&world.tenant.id, &order_id, &EventName::purchase(), &value).to_string())
}

#[tokio::test]
async fn a_sale_reaches_meta_with_the_click_that_the_checkout_gave_back() -> Result<()> {
    let world = World::new().await?;
    let hotmart = world.connect(Platform::Hotmart).await?;
    let click = world
        .post_click(
            &json!({"url": "https://shop.example.com/?fbclid=IwAR0-ad", "fbp": "fb.1.1700000000000.1234567890"}),
        )
        .await?
        .expect(200)?;
    let mut body: serde_json::Value = serde_json::from_str(&delivery("1", "PURCHASE_APPROVED"))?;
    body["data"]["purchase"]["origin"] = json!({"xcod": click["click_id"]});
    let answer = world.deliver(&hotmart, &[TOKEN], &body.to_string()).await?.expect(200)?;
    assert_eq!(answer, received("order", None));
    world.run_dispatch().await?;
    let events = world.simulator.events(&EventQuery::default());
    assert_eq!(events.len(), 1);
    let event = serde_json::to_value(&events[0])?;
    let text = event.to_string();
    let id = event_id(&world, "hotmart:HP-1").unwrap_or_default();
    assert!(
        text.contains(&id) && text.contains("IwAR0-ad") && text.contains("fb.1.1700000000000.1234567890"),
        "{text}"
    );
    let told = world.get_order("/v1/orders?order_id=hotmart:HP-1").await?.expect(200)?;
    assert_eq!((&told["order_state"], &told["events"][0]["state"]), (&json!("paid"), &json!("sent")));
    assert_eq!((&told["events"][0]["match"]["stage"], &told["events"][0]["event_id"]), (&json!("click"), &json!(id)));
    Ok(())
}

#[tokio::test]
async fn while_the_queue_is_away_a_sale_is_taken_and_sweep_wakes_it() -> Result<()> {
    let mut world = World::new().await?;
    let hotmart = world.connect(Platform::Hotmart).await?;
    world.order.queue = shared::queue::Queue::new(&world.sdk, "http://127.0.0.1:9/nowhere");
    world.deliver(&hotmart, &[TOKEN], &delivery("1", "PURCHASE_APPROVED")).await?.expect(200)?;
    world.dispatch_now().await?;
    assert_eq!(world.simulator.events(&EventQuery::default()).len(), 1);
    Ok(())
}

#[tokio::test]
async fn p15_no_answer_is_a_redirect() -> Result<()> {
    let world = World::new().await?;
    let hotmart = world.connect(Platform::Hotmart).await?;
    let body = delivery("1", "PURCHASE_APPROVED");
    for path in [hotmart.path.clone(), format!("{}/", hotmart.path), "/w".to_owned(), "/w/".to_owned()] {
        let request = tests::request::with_header(tests::request::post(&path, &body), TOKEN.0, TOKEN.1);
        let status = world.send_order(&request).await?.status;
        assert!(matches!(status, 200 | 404), "{path}: {status}");
    }
    Ok(())
}

#[tokio::test]
async fn a_product_s_id_that_the_database_cannot_hold_costs_no_sale() -> Result<()> {
    let world = World::new().await?;
    let hotmart = world.connect(Platform::Hotmart).await?;
    let mut body: serde_json::Value = serde_json::from_str(&delivery("d1", "PURCHASE_APPROVED"))?;
    body["data"]["product"]["id"] = "a\0b".into();
    assert_eq!(world.deliver(&hotmart, &[TOKEN], &body.to_string()).await?.expect(200)?, received("order", None));
    let custom_data = world.text("select custom_data::text from conversions", &[]).await?.unwrap_or_default();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&custom_data)?,
        json!({"value": 97.0, "currency": "BRL", "order_id": "hotmart:HP-d1"})
    );
    Ok(())
}
