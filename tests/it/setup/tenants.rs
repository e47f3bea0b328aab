//! The operator's view of a tenant, and what the operator does to it.

use anyhow::{Context, Result};
use lambda_http::http::Method;
use serde_json::{Value, json};
use tests::simulator::EventQuery;
use tests::world::World;

use super::codes;

async fn act(world: &World, act: &str, body: &Value) -> Result<tests::world::Answer> {
    world.operate(Method::POST, &format!("/v1/tenants/{}/{act}", world.tenant.id), body).await
}

async fn order(world: &World, id: &str) -> Result<Value> {
    world
        .post_order(
            &json!({"order_id": id, "value": 97, "currency": "BRL", "customer": {"email": "maria@example.com"}}),
        )
        .await?
        .expect(202)
}

#[tokio::test]
async fn a_tenant_is_shown_with_its_gate_and_its_ledger_and_no_other_s() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    order(&world, "1001").await?;
    let shown =
        world.operate(Method::GET, &format!("/v1/tenants/{}", world.tenant.id), &Value::Null).await?.expect(200)?;
    assert_eq!(
        (&shown["tenant"]["status"], &shown["tenant"]["pixel_id"]),
        (&json!("active"), &json!(world.tenant.pixel_id))
    );
    assert_eq!((&shown["gate"]["breaker"], &shown["gate"]["waiting"]), (&json!("closed"), &json!(1)));
    assert_eq!(shown["ledger"], json!([{"state": "pending", "reason": null, "sales": 1}]));
    let others = world.operate(Method::GET, &format!("/v1/tenants/{}", other.id), &Value::Null).await?.expect(200)?;
    assert_eq!((&others["ledger"], &others["gate"]["waiting"]), (&json!([]), &json!(0)));
    Ok(())
}

#[tokio::test]
async fn a_tenant_is_suspended_goes_on_and_is_retired_for_good() -> Result<()> {
    let world = World::new().await?;
    assert_eq!(act(&world, "suspend", &Value::Null).await?.expect(200)?["before"], "active");
    assert_eq!(order(&world, "1001").await?["state"], "held");
    act(&world, "suspend", &Value::Null).await?.expect(200)?;
    assert_eq!(act(&world, "activate", &Value::Null).await?.expect(200)?["status"], "active");
    world.dispatch_now().await?;
    assert_eq!(world.simulator.events(&EventQuery::default()).len(), 1);
    act(&world, "retire", &Value::Null).await?.expect(200)?;
    for again in ["activate", "suspend", "rotate-key"] {
        act(&world, again, &Value::Null).await?.expect_problem(409)?;
    }
    assert_eq!(world.text("select status::text from tenants", &[]).await?.as_deref(), Some("retired"));
    Ok(())
}

#[tokio::test]
async fn a_tenant_in_provisioning_goes_live_as_its_session_would_let_it() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    let mut whole = world.entered("operator");
    whole["other_senders"] = Value::Null;
    world.enter(&session, &whole).await?.expect(200)?;
    world.act(&session, "provision", &Value::Null).await?.expect(200)?;
    let path = format!("/v1/tenants/tnt_{}/activate", session.id);
    let refused = world.operate(Method::POST, &path, &Value::Null).await?;
    assert_eq!((refused.status, refused.errors()[0].1.as_str()), (422, "other_senders_unconfirmed"));
    world.enter(&session, &json!({"other_senders": {"purchase": "off"}})).await?.expect(200)?;
    assert_eq!(world.operate(Method::POST, &path, &Value::Null).await?.expect(200)?["before"], "provisioning");
    let shown = world.operate(Method::GET, &path.replace("/activate", ""), &Value::Null).await?.expect(200)?;
    assert_eq!(codes(&shown, "warning"), ["no_click_yet", "no_order_yet", "no_event_yet"]);
    world.operate(Method::POST, &path.replace("/activate", "/suspend"), &Value::Null).await?.expect(200)?;
    world.act(&session, "activate", &Value::Null).await?.expect_problem(409)
}

