//! Every lookup of the hot path uses its index, with 100,000 clicks, identities and attempts in the tables.

mod books;
mod claims;
mod doctor;
mod lookups;
mod people;
mod sweep;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::world::World;
use tests::world::crowd::{load, tenants};

/// Plans and runs a statement with these arguments, as a generic plan: what a warm function runs.
async fn plan(world: &World, name: &str, sql: &str, arguments: &str) -> Result<Value> {
    let client = world.db.connect().await?;
    client.batch_execute(&format!("set plan_cache_mode = force_generic_plan; prepare {name} as {sql}; begin")).await?;
    let arguments = if arguments.is_empty() { String::new() } else { format!("({arguments})") };
    let explain = format!("explain (analyze, format json) execute {name}{arguments}");
    let row = client.query_one(&explain, &[]).await.with_context(|| name.to_owned())?;
    let plan: Value = row.try_get(0)?;
    client.batch_execute("rollback").await?;
    Ok(plan[0]["Plan"].clone())
}

/// The scans of a plan as (node, table or index).
async fn scans(world: &World, name: &str, sql: &str, arguments: &str) -> Result<Vec<(String, String)>> {
    let plan = plan(world, name, sql, arguments).await?;
    let mut found = Vec::new();
    collect(&plan, &mut found);
    ensure!(!found.is_empty(), "{name}: no scan found in {plan}");
    Ok(found)
}

/// The most rows that any node of a plan read of a table, taken or not.
fn most_read(plan: &Value, table: &str) -> i64 {
    let number = |key: &str| plan[key].as_i64().unwrap_or_default();
    let read = number("Actual Rows") + number("Rows Removed by Filter");
    let own = if plan["Relation Name"] == table { read } else { 0 };
    let below = plan["Plans"].as_array().into_iter().flatten().map(|child| most_read(child, table));
    below.max().unwrap_or_default().max(own)
}

fn collect(plan: &Value, found: &mut Vec<(String, String)>) {
    let text = |key: &str| plan[key].as_str().unwrap_or_default().to_owned();
    let node = text("Node Type");
    if node.ends_with("Scan")
        && !matches!(node.as_str(), "CTE Scan" | "Function Scan" | "Subquery Scan" | "Values Scan" | "WorkTable Scan")
    {
        let on = [text("Index Name"), text("Relation Name")].into_iter().find(|it| !it.is_empty()).unwrap_or_default();
        found.push((node, on));
    }
    for child in plan["Plans"].as_array().into_iter().flatten() {
        collect(child, found);
    }
}

fn assert_indexed(name: &str, found: &[(String, String)], wanted: &[&str]) {
    let sequential: Vec<_> = found.iter().filter(|(node, _)| node == "Seq Scan").collect();
    assert!(sequential.is_empty(), "{name}: {sequential:?}");
    for index in wanted {
        assert!(found.iter().any(|(_, on)| on == index), "{name} does not use {index}: {found:?}");
    }
}
