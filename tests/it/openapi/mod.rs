//! The OpenAPI document says what the code does.

mod fuzzed;

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, ensure};
use lambda_http::http::Method;
use serde_json::{Value, json};
use tests::world::World;
use tests::{openapi, request};

fn document() -> Result<Value> {
    Ok(serde_json::from_str(&openapi::document()?)?)
}

/// Paths and methods that are documented.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, item)| {
            let operations = item.as_object().into_iter().flatten();
            operations.map(|(method, operation)| (path.clone(), method.to_uppercase(), operation.clone()))
        })
        .collect()
}

#[test]
fn the_served_document_is_what_the_code_says() -> Result<()> {
    let served = fs::read_to_string(openapi::target())?;
    ensure!(served == openapi::document()?, "run cargo run -p tests --example openapi");
    assert_eq!(document()?["openapi"], "3.1.0");
    Ok(())
}

#[tokio::test]
async fn it_is_served_to_anybody() -> Result<()> {
    let world = World::new().await?;
    let response = setup::handle(&world.setup, &request::new(Method::GET, "/openapi.json", "")).await;
    assert_eq!((response.status().as_u16(), &response.headers()["content-type"]), (200, &"application/json".parse()?));
    let lambda_http::Body::Text(text) = response.into_body() else { anyhow::bail!("a text") };
    assert_eq!(serde_json::from_str::<Value>(&text)?, document()?);
    Ok(())
}

/// The routes of the local gateway, which the template's are held to by the deploy check.
#[test]
fn every_route_of_every_function_is_in_it_and_no_other() -> Result<()> {
    let manifest = fs::read_to_string(tests::install::workspace_root().join("Cargo.toml"))?;
    let (_, router) = manifest.split_once("[workspace.metadata.lambda.watch.router]").context("a router")?;
    let routed: BTreeSet<&str> =
        router.lines().skip(1).take_while(|it| !it.is_empty()).filter_map(|it| it.split('"').nth(1)).collect();
    let document = document()?;
    let documented: BTreeSet<String> = operations(&document).into_iter().map(|(path, ..)| path).collect();
    // Pages are for people.
    for route in routed.iter().filter(|it| !it.starts_with("/setup")) {
        let is_told = match route.split_once("{*") {
            Some((before, _)) => documented.iter().any(|it| it.starts_with(before)),
            None => documented.contains(*route),
        };
        ensure!(is_told, "{route} is not documented");
    }
    for path in &documented {
        let is_routed = routed.contains(path.as_str())
            || routed.iter().filter_map(|it| it.split_once("{*")).any(|(before, _)| path.starts_with(before));
        ensure!(is_routed, "{path} leads nowhere");
    }
    Ok(())
}

/// The routes that refuse unknown fields by name know each field that is documented.
#[tokio::test]
async fn every_documented_field_is_known() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    let document = document()?;
    let mut asked = 0;
    for (path, method, operation) in
        operations(&document).into_iter().filter(|(path, ..)| path.starts_with("/v1/setup"))
    {
        let Some(body) = operation["requestBody"]["content"].as_object().and_then(|it| it.values().next()) else {
            continue;
        };
        let path = path.replace("{id}", &session.id);
        for field in fields(&document, &body["schema"]) {
            asked += 1;
            let method: Method = method.parse()?;
            let answer = world.operate(method, &path, &nested(&field)).await?;
            let unknown = answer.errors().into_iter().any(|(_, code)| code == "unknown_field");
            ensure!(!unknown, "{path}: {field}: {}", answer.body);
        }
    }
    let order = &document["components"]["schemas"]["NewOrder"];
    for field in fields(&document, order) {
        asked += 1;
        let answer = world.send_order(&world.order_request(&nested(&field).to_string())).await?;
        let unknown = answer.errors().into_iter().any(|(_, code)| code == "unknown_field");
        ensure!(!unknown, "{field}: {}", answer.body);
    }
    ensure!(asked > 45, "{asked}");
    Ok(())
}

/// The paths of a schema's fields, with those of its objects.
fn fields(document: &Value, schema: &Value) -> Vec<String> {
    let schema = resolved(document, schema);
    let Some(properties) = schema["properties"].as_object() else { return Vec::new() };
    let of = |(name, schema): (&String, &Value)| {
        let inner = fields(document, schema);
        if inner.is_empty() { vec![name.clone()] } else { inner.into_iter().map(|it| format!("{name}.{it}")).collect() }
    };
    properties.iter().flat_map(of).collect()
}

/// A schema behind its reference, or behind `oneOf` with null.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    if let Some(name) = schema["$ref"].as_str().and_then(|it| it.strip_prefix("#/components/schemas/")) {
        return resolved(document, &document["components"]["schemas"][name]);
    }
    match schema["oneOf"].as_array().and_then(|all| all.iter().find(|it| it["type"] != "null")) {
        Some(one) => resolved(document, one),
        None => schema,
    }
}

/// `a.b` with a null at its end.
fn nested(path: &str) -> Value {
    match path.split_once('.') {
        Some((name, rest)) => json!({ name: nested(rest) }),
        None => json!({ path: null }),
    }
}
