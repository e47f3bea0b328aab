//! An order whose visitor denied: by the tenant's policy it sends nothing, or goes with Meta's Limited Data Use.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tests::request;
use tests::simulator::EventQuery;
use tests::world::World;

use super::{FBC, FBP, OTHER_FBP};

async fn denied_click(world: &World) -> Result<()> {
    let body = json!({"click_id": "click-0001", "url": "https://loja.example.com.br/course?fbclid=IwAR0-Sample_1", "fbc": FBC,
                      "fbp": FBP, "consent": "denied"});
    world.post_click(&body).await?.expect(200)?;
    Ok(())
}

fn order(order_id: &str) -> Value {
    json!({
        "order_id": order_id, "value": 97, "currency": "BRL", "customer": {"email": "maria@example.com", "phone": "+5511955500001"},
        "click": {"click_id": "click-0001"},
    })
}

async fn policy(world: &World, policy: &str) -> Result<()> {
    world.execute(&format!("update tenants set denied_consent = '{policy}' where id = '{}'", world.tenant.id)).await
}

#[tokio::test]
async fn by_itself_it_is_ignored_with_its_reason_and_nothing_reaches_meta() -> Result<()> {
    let world = World::new().await?;
    denied_click(&world).await?;
    let placed = world.post_order(&order("1001")).await?.expect(202)?;
    assert_eq!((&placed["state"], &placed["match"]["click_id"]), (&json!("ignored"), &json!("click-0001")));
    assert_eq!(world.standing(&world.tenant.id, "ignored", "consent_denied").await?, 1);
    world.run_dispatch().await?;
    world.dispatch_now().await?;
    assert!(world.simulator.requests().is_empty());
    assert_eq!(world.count("select count(*) from dispatch_attempts", &[]).await?, 0);
    assert_eq!(world.count("select count(*) from dedupe_registry", &[]).await?, 0, "what is ignored claims nothing");
    let told = world.get_order("/v1/orders?order_id=1001").await?.expect(200)?;
    let event = &told["events"][0];
    assert_eq!((&event["state"], &event["reason"]), (&json!("ignored"), &json!("consent_denied")));
    let story = event["story"].as_array().and_then(|it| it.last()).context("a story")?;
    let wanted = "Nothing goes to Meta: the visitor whose click it came from denied consent, and the account sends nothing then.";
    assert_eq!(story["text"], wanted);
    Ok(())
}

#[tokio::test]
async fn it_is_found_by_each_id_that_the_denied_click_had() -> Result<()> {
    let world = World::new().await?;
    let click = json!({"fbclid": "IwAR0-Sample_1", "fbp": FBP, "click_id": "click-0002"});
    world.post_click(&click).await?.expect(200)?;
    let mut again = click.clone();
    again["click_id"] = json!("click-0001");
    assert_eq!(world.post_click(&again).await?.expect(200)?["click_id"], "click-0002");
    world.post_click(&json!({"click_id": "click-0001", "consent": "denied"})).await?.expect(200)?;
    let placed = world.post_order(&order("1001")).await?.expect(202)?;
    assert_eq!((&placed["state"], &placed["match"]["click_id"]), (&json!("ignored"), &json!("click-0002")));
    Ok(())
}

#[tokio::test]
async fn with_limited_data_use_it_goes_with_what_the_order_has_and_says_so_to_meta() -> Result<()> {
    let world = World::new().await?;
    denied_click(&world).await?;
    policy(&world, "limited_data_use").await?;
    let placed = world.post_order(&order("1001")).await?.expect(202)?;
    assert_eq!(placed["state"], "pending");
    world.run_dispatch().await?;
    let events = world.simulator.events(&EventQuery::id(placed["event_id"].as_str().context("event_id")?));
    let mut event = events.first().context("taken")?.json();
    event["event_time"] = json!("<seconds>");
    event["event_id"] = json!("<event_id>");
    insta::assert_snapshot!(serde_json::to_string_pretty(&event)?);
    assert_eq!(world.standing(&world.tenant.id, "sent", "").await?, 1);
    Ok(())
}

#[tokio::test]
async fn an_order_of_a_visitor_who_did_not_deny_has_no_data_processing_options() -> Result<()> {
    for policy_is in ["nothing", "limited_data_use"] {
        let world = World::new().await?;
        policy(&world, policy_is).await?;
        world.post_click(&json!({"click_id": "click-0001", "fbp": FBP, "consent": "granted"})).await?.expect(200)?;
        world.post_order(&order("1001")).await?.expect(202)?;
        let mut unmatched = order("1002");
        unmatched["click"] = json!({"click_id": "click-0009"});
        unmatched["customer"] = json!({"email": "other@example.com"});
        world.post_order(&unmatched).await?.expect(202)?;
        world.run_dispatch().await?;
        let events = world.simulator.events(&EventQuery::default());
        assert_eq!(events.len(), 2);
        for event in events {
            let event = event.json();
            let names: Vec<&String> = event.as_object().context("an event")?.keys().collect();
            assert!(!names.iter().any(|name| name.starts_with("data_processing")), "{names:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_order_s_observation_does_not_remember_the_denied_click() -> Result<()> {
    for policy_is in ["nothing", "limited_data_use"] {
        let world = World::new().await?;
        policy(&world, policy_is).await?;
        denied_click(&world).await?;
        world.post_order(&order("1001")).await?.expect(202)?;
        assert_eq!(world.count("select count(*) from identities where click_id is not null", &[]).await?, 0);
        let mut later = order("1002");
        later["click"] = json!({});
        let later = world.post_order(&later).await?.expect(202)?;
        assert_eq!((&later["match"]["stage"], &later["state"]), (&json!("none"), &json!("pending")), "{policy_is}");
    }
    Ok(())
}

#[tokio::test]
async fn a_denied_click_has_no_address_by_which_another_s_order_could_be_taken_for_its_own() -> Result<()> {
    let world = World::new().await?;
    denied_click(&world).await?;
    let mut neighbour = order("1001");
    neighbour["click"] = json!({"fbclid": "IwAR0-Sample_1", "fbc": FBC, "fbp": OTHER_FBP});
    neighbour["customer"] = json!({"ip": request::SOURCE_IP, "user_agent": request::AGENT});
    let placed = world.post_order(&neighbour).await?.expect(202)?;
    assert_eq!((&placed["match"]["stage"], &placed["state"]), (&json!("none"), &json!("pending")));
    Ok(())
}

#[tokio::test]
async fn a_granted_click_of_the_same_buyer_does_not_speak_for_a_denied_one() -> Result<()> {
    let world = World::new().await?;
    world.post_click(&json!({"click_id": "click-0002", "fbp": OTHER_FBP, "consent": "granted"})).await?.expect(200)?;
    let mut earlier = order("1001");
    earlier["click"] = json!({"click_id": "click-0002"});
    world.post_order(&earlier).await?.expect(202)?;
    denied_click(&world).await?;
    let placed = world.post_order(&order("1002")).await?.expect(202)?;
    assert_eq!((&placed["match"]["click_id"], &placed["state"]), (&json!("click-0001"), &json!("ignored")));
    Ok(())
}
