//! Bodies as a whole, and the routes.

use anyhow::Result;
use lambda_http::http::Method;
use serde_json::json;
use tests::request;
use tests::world::World;

use super::{pairs, send, sorted, with, world};

#[tokio::test]
async fn a_body_that_is_not_one_json_object_is_refused_as_unreadable() -> Result<()> {
    let world = world().await?;
    let deep = format!(r#"{{"items":{}"#, "[".repeat(20_000));
    let good = with("order_id", r#""1001""#);
    let bodies = [
        "",
        " ",
        "null",
        "1",
        "[]",
        r#""1001""#,
        &format!("[{good}]"),
        "order_id=1001&value=97.00&currency=BRL",
        "<order/>",
        &good[..good.len() - 1],
        &format!("{good}{good}"),
        &with("value", "NaN"),
        &with("value", "Infinity"),
        &with("value", "97,00"),
        &with("value", "+97"),
        &with("value", "097"),
        &with("value", ".5"),
        &with("value", "0x61"),
        &with("order_id", "'1001'"),
        &with("order_id", "\"10\n01\""),
        &with("order_id", r#""\u12""#),
        &with("order_id", r#""1001","order_id":"1001""#),
        &with("value", r#"97.00,"valu\u0065":1.00"#),
        &deep,
    ];
    for body in bodies {
        let answer = world.refused_order(&world.order_request(body), 400).await?;
        let shown: String = body.chars().take(80).collect();
        assert!(answer.errors().is_empty(), "{shown}: {}", answer.body);
    }
    for bytes in [&b"\xff\xfe{}"[..], b"{\"order_id\":\"\xc3\"}", b"\x1f\x8b\x08\0"] {
        let request = request::with_key(request::post_bytes("/v1/orders", bytes), &world.tenant.api_key);
        world.refused_order(&request, 400).await?;
    }
    Ok(())
}

#[tokio::test]
async fn json_is_taken_and_no_other_content_type() -> Result<()> {
    let world = world().await?;
    let good = with("order_id", r#""1001""#);
    let with_type = |content_type| request::with_header(world.order_request(&good), "content-type", content_type);
    for other in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json", ""]
    {
        world.refused_order(&with_type(other), 415).await?;
    }
    world.send_order(&with_type("Application/JSON; charset=utf-8")).await?.expect(202)?;
    let untyped = request::without_header(world.order_request(&good), "content-type");
    world.send_order(&untyped).await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn a_body_of_1_mib_is_taken_and_a_longer_one_is_not() -> Result<()> {
    let world = world().await?;
    let good = with("order_id", r#""1001""#);
    let of_length = |length: usize| format!("{good}{}", " ".repeat(length - good.len()));
    let longer = of_length(1024 * 1024 + 1);
    world.refused_order(&world.order_request(&longer), 413).await?;
    let in_base64 = request::post_bytes("/v1/orders", longer.as_bytes());
    world.refused_order(&request::with_key(in_base64, &world.tenant.api_key), 413).await?;
    for length in [65 * 1024, 1024 * 1024] {
        let answer = send(&world, &of_length(length)).await?;
        assert!(matches!(answer.status, 200 | 202), "{}", answer.body);
    }
    Ok(())
}

#[tokio::test]
async fn a_body_in_base64_is_the_same_order() -> Result<()> {
    let world = world().await?;
    let body = with("order_id", r#""çédille""#);
    let placed = send(&world, &body).await?.expect(202)?;
    let in_base64 = request::post_bytes("/v1/orders", body.as_bytes());
    let again = world.send_order(&request::with_key(in_base64, &world.tenant.api_key)).await?.expect(200)?;
    assert_eq!((&again["event_id"], &again["duplicate"]), (&placed["event_id"], &json!(true)));
    Ok(())
}

#[tokio::test]
async fn one_answer_names_everything_that_is_wrong() -> Result<()> {
    let world = world().await?;
    let answer = world.refused_order(&world.order_request("{}"), 422).await?;
    let required = [("currency", "required"), ("order_id", "required"), ("value", "required")];
    assert_eq!(sorted(answer.errors()), pairs(required));
    let body = r#"{"order_id":"","event_name":"a|b","status":"PAID","value":-1,"currency":"XXX","event_time":"soon",
        "action_source":"web","customer":{"emial":"x","email":1.5},"click":[1],"utm":{"gclid":"x"},"items":[{"sku":1},3],
        "tenant_id":"tnt_other","funnel":"f","\u0000":1}"#;
    let answer = world.refused_order(&world.order_request(body), 422).await?;
    let expected = [
        ("", "unknown_field"),
        ("action_source", "invalid"),
        ("click", "wrong_type"),
        ("currency", "invalid"),
        ("customer.emial", "unknown_field"),
        ("event_name", "invalid"),
        ("event_time", "invalid"),
        ("funnel", "unknown_field"),
        ("items[0].sku", "unknown_field"),
        ("items[1]", "wrong_type"),
        ("order_id", "invalid"),
        ("status", "invalid"),
        ("tenant_id", "unknown_field"),
        ("utm.gclid", "unknown_field"),
        ("value", "invalid"),
    ];
    assert_eq!(sorted(answer.errors()), pairs(expected));
    Ok(())
}

#[tokio::test]
async fn a_story_is_asked_for_by_an_id_that_can_be_one() -> Result<()> {
    let world = world().await?;
    let get = |path: &str| request::with_key(request::new(Method::GET, path, ""), &world.tenant.api_key);
    let long = format!("/v1/orders?order_id={}", "x".repeat(256));
    for path in ["/v1/orders", "/v1/orders?order_id=", "/v1/orders?order_id=%00", "/v1/orders?order=1", &long] {
        let answer = world.refused_order(&get(path), 422).await?;
        assert_eq!(answer.errors(), pairs([("order_id", "required")]), "{path}");
    }
    let unknown = format!("/v1/orders/{}", "a".repeat(64));
    let upper = format!("/v1/orders/{}", "A".repeat(64));
    let no_ids =
        ["/v1/orders/", "/v1/orders/1001", "/v1/orders/%00", "/v1/orders/'%20or%201=1--", "/v1/orders?order_id=%FF"];
    for path in no_ids.into_iter().chain([unknown.as_str(), upper.as_str(), "/v1/orders/a/b", "/v1/other"]) {
        world.refused_order(&get(path), 404).await?;
    }
    for (method, path, allow) in [
        (Method::PUT, "/v1/orders", "GET, POST"),
        (Method::DELETE, "/v1/orders", "GET, POST"),
        (Method::POST, &unknown, "GET"),
    ] {
        let answer = world.refused_order(&request::new(method, path, "{}"), 405).await?;
        assert_eq!(answer.headers["allow"], allow);
    }
    Ok(())
}

#[tokio::test]
async fn a_body_of_nothing_but_errors_is_answered_with_the_first_hundred() -> Result<()> {
    let world = World::new().await?;
    let fields: Vec<String> = (0..200).map(|number| format!("\"unknown{number}\":1")).collect();
    let request = world.order_request(&format!("{{{}}}", fields.join(",")));
    let answer = world.refused_order(&request, 422).await?;
    assert_eq!(answer.errors().len(), 100);
    Ok(())
}
