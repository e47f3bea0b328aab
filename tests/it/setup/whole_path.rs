//! A seller from nothing to the first event at Meta.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tests::request;
use tests::simulator::EventQuery;
use tests::world::{World, wake_up};

#[tokio::test]
async fn from_nothing_to_an_active_tenant_whose_sale_is_at_meta() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    let whole = world.entered("path");
    let pixel = whole["meta"]["pixel_id"].as_str().context("a pixel")?;
    for section in ["business", "funnel", "meta", "checkout", "other_senders"] {
        world.enter(&session, &json!({ section: whole[section] })).await?.expect(200)?;
    }
    let until = shared::clock::Clock::SYSTEM.now_s() + 3600;
    world
        .enter(&session, &json!({"meta": {"test_event_code": "TEST1", "test_event_code_until": until}}))
        .await?
        .expect(200)?;
    let made = world.act(&session, "provision", &Value::Null).await?.expect(200)?;
    assert_eq!(made["step"], "snippet");
    assert_eq!(world.act(&session, "test-event", &Value::Null).await?.expect(200)?["taken"], true);

    let funnel = made["funnel"]["id"].as_str().context("a funnel")?;
    let click = json!({"url": "https://www.loja.example.com.br/?fbclid=IwAR0-Sample_1", "fbp": "fb.2.1700000000000.1234567890"});
    let clicked = world
        .send_click(&request::post(&format!("/v1/funnels/{funnel}/clicks"), &click.to_string()))
        .await?
        .expect(200)?;
    assert_eq!(world.see(&session).await?["step"], "test_order");
    let order = |id: &str| {
        let body = json!({"order_id": id, "value": "97.00", "currency": "BRL", "customer": {"email": "maria@example.com"},
            "click": {"click_id": clicked["click_id"]}});
        request::with_key(
            request::post("/v1/orders", &body.to_string()),
            made["api_key"]["key"].as_str().unwrap_or_default(),
        )
    };
    let placed = world.send_order(&order("1001")).await?.expect(202)?;
    assert_eq!(
        (&placed["match"]["stage"], &placed["state"]),
        (&json!("click"), &json!("pending")),
        "the test code is on"
    );
    let tenant = made["tenant"]["id"].as_str().context("a tenant")?;
    world.dispatch_bodies(&[&wake_up(tenant)]).await;
    let seen = world.see(&session).await?;
    assert_eq!(seen["step"], "active");
    assert!(seen["live"]["first_event_at"].is_i64(), "{seen}");

    world
        .enter(&session, &json!({"meta": {"test_event_code": null, "test_event_code_until": null}}))
        .await?
        .expect(200)?;
    let live = world.act(&session, "activate", &Value::Null).await?.expect(200)?;
    assert_eq!((&live["tenant"]["status"], &live["issues"]), (&json!("active"), &json!([])));
    world.send_order(&order("1002")).await?.expect(202)?;
    world.dispatch_bodies(&[&wake_up(tenant)]).await;
    let events = world.simulator.events(&EventQuery::pixel(pixel));
    let told: Vec<_> = events.iter().map(|it| (it.event_name.as_str(), it.test_event_code.as_deref())).collect();
    assert_eq!(told, [("TrackAiTest", Some("TEST1")), ("Purchase", Some("TEST1")), ("Purchase", None)]);
    Ok(())
}

#[tokio::test]
async fn a_test_of_the_checkout_proves_the_setup_and_sends_nothing_and_a_wrong_secret_proves_nothing() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    let whole = world.entered("proof");
    world.enter(&session, &whole).await?.expect(200)?;
    let made = world.act(&session, "provision", &Value::Null).await?.expect(200)?;
    let url = made["connection"]["url"].as_str().context("a URL")?;
    let path = url.strip_prefix("https://track.example.com").context("the public URL")?;
    let body = include_str!("../../fixtures/webhooks/hotmart/purchase_approved.test_button.json");
    for (hottok, status, is_seen) in [("mistyped", 401, false), ("sample-hottok", 200, true)] {
        let post = request::with_header(request::post(path, body), "x-hotmart-hottok", hottok);
        world.send_order(&post).await?.expect(status)?;
        let live = &world.see(&session).await?["live"];
        assert_eq!(live["first_order_at"].is_i64(), is_seen, "{live}");
    }
    assert_eq!(world.count("select count(*) from conversions", &[]).await?, 0);
    Ok(())
}
