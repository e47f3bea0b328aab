//! What the system takes and what it costs: the README says what the program prints, and the program goes by what the functions log.

use std::fs;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use shared::metrics::Metrics;
use tests::capacity::facts::{self, CLICK, ORDER, SEND};
use tests::heard::Heard;
use tests::world::{Answer, World};
use tracing::Level;

use crate::programs;

/// What a program prints above its last line.
fn printed(arguments: &[&str]) -> Result<(String, Value)> {
    let output = programs::run("capacity", arguments, &[], b"")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout)?;
    let (tables, last) = text.trim_end().rsplit_once('\n').context("a last line")?;
    Ok((tables.trim_end().to_owned(), serde_json::from_str(last)?))
}

#[test]
fn the_readmes_tables_of_cost_and_capacity_are_what_the_program_prints() -> Result<()> {
    let readme = fs::read_to_string(tests::install::workspace_root().join("README.md"))?;
    for arguments in [&["--cost"][..], &[]] {
        let (tables, last) = printed(arguments)?;
        assert!(last.is_object(), "{last}");
        for table in tables.split("\n\n") {
            assert!(
                readme.contains(table),
                "the README lacks, or has otherwise, what `capacity {arguments:?}` prints:\n{table}"
            );
        }
    }
    Ok(())
}

#[test]
fn a_database_of_ones_own_breaks_at_its_own_bounds_and_wrong_options_are_refused() -> Result<()> {
    let small = ["--cores", "2", "--max-connections", "60", "--clicks", "2", "--orders", "0.2"];
    let (_, last) = printed(&small)?;
    assert_eq!(last["points"][2]["answers"][0]["limit"], "the database's connections", "{last}");
    for (wrong, said) in [
        (&["--fast"][..], "unknown option --fast"),
        (&["--clicks", "0"], "above 0"),
        (&["--cores", "2"], "go together"),
        (&["--cost", "--measure"], "not both"),
    ] {
        let output = programs::run("capacity", wrong, &[], b"")?;
        assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains(said), "{wrong:?}");
    }
    Ok(())
}

/// Lines that metrics are told in.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<String>>);

impl Told {
    fn metrics(&self, function: &'static str) -> Metrics {
        let kept = Arc::clone(&self.0);
        let sink = Box::new(move |text: &str| kept.lock().unwrap_or_else(PoisonError::into_inner).push_str(text));
        Metrics::given_to("TrackAI/track-ai-prod", function, sink)
    }

    fn take(&self) -> String {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[tokio::test]
async fn a_click_an_order_and_a_send_log_and_answer_as_many_bytes_as_the_cost_says() -> Result<()> {
    let mut world = World::new().await?;
    let told = Told::default();
    world.click.count_in(told.metrics("click"));
    Arc::get_mut(&mut world.dispatch).context("the only one")?.metrics = told.metrics("dispatch");
    let (log, _guard) = Heard::listen(Level::INFO);
    let mut seen = 0;
    let mut lines = || -> Result<String> {
        let text = log.text()?;
        let new = text[seen..].to_owned() + &told.take();
        seen = text.len();
        Ok(new)
    };

    let click = json!({
        "url": "https://www.loja.example.com.br/curso?fbclid=IwAR0-SampleOfUsualLengthIwAR0-SampleOfUsualLengthIwAR0-Sample&utm_source=meta",
        "fbp": "fb.2.1700000000000.1234567890", "click_id": "c0ffee00c0ffee00c0ffee00",
    });
    let clicked = world.post_click(&click).await?;
    holds("a click", &lines()?, CLICK.logged, CLICK.lines);
    answers("a click", &clicked, CLICK.answered);

    let order = json!({
        "order_id": "1001", "value": 97, "currency": "BRL", "click": {"click_id": "c0ffee00c0ffee00c0ffee00"},
        "customer": {"email": "maria@example.com", "phone": "(11) 95550-0001", "first_name": "Maria", "last_name": "Souza"},
    });
    let ordered = world.post_order(&order).await?;
    holds("an order", &lines()?, ORDER.logged, ORDER.lines);
    answers("an order", &ordered, ORDER.answered);

    world.run_dispatch().await?;
    holds("a send", &lines()?, SEND.logged, SEND.lines);
    let event = world.simulator.events(&tests::simulator::EventQuery::default());
    let event = event.first().context("an event")?;
    near("an event", event.event.get().len(), facts::EVENT_TO_META);
    Ok(())
}

#[test]
fn a_line_of_the_access_log_has_the_templates_fields() -> Result<()> {
    let template = fs::read_to_string(tests::install::workspace_root().join("template.yaml"))?;
    let line: Value = serde_json::from_str(facts::ACCESS)?;
    for name in line.as_object().context("an object")?.keys() {
        assert!(template.contains(&format!("\"{name}\":\"$context.")), "{name}");
    }
    let format = template.matches("\":\"$context.").count();
    assert_eq!(line.as_object().map(serde_json::Map::len), Some(format));
    Ok(())
}

fn holds(what: &str, text: &str, bytes: f64, lines: f64) {
    assert!((number(text.lines().count()) - lines).abs() < 1e-9, "{what}: not {lines} lines\n{text}");
    near(what, text.trim_end().len(), bytes);
}

fn answers(what: &str, answer: &Answer, bytes: f64) {
    near(&format!("the answer to {what}"), answer.body.to_string().len() + HEADERS, bytes);
}

/// Status line and headers, API Gateway's own among them.
const HEADERS: usize = 350;

/// To a tenth and 30 bytes: ids and names are of many lengths.
fn near(what: &str, bytes: usize, said: f64) {
    let off = (number(bytes) - said).abs();
    assert!(off <= said / 10.0 + 30.0, "{what}: {bytes} bytes, and the cost says {said}");
}

fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}
