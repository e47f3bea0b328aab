//! What a tenant's and a funnel's status mean for who posts: the table of the HTTP contract.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tests::request;
use tests::simulator::EventQuery;
use tests::world::World;

fn click() -> Value {
    json!({"url": "https://loja.example.com.br/?fbclid=IwAR0-Sample_1", "fbp": "fb.2.1700000000000.1234567890"})
}

fn order(order_id: &str) -> Value {
    json!({"order_id": order_id, "value": 97, "currency": "BRL", "customer": {"email": "maria@example.com"}})
}

async fn set(world: &World, status: &str) -> Result<()> {
    world.execute(&format!("update tenants set status = '{status}'")).await
}

/// Wakes what is due and sends it; gives how many events Meta has now.
async fn sent(world: &World) -> Result<usize> {
    sweep::sweep(&world.sweep).await.context("sweep")?;
    let response = world.run_dispatch().await?;
    assert!(response.batch_item_failures.is_empty());
    Ok(world.simulator.events(&EventQuery::default()).len())
}

#[tokio::test]
async fn an_active_tenant_s_click_and_order_are_taken_and_sent() -> Result<()> {
    let world = World::new().await?;
    world.post_click(&click()).await?.expect(200)?;
    let placed = world.post_order(&order("1001")).await?.expect(202)?;
    assert_eq!(placed["state"], "pending");
    assert_eq!(sent(&world).await?, 1);
    Ok(())
}

#[tokio::test]
async fn what_a_suspended_tenant_takes_is_held_and_all_of_it_goes_when_it_is_active_again() -> Result<()> {
    let world = World::new().await?;
    world.post_order(&order("before")).await?.expect(202)?;
    set(&world, "suspended").await?;
    world.post_click(&click()).await?.expect(200)?;
    for order_id in ["1001", "1002"] {
        let placed = world.post_order(&order(order_id)).await?.expect(202)?;
        assert_eq!((&placed["state"], &placed["duplicate"]), (&json!("held"), &json!(false)));
    }
    let again = world.post_order(&order("1001")).await?.expect(200)?;
    assert_eq!((&again["state"], &again["duplicate"]), (&json!("held"), &json!(true)));
    assert_eq!(sent(&world).await?, 0, "nothing goes out, also not what came before");
    set(&world, "active").await?;
    assert_eq!(sent(&world).await?, 3);
    let told = world.get_order("/v1/orders?order_id=1001").await?.expect(200)?;
    assert_eq!(told["events"][0]["state"], "sent");
    Ok(())
}

#[tokio::test]
async fn a_tenant_in_provisioning_sends_only_while_it_has_a_live_test_code() -> Result<()> {
    let world = World::new().await?;
    set(&world, "provisioning").await?;
    world.post_click(&click()).await?.expect(200)?;
    let placed = world.post_order(&order("without")).await?.expect(202)?;
    assert_eq!(placed["state"], "held");
    assert_eq!(sent(&world).await?, 0);

    let code = |end: &str| {
        format!(
            "update tenants set test_event_code = 'TEST12345', test_event_code_until = clock() {end} interval '1 hour'"
        )
    };
    world.execute(&code("-")).await?;
    assert_eq!(world.post_order(&order("ended")).await?.expect(202)?["state"], "held");
    assert_eq!(sent(&world).await?, 0);

    world.execute(&code("+")).await?;
    assert_eq!(world.post_order(&order("live")).await?.expect(202)?["state"], "pending");
    assert_eq!(sent(&world).await?, 1, "what is held waits for active, and is no test");
    let bodies: Vec<String> = world.simulator.requests().iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
    assert!(bodies.iter().all(|body| body.contains("TEST12345")), "{bodies:?}");
    world.execute("update tenants set status = 'active', test_event_code = null, test_event_code_until = null").await?;
    assert_eq!(sent(&world).await?, 3);
    Ok(())
}

#[tokio::test]
async fn a_retired_tenant_s_clicks_and_orders_are_gone_and_its_stories_can_still_be_read() -> Result<()> {
    let world = World::new().await?;
    let placed = world.post_order(&order("1001")).await?.expect(202)?;
    set(&world, "retired").await?;
    world.refused_click(&world.click_request(&click().to_string()), 410).await?;
    let draft = format!("/v1/funnels/{}/clicks", world.tenant.draft_funnel_id);
    world.refused_click(&request::post(&draft, "{}"), 410).await?;
    for order_id in ["1001", "1002"] {
        world.refused_order(&world.order_request(&order(order_id).to_string()), 410).await?;
    }
    assert_eq!(sent(&world).await?, 0);
    let event_id = placed["event_id"].as_str().context("event_id")?;
    world.get_order(&format!("/v1/orders/{event_id}")).await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn bad_input_is_bad_whatever_the_tenant_s_status() -> Result<()> {
    let world = World::new().await?;
    for status in ["provisioning", "active", "suspended", "retired"] {
        set(&world, status).await?;
        world.refused_click(&world.click_request("["), 400).await?;
        world.refused_order(&world.order_request("["), 400).await?;
        world.refused_order(&world.order_request("{}"), 422).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_funnel_that_is_unknown_or_a_draft_is_not_found() -> Result<()> {
    let world = World::new().await?;
    let active = &world.tenant.funnel_id;
    let funnels = [
        world.tenant.draft_funnel_id.clone(),
        world.tenant.id.clone(),
        "unknown".into(),
        active.to_uppercase(),
        format!("{active}%00"),
        format!("%20{active}"),
        "..".into(),
        "%27%20or%20%271%27=%271".into(),
        "x".repeat(4000),
    ];
    for funnel in funnels {
        for status in ["provisioning", "active", "suspended"] {
            set(&world, status).await?;
            let path = format!("/v1/funnels/{funnel}/clicks");
            world.refused_click(&request::post(&path, &click().to_string()), 404).await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_funnel_that_becomes_active_takes_clicks_at_once() -> Result<()> {
    let world = World::new().await?;
    let path = format!("/v1/funnels/{}/clicks", world.tenant.draft_funnel_id);
    world.refused_click(&request::post(&path, "{}"), 404).await?;
    world.execute("update funnels set status = 'active'").await?;
    world.send_click(&request::post(&path, "{}")).await?.expect(200)?;
    world.execute("update funnels set status = 'draft'").await?;
    world.refused_click(&request::post(&path, "{}"), 404).await?;
    Ok(())
}
