//! Where an order stands, and its story in words.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tests::request;
use tests::world::World;

fn sale(order_id: &str) -> Value {
    json!({"order_id": order_id, "value": "97.00", "currency": "BRL", "customer": {"email": "maria@example.com"}})
}

fn lines(told: &Value) -> Vec<&str> {
    told["story"].as_array().into_iter().flatten().filter_map(|it| it["text"].as_str()).collect()
}

#[tokio::test]
async fn a_new_order_and_its_repeat_are_answered_with_where_the_event_stands() -> Result<()> {
    let world = World::new().await?;
    let tenant = &world.tenant.id;
    let cases = [
        ("breaker = 'closed'", "active", "pending", None),
        ("breaker = 'open', probe_at = now()", "active", "pending", Some("breaker_open")),
        ("breaker = 'half_open', probe_at = now()", "active", "pending", Some("breaker_open")),
        ("throttled_until = now() + interval '1 hour'", "active", "pending", Some("throttled")),
        ("throttled_until = now() - interval '1 hour'", "active", "pending", None),
        ("parked_reason = 'no_token', parked_at = now(), probe_at = now()", "active", "parked", Some("no_token")),
        (
            "parked_reason = 'credentials', parked_at = now(), probe_at = now(), breaker = 'open'",
            "active",
            "parked",
            Some("credentials"),
        ),
        ("parked_reason = 'no_token', parked_at = now(), probe_at = now()", "suspended", "held", Some("suspended")),
        ("breaker = 'closed'", "provisioning", "held", Some("provisioning")),
    ];
    for (number, (gate, status, state, reason)) in cases.into_iter().enumerate() {
        world
            .execute(&format!(
                "delete from delivery_gates; insert into delivery_gates (tenant_id) values ('{tenant}');
                 update delivery_gates set {gate}; update tenants set status = '{status}'"
            ))
            .await?;
        let order_id = number.to_string();
        let new = world.post_order(&sale(&order_id)).await?.expect(202)?;
        let again = world.post_order(&sale(&order_id)).await?.expect(200)?;
        let told = world.get_order(&format!("/v1/orders?order_id={order_id}")).await?.expect(200)?;
        for answer in [&new, &again, &told["events"][0]] {
            assert_eq!((&answer["state"], answer["reason"].as_str()), (&json!(state), reason), "{gate} {status}");
        }
    }
    let mut unpaid = sale("unpaid");
    unpaid["status"] = json!("pending");
    let answer = world.post_order(&unpaid).await?.expect(202)?;
    assert_eq!((&answer["state"], &answer["reason"]), (&json!("ignored"), &json!("order_not_paid")));
    Ok(())
}

#[tokio::test]
async fn another_tenant_s_gate_says_nothing_of_this_one_s_orders() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    world
        .execute(&format!(
            "insert into delivery_gates (tenant_id, parked_reason, parked_at, probe_at)
             values ('{}', 'credentials', now(), now())",
            other.id
        ))
        .await?;
    assert_eq!(world.post_order(&sale("1")).await?.expect(202)?["state"], "pending");
    let theirs = request::with_key(request::post("/v1/orders", &sale("1").to_string()), &other.api_key);
    assert_eq!(world.send_order(&theirs).await?.expect(202)?["state"], "parked");
    Ok(())
}

