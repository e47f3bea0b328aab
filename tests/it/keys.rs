//! API keys: what is not one in force gets one and the same answer, whatever is wrong with it.

use anyhow::Result;
use lambda_http::Request;
use lambda_http::http::Method;
use serde_json::{Value, json};
use tests::request;
use tests::world::World;

fn order() -> Value {
    json!({"order_id": "1001", "value": 97, "currency": "BRL", "customer": {"email": "maria@example.com"}})
}

/// Every request that wants a key, without one.
fn requests() -> Vec<Request> {
    let event = format!("/v1/orders/{}", "a".repeat(64));
    let longer = "x".repeat(1024 * 1024 + 1);
    let mut all: Vec<Request> =
        [order().to_string().as_str(), "{}", "not JSON", &longer].map(|body| request::post("/v1/orders", body)).into();
    let paths = ["/v1/orders?order_id=1001", "/v1/orders", &event, "/v1/orders/1001"];
    all.extend(paths.map(|path| request::new(Method::GET, path, "")));
    all
}

/// Every request with this header is refused as every other is.
async fn hold_refused(world: &World, authorization: Option<&str>) -> Result<()> {
    for request in requests() {
        let request = match authorization {
            Some(value) => request::with_header(request, "authorization", value),
            None => request,
        };
        let answer = world.refused_order(&request, 401).await?;
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
        let constant = json!({
            "type": "about:blank", "title": "The API key is missing or not valid", "status": 401, "request_id": "request-1",
            "detail": "Send `Authorization: Bearer <api key>` with a key that is in force.",
        });
        assert_eq!(answer.body, constant, "{authorization:?} for {}", request.uri());
    }
    Ok(())
}

#[tokio::test]
async fn whatever_is_wrong_with_a_key_the_answer_is_the_same() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    world.post_order(&order()).await?.expect(202)?;
    let key = &world.tenant.api_key;
    let secret = key.rsplit('_').next().unwrap_or_default();
    let other_secret = other.api_key.rsplit('_').next().unwrap_or_default();
    let id = &world.tenant.id;
    hold_refused(&world, None).await?;
    let malformed = [
        String::new(),
        "Bearer".into(),
        "Bearer ".into(),
        format!("Basic {key}"),
        format!("Token {key}"),
        key.clone(),
        format!("Bearer {key} {key}"),
        format!("Bearer {key},"),
        format!("Bearer \"{key}\""),
        format!("Bearer {secret}"),
        format!("Bearer trk_{id}"),
        format!("Bearer trk_{id}_"),
        format!("Bearer trk__{secret}"),
        format!("Bearer TRK_{id}_{secret}"),
        format!("Bearer trk_{id}_{}", secret.to_uppercase()),
        format!("Bearer trk_{id}_{secret}x"),
        format!("Bearer trk_{id}_{}", &secret[1..]),
        format!("Bearer trk_{id}_{}", "x".repeat(10_000)),
        format!("Bearer trk_{id}_{}", shared::db::keys::hash(secret)),
        format!("Bearer trk_{id}_{other_secret}"),
        format!("Bearer trk_{}_{secret}", other.id),
        format!("Bearer trk_tnt_nobody_{secret}"),
        "Bearer trk_' or 1=1; --_x".into(),
        format!("Bearer trk_{id}_x' or '1'='1"),
        "Bearer \u{e9}\u{ff}".into(),
    ];
    for header in malformed {
        hold_refused(&world, Some(&header)).await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_scheme_of_the_header_has_no_case() -> Result<()> {
    let world = World::new().await?;
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let header = format!("{scheme} {}", world.tenant.api_key);
        let request = request::with_header(request::post("/v1/orders", &order().to_string()), "authorization", &header);
        let answer = world.send_order(&request).await?;
        assert!(matches!(answer.status, 200 | 202), "{scheme}: {}", answer.body);
    }
    Ok(())
}

#[tokio::test]
async fn a_revoked_key_writes_nothing_from_the_same_moment_and_reads_nothing_once_that_was_seen() -> Result<()> {
    let world = World::new().await?;
    world.post_order(&order()).await?.expect(202)?;
    world.execute("update api_keys set revoked_at = now()").await?;
    // The key is remembered by this environment; the write finds out.
    let request = world.order_request(&order().to_string());
    world.refused_order(&request, 401).await?;
    hold_refused(&world, Some(&format!("Bearer {}", world.tenant.api_key))).await
}

#[tokio::test]
async fn a_second_key_goes_on_when_the_first_is_revoked() -> Result<()> {
    let world = World::new().await?;
    let hash = shared::db::keys::hash("second");
    world
        .execute(&format!(
            "insert into api_keys (tenant_id, id, secret_hash) select id, 'second', '{hash}' from tenants"
        ))
        .await?;
    world.execute("update api_keys set revoked_at = now() where id <> 'second'").await?;
    hold_refused(&world, Some(&format!("Bearer {}", world.tenant.api_key))).await?;
    let second = format!("trk_{}_second", world.tenant.id);
    let request = request::with_key(request::post("/v1/orders", &order().to_string()), &second);
    world.send_order(&request).await?.expect(202)?;
    Ok(())
}
