//! What a browser may send, and what the click function makes of it.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tests::request;
use tests::world::World;

const FBP: &str = "fb.2.1700000000000.1234567890";

/// An answered click, and the row that it made.
async fn kept(world: &World, body: &str) -> Result<(Value, Value)> {
    let answer = world.send_click(&world.click_request(body)).await?;
    ensure!(answer.content_type == "application/json", "{answer:?}");
    let answer = answer.expect(200)?;
    let row = world.click_row(&answer).await?;
    Ok((answer, row))
}

#[tokio::test]
async fn a_body_that_is_not_one_json_object_is_refused_as_unreadable() -> Result<()> {
    let world = World::new().await?;
    let deep = "[".repeat(20_000);
    let deep_inside = format!(r#"{{"url":{deep}"#);
    let bodies = [
        "",
        " ",
        "null",
        "true",
        "1",
        "[]",
        r#"[{"url":"https://loja.example.com.br/"}]"#,
        r#""https://loja.example.com.br/""#,
        "url=https%3A%2F%2Floja.example.com.br%2F",
        "{",
        r#"{"url":"https://loja.example.com.br/""#,
        r#"{"url":"https://loja.example.com.br/",}"#,
        r#"{"url":"https://loja.example.com.br/"}{}"#,
        r"{'url':'https://loja.example.com.br/'}",
        r#"{"fbp":NaN}"#,
        r#"{"url":"a
b"}"#,
        r#"{"url":"\x"}"#,
        r#"{"\ud800":1}"#,
        &deep,
        &deep_inside,
    ];
    for body in bodies {
        let shown: String = body.chars().take(60).collect();
        let answer = world.refused_click(&world.click_request(body), 400).await?;
        assert!(answer.errors().is_empty(), "{shown}: {}", answer.body);
    }
    for bytes in [&b"\xff\xfe{}"[..], b"{\"url\":\"\xc3\"}", b"\x1f\x8b\x08\0", b"{\"fbclid\":\"a\0b\"}"] {
        world.refused_click(&request::post_bytes(&world.clicks_path(), bytes), 400).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_field_that_comes_twice_is_refused_because_readers_disagree_on_it() -> Result<()> {
    let world = World::new().await?;
    for body in [
        r#"{"fbclid":"IwAR0-First","fbclid":"IwAR0-Second"}"#,
        r#"{"fbclid":"IwAR0-First","fbcli\u0064":"IwAR0-First"}"#,
        r#"{"unknown":1,"unknown":1}"#,
    ] {
        let answer = world.refused_click(&world.click_request(body), 400).await?;
        assert!(answer.body["detail"].as_str().is_some_and(|it| it.contains("duplicate field")), "{}", answer.body);
    }
    Ok(())
}

#[tokio::test]
async fn json_and_text_are_taken_and_no_other_content_type() -> Result<()> {
    let world = World::new().await?;
    let with_type = |content_type| request::with_header(world.click_request("{}"), "content-type", content_type);
    for other in [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/html",
        "application/xml",
        "json",
        "",
    ] {
        world.refused_click(&with_type(other), 415).await?;
    }
    for taken in ["application/json", "application/json; charset=utf-8", "Text/Plain;charset=UTF-8", "text/plain"] {
        world.send_click(&with_type(taken)).await?.expect(200)?;
    }
    world.send_click(&request::without_header(world.click_request("{}"), "content-type")).await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn a_body_of_64_kib_is_taken_and_a_longer_one_is_not() -> Result<()> {
    let world = World::new().await?;
    let of_length = |length: usize| format!("{{\"pad\":\"{}\"}}", "x".repeat(length - 10));
    assert_eq!(of_length(65 * 1024).len(), 65 * 1024);
    for length in [64 * 1024 + 1, 65 * 1024, 1024 * 1024] {
        let body = of_length(length);
        world.refused_click(&world.click_request(&body), 413).await?;
        world.refused_click(&request::post_bytes(&world.clicks_path(), body.as_bytes()), 413).await?;
    }
    world.send_click(&world.click_request(&of_length(64 * 1024))).await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn a_body_in_base64_is_the_same_click() -> Result<()> {
    let world = World::new().await?;
    let body =
        json!({ "url": "https://loja.example.com.br/?fbclid=IwAR0-Sample_1&utm_content=a%C3%A7%C3%A3o", "fbp": FBP });
    let first = world.post_click(&body).await?.expect(200)?;
    let request = request::post_bytes(&world.clicks_path(), body.to_string().as_bytes());
    let again = world.send_click(&request).await?.expect(200)?;
    assert_eq!((&again["click_id"], &again["new"]), (&first["click_id"], &json!(false)));
    assert_eq!(world.click_row(&first).await?["utm_content"], "ação");
    Ok(())
}

#[tokio::test]
async fn every_field_of_a_wrong_type_is_named_in_one_answer() -> Result<()> {
    let world = World::new().await?;
    let body = r#"{"url":1,"referrer":"\udc00x","fbclid":["IwAR0-Sample_1"],"fbc":{},"fbp":true,"utm_source":"a\ud800",
        "utm_medium":1.5,"utm_campaign":false,"utm_content":[],"utm_term":{},"click_id":12345678}"#;
    let answer = world.refused_click(&world.click_request(body), 422).await?;
    let mut errors = answer.errors();
    errors.sort();
    let expected = [
        ("click_id", "wrong_type"),
        ("fbc", "wrong_type"),
        ("fbclid", "wrong_type"),
        ("fbp", "wrong_type"),
        ("referrer", "not_unicode"),
        ("url", "wrong_type"),
        ("utm_campaign", "wrong_type"),
        ("utm_content", "wrong_type"),
        ("utm_medium", "wrong_type"),
        ("utm_source", "not_unicode"),
        ("utm_term", "wrong_type"),
    ];
    assert_eq!(errors, expected.map(|(field, code)| (field.to_owned(), code.to_owned())));
    Ok(())
}

#[tokio::test]
async fn unknown_fields_nulls_and_empty_texts_are_as_good_as_absent() -> Result<()> {
    let world = World::new().await?;
    let nulls = r#"{"url":null,"referrer":null,"fbclid":null,"fbc":null,"fbp":null,"utm_source":null,"utm_medium":null,
        "utm_campaign":null,"utm_content":null,"utm_term":null,"click_id":null,"consent":null}"#;
    let bodies = [
        "{}",
        nulls,
        &nulls.replace("null", r#""""#),
        &nulls.replace("null", r#"" \t ""#),
        r#"{"screen":{"w":1,"w":2},"x":"\ud800","y":1e400,"__proto__":{},"tenant_id":"tnt_other","funnel_id":"other"}"#,
    ];
    for body in bodies {
        let (answer, row) = kept(&world, body).await?;
        assert_eq!((&answer["new"], &answer["fbc"], &answer["fbp"]), (&json!(true), &Value::Null, &Value::Null));
        for column in [
            "url",
            "referrer",
            "fbclid",
            "fbc",
            "fbp",
            "utm_source",
            "utm_medium",
            "utm_campaign",
            "utm_content",
            "utm_term",
        ] {
            assert_eq!(row[column], Value::Null, "{column} of {body}");
        }
        assert_eq!((&row["tenant_id"], &row["funnel_id"]), (&json!(world.tenant.id), &json!(world.tenant.funnel_id)));
    }
    Ok(())
}

#[tokio::test]
async fn a_malformed_identifier_is_left_out_and_the_click_is_kept_with_the_rest() -> Result<()> {
    let world = World::new().await?;
    let long = "x".repeat(501);
    let very_long = "x".repeat(10_000);
    let malformed = [
        ("fbc", "IwAR0-Sample_1"),
        ("fbc", "fb.1.1700000000.IwAR0-Seconds"),
        ("fbc", "fb.1.1700000000000."),
        ("fbc", "fb.1.1700000000000.a b"),
        ("fbc", "fb.x.1700000000000.IwAR0"),
        ("fbc", "fb.1.1700000000000.a\u{0}b"),
        ("fbc", &format!("fb.1.1700000000000.{long}")),
        ("fbclid", &long),
        ("fbclid", &very_long),
        ("fbclid", "a b"),
        ("fbclid", "a\u{0}b"),
        ("fbclid", "ação"),
        ("fbp", "fb.1.1700000000000.abc"),
        ("fbp", "fb.1.1700000000000"),
        ("fbp", "GA1.1.1234567890.1700000000"),
        ("fbp", "fb.1.1700000000000.1\u{0}"),
        ("fbp", &format!("fb.1.1700000000000.{}", "1".repeat(10_000))),
    ];
    for (index, (field, value)) in malformed.into_iter().enumerate() {
        let term = format!("case {index}");
        let (answer, row) = kept(&world, &json!({ field: value, "utm_term": term }).to_string()).await?;
        let shown: String = value.chars().take(60).collect();
        assert_eq!(
            (&answer["fbc"], &answer["fbp"], &answer["new"]),
            (&Value::Null, &Value::Null, &json!(true)),
            "{shown}"
        );
        for column in ["fbclid", "fbc", "fbp"] {
            assert_eq!(row[column], Value::Null, "{column} of {shown}");
        }
        assert_eq!(row["utm_term"], term);
    }
    let (_, row) = kept(&world, &json!({ "fbclid": "x".repeat(500) }).to_string()).await?;
    assert_eq!(row["fbclid"].as_str().map(str::len), Some(500), "500 characters are a click id");
    Ok(())
}

#[tokio::test]
async fn a_broken_identifier_does_not_hide_a_good_one_beside_it() -> Result<()> {
    let world = World::new().await?;
    let body = json!({
        "url": "https://loja.example.com.br/?fbclid=IwAR0-In_url", "fbclid": "x".repeat(501), "fbc": "broken", "fbp": FBP,
    });
    let (answer, row) = kept(&world, &body.to_string()).await?;
    assert_eq!((&row["fbclid"], &row["fbp"]), (&json!("IwAR0-In_url"), &json!(FBP)));
    assert_eq!(answer["fbc"], row["fbc"]);
    let cookie = "fb.2.1700000000001.IwAR0-In_cookie";
    let body = json!({ "url": format!("https://loja.example.com.br/?fbclid={}", "x".repeat(501)), "fbc": cookie });
    let (answer, row) = kept(&world, &body.to_string()).await?;
    assert_eq!((&answer["fbc"], &row["fbclid"]), (&json!(cookie), &json!("IwAR0-In_cookie")));
    Ok(())
}

#[tokio::test]
async fn what_stands_in_a_url_too_long_to_be_kept_counts_and_the_page_is_kept() -> Result<()> {
    let world = World::new().await?;
    let page = "https://loja.example.com.br/curso";
    let url = format!(
        "{page}?pad={}&fbclid=IwAR0-Long_url&utm_source=meta&utm_medium={}",
        "x".repeat(10_000),
        "y".repeat(256)
    );
    let (_, row) = kept(&world, &json!({ "url": url, "referrer": url }).to_string()).await?;
    assert_eq!((&row["fbclid"], &row["utm_source"]), (&json!("IwAR0-Long_url"), &json!("meta")));
    assert_eq!((&row["url"], &row["referrer"], &row["utm_medium"]), (&json!(page), &json!(page), &Value::Null));
    let (_, row) = kept(&world, &json!({ "url": format!("{page}/{}", "x".repeat(10_000)) }).to_string()).await?;
    assert_eq!(row["url"], Value::Null, "no page of that length is kept");
    Ok(())
}

#[tokio::test]
async fn a_text_that_postgres_cannot_hold_is_left_out() -> Result<()> {
    let world = World::new().await?;
    let body = r#"{"url":"https://loja.example.com.br/\u0000?fbclid=IwAR0-NUL","referrer":"https://a.example.com/\u0000",
        "utm_source":"a\u0000b","utm_medium":"\u0000","utm_campaign":"a\nb","utm_content":"\u007f","utm_term":"kept",
        "click_id":"abcdefgh\u0000"}"#;
    let (answer, row) = kept(&world, body).await?;
    for column in ["url", "referrer", "fbclid", "utm_source", "utm_medium", "utm_campaign", "utm_content"] {
        assert_eq!(row[column], Value::Null, "{column}");
    }
    assert_eq!(row["utm_term"], "kept");
    assert_eq!(answer["click_id"].as_str().map(str::len), Some(24), "the id is the server's");
    Ok(())
}

#[tokio::test]
async fn a_click_id_that_no_browser_of_ours_mints_is_replaced() -> Result<()> {
    let world = World::new().await?;
    for id in ["", "short", &"x".repeat(65), "with space in", "ação-ação", "a/b/c/d/e", "'; drop table clicks; --"]
    {
        let (answer, _) = kept(&world, &json!({ "click_id": id }).to_string()).await?;
        assert_eq!(answer["click_id"].as_str().map(str::len), Some(24), "{id}");
    }
    for id in ["abcdefgh", &"x".repeat(64), "A-b_C-d_9"] {
        let (answer, _) = kept(&world, &json!({ "click_id": id }).to_string()).await?;
        assert_eq!(answer["click_id"], id);
    }
    Ok(())
}

#[tokio::test]
async fn an_agent_that_is_none_is_left_out() -> Result<()> {
    let world = World::new().await?;
    for (header, agent) in [(" ", None), ("x", Some("x")), (&"x".repeat(8193), None)] {
        let request = request::with_header(world.click_request("{}"), "user-agent", header);
        let answer = world.send_click(&request).await?.expect(200)?;
        assert_eq!(world.click_row(&answer).await?["user_agent"].as_str(), agent);
    }
    let answer =
        world.send_click(&request::without_header(world.click_request("{}"), "user-agent")).await?.expect(200)?;
    assert_eq!(world.click_row(&answer).await?["user_agent"], Value::Null);
    Ok(())
}

#[tokio::test]
async fn other_paths_and_methods_say_what_there_is() -> Result<()> {
    use lambda_http::http::Method;
    let world = World::new().await?;
    for path in ["/", "/v1/funnels//clicks", "/v1/funnels/a/b/clicks", "/v1/funnels/clicks", "/v1/clicks", "/v1/orders"]
    {
        world.refused_click(&request::post(path, "{}"), 404).await?;
    }
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
        let answer = world.refused_click(&request::new(method, &world.clicks_path(), "{}"), 405).await?;
        assert_eq!(answer.headers["allow"], "POST");
    }
    for method in [Method::POST, Method::PUT] {
        let path = format!("/r/{}?to=https%3A%2F%2Fshop.example.com", world.tenant.funnel_id);
        let answer = world.refused_click(&request::new(method, &path, ""), 405).await?;
        assert_eq!(answer.headers["allow"], "GET, HEAD");
    }
    Ok(())
}
