//! What makes the order: each part is there and right, or the order is refused.

use anyhow::Result;
use serde_json::json;

use super::{DAY, NOW, refused, send, with, world};

#[tokio::test]
async fn a_value_that_is_no_exact_amount_is_refused() -> Result<()> {
    let none = [
        "-1",
        "-0.01",
        r#""-97.00""#,
        r#""NaN""#,
        r#""Infinity""#,
        r#""97,00""#,
        r#""1.000,00""#,
        r#""R$ 97""#,
        "1e400",
        r#""1e400""#,
        "1e-400",
        "97.001",
        r#""97.001""#,
        "10000000000000.01",
        "99999999999999999999999999",
        r#""""#,
        r#"" ""#,
        r#""ninety""#,
        r#""97.00\u0000""#,
        r#""0x61""#,
        r#""'; drop table orders; --""#,
    ];
    refused("value", "invalid", &none).await?;
    refused("value", "wrong_type", &["true", "[97]", r#"{"amount":97}"#]).await?;
    refused("value", "not_unicode", &[r#""97\ud800""#]).await?;
    refused("value", "required", &["null"]).await
}

#[tokio::test]
async fn a_currency_that_iso_4217_does_not_list_is_refused() -> Result<()> {
    let none =
        [r#""XXX""#, r#""XAU""#, r#""R$""#, r#""REAL""#, r#""BR""#, r#""""#, "986", r#""BRL\u0000""#, r#""brl;--""#];
    refused("currency", "invalid", &none).await?;
    refused("currency", "wrong_type", &["true", "[]", "{}", "9.86"]).await?;
    refused("currency", "required", &["null"]).await
}

#[tokio::test]
async fn an_order_id_that_cannot_be_kept_byte_for_byte_is_refused() -> Result<()> {
    let long = json!("x".repeat(256)).to_string();
    let none = [r#""""#, r#"" \t""#, r#""10\u000001""#, r#""10\n01""#, &long];
    refused("order_id", "invalid", &none).await?;
    refused("order_id", "wrong_type", &["1.5", "-1", "1e3", "true", "[]", "{}"]).await?;
    refused("order_id", "not_unicode", &[r#""\ud800""#, r#""\udc00\ud800""#]).await?;
    refused("order_id", "required", &["null"]).await
}

#[tokio::test]
async fn a_word_that_is_none_of_the_list_is_refused() -> Result<()> {
    let long = json!("x".repeat(101)).to_string();
    refused("event_name", "invalid", &[r#""""#, r#""a|b""#, r#""a\u0000""#, &long]).await?;
    refused("event_name", "wrong_type", &["1", "[]"]).await?;
    refused("status", "invalid", &[r#""""#, r#""PAID""#, r#""approved""#, r#""paid\u0000""#]).await?;
    refused("status", "wrong_type", &["1", "true"]).await?;
    refused("action_source", "invalid", &[r#""""#, r#""web""#, r#""Website""#]).await?;
    refused("action_source", "wrong_type", &["1", "{}"]).await
}

#[tokio::test]
async fn a_time_that_meta_would_not_take_is_refused() -> Result<()> {
    let seconds = |offset: i64| (NOW + offset).to_string();
    let (soon, tomorrow, milliseconds) = (seconds(61), seconds(DAY), (NOW * 1000).to_string());
    let as_text = json!(seconds(DAY)).to_string();
    let future: [&str; 6] =
        [&soon, &tomorrow, &milliseconds, &as_text, r#""2026-11-24T00:02:00Z""#, r#""2026-11-23T22:00:00-03:00""#];
    refused("event_time", "in_the_future", &future).await?;
    let (eight_days, barely) = (seconds(-8 * DAY), seconds(-7 * DAY + 59));
    let old: [&str; 6] = [&eight_days, &barely, "0", "-1", "-9223372036854775808", r#""2026-11-16T00:00:00Z""#];
    refused("event_time", "too_old", &old).await?;
    let none = [
        r#""""#,
        r#""yesterday""#,
        r#""2026-11-23""#,
        r#""2026-11-23T10:00:00""#,
        r#""2026-13-01T00:00:00Z""#,
        r#""23/11/2026 10:00""#,
        "1795478400.5",
        "1e9",
        "99999999999999999999999999",
        r#""1795478400\u0000""#,
    ];
    refused("event_time", "invalid", &none).await?;
    refused("event_time", "wrong_type", &["true", "[]"]).await
}

#[tokio::test]
async fn a_time_in_seconds_or_with_its_zone_is_taken_and_a_caller_s_fast_clock_is_forgiven() -> Result<()> {
    let world = world().await?;
    let cases = [
        ((NOW - 60).to_string(), NOW - 60),
        (json!((NOW - 60).to_string()).to_string(), NOW - 60),
        (r#""2026-11-23T20:59:00-03:00""#.to_owned(), NOW - 60),
        (r#""2026-11-23T23:59:00.999Z""#.to_owned(), NOW - 60),
        ((NOW - 7 * DAY + 60).to_string(), NOW - 7 * DAY + 60),
        ((NOW + 60).to_string(), NOW),
        ("null".to_owned(), NOW),
    ];
    for (index, (raw, expected)) in cases.into_iter().enumerate() {
        let body = with("event_time", &raw).replace("1001", &format!("order-{index}"));
        let placed = send(&world, &body).await?.expect(202)?;
        let event_id = placed["event_id"].as_str().unwrap_or_default();
        let told = world.get_order(&format!("/v1/orders/{event_id}")).await?.expect(200)?;
        assert_eq!(told["event_time"], expected, "{raw}");
    }
    Ok(())
}

#[tokio::test]
async fn an_amount_of_zero_is_an_order_and_each_spelling_of_an_amount_is_one_event() -> Result<()> {
    let world = world().await?;
    for (index, zero) in ["0", "0.00", "-0", r#""0""#].iter().enumerate() {
        let body = with("value", zero).replace("1001", &format!("zero-{index}"));
        send(&world, &body).await?.expect(202)?;
        let told = world.get_order(&format!("/v1/orders?order_id=zero-{index}")).await?.expect(200)?;
        assert_eq!(told["events"][0]["value"], "0.00", "{zero}");
    }
    let mut ids = Vec::new();
    for (index, value) in
        ["97", "97.0", "97.00", "97.000", r#""97.00""#, r#"" 97 ""#, "9.7e1", "970E-1"].iter().enumerate()
    {
        let currency = ["BRL", "brl", " BRL ", "Brl"][index % 4];
        let body = with("value", value).replace(r#""BRL""#, &json!(currency).to_string());
        let answer = send(&world, &body).await?;
        assert_eq!(answer.status, if index == 0 { 202 } else { 200 }, "{value}: {}", answer.body);
        ids.push(answer.body["event_id"].clone());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    Ok(())
}
