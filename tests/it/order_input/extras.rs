//! What goes along with the order: what is broken is left out and named, and the sale is kept.

use anyhow::Result;
use serde_json::{Value, json};

use super::{pairs, refused, send, sorted, with, world};

#[tokio::test]
async fn a_part_of_another_shape_and_a_field_that_comes_twice_in_it_are_refused() -> Result<()> {
    for part in ["customer", "click", "utm"] {
        refused(part, "wrong_type", &["1", "true", "[1]", r#""text""#]).await?;
    }
    refused("customer", "duplicate_field", &[r#"{"email":"a@example.com","email":"b@example.com"}"#]).await?;
    refused("click", "duplicate_field", &[r#"{"fbp":"a","fbp":"a"}"#]).await?;
    refused("utm", "duplicate_field", &[r#"{"utm_source":"a","utm_source":"b"}"#]).await?;
    refused("items", "wrong_type", &["1", r#"{"id":"a"}"#, r#""a""#]).await?;
    let many = format!("[{}]", vec!["{}"; 501].join(","));
    refused("items", "too_many", &[&many]).await?;
    let world = world().await?;
    for (raw, code) in [("[1]", "wrong_type"), ("[null]", "wrong_type"), (r#"[{"id":1,"id":2}]"#, "duplicate_field")] {
        let answer = world.refused_order(&world.order_request(&with("items", raw)), 422).await?;
        assert_eq!(answer.errors(), pairs([("items[0]", code)]), "{raw}");
    }
    Ok(())
}

#[tokio::test]
async fn a_broken_extra_is_left_out_and_named_and_the_sale_is_kept() -> Result<()> {
    let world = world().await?;
    let long = "x".repeat(501);
    let body = json!({
        "order_id": "1001", "value": 97.0, "currency": "BRL", "event_source_url": "javascript:alert(1)",
        "customer": {
            "email": "not an e-mail", "phone": "123", "first_name": "\u{0}", "last_name": "…", "city": "\u{0}", "state": "\u{0}",
            "zip": "\u{0}", "country": "Atlantis", "external_id": "\u{0}", "ip": "999.1.1.1", "user_agent": "a\u{0}b",
        },
        "click": {"click_id": "a\u{0}b", "fbclid": long, "fbc": "fb.1.1700000000.Seconds", "fbp": "fb.1.1700000000000.abc"},
        "utm": {"utm_source": "a\u{0}b", "medium": "y".repeat(256), "utm_campaign": "kept"},
        "items": [
            {"id": "a", "quantity": 0, "price": "97,00"}, {"quantity": 1}, {"id": "b", "quantity": "two", "price": -1},
            {"id": "c\u{0}"}, {"id": "d", "quantity": 1, "price": 0.001},
        ],
    });
    let answer = world.post_order(&body).await?;
    let expected = [
        "click.click_id",
        "click.fbc",
        "click.fbclid",
        "click.fbp",
        "customer.city",
        "customer.country",
        "customer.email",
        "customer.external_id",
        "customer.first_name",
        "customer.ip",
        "customer.last_name",
        "customer.phone",
        "customer.state",
        "customer.user_agent",
        "customer.zip",
        "event_source_url",
        "items[0].price",
        "items[0].quantity",
        "items[1]",
        "items[2].price",
        "items[2].quantity",
        "items[3]",
        "items[4].price",
        "utm.utm_medium",
        "utm.utm_source",
    ];
    assert_eq!(sorted(answer.warnings()), pairs(expected.map(|field| (field, "left_out"))));
    let placed = answer.expect(202)?;
    assert_eq!((&placed["state"], &placed["reason"]), (&json!("ignored"), &json!("no_person")));
    let row = world.conversion_row(&placed).await?;
    assert_eq!((&row["user_data"], &row["event_source_url"]), (&json!({}), &Value::Null));
    let ids: Vec<&Value> =
        row["custom_data"]["contents"].as_array().into_iter().flatten().map(|it| &it["id"]).collect();
    assert_eq!(ids, ["a", "b", "d"]);
    let utm = world.text("select utm::text from orders", &[]).await?;
    assert_eq!(utm.as_deref(), Some(r#"{"utm_campaign": "kept"}"#));
    Ok(())
}

#[tokio::test]
async fn an_extra_of_a_wrong_type_does_not_cost_the_sale() -> Result<()> {
    let world = world().await?;
    let body = r#"{"order_id":"1001","value":97,"currency":"BRL","event_source_url":7,
        "customer":{"email":"maria@example.com","phone":[],"first_name":"Jo\ud83d","zip":false,"ip":{},"country":1.5},
        "click":{"fbp":1,"fbc":true,"fbclid":{},"click_id":"\udc00"},"utm":{"utm_source":1},
        "items":[{"id":"a","quantity":[],"price":true}]}"#;
    let answer = send(&world, body).await?;
    let expected = [
        ("click.click_id", "not_unicode"),
        ("click.fbc", "wrong_type"),
        ("click.fbclid", "wrong_type"),
        ("click.fbp", "wrong_type"),
        ("customer.country", "wrong_type"),
        ("customer.first_name", "not_unicode"),
        ("customer.ip", "wrong_type"),
        ("customer.phone", "wrong_type"),
        ("customer.zip", "wrong_type"),
        ("event_source_url", "wrong_type"),
        ("items[0].price", "wrong_type"),
        ("items[0].quantity", "wrong_type"),
        ("utm.utm_source", "wrong_type"),
    ];
    assert_eq!(sorted(answer.warnings()), pairs(expected));
    let row = world.conversion_row(&answer.expect(202)?).await?;
    assert_eq!(row["state"], "pending");
    let keys: Vec<&String> = row["user_data"].as_object().into_iter().flatten().map(|(key, _)| key).collect();
    assert_eq!(keys, ["em"]);
    Ok(())
}

#[tokio::test]
async fn nulls_and_empty_texts_of_extras_are_as_good_as_absent() -> Result<()> {
    let world = world().await?;
    let customer =
        ["phone", "first_name", "last_name", "city", "state", "zip", "country", "external_id", "ip", "user_agent"];
    for (index, empty) in [Value::Null, json!("")].into_iter().enumerate() {
        let mut body = json!({
            "order_id": format!("order-{index}"), "value": 97, "currency": "BRL", "event_source_url": empty,
            "customer": {"email": "maria@example.com"}, "items": [],
            "click": {"click_id": empty, "fbclid": empty, "fbc": empty, "fbp": empty},
            "utm": {"utm_source": empty, "utm_medium": empty, "campaign": empty},
        });
        for field in customer {
            body["customer"][field] = empty.clone();
        }
        let answer = world.post_order(&body).await?;
        assert_eq!(answer.warnings(), [], "{empty}");
        answer.expect(202)?;
    }
    for part in ["customer", "click", "utm"] {
        let body = with(part, "[ ]").replace("1001", &format!("{part} of PHP"));
        let answer = send(&world, &body).await?;
        assert_eq!((answer.status, answer.warnings()), (202, Vec::new()), "{part}: {}", answer.body);
    }
    for part in
        ["customer", "click", "utm", "items", "event_name", "status", "action_source", "event_time", "event_source_url"]
    {
        let body = with(part, "null").replace("1001", part);
        let answer = send(&world, &body).await?;
        assert_eq!((answer.status, answer.warnings()), (202, Vec::new()), "{part}: {}", answer.body);
    }
    Ok(())
}

#[tokio::test]
async fn items_that_would_make_an_event_too_large_are_left_out_and_named_and_the_sale_is_kept() -> Result<()> {
    let world = world().await?;
    for (length, fits) in [(10, true), (255, false)] {
        let items: Vec<Value> =
            (0..100).map(|number| json!({"id": format!("{number:0length$}"), "quantity": 1, "price": 1})).collect();
        let body = with("items", &json!(items).to_string()).replace("1001", &format!("of-{length}"));
        let placed = send(&world, &body).await?.expect(202)?;
        let warned: Vec<&Value> =
            placed["warnings"].as_array().into_iter().flatten().map(|warning| &warning["field"]).collect();
        assert_eq!(warned, if fits { Vec::new() } else { vec!["items"] }, "{length}");
        let custom_data = world.conversion_row(&placed).await?["custom_data"].clone();
        assert_eq!(custom_data["contents"].as_array().map(Vec::len), fits.then_some(100), "{length}");
        assert_eq!(custom_data["value"], 97.0);
    }
    Ok(())
}
