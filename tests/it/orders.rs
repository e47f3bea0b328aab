//! Orders: once each, whatever is repeated, in whatever state they come.

use std::sync::Arc;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tests::request;
use tests::simulator::EventQuery;
use tests::world::{Answer, World};

fn sale(order_id: &str) -> Value {
    json!({"order_id": order_id, "value": "97.00", "currency": "BRL", "customer": {"email": "maria@example.com"}})
}

#[tokio::test]
async fn a_hundred_identical_posts_at_once_are_one_sale_and_a_hundred_true_answers() -> Result<()> {
    let world = Arc::new(World::new().await?);
    let mut posts = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let world = Arc::clone(&world);
        posts.spawn(async move {
            let request =
                request::with_key(request::post("/v1/orders", &sale("1001").to_string()), &world.tenant.api_key);
            Answer::read(order::handle(&world.order, &request).await)
        });
    }
    let mut firsts = 0;
    let mut event_ids = std::collections::BTreeSet::new();
    while let Some(answer) = posts.join_next().await {
        let answer = answer??;
        let is_first = answer.body["duplicate"] == false;
        assert_eq!(answer.status, if is_first { 202 } else { 200 }, "{}", answer.body);
        assert_eq!(answer.body["match"]["stage"], "none");
        firsts += i32::from(is_first);
        event_ids.insert(answer.body["event_id"].as_str().context("event_id")?.to_owned());
    }
    assert_eq!(firsts, 1);
    assert_eq!(event_ids.len(), 1);
    assert_eq!(world.rows().await?, "0 1 1 1 1 1 100");
    assert_eq!(world.count("select count(*) from deliveries where outcome = 'duplicate'", &[]).await?, 99);
    world.run_dispatch().await?;
    assert_eq!(world.simulator.events(&EventQuery::default()).len(), 1);
    assert_eq!(world.simulator.requests().len(), 1);
    Ok(())
}

