//! The doctor: what it counts, what it finds, since when, and each day by itself.

mod clocks;
mod counts;
mod daily;
mod domains;
mod issues;
mod quality;

use anyhow::Result;
use lambda_http::http::Method;
use serde_json::{Value, json};
use tests::world::World;

fn path(world: &World, what: &str) -> String {
    format!("/v1/tenants/{}/{what}", world.tenant.id)
}

/// Examines the seeded tenant.
async fn examine(world: &World) -> Result<Value> {
    world.operate(Method::POST, &path(world, "doctor"), &Value::Null).await?.expect(200)
}

/// The codes of an answer's issues.
fn codes(answer: &Value) -> Vec<&str> {
    answer["issues"].as_array().into_iter().flatten().map(|it| it["code"].as_str().unwrap_or_default()).collect()
}

/// A list of the seeded tenant's issues.
async fn list(world: &World, query: &str) -> Result<Value> {
    world.operate(Method::GET, &path(world, &format!("issues?{query}")), &Value::Null).await?.expect(200)
}

/// Posts an order of somebody.
async fn order(world: &World, id: &str) -> Result<Value> {
    let customer = json!({"email": format!("{id}@example.com")});
    world.post_order(&json!({"order_id": id, "value": 97, "currency": "BRL", "customer": customer})).await?.expect(202)
}
