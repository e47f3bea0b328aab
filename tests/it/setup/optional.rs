//! The events beside Purchase: chosen by the tenant, and sent from then on.

use anyhow::Result;
use lambda_http::http::Method;
use serde_json::{Value, json};
use tests::request;

use super::connections::Admin;

async fn tell(admin: &Admin, path: &str, event: &str, order: &str) -> Result<()> {
    let world = &admin.world;
    let body = json!({
        "id": format!("{event}-{order}"), "creation_date": world.order.clock.now_ms(), "event": event,
        "data": {
            "product": {"id": 1}, "buyer": {"email": "maria@example.com", "name": "Maria Sample"},
            "purchase": {"transaction": order, "status": "BILLET_PRINTED", "price": {"value": 97.0, "currency_value": "BRL"}},
        },
    });
    let post = request::with_header(request::post(path, &body.to_string()), "x-hotmart-hottok", "token-1");
    world.send_order(&post).await?.expect(200)?;
    Ok(())
}

/// What the tenant is shown to want.
async fn shown(admin: &Admin) -> Result<Value> {
    let path = format!("/v1/tenants/{}", admin.world.tenant.id);
    let shown = admin.world.operate(Method::GET, &path, &Value::Null).await?.expect(200)?;
    Ok(shown["tenant"]["optional_events"].clone())
}

#[tokio::test]
async fn what_is_chosen_is_sent_from_the_next_order_on_and_ended_with_an_empty_choice() -> Result<()> {
    let admin = Admin::new().await?;
    let (_, path) = admin.connect("token-1").await?;
    let put = async |events: Value| admin.call(Method::PUT, "optional-events", &json!({"events": events})).await;
    let sent =
        async || admin.world.text("select string_agg(event_name, ' ' order by order_key) from conversions", &[]).await;
    tell(&admin, &path, "PURCHASE_BILLET_PRINTED", "HP1").await?;
    let set = put(json!({"pending": "AddPaymentInfo", "abandoned": null})).await?.expect(200)?;
    assert_eq!(set["events"], json!({"pending": "AddPaymentInfo"}));
    tell(&admin, &path, "PURCHASE_BILLET_PRINTED", "HP2").await?;
    assert_eq!(sent().await?.as_deref(), Some("AddPaymentInfo"));
    put(json!({"pending": "AddPaymentInfo"})).await?.expect(200)?;
    assert_eq!(shown(&admin).await?, json!({"pending": "AddPaymentInfo"}));
    put(json!({})).await?.expect(200)?;
    tell(&admin, &path, "PURCHASE_BILLET_PRINTED", "HP3").await?;
    assert_eq!(sent().await?.as_deref(), Some("AddPaymentInfo"));
    let acts = admin.acts().await?;
    let told = acts.split(' ').filter(|it| *it == "tenant.optional_events_set").count();
    assert_eq!(told, 2, "what stays as it was is not told of: {acts}");
    Ok(())
}

#[tokio::test]
async fn an_event_that_can_be_none_changes_nothing() -> Result<()> {
    let admin = Admin::new().await?;
    let put = async |events: Value| admin.call(Method::PUT, "optional-events", &json!({"events": events})).await;
    put(json!({"refunded": "Refund"})).await?.expect(200)?;
    for (events, field, code) in [
        (json!({"pending": "Purchase"}), "events.pending", "is_purchase"),
        (json!({"pending": "a|b"}), "events.pending", "not_a_name"),
        (json!({"pending": 1}), "events.pending", "wrong_type"),
        (json!({"paid": "Lead"}), "events.paid", "unknown_field"),
        (json!("Lead"), "events", "wrong_type"),
    ] {
        let told = put(events.clone()).await?;
        told.expect_problem(422)?;
        assert_eq!(told.errors(), [(field.to_owned(), code.to_owned())], "{events}");
    }
    admin.call(Method::POST, "optional-events", &json!({})).await?.expect_problem(403)?;
    assert_eq!(shown(&admin).await?, json!({"refunded": "Refund"}));
    Ok(())
}
