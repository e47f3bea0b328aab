//! What the route takes and refuses.

use anyhow::Result;
use lambda_http::http::Method;
use serde_json::json;
use tests::request;
use tests::world::World;

use super::{EMAIL, click, identify};

#[tokio::test]
async fn a_body_that_a_click_would_be_refused_for_is_refused_here() -> Result<()> {
    let world = World::new().await?;
    let post = |body: &str| world.identify_request(body);
    for body in ["", "null", "[]", "1", "{", r#"{"email":"a@example.com","email":"b@example.com"}"#, "email=a"] {
        world.refused_click(&post(body), 400).await?;
    }
    world.refused_click(&request::post_bytes(post("").uri().path(), b"{\"email\":\"\xff\"}"), 400).await?;
    let long = format!("{{\"pad\":\"{}\"}}", "x".repeat(64 * 1024 - 9));
    assert_eq!(long.len(), 64 * 1024 + 1);
    world.refused_click(&post(&long), 413).await?;
    for other in ["application/x-www-form-urlencoded", "text/html"] {
        world.refused_click(&request::with_header(post("{}"), "content-type", other), 415).await?;
    }
    let answer = world.refused_click(&post(r#"{"email":[],"phone":{},"click_id":1,"fbp":"\ud800"}"#), 422).await?;
    let mut errors = answer.errors();
    errors.sort();
    let wrong = |field: &str, code: &str| (field.to_owned(), code.to_owned());
    let wrong_type = "wrong_type";
    assert_eq!(
        errors,
        [
            wrong("click_id", wrong_type),
            wrong("email", wrong_type),
            wrong("fbp", "not_unicode"),
            wrong("phone", wrong_type)
        ]
    );
    for taken in ["application/json", "text/plain;charset=UTF-8"] {
        world.send_click(&request::with_header(post("{}"), "content-type", taken)).await?.expect(200)?;
    }
    Ok(())
}

#[tokio::test]
async fn only_an_active_funnel_of_a_tenant_that_is_not_retired_takes_it() -> Result<()> {
    let world = World::new().await?;
    let body =
        json!({"click_id": click(&world, &json!({})).await?, "email": EMAIL, "phone": "11 95550-0001"}).to_string();
    for funnel in ["nobodys", &world.tenant.draft_funnel_id, "a%20b", "'%3B--"] {
        world.refused_click(&request::post(&format!("/v1/funnels/{funnel}/identify"), &body), 404).await?;
    }
    for path in ["/v1/funnels//identify", "/v1/funnels/a/b/identify", "/v1/funnels/identify", "/identify"] {
        world.refused_click(&request::post(path, &body), 404).await?;
    }
    for status in ["provisioning", "suspended"] {
        world.execute(&format!("update tenants set status = '{status}'")).await?;
        assert!(identify(&world, &serde_json::from_str(&body)?).await?.is_string(), "{status}");
    }
    world.execute("update tenants set status = 'retired'").await?;
    world.refused_click(&world.identify_request(&body), 410).await?;
    Ok(())
}

#[tokio::test]
async fn only_the_funnel_s_own_pages_may_read_the_answer() -> Result<()> {
    let world = World::new().await?;
    let click_id = click(&world, &json!({})).await?;
    for number in 0..=20 {
        let body = json!({"click_id": click_id, "email": format!("sample{number}@example.com")}).to_string();
        for (origin, may) in [("https://loja.example.com.br", true), ("https://example.com", false)] {
            let answer =
                world.send_click(&request::with_header(world.identify_request(&body), "origin", origin)).await?;
            assert_eq!(answer.status, if number < 20 { 200 } else { 429 });
            let allowed = answer.headers.get("access-control-allow-origin").and_then(|it| it.to_str().ok());
            assert_eq!(allowed, may.then_some(origin));
        }
    }
    Ok(())
}

#[tokio::test]
async fn it_is_posted() -> Result<()> {
    let world = World::new().await?;
    let path = format!("/v1/funnels/{}/identify", world.tenant.funnel_id);
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let answer = world.refused_click(&request::new(method, &path, "{}"), 405).await?;
        assert_eq!(answer.headers["allow"], "POST");
    }
    let preflight = world.send_click(&request::new(Method::OPTIONS, &path, "")).await?;
    assert_eq!(preflight.status, 204);
    Ok(())
}
