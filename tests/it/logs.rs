//! Logs: what happened, and nothing of anybody.

use anyhow::{Context, Result};
use serde_json::json;
use tests::heard::Heard;
use tests::simulator::{Answer, Fault, GraphError};
use tests::world::World;
use tracing::Level;

#[tokio::test]
async fn no_personal_data_no_token_and_no_click_id_is_logged_at_any_level() -> Result<()> {
    let world = World::new().await?;
    let secret = [
        "maria@example.com",
        "5511987654321",
        "87654321",
        "Quitéria",
        "95550-0001",
        "5511955500001",
        "User-42",
        "203.0.113.7",
        "IwAR0-Very-Personal",
        "1234567890123",
        "Firefox",
        &world.tenant.access_token,
        world.tenant.api_key.rsplit('_').next().context("a key")?,
    ];
    let (log, guard) = Heard::listen(Level::TRACE);
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
    let said = json!({
        "click_id": click["click_id"], "email": "maria@example.com", "phone": "(11) 95550-0001", "external_id": "User-42",
        "first_name": "Quitéria",
    });
    world.post_identify(&said).await?.expect(200)?;
    world.post_identify(&json!({"email": ["maria@example.com"], "phone": "(11) 95550-0001"})).await?;
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
