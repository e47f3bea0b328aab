//! What each delivery is answered, and what is recorded of it.

use anyhow::Result;
use lambda_http::http::Method;
use serde_json::Value;
use shared::platforms::Platform;
use tests::request;
use tests::world::World;

use super::sign::signed;
use super::{TOKEN, delivery, forge, kept, post, received, rows};

#[tokio::test]
async fn a_sale_is_taken_and_nothing_is_kept_of_its_body() -> Result<()> {
    let world = World::new().await?;
    let hotmart = world.connect(Platform::Hotmart).await?;
    let answer = post(&world, &hotmart, "d1", "PURCHASE_APPROVED").await?.expect(200)?;
    assert_eq!(answer, received("order", None));
    assert_eq!(kept(&world).await?, "");
    Ok(())
}

#[tokio::test]
async fn get_head_and_an_empty_post_are_answered_without_effect() -> Result<()> {
    let world = World::new().await?;
    let hotmart = world.connect(Platform::Hotmart).await?;
    let before = world.contents().await?;
    for (method, body) in [(Method::GET, ""), (Method::HEAD, ""), (Method::POST, ""), (Method::POST, " \r\n")] {
        let answer = world.send_order(&request::new(method.clone(), &hotmart.path, body)).await?;
        let expected = if method == Method::HEAD { Value::Null } else { received("probe", None) };
        assert_eq!(answer.expect(200)?, expected, "{method}");
    }
    assert_eq!(world.contents().await?, before);
    Ok(())
}

#[tokio::test]
async fn another_method_is_refused_with_those_that_there_are() -> Result<()> {
    let world = World::new().await?;
    let hotmart = world.connect(Platform::Hotmart).await?;
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        let answer = world.refused_order(&request::new(method, &hotmart.path, ""), 405).await?;
        assert_eq!(answer.header("allow"), "GET, HEAD, POST");
    }
    Ok(())
}

#[tokio::test]
async fn p08_probes_without_a_signature_are_answered_without_effect() -> Result<()> {
    let world = World::new().await?;
    let shop = world.connect(Platform::WooCommerce).await?;
    let before = world.contents().await?;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(world.deliver(&shop, &form, "webhook_id=123").await?.expect(200)?, received("probe", None));
    // As API Gateway sends what it takes for binary.
    let probe = request::with_headers(request::post_bytes(&shop.path, b"webhook_id=123"), &form);
    assert_eq!(world.send_order(&probe).await?.expect(200)?, received("probe", None));
    assert_eq!(world.contents().await?, before);
    Ok(())
}

#[tokio::test]
async fn an_event_that_is_not_used_is_recorded_as_ignored_and_its_repetition_as_that() -> Result<()> {
    let world = World::new().await?;
    let hotmart = world.connect(Platform::Hotmart).await?;
    for _ in 0..2 {
        let answer = post(&world, &hotmart, "d1", "SUBSCRIPTION_CANCELLATION").await?.expect(200)?;
        assert_eq!(answer, received("ignored", Some("event_not_used")));
    }
    post(&world, &hotmart, "d2", "PURCHASE_PROTEST").await?.expect(200)?;
    assert_eq!(rows(&world).await?, "ignored event_not_used, duplicate redelivery, ignored refund_requested");
    assert_eq!(kept(&world).await?, "");
    let of_it =
        "select count(*) from deliveries where connection_id = $1 and source = 'hotmart' and length(delivery_key) = 64";
    assert_eq!(world.count(of_it, &[&hotmart.id]).await?, 3);
    Ok(())
}

