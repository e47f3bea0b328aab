//! What a seller looks at: how the tenant stands, its events and their stories, exports and imports.

mod any_input;
mod counts;
mod events;
mod export;
mod import;
mod import_again;
mod isolation;
mod overview;
mod story;
mod trips;

use anyhow::{Context, Result};
use lambda_http::Request;
use lambda_http::http::Method;
use serde_json::{Value, json};
use tests::request;
use tests::seed::Seeded;
use tests::world::{Answer, World};

/// A route of the seeded tenant.
fn path(world: &World, rest: &str) -> String {
    format!("/v1/tenants/{}/{rest}", world.tenant.id)
}

/// What the operator gets there.
async fn get(world: &World, rest: &str) -> Result<Answer> {
    world.operate(Method::GET, &path(world, rest), &Value::Null).await
}

/// The same, which must be there.
async fn got(world: &World, rest: &str) -> Result<Value> {
    get(world, rest).await?.expect(200)
}

/// What is found for a text.
async fn search(world: &World, q: &str) -> Result<Vec<String>> {
    let found = world.operate(Method::POST, &path(world, "events/search"), &json!({"q": q})).await?.expect(200)?;
    Ok(order_ids(&found))
}

fn order_ids(answer: &Value) -> Vec<String> {
    let events = answer["events"].as_array().into_iter().flatten();
    events.map(|it| it["order_id"].as_str().unwrap_or_default().to_owned()).collect()
}

/// An order of a buyer.
fn order(order_id: &str) -> Value {
    json!({"order_id": order_id, "value": "97.00", "currency": "BRL",
           "customer": {"email": "maria@example.com", "phone": "(11) 95550-0001"}})
}

/// Posts an order that must be accepted; gives its event's id.
async fn placed(world: &World, body: &Value) -> Result<String> {
    let answer = world.post_order(body).await?;
    anyhow::ensure!(matches!(answer.status, 200 | 202), "{}", answer.body);
    Ok(answer.body["event_id"].as_str().context("an event id")?.to_owned())
}

/// A request of the operator with this body.
fn operators(world: &World, method: Method, path: &str, content_type: &str, body: &str) -> Request {
    let request = request::with_header(request::new(method, path, body), "content-type", content_type);
    request::with_key(request, &world.admin_token)
}

/// Sends a table of orders of a tenant.
async fn import(world: &World, tenant: &Seeded, query: &str, table: &str) -> Result<Answer> {
    let path = format!("/v1/tenants/{}/orders/import{query}", tenant.id);
    let request = operators(world, Method::POST, &path, "text/csv", table);
    Answer::read(setup::handle(&world.setup, &request).await)
}
