//! A person asks what is kept of them, or to be forgotten.

mod erasing;
mod moments;

use anyhow::{Result, ensure};
use lambda_http::http::Method;
use serde_json::{Value, json};
use tests::world::{Answer, World};

async fn ask(world: &World, act: &str, body: &Value) -> Result<Answer> {
    world.operate(Method::POST, &format!("/v1/tenants/{}/people/{act}", world.tenant.id), body).await
}

fn maria() -> Value {
    json!({"email": " Maria@Example.com "})
}

/// A click, what its visitor said, and an order of the same person that brings the click back.
async fn visit(world: &World, person: &str) -> Result<Value> {
    let fbp = format!("fb.2.1700000000000.{}", person.len() * 1000 + usize::from(person.as_bytes()[0]));
    let url = format!("https://www.shop.example.com/?fbclid=IwAR-{person}&email={person}");
    let click = world.post_click(&json!({"url": url, "fbp": fbp})).await?.expect(200)?;
    let email = format!("{person}@example.com");
    world.post_identify(&json!({"click_id": click["click_id"], "fbp": fbp, "email": email})).await?.expect(200)?;
    let order = json!({
        "order_id": format!("of-{person}"), "value": 97, "currency": "BRL", "click": {"click_id": click["click_id"]},
        "customer": {"email": email, "phone": "+1 650 555 0123", "first_name": person, "ip": "203.0.113.7"},
    });
    world.post_order(&order).await?.expect(202)
}

/// Every row that has a text in it, by table.
async fn rows_with(world: &World, text: &str) -> Result<Vec<String>> {
    let tables =
        ["clicks", "identities", "orders", "conversions", "dispatch_attempts", "deliveries", "erasures", "receipts"];
    let mut found = Vec::new();
    for table in tables {
        let sql = format!("select count(*) from {table} it where it::text like '%' || $1 || '%'");
        if world.count(&sql, &[&text]).await? > 0 {
            found.push(table.to_owned());
        }
    }
    Ok(found)
}

async fn sound(world: &World) -> Result<()> {
    let sql = "select string_agg(concat_ws(' ', f.rule, f.event_id), ', ') from tenants t, ledger_faults(t.id) f";
    let faults = world.text(sql, &[]).await?;
    ensure!(faults.is_none(), "{faults:?}");
    Ok(())
}
