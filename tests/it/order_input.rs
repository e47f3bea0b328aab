//! What a seller's server may send, and what the order function makes of it: wrong values are refused by name, all at
//! once; broken extras are left out and named.

mod bodies;
mod extras;
mod values;

use anyhow::Result;
use serde_json::json;
use shared::clock::Clock;
use tests::world::{Answer, World};

/// 24 November 2026, 00:00 UTC, in seconds.
const NOW: i64 = 1_795_478_400;
const DAY: i64 = 24 * 3600;

async fn world() -> Result<World> {
    let (mut world, _) = World::at(NOW).await?;
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
