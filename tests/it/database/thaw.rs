//! Connections that died, or hang, since the environment was frozen: a reconnect, and never an error to who calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use lambda_http::http::Method;
use serde_json::json;
use shared::db::{self, Db};
use tests::relay::Relay;
use tests::simulator::EventQuery;
use tests::world::{World, db_config};
use url::Url;

use super::{end_connections, with};

/// Each function does its work once, in this round of a test.
async fn serve(world: &World, round: &str) -> Result<()> {
    let click = json!({ "fbclid": format!("IwAR0-{round}") });
    let order = json!({"order_id": round, "value": 97, "currency": "BRL", "customer": {"email": "maria@example.com"}});
    let tenant = format!("/v1/tenants/{}", world.tenant.id);
    let (clicked, ordered, seen) = tokio::try_join!(
        world.post_click(&click),
        world.post_order(&order),
        world.operate(Method::GET, &tenant, &json!(null)),
    )?;
    clicked.expect(200)?;
    ordered.expect(202)?;
    seen.expect(200)?;
    assert!(world.run_dispatch().await?.batch_item_failures.is_empty());
    sweep::sweep(&world.sweep).await?;
    Ok(())
}

fn sent(world: &World) -> usize {
    world.simulator.events(&EventQuery::default()).len()
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_costs_no_function_s_caller_an_error() -> Result<()> {
    let world = World::new().await?;
    serve(&world, "before").await?;
    for round in ["first", "second"] {
        assert!(end_connections(&world).await? >= 5, "each function was connected");
        serve(&world, round).await?;
    }
    assert_eq!(sent(&world), 3);
    Ok(())
}

#[tokio::test]
async fn a_connection_that_hangs_after_a_pause_costs_no_function_s_caller_an_error() -> Result<()> {
    let mut world = World::new().await?;
    let mut url = Url::parse(world.db.url())?;
    let relay = Relay::to(url.port().context("a port")?).await?;
    url.set_port(Some(relay.port())).map_err(|()| anyhow!("the port"))?;
    with(&mut world, || Db::new(db_config(url.as_str()), None, 1).quiet_after(Duration::ZERO))?;
    serve(&world, "before").await?;
    for round in ["first", "second"] {
        relay.silence();
        let start = Instant::now();
        serve(&world, round).await?;
        // Three at once, and two after each other, each of which finds out by itself: a statement's whole time is 10 s for each.
        assert!(start.elapsed() < Duration::from_secs(25), "a statement's whole time was waited for");
    }
    assert_eq!(sent(&world), 3);
    Ok(())
}

#[tokio::test]
async fn a_statement_that_is_slow_after_a_pause_is_not_run_again() -> Result<()> {
    let world = World::new().await?;
    let db = Db::new(db_config(world.db.url()), None, 1).quiet_after(Duration::ZERO);
    let runs = Arc::new(AtomicU32::new(0));
    for sql in ["select 1", "select 1 from pg_sleep(2.5)"] {
        runs.store(0, Ordering::Relaxed);
        let one: i32 = db
            .run(|client| {
                runs.fetch_add(1, Ordering::Relaxed);
                async move { Ok::<_, db::Error>(client.query_one(sql, &[]).await?.try_get(0)?) }
            })
            .await?;
        assert_eq!((one, runs.load(Ordering::Relaxed)), (1, 1), "{sql}");
    }
    Ok(())
}
