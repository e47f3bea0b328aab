//! Metrics: what happened, counted once, in lines that CloudWatch makes metrics of.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use shared::metrics::Metrics;
use tests::world::World;

/// Lines that were told.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<String>>);

impl Told {
    fn metrics(&self, function: &'static str) -> Metrics {
        let kept = Arc::clone(&self.0);
        let sink = Box::new(move |text: &str| kept.lock().unwrap_or_else(PoisonError::into_inner).push_str(text));
        Metrics::given_to("TrackAI/test", function, sink)
    }

    /// Of this name and stage: all values, with what they were told by.
    fn values(&self, name: &str, stage: Option<&str>) -> Result<Vec<Value>> {
        let text = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut values = Vec::new();
        for line in text.lines() {
            let line: Value = serde_json::from_str(line).context("a line of JSON")?;
            let named = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().context("metrics")?;
            if named.iter().any(|it| it["Name"] == name) && line["Stage"].as_str() == stage {
                values.push(line[name].clone());
            }
        }
        Ok(values)
    }
}

#[tokio::test]
async fn a_click_an_order_and_a_sale_are_each_counted_once_whoever_tried_how_often() -> Result<()> {
    let mut world = World::new().await?;
    let told = Told::default();
    world.click.count_in(told.metrics("click"));
    world.sweep.metrics = told.metrics("sweep");
    Arc::get_mut(&mut world.dispatch).context("the only one")?.metrics = told.metrics("dispatch");
    let click = json!({"url": "https://loja.example.com/?fbclid=IwAR0-Sample", "fbp": "fb.1.1700000000000.1234567890"});
    let first = world.post_click(&click).await?.expect(200)?;
    world.post_click(&click).await?.expect(200)?;
    let order = json!({"order_id": "1001", "value": 97, "currency": "BRL", "click": {"click_id": first["click_id"]}});
    world.post_order(&order).await?.expect(202)?;
    world.post_order(&order).await?.expect(200)?;
    sweep::sweep(&world.sweep).await?;
    world.run_dispatch().await?;
    sweep::sweep(&world.sweep).await?;
    sweep::sweep(&world.sweep).await?;
    for (name, stage, values) in [
        ("Clicks", None, vec![json!(1)]),
        ("Orders", None, vec![json!(1)]),
        ("Duplicates", None, vec![json!(1)]),
        ("Matched", Some("click"), vec![json!(1)]),
        ("EventsSent", None, vec![json!(1)]),
        ("EventsQuarantined", None, vec![]),
        ("AttemptsFailed", None, vec![]),
    ] {
        assert_eq!(told.values(name, stage)?, values, "{name}");
    }
    let dwell = told.values("Dwell", None)?;
    let took = dwell.first().and_then(|it| it[0].as_i64()).context("one time")?;
    ensure!(dwell.len() == 1 && (0..60_000).contains(&took), "{dwell:?}");
    Ok(())
}