#[tokio::test]
async fn a_test_sale_is_ignored_and_names_its_order() -> Result<()> {
    let world = World::new().await?;
    let hotmart = world.connect(Platform::Hotmart).await?;
    let body = delivery("d1", "PURCHASE_APPROVED").replace(r#""product":{"id":1}"#, r#""product":{"id":0}"#);
    let answer = world.deliver(&hotmart, &[TOKEN], &body).await?.expect(200)?;
    assert_eq!(answer, received("ignored", Some("test_sale")));
    let key = world.text("select order_key from deliveries", &[]).await?;
    assert_eq!(key.as_deref(), Some("hotmart:HP-d1"));
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_read_is_rejected_with_its_reason_and_its_body_is_kept_once() -> Result<()> {
    let world = World::new().await?;
    let hotmart = world.connect(Platform::Hotmart).await?;
    for _ in 0..3 {
        let answer = post(&world, &hotmart, "d1", "WITHOUT_VALUE").await?.expect(200)?;
        assert_eq!(answer, received("rejected", Some("value_missing")));
    }
    assert_eq!(rows(&world).await?, "rejected value_missing, duplicate redelivery, duplicate redelivery");
    assert_eq!(kept(&world).await?, "value_missing");
    Ok(())
}

#[tokio::test]
async fn what_was_rejected_and_comes_again_as_something_that_can_be_used_is_that() -> Result<()> {
    let world = World::new().await?;
    let hotmart = world.connect(Platform::Hotmart).await?;
    post(&world, &hotmart, "d1", "WITHOUT_VALUE").await?.expect(200)?;
    post(&world, &hotmart, "d1", "WITHOUT_VALUE").await?.expect(200)?;
    post(&world, &hotmart, "d1", "SUBSCRIPTION_CANCELLATION").await?.expect(200)?;
    post(&world, &hotmart, "d1", "SUBSCRIPTION_CANCELLATION").await?.expect(200)?;
    post(&world, &hotmart, "d1", "WITHOUT_VALUE").await?.expect(200)?;
    let expected = "rejected value_missing, duplicate redelivery, ignored event_not_used, duplicate redelivery, duplicate redelivery";
    assert_eq!(rows(&world).await?, expected);
    Ok(())
}

#[tokio::test]
async fn the_same_delivery_on_another_connection_is_no_repetition() -> Result<()> {
    let world = World::new().await?;
    let (one, other) = (world.connect(Platform::Hotmart).await?, world.connect(Platform::Hotmart).await?);
    post(&world, &one, "d1", "PURCHASE_PROTEST").await?.expect(200)?;
    post(&world, &other, "d1", "PURCHASE_PROTEST").await?.expect(200)?;
    assert_eq!(rows(&world).await?, "ignored refund_requested, ignored refund_requested");
    Ok(())
}

#[tokio::test]
async fn what_nothing_proves_is_refused_and_is_in_no_row_but_kept() -> Result<()> {
    let world = World::new().await?;
    let hotmart = world.connect(Platform::Hotmart).await?;
    let before = world.rows().await?;
    forge(&world, &hotmart, "d1").await?.expect_problem(401)?;
    world.deliver(&hotmart, &[], &delivery("d2", "PURCHASE_APPROVED")).await?.expect_problem(401)?;
    assert_eq!(world.rows().await?, before);
    assert_eq!(kept(&world).await?, "not_authentic, not_authentic");
    Ok(())
}

#[tokio::test]
async fn p07_a_signature_is_of_the_bytes_as_they_came_also_in_base64() -> Result<()> {
    let world = World::new().await?;
    let shop = world.connect(Platform::Yampi).await?;
    let body = b"{ \"event\": \"order.invoice.created\",  \"resource\": {} }";
    let signed = signed(Platform::Yampi, tests::world::PLATFORM_SECRET, body);
    let signature: Vec<(&'static str, &str)> = signed.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let sent = request::with_headers(request::post_bytes(&shop.path, body), &signature);
    assert_eq!(world.send_order(&sent).await?.expect(200)?, received("ignored", Some("event_not_used")));
    let rewritten = r#"{"event":"order.invoice.created","resource":{}}"#;
    world.deliver(&shop, &signature, rewritten).await?.expect_problem(401)?;
    Ok(())
}

#[tokio::test]
async fn a_body_over_a_mebibyte_is_refused() -> Result<()> {
    let world = World::new().await?;
    let hotmart = world.connect(Platform::Hotmart).await?;
    let body = "x".repeat(1024 * 1024 + 1);
    world.refused_order(&hotmart.post(&[TOKEN], &body), 413).await?;
    let largest = "x".repeat(1024 * 1024);
    let answer = world.deliver(&hotmart, &[TOKEN], &largest).await?.expect(200)?;
    assert_eq!(answer, received("rejected", Some("unreadable")));
    assert_eq!(kept(&world).await?, "unreadable");
    Ok(())
}

#[tokio::test]
async fn a_suspended_tenant_s_deliveries_are_taken_and_a_retired_one_s_are_gone() -> Result<()> {
    let world = World::new().await?;
    let hotmart = world.connect(Platform::Hotmart).await?;
    world.execute("update tenants set status = 'suspended'").await?;
    post(&world, &hotmart, "d1", "PURCHASE_PROTEST").await?.expect(200)?;
    world.execute("update tenants set status = 'retired'").await?;
    let before = world.contents().await?;
    // Remembered by the function as it was.
    post(&world, &hotmart, "d2", "PURCHASE_PROTEST").await?.expect_problem(410)?;
    post(&world, &hotmart, "d3", "WITHOUT_VALUE").await?.expect_problem(410)?;
    forge(&world, &hotmart, "d4").await?.expect_problem(410)?;
    for (method, body) in [(Method::GET, ""), (Method::HEAD, ""), (Method::POST, ""), (Method::POST, "{}")] {
        world.send_order(&request::new(method, &hotmart.path, body)).await?.expect_problem(410)?;
    }
    assert_eq!(world.contents().await?, before);
    Ok(())
}
