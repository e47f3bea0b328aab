//! `/w/{tenant}.{secret}`: what platforms post, over HTTP, with a database, secrets and a queue that are real.

mod answers;
mod bytes;
mod every_platform;
mod kept;
mod logs;
mod manage;
mod paths;
mod readme;
mod replay;
mod sales;
mod secrets;
mod sign;
mod trips;

use std::cell::Cell;
use std::sync::LazyLock;

use anyhow::Result;
use serde_json::{Value, json};
use shared::clock::Clock;
use tests::world::{Answer, Connected, World};

thread_local! {
    /// How far this test's clock is ahead, in milliseconds. A test has one thread.
    static AHEAD_MS: Cell<i64> = const { Cell::new(0) };
}

fn moved() -> i64 {
    Clock::SYSTEM.now_ms() + AHEAD_MS.get()
}

/// Has the order function go by a clock that [`wait`] moves on.
fn moving(world: &mut World) {
    AHEAD_MS.set(0);
    world.order.clock = Clock::from_fn(moved);
}

/// Lets some seconds pass for the order function.
fn wait(seconds: i64) {
    AHEAD_MS.set(AHEAD_MS.get() + seconds * 1000);
}

/// When the platform sent what it sends: a moment ago, and the same on each repetition.
static SENT_MS: LazyLock<i64> = LazyLock::new(|| Clock::SYSTEM.now_ms());

const TOKEN: (&str, &str) = ("x-hotmart-hottok", tests::world::PLATFORM_SECRET);

/// A delivery of Hotmart with an id of its own: of a sale, of an event that is not used, or one that cannot be read.
fn delivery(id: &str, event: &str) -> String {
    let value = if event == "WITHOUT_VALUE" { json!(null) } else { json!({"value": 97.0, "currency_value": "BRL"}) };
    let event = if event == "WITHOUT_VALUE" { "PURCHASE_APPROVED" } else { event };
    json!({
        "id": id, "creation_date": *SENT_MS, "event": event,
        "data": {
            "product": {"id": 1}, "buyer": {"email": "maria@example.com", "name": "Maria Sample"},
            "purchase": {"transaction": format!("HP-{id}"), "status": "APPROVED", "price": value},
        },
    })
    .to_string()
}

/// Posts a delivery that is the platform's own.
async fn post(world: &World, connected: &Connected, id: &str, event: &str) -> Result<Answer> {
    world.deliver(connected, &[TOKEN], &delivery(id, event)).await
}

/// Posts a delivery that nothing proves.
async fn forge(world: &World, connected: &Connected, id: &str) -> Result<Answer> {
    world.deliver(connected, &[("x-hotmart-hottok", "forged")], &delivery(id, "PURCHASE_APPROVED")).await
}

fn received(outcome: &str, reason: Option<&str>) -> Value {
    let mut answer = json!({"received": true, "outcome": outcome});
    if let Some(reason) = reason {
        answer["reason"] = json!(reason);
    }
    answer
}

/// The rows of deliveries as `outcome reason`, in the order in which they came.
async fn rows(world: &World) -> Result<String> {
    let sql =
        "select coalesce(string_agg(outcome || coalesce(' ' || reason, ''), ', ' order by ctid), '') from deliveries";
    Ok(world.text(sql, &[]).await?.unwrap_or_default())
}

/// The reasons of kept bodies, by the alphabet.
async fn kept(world: &World) -> Result<String> {
    let sql = "select coalesce(string_agg(reason, ', ' order by reason), '') from kept_bodies";
    Ok(world.text(sql, &[]).await?.unwrap_or_default())
}
