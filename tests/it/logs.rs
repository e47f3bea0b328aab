//! Logs: what happened, and nothing of anybody.

use std::io::Write;
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result};
use serde_json::json;
use tests::simulator::{Answer, Fault, GraphError};
use tests::world::World;

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().map_err(|_| std::io::ErrorKind::Other)?.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> Result<String> {
        Ok(String::from_utf8(self.0.lock().ok().context("the log")?.clone())?)
    }
}

#[tokio::test]
async fn no_personal_data_no_token_and_no_click_id_is_logged_at_any_level() -> Result<()> {
    let world = World::new().await?;
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let secret = [
        "maria@example.com",
        "5511987654321",
        "87654321",
        "Quitéria",
        "203.0.113.7",
        "IwAR0-Very-Personal",
        "1234567890123",
        "Firefox",
        &world.tenant.access_token,
        world.tenant.api_key.rsplit('_').next().context("a key")?,
    ];
    // The test's one thread runs every task that the functions spawn.
    let guard = tracing::subscriber::set_default(subscriber);
    traffic(&world).await?;
    drop(guard);
    let text = log.text()?;
    for secret in secret {
        let line = text.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
    for said in ["sent to Meta", "Meta did not take the events", "a record that is not ours"] {
        assert!(text.contains(said), "{said} in {} bytes", text.len());
    }
    Ok(())
}

async fn traffic(world: &World) -> Result<()> {
    let click = json!({"url": "https://loja.example.com/?fbclid=IwAR0-Very-Personal", "fbp": "fb.1.1700000000000.1234567890123"});
    let click = world.post_click(&click).await?.expect(200)?;
    for order_id in ["1", "2"] {
        let order = json!({
            "order_id": order_id, "value": 97, "currency": "BRL", "click": {"click_id": click["click_id"], "fbc": "nonsense"},
            "customer": {"email": "maria@example.com", "phone": "+55 11 98765-4321", "first_name": "Quitéria", "last_name": "\u{0}"},
        });
        world.post_order(&order).await?.expect(202)?;
        if order_id == "1" {
            world.simulator.fault(Fault::once(Answer::Error(GraphError::new(400, 100, "bad").with_subcode(2_804_003))));
        }
        world.run_dispatch().await?;
    }
    world.post_order(&json!({"order_id": 1, "value": "97,00", "customer": {"email": "maria@example.com"}})).await?;
    world.dispatch_bodies(&["maria@example.com"]).await;
    Ok(())
}
