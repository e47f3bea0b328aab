//! The last line, for programs.

use serde_json::{Value, json};
use tests::capacity::closed::Point;
use tests::capacity::cost::Cost;
use tests::capacity::facts::Bytes;
use tests::capacity::{Load, Service, Services, Verdict};

/// Of a simulation.
pub(crate) fn verdicts(verdicts: &[(f64, Load, Verdict)]) -> Value {
    let point = |(factor, load, it): &(f64, Load, Verdict)| {
        let answers: Vec<Value> = it
            .answers
            .iter()
            .map(|it| json!({"limit": it.limit.to_string(), "after_s": rounded(it.after), "parameter": it.parameter, "from": it.from, "to": it.to}))
            .collect();
        json!({
            "factor": factor, "clicks_per_second": load.clicks, "orders_per_second": load.orders, "burst": load.burst,
            "answers": answers, "sound": it.sound, "environments": it.outcome.environments,
            "connections": it.outcome.connections, "database_used": rounded(it.outcome.database[0]),
            "click_ms": ms(it.outcome.click), "order_ms": ms(it.outcome.order), "lag_s": it.outcome.lag.map(rounded),
        })
    };
    json!({ "points": verdicts.iter().map(point).collect::<Vec<_>>() })
}

/// Of the cost.
pub(crate) fn cost(cost: &Cost) -> Value {
    let [clicks, conversions] = cost.totals().map(cents);
    json!({"million_clicks_usd": clicks, "million_conversions_usd": conversions, "month_usd": cents(cost.month())})
}

/// Of what was measured.
pub(crate) fn services(services: &Services) -> Value {
    let of = |it: &Service| {
        let wait = [0.01, 0.5, 0.9, 0.99].map(|part| us(it.wait.at(part)));
        json!({
            "function_us": us(it.function), "server_us": us(it.server),
            "wait_us": wait,
        })
    };
    json!({"click": of(&services.click), "order": of(&services.order), "look": of(&services.look), "event": of(&services.event)})
}

/// Of how much the database was written.
pub(crate) fn bytes(bytes: &Bytes) -> Value {
    json!({"written": bytes.written.round(), "stored": bytes.stored.round()})
}

/// Of a point that was seen or simulated.
pub(crate) fn point(point: &Point) -> Value {
    json!({"per_second": point.rate.round(), "p50_ms": rounded(point.p50 * 1000.0), "p99_ms": rounded(point.p99 * 1000.0)})
}

/// To a thousandth.
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

fn cents(dollars: f64) -> f64 {
    (dollars * 100.0).round() / 100.0
}

fn ms(seconds: [f64; 2]) -> [f64; 2] {
    seconds.map(|seconds| rounded(seconds * 1000.0))
}

fn us(seconds: f64) -> f64 {
    (seconds * 1e6).round()
}