#[tokio::test]
async fn a_key_is_rotated_and_the_one_before_is_over() -> Result<()> {
    let world = World::new().await?;
    let rotated = act(&world, "rotate-key", &Value::Null).await?.expect(200)?;
    let key = rotated["api_key"]["key"].as_str().context("a key")?;
    assert_eq!(world.get_order("/v1/orders?order_id=1").await?.status, 401);
    let request = tests::request::with_key(tests::request::get("/v1/orders?order_id=1"), key);
    assert_eq!(world.send_order(&request).await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn a_token_is_asked_of_meta_before_it_replaces_the_one_in_force_and_then_what_was_parked_goes() -> Result<()> {
    let world = World::new().await?;
    let path = format!("/v1/tenants/{}/meta", world.tenant.id);
    order(&world, "1001").await?;
    world.simulator.pixel(&world.tenant.pixel_id, "sample-renewed");
    world.dispatch_now().await?;
    assert_eq!(world.standing(&world.tenant.id, "parked", "credentials").await?, 1);
    let put = |body: Value| {
        let (world, path) = (&world, &path);
        async move { world.operate(Method::PUT, path, &body).await }
    };
    put(json!({})).await?.expect_problem(422)?;
    let wrong = put(json!({"access_token": "sample-wrong"})).await?;
    assert_eq!(wrong.errors(), [("access_token".to_owned(), "token_refused".to_owned())]);
    let elsewhere = put(json!({"access_token": "sample-renewed", "pixel_id": "999"})).await?;
    assert_eq!(elsewhere.errors(), [("pixel_id".to_owned(), "pixel_not_shared".to_owned())]);
    assert_eq!(world.standing(&world.tenant.id, "parked", "credentials").await?, 1, "nothing was replaced");
    put(json!({"access_token": "sample-renewed"})).await?.expect(200)?;
    world.wake().await;
    assert_eq!(world.standing(&world.tenant.id, "sent", "").await?, 1);
    Ok(())
}

#[tokio::test]
async fn the_operator_releases_a_gate_and_puts_quarantined_events_back() -> Result<()> {
    let world = World::new().await?;
    world.fill("q", 2).await?;
    world.execute("update conversions set state = 'quarantined', reason = 'refused'; update dispatch_attempts set status = 'failed', finished_at = clock(), answer = 'data'").await?;
    let one = act(&world, "replay", &json!({"event_id": "a".repeat(64)})).await?.expect(200)?;
    assert_eq!(one["replayed"], 0);
    act(&world, "replay", &json!({"event_id": "x"})).await?.expect_problem(404)?;
    act(&world, "replay", &json!({"may_be_there": "yes"})).await?.expect_problem(422)?;
    assert_eq!(act(&world, "replay", &Value::Null).await?.expect(200)?["replayed"], 2);
    world
        .execute(&format!(
            "insert into delivery_gates (tenant_id, breaker, failures, opened_at, cooldown_s, probe_at)
         values ('{0}', 'open', 10, clock(), 60, clock())
         on conflict (tenant_id) do update set breaker = 'open', probe_at = clock()",
            world.tenant.id
        ))
        .await?;
    let released = act(&world, "release", &Value::Null).await?.expect(200)?;
    assert_eq!(released["before"]["breaker"], "open");
    let shown =
        world.operate(Method::GET, &format!("/v1/tenants/{}", world.tenant.id), &Value::Null).await?.expect(200)?;
    assert_eq!(shown["gate"]["breaker"], "closed");
    Ok(())
}

#[tokio::test]
async fn a_token_that_the_operator_replaces_repairs_the_session_s_issues_too() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    let whole = world.entered("repaired");
    world.enter(&session, &whole).await?.expect(200)?;
    world.act(&session, "provision", &Value::Null).await?.expect(200)?;
    world.enter(&session, &json!({"meta": {"access_token": "sample-wrong"}})).await?.expect(200)?;
    assert_eq!(codes(&world.see(&session).await?, "error"), ["token_refused"]);
    let path = format!("/v1/tenants/tnt_{}/meta", session.id);
    let token = json!({"access_token": whole["meta"]["access_token"]});
    world.operate(Method::PUT, &path, &token).await?.expect(200)?;
    assert_eq!(codes(&world.see(&session).await?, "error"), Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn a_live_tenant_keeps_its_token_when_meta_refuses_the_new_one() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    world.enter(&session, &world.entered("kept")).await?.expect(200)?;
    world.act(&session, "activate", &Value::Null).await?.expect(200)?;
    let before = world.see(&session).await?;
    let refused = world.enter(&session, &json!({"meta": {"access_token": "sample-wrong"}})).await?;
    refused.expect_problem(422)?;
    assert_eq!(refused.errors(), [("meta.access_token".to_owned(), "token_refused".to_owned())]);
    assert_eq!(world.see(&session).await?, before);
    assert_eq!(
        world.act(&session, "test-event", &json!({"test_event_code": "TEST1"})).await?.expect(200)?["taken"],
        true
    );
    Ok(())
}

#[tokio::test]
async fn a_pixel_that_the_operator_replaces_stays_when_the_seller_provisions_again() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    world.enter(&session, &world.entered("former")).await?.expect(200)?;
    world.act(&session, "activate", &Value::Null).await?.expect(200)?;
    let tenant = format!("tnt_{}", session.id);
    let other = &world.entered("latter")["meta"];
    world.operate(Method::PUT, &format!("/v1/tenants/{tenant}/meta"), other).await?.expect(200)?;
    let seen = world.see(&session).await?;
    assert_eq!((&seen["input"]["meta"]["pixel_id"], &seen["meta"]["verdict"]), (&other["pixel_id"], &json!("ready")));
    world.act(&session, "provision", &Value::Null).await?.expect(200)?;
    let pixel = world.text("select pixel_id from tenants where id = $1", &[&tenant]).await?;
    assert_eq!(pixel.as_deref(), other["pixel_id"].as_str());
    Ok(())
}

#[tokio::test]
async fn the_operator_s_token_and_pixel_count_where_the_session_has_none() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    let whole = world.entered("given");
    world.enter(&session, &whole).await?.expect(200)?;
    world.enter(&session, &json!({"meta": null})).await?.expect(200)?;
    world.act(&session, "provision", &Value::Null).await?.expect(200)?;
    let path = format!("/v1/tenants/tnt_{}/meta", session.id);
    world.operate(Method::PUT, &path, &whole["meta"]).await?.expect(200)?;
    assert_eq!(codes(&world.see(&session).await?, "error"), Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn what_was_entered_since_the_last_provisioning_is_made_when_the_operator_sets_the_tenant_active() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    let whole = world.entered("since");
    world.enter(&session, &json!({"business": whole["business"], "funnel": whole["funnel"]})).await?.expect(200)?;
    world.act(&session, "provision", &Value::Null).await?.expect(200)?;
    world.enter(&session, &whole).await?.expect(200)?;
    let tenant = format!("tnt_{}", session.id);
    let live =
        world.operate(Method::POST, &format!("/v1/tenants/{tenant}/activate"), &Value::Null).await?.expect(200)?;
    assert!(live["connection"]["url"].is_string(), "shown to the call that made it: {live}");
    let made = world
        .text("select concat_ws(' ', t.status, t.pixel_id, c.platform) from tenants t join connections c on c.tenant_id = t.id", &[])
        .await?;
    let pixel = whole["meta"]["pixel_id"].as_str().unwrap_or_default();
    assert_eq!(made, Some(format!("active {pixel} hotmart")));
    Ok(())
}

#[tokio::test]
async fn the_session_of_a_retired_tenant_is_shown_and_does_nothing() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    let whole = world.entered("over");
    world.enter(&session, &whole).await?.expect(200)?;
    world.act(&session, "activate", &Value::Null).await?.expect(200)?;
    world.operate(Method::POST, &format!("/v1/tenants/tnt_{}/retire", session.id), &Value::Null).await?.expect(200)?;
    let before = (world.see(&session).await?, world.simulator.request_count());
    assert_eq!(before.0["tenant"]["status"], "retired");
    world.enter(&session, &whole).await?.expect_problem(410)?;
    for (action, body) in
        [("provision", Value::Null), ("test-event", json!({"test_event_code": "TEST1"})), ("activate", Value::Null)]
    {
        world.act(&session, action, &body).await?.expect_problem(410)?;
    }
    assert_eq!((world.see(&session).await?, world.simulator.request_count()), before, "Meta is not asked either");
    Ok(())
}
