//! What a seller's server may send, and what the order function makes of it: wrong values are refused by name, all at
//! once; broken extras are left out and named.

use anyhow::Result;
use lambda_http::http::Method;
use serde_json::{Value, json};
use shared::clock::Clock;
use tests::request;
use tests::world::{Answer, World};

/// 24 November 2026, 00:00 UTC, in seconds.
const NOW: i64 = 1_795_478_400;
const DAY: i64 = 24 * 3600;

async fn world() -> Result<World> {
    let mut world = World::new().await?;
    world.order.clock = Clock::from_fn(|| NOW * 1000);
    Ok(world)
}

/// A good order with this text of JSON as one of its fields, in its place.
fn with(field: &str, raw: &str) -> String {
    let mut fields = vec![
        ("order_id", r#""1001""#),
        ("value", "97.00"),
        ("currency", r#""BRL""#),
        ("customer", r#"{"email":"maria@example.com"}"#),
    ];
    fields.retain(|(name, _)| *name != field);
    fields.push((field, raw));
    let fields: Vec<String> = fields.into_iter().map(|(name, raw)| format!("{}:{raw}", json!(name))).collect();
    format!("{{{}}}", fields.join(","))
}

fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    pairs.map(|(field, code)| (field.to_owned(), code.to_owned())).into()
}

fn sorted(mut pairs: Vec<(String, String)>) -> Vec<(String, String)> {
    pairs.sort();
    pairs
}

/// Each of these texts as this field is refused with just this error, and changes nothing.
async fn refused(field: &str, code: &str, raws: &[&str]) -> Result<()> {
    let world = world().await?;
    for raw in raws {
        let answer = world.refused_order(&world.order_request(&with(field, raw)), 422).await?;
        assert_eq!(answer.errors(), pairs([(field, code)]), "{field}: {raw}");
    }
    Ok(())
}

async fn send(world: &World, body: &str) -> Result<Answer> {
    world.send_order(&world.order_request(body)).await
}

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
    for other in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json", ""] {
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
async fn a_value_that_is_no_exact_amount_is_refused() -> Result<()> {
    let none = [
        "-1", "-0.01", r#""-97.00""#, r#""NaN""#, r#""Infinity""#, r#""97,00""#, r#""1.000,00""#, r#""R$ 97""#, "1e400",
        r#""1e400""#, "1e-400", "97.001", r#""97.001""#, "10000000000000.01", "99999999999999999999999999", r#""""#,
        r#"" ""#, r#""ninety""#, r#""97.00\u0000""#, r#""0x61""#, r#""'; drop table orders; --""#,
    ];
    refused("value", "invalid", &none).await?;
    refused("value", "wrong_type", &["true", "[97]", r#"{"amount":97}"#]).await?;
    refused("value", "not_unicode", &[r#""97\ud800""#]).await?;
    refused("value", "required", &["null"]).await
}

#[tokio::test]
async fn a_currency_that_iso_4217_does_not_list_is_refused() -> Result<()> {
    let none = [r#""XXX""#, r#""XAU""#, r#""R$""#, r#""REAL""#, r#""BR""#, r#""""#, "986", r#""BRL\u0000""#, r#""brl;--""#];
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
    let (eight_days, barely) = (seconds(-8 * DAY), seconds(-7 * DAY - 1));
    let old: [&str; 6] = [&eight_days, &barely, "0", "-1", "-9223372036854775808", r#""2026-11-16T00:00:00Z""#];
    refused("event_time", "too_old", &old).await?;
    let none = [
        r#""""#, r#""yesterday""#, r#""2026-11-23""#, r#""2026-11-23T10:00:00""#, r#""2026-13-01T00:00:00Z""#,
        r#""23/11/2026 10:00""#, "1795478400.5", "1e9", "99999999999999999999999999", r#""1795478400\u0000""#,
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
        ((NOW - 7 * DAY).to_string(), NOW - 7 * DAY),
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
    for (index, value) in ["97", "97.0", "97.00", "97.000", r#""97.00""#, r#"" 97 ""#, "9.7e1", "970E-1"].iter().enumerate() {
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

#[tokio::test]
async fn one_answer_names_everything_that_is_wrong() -> Result<()> {
    let world = world().await?;
    let answer = world.refused_order(&world.order_request("{}"), 422).await?;
    let required = [("currency", "required"), ("order_id", "required"), ("value", "required")];
    assert_eq!(sorted(answer.errors()), pairs(required));
    let body = r#"{"order_id":"","event_name":"a|b","status":"PAID","value":-1,"currency":"XXX","event_time":"soon",
        "action_source":"web","customer":{"emial":"x","email":1.5},"click":[],"utm":{"gclid":"x"},"items":[{"sku":1},3],
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
async fn a_part_of_another_shape_and_a_field_that_comes_twice_in_it_are_refused() -> Result<()> {
    for part in ["customer", "click", "utm"] {
        refused(part, "wrong_type", &["1", "true", "[]", r#""text""#]).await?;
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
        "click.click_id", "click.fbc", "click.fbclid", "click.fbp", "customer.city", "customer.country", "customer.email",
        "customer.external_id", "customer.first_name", "customer.ip", "customer.last_name", "customer.phone", "customer.state",
        "customer.user_agent", "customer.zip", "event_source_url", "items[0].price", "items[0].quantity", "items[1]",
        "items[2].price", "items[2].quantity", "items[3]", "items[4].price", "utm.utm_medium", "utm.utm_source",
    ];
    assert_eq!(sorted(answer.warnings()), pairs(expected.map(|field| (field, "left_out"))));
    let placed = answer.expect(202)?;
    assert_eq!((&placed["state"], &placed["reason"]), (&json!("ignored"), &json!("no_person")));
    let row = world.conversion_row(&placed).await?;
    assert_eq!((&row["user_data"], &row["event_source_url"]), (&json!({}), &Value::Null));
    let ids: Vec<&Value> = row["custom_data"]["contents"].as_array().into_iter().flatten().map(|it| &it["id"]).collect();
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
    let customer = ["phone", "first_name", "last_name", "city", "state", "zip", "country", "external_id", "ip", "user_agent"];
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
    for part in ["customer", "click", "utm", "items", "event_name", "status", "action_source", "event_time", "event_source_url"] {
        let body = with(part, "null").replace("1001", part);
        let answer = send(&world, &body).await?;
        assert_eq!((answer.status, answer.warnings()), (202, Vec::new()), "{part}: {}", answer.body);
    }
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
    let no_ids = ["/v1/orders/", "/v1/orders/1001", "/v1/orders/%00", "/v1/orders/'%20or%201=1--", "/v1/orders?order_id=%FF"];
    for path in no_ids.into_iter().chain([unknown.as_str(), upper.as_str(), "/v1/orders/a/b", "/v1/other"]) {
        world.refused_order(&get(path), 404).await?;
    }
    for (method, path, allow) in
        [(Method::PUT, "/v1/orders", "GET, POST"), (Method::DELETE, "/v1/orders", "GET, POST"), (Method::POST, &unknown, "GET")]
    {
        let answer = world.refused_order(&request::new(method, path, "{}"), 405).await?;
        assert_eq!(answer.headers["allow"], allow);
    }
    Ok(())
}