#[tokio::test]
async fn the_story_tells_click_attempts_and_what_is_waited_for_and_nothing_personal() -> Result<()> {
    let world = World::new().await?;
    let click = json!({
        "url": "https://loja.example.com.br/?fbclid=IwAR0-Sample_1", "fbp": "fb.2.1700000000000.1234567890",
        "utm_campaign": "Black Friday",
    });
    let click = world.post_click(&click).await?.expect(200)?;
    let mut order = sale("1001");
    order["click"] = json!({"click_id": click["click_id"]});
    let placed = world.post_order(&order).await?.expect(202)?;
    let event_id = placed["event_id"].as_str().context("event_id")?;
    world
        .execute(&format!(
            "insert into tenants (id, slug) values ('another', 'another');
             insert into receipts (tenant_id, id, send_id, pixel_id, sent_at, took_ms, events, body_bytes, body_sha256, answer,
                 http_status, error_code, error_subcode, error_message, fbtrace_id)
             values ('{0}', 'r1', 'r1', '1', now(), 321, 1, 9, '', 'credentials', 400, 190, 460, 'The session is invalid', 'A1'),
                    ('another', 'r1', 'r1', '1', now(), 1, 1, 1, '', 'credentials', 400, 1, 1, 'of another tenant', 'B2');
             update dispatch_attempts set status = 'failed', finished_at = now(), answer = 'credentials', receipt_id = 'r1';
             insert into dispatch_attempts (tenant_id, id, event_id, number, created_at, due_at, expires_at)
             select tenant_id, 'next', event_id, 2, finished_at, now() + interval '15 minutes', now() + interval '6 days'
             from dispatch_attempts;
             insert into delivery_gates (tenant_id, parked_reason, parked_at, probe_at)
             values ('{0}', 'credentials', now(), now() + interval '15 minutes')",
            world.tenant.id
        ))
        .await?;
    let told = world.get_order(&format!("/v1/orders/{event_id}")).await?.expect(200)?;
    let first = &told["attempts"][0];
    assert_eq!(
        (&first["took_ms"], &first["receipt_id"], &first["http_status"]),
        (&json!(321), &json!("r1"), &json!(400))
    );
    assert_eq!((&first["error_code"], &first["error_subcode"]), (&json!(190), &json!(460)));
    assert_eq!((&first["error_message"], &first["fbtrace_id"]), (&json!("The session is invalid"), &json!("A1")));
    let lines = lines(&told);
    assert_eq!(lines[0], "Order 1001 was received: Purchase of 97.00 BRL.");
    assert!(lines[1].starts_with("It was matched to the click of "), "{}", lines[1]);
    assert!(
        lines[1].contains("the order carries that click's id") && lines[1].contains("\"Black Friday\""),
        "{}",
        lines[1]
    );
    assert_eq!(
        lines[2],
        "Meta refused the access token or its permissions. Meta says: \"The session is invalid\" (error 190, subcode 460, trace A1)."
    );
    assert!(
        lines[3].starts_with("Waits: Meta refuses the access token. Put a new token in place and it goes by itself.")
    );
    assert_eq!(lines.len(), 4);
    let at: Vec<i64> = told["story"].as_array().context("story")?.iter().filter_map(|it| it["at"].as_i64()).collect();
    assert!(at.len() == 4 && at.is_sorted());
    let story = told["story"].to_string();
    let row = world.conversion_row(&placed).await?;
    for (key, value) in row["user_data"].as_object().context("user data")? {
        let value = value.as_str().or_else(|| value[0].as_str()).context("a value")?;
        assert!(!story.contains(value), "{key} is in the story");
    }
    Ok(())
}

#[tokio::test]
async fn an_order_that_came_unpaid_first_and_again_later_is_told_so() -> Result<()> {
    let world = World::new().await?;
    let mut unpaid = sale("pix");
    unpaid["status"] = json!("pending");
    world.post_order(&unpaid).await?.expect(202)?;
    world.execute("update deliveries set received_at = received_at - interval '1 hour'").await?;
    world.post_order(&sale("pix")).await?.expect(202)?;
    world.post_order(&sale("pix")).await?.expect(200)?;
    world.run_dispatch().await?;
    let told = world.get_order("/v1/orders?order_id=pix").await?.expect(200)?;
    let lines = lines(&told["events"][0]);
    assert!(lines[0].starts_with("Order pix came in, and nothing was sent: the order was not paid"), "{lines:?}");
    assert!(lines.contains(&"It came again (1 time so far) and was not counted again."), "{lines:?}");
    assert!(lines.iter().any(|line| line.starts_with("Meta received the event")), "{lines:?}");
    Ok(())
}