#[tokio::test]
async fn only_a_paid_order_is_a_purchase_and_the_payment_that_follows_is_no_duplicate() -> Result<()> {
    let world = World::new().await?;
    for status in ["pending", "refused", "expired", "canceled", "abandoned"] {
        let mut order = sale("pix-1");
        order["status"] = status.into();
        let answer = world.post_order(&order).await?.expect(202)?;
        assert_eq!((&answer["state"], &answer["reason"]), (&json!("ignored"), &json!("order_not_paid")), "{status}");
        assert_eq!(answer["duplicate"], false);
        let story = world.get_order("/v1/orders?order_id=pix-1").await?.expect(200)?;
        assert_eq!(story["order_state"], status);
    }
    assert_eq!(world.count("select count(*) from dedupe_registry", &[]).await?, 0);
    world.run_dispatch().await?;
    assert_eq!(world.simulator.requests().len(), 0);

    let paid = world.post_order(&sale("pix-1")).await?.expect(202)?;
    assert_eq!((&paid["state"], &paid["duplicate"]), (&json!("pending"), &json!(false)));
    world.run_dispatch().await?;
    assert_eq!(world.simulator.events(&EventQuery::default()).len(), 1);

    for status in ["partially_refunded", "refunded", "charged_back"] {
        let mut order = sale("pix-1");
        order["status"] = status.into();
        world.post_order(&order).await?.expect(200)?;
        let story = world.get_order("/v1/orders?order_id=pix-1").await?.expect(200)?;
        assert_eq!(story["order_state"], status);
    }
    let repeated = world.post_order(&sale("pix-1")).await?.expect(200)?;
    assert_eq!(repeated["duplicate"], true);
    let story = world.get_order("/v1/orders?order_id=pix-1").await?.expect(200)?;
    assert_eq!(story["order_state"], "charged_back");
    world.run_dispatch().await?;
    assert_eq!(world.simulator.requests().len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_payment_days_later_keeps_the_click_of_the_day_the_order_was_made() -> Result<()> {
    let world = World::new().await?;
    let old = json!({"url": "https://loja.example.com/?fbclid=old-click"});
    let old = world.post_click(&old).await?.expect(200)?;
    world.execute("update clicks set created_at = now() - interval '4 days'").await?;
    let now = shared::clock::Clock::SYSTEM.now_s();
    let mut pending = sale("pix-2");
    pending["status"] = "pending".into();
    pending["event_time"] = (now - 3 * 24 * 3600).into();
    pending["click"] = json!({"click_id": old["click_id"]});
    world.post_order(&pending).await?.expect(202)?;
    world.execute("update identities set created_at = now() - interval '3 days'").await?;

    let new = json!({"url": "https://loja.example.com/?fbclid=new-click"});
    let new = world.post_click(&new).await?.expect(200)?;
    let mut other = sale("other");
    other["click"] = json!({"click_id": new["click_id"]});
    world.post_order(&other).await?.expect(202)?;

    let paid = world.post_order(&sale("pix-2")).await?.expect(202)?;
    assert_eq!(paid["match"]["stage"], "identity");
    assert_eq!(paid["match"]["click_id"], old["click_id"]);
    Ok(())
}

#[tokio::test]
async fn each_new_value_or_name_is_its_own_event_and_the_order_lists_them_all() -> Result<()> {
    let world = World::new().await?;
    world.post_order(&sale("1")).await?.expect(202)?;
    let mut upsell = sale("1");
    upsell["value"] = 147.into();
    world.post_order(&upsell).await?.expect(202)?;
    let mut refund = sale("1");
    refund["event_name"] = "Refund".into();
    refund["status"] = "refunded".into();
    world.post_order(&refund).await?.expect(202)?;
    let story = world.get_order("/v1/orders?order_id=1").await?.expect(200)?;
    let events: Vec<String> = story["events"]
        .as_array()
        .context("events")?
        .iter()
        .map(|it| format!("{} {}", it["event_name"], it["value"]))
        .collect();
    assert_eq!(events, ["\"Purchase\" \"97.00\"", "\"Purchase\" \"147.00\"", "\"Refund\" \"97.00\""]);
    world.run_dispatch().await?;
    assert_eq!(world.simulator.events(&EventQuery::default()).len(), 3);
    Ok(())
}

#[tokio::test]
async fn an_order_with_nobody_in_it_is_ignored_with_that_reason_until_it_comes_with_somebody() -> Result<()> {
    let world = World::new().await?;
    let nobody =
        json!({"order_id": "1", "value": 97, "currency": "BRL", "customer": {"first_name": "Maria", "city": "Recife"}});
    // A first name and a city together are in none of Meta's broad sets; either alone is.
    world.post_order(&nobody).await?.expect(202)?;
    assert_eq!(world.count("select count(*) from dedupe_registry", &[]).await?, 1);
    let nobody =
        json!({"order_id": "2", "value": 97, "currency": "BRL", "customer": {"city": "Recife", "user_agent": "x"}});
    let answer = world.post_order(&nobody).await?.expect(202)?;
    assert_eq!((&answer["state"], &answer["reason"]), (&json!("ignored"), &json!("no_person")));
    let answer = world.post_order(&sale("2")).await?.expect(202)?;
    assert_eq!(answer["state"], "pending");
    assert_eq!(answer["reason"], Value::Null);
    Ok(())
}

#[tokio::test]
async fn a_website_event_needs_agent_and_page_else_it_is_system_generated_and_says_so() -> Result<()> {
    let world = World::new().await?;
    let mut order = sale("1");
    order["action_source"] = "website".into();
    let answer = world.post_order(&order).await?;
    assert_eq!(answer.body["action_source"], "system_generated");
    assert_eq!(answer.warnings(), [("action_source".to_owned(), "not_website".to_owned())]);
    let mut order = sale("2");
    order["customer"]["user_agent"] = request::AGENT.into();
    order["event_source_url"] = "https://loja.example.com/obrigado".into();
    assert_eq!(world.post_order(&order).await?.body["action_source"], "website");
    order["order_id"] = "3".into();
    order["action_source"] = "phone_call".into();
    assert_eq!(world.post_order(&order).await?.body["action_source"], "phone_call");
    world.execute("update tenants set action_source = 'email'").await?;
    assert_eq!(world.post_order(&sale("4")).await?.body["action_source"], "email");
    world.run_dispatch().await?;
    assert_eq!(world.simulator.events(&EventQuery::default()).len(), 4);
    Ok(())
}

#[tokio::test]
async fn the_orders_own_signal_wins_field_by_field_over_the_clicks() -> Result<()> {
    let world = World::new().await?;
    let click = json!({"url": "https://loja.example.com/?fbclid=abc", "fbp": "fb.1.1700000000000.1111"});
    let click = world.post_click(&click).await?.expect(200)?;
    let mut order = sale("1");
    order["click"] = json!({"click_id": click["click_id"], "fbp": "fb.1.1700000000000.2222"});
    order["customer"]["ip"] = "2001:db8::7".into();
    let placed = world.post_order(&order).await?.expect(202)?;
    world.run_dispatch().await?;
    let event = world.simulator.events(&EventQuery::id(placed["event_id"].as_str().context("id")?));
    let user_data = &event[0].json()["user_data"];
    assert_eq!(user_data["fbp"], "fb.1.1700000000000.2222");
    assert_eq!(user_data["client_ip_address"], "2001:db8::7");
    assert_eq!(user_data["fbc"], click["fbc"]);
    assert_eq!(user_data["client_user_agent"], request::AGENT);
    Ok(())
}

#[tokio::test]
async fn a_delivery_that_comes_late_does_not_take_an_order_back_and_an_event_that_is_no_sale_pays_nothing() -> Result<()>
{
    let world = World::new().await?;
    let state = async || -> Result<Value> {
        let story = world.get_order("/v1/orders?order_id=1").await?.expect(200)?;
        Ok(story["order_state"].clone())
    };
    let post = async |status: Option<&str>, event_name: &str| {
        let mut order = sale("1");
        order["event_name"] = event_name.into();
        if let Some(status) = status {
            order["status"] = status.into();
        }
        world.post_order(&order).await.map(|_| ())
    };
    post(Some("pending"), "Purchase").await?;
    post(None, "Lead").await?;
    assert_eq!(state().await?, "pending", "a lead pays nothing");
    post(Some("refused"), "Purchase").await?;
    post(Some("pending"), "Purchase").await?;
    assert_eq!(state().await?, "pending", "tried again");
    post(None, "Purchase").await?;
    for late in ["pending", "expired", "canceled"] {
        post(Some(late), "Purchase").await?;
        assert_eq!(state().await?, "paid", "{late}");
    }
    post(Some("refunded"), "Purchase").await?;
    post(None, "Purchase").await?;
    assert_eq!(state().await?, "refunded");
    Ok(())
}

#[tokio::test]
async fn a_sale_whose_conversion_was_purged_is_still_a_duplicate() -> Result<()> {
    let world = World::new().await?;
    world.post_order(&sale("1")).await?.expect(202)?;
    world.execute("delete from conversions").await?;
    let again = world.post_order(&sale("1")).await?.expect(200)?;
    assert_eq!((&again["duplicate"], &again["reason"]), (&json!(true), &json!("purged")));
    assert_eq!(world.count("select count(*) from dispatch_attempts", &[]).await?, 1);
    Ok(())
}

#[tokio::test]
async fn the_orders_own_ad_click_wins_over_a_remembered_one() -> Result<()> {
    let world = World::new().await?;
    let click = world.post_click(&json!({"url": "https://loja.example.com/?fbclid=Old"})).await?.expect(200)?;
    let mut first = sale("1");
    first["click"] = json!({"click_id": click["click_id"]});
    world.post_order(&first).await?.expect(202)?;
    let mut second = sale("2");
    second["click"] = json!({"fbclid": "New"});
    let placed = world.post_order(&second).await?.expect(202)?;
    assert_eq!(placed["match"]["stage"], "identity");
    world.run_dispatch().await?;
    let event = world.simulator.events(&EventQuery::id(placed["event_id"].as_str().context("id")?));
    assert!(event[0].json()["user_data"]["fbc"].as_str().is_some_and(|fbc| fbc.ends_with(".New")));
    Ok(())
}

#[tokio::test]
async fn an_ad_click_that_several_browsers_share_says_nothing_of_who_ordered() -> Result<()> {
    let world = World::new().await?;
    let link = "https://loja.example.com/?fbclid=Shared";
    let click = json!({"url": link, "fbp": "fb.1.1700000000000.1111"});
    let first = world.post_click(&click).await?.expect(200)?;
    world.post_click(&json!({"url": link, "fbp": "fb.1.1700000000000.2222"})).await?.expect(200)?;
    let mut order = sale("1");
    order["click"] = json!({"fbclid": "Shared"});
    let mut stranger = sale("2");
    stranger["customer"]["email"] = "joao@example.com".into();
    stranger["click"] = json!({"fbclid": "Shared", "fbp": "fb.1.1700000000000.3333"});
    for order in [order, stranger] {
        let placed = world.post_order(&order).await?.expect(202)?;
        world.run_dispatch().await?;
        let event = world.simulator.events(&EventQuery::id(placed["event_id"].as_str().context("id")?));
        let user_data = &event[0].json()["user_data"];
        assert_eq!(user_data["fbc"], first["fbc"]);
        assert_eq!(user_data["client_ip_address"], Value::Null);
        assert_eq!(user_data["client_user_agent"], Value::Null);
        assert_eq!(user_data["fbp"], order["click"]["fbp"]);
    }
    Ok(())
}

#[tokio::test]
async fn a_match_by_the_network_alone_does_not_vouch_for_the_next_order() -> Result<()> {
    let world = World::new().await?;
    world.post_click(&json!({"url": "https://loja.example.com/?fbclid=abc"})).await?.expect(200)?;
    let mut order = sale("1");
    order["customer"]["ip"] = request::SOURCE_IP.into();
    order["customer"]["user_agent"] = request::AGENT.into();
    assert_eq!(world.post_order(&order).await?.expect(202)?["match"]["stage"], "network");
    assert_eq!(world.post_order(&sale("2")).await?.expect(202)?["match"]["stage"], "none");
    Ok(())
}
