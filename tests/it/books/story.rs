//! An event's whole story.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tests::simulator::{Answer, Fault, GraphError};
use tests::world::World;

use super::{get, got, order, placed};

#[tokio::test]
async fn it_goes_from_the_deliveries_over_the_match_and_the_attempts_to_meta_s_words() -> Result<()> {
    let world = World::new().await?;
    for (click, fbp) in [("click-0001", "fb.1.1700000000000.1"), ("click-0002", "fb.1.1700000000000.2")] {
        world
            .post_click(&json!({"url": "https://loja.example.com.br/", "click_id": click, "fbp": fbp}))
            .await?
            .expect(200)?;
    }
    let mut body = order("1001");
    body["status"] = json!("pending");
    placed(&world, &body).await?;
    body["status"] = json!("paid");
    body["click"] = json!({"click_id": "click-0001", "fbp": "fb.1.1700000000000.2"});
    let event_id = placed(&world, &body).await?;
    placed(&world, &body).await?;
    world.simulator.fault(Fault::once(Answer::Error(GraphError::new(400, 100, "bad").with_subcode(2_804_050))));
    world.run_dispatch().await?;

    let story = got(&world, &format!("events/{event_id}")).await?;
    assert_eq!(
        (&story["state"], &story["reason"], &story["order_state"]),
        (&json!("quarantined"), &json!("data"), &json!("paid"))
    );
    let outcomes: Vec<&str> =
        story["deliveries"].as_array().context("deliveries")?.iter().filter_map(|it| it["outcome"].as_str()).collect();
    assert_eq!(outcomes, ["ignored", "conversion", "duplicate"]);
    assert_eq!((&story["match"]["stage"], &story["match"]["click_id"]), (&json!("click"), &json!("click-0001")));
    let evidence = story["match"]["evidence"].as_array().context("evidence")?;
    assert!(evidence.iter().any(|it| it["click_id"] == "click-0002" && it["verdict"] != "taken"), "{evidence:?}");
    assert_eq!(story["attempts"][0]["error_subcode"], 2_804_050);
    assert!(story["attempts"][0]["error_message"].as_str().is_some_and(|text| !text.is_empty()));
    assert!(story["story"].as_array().is_some_and(|lines| lines.len() >= 4), "{story}");

    // The seller's own server reads the same.
    let mut told = world.get_order(&format!("/v1/orders/{event_id}")).await?.expect(200)?;
    told["deliveries"] = story["deliveries"].clone();
    assert_eq!(told, story);
    Ok(())
}

#[tokio::test]
async fn what_is_no_event_of_the_tenant_s_is_not_found() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    let request = tests::request::with_key(tests::request::post("/v1/orders", &order("1").to_string()), &other.api_key);
    let theirs = world.send_order(&request).await?.expect(202)?["event_id"].as_str().context("an id")?.to_owned();
    let missing = get(&world, &format!("events/{}", "0".repeat(64))).await?;
    let missing = missing.expect_problem(404).map(|()| missing.body.clone())?;
    for id in [theirs.as_str(), "x", "search", &theirs.to_uppercase(), "%00"] {
        let answer = get(&world, &format!("events/{id}")).await?;
        if id == "search" {
            answer.expect_problem(405)?;
            continue;
        }
        answer.expect_problem(404)?;
        assert_eq!(answer.body, missing, "{id}");
    }
    assert_eq!(missing["errors"], Value::Null);
    Ok(())
}
