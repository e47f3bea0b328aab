//! Each day by itself: the sweep says whose turn it is, the dispatcher examines.

use std::time::{Duration, Instant};

use anyhow::Result;
use lambda_http::http::Method;
use serde_json::{Value, json};
use shared::db::Db;
use tests::simulator::{Answer as Said, EventQuery, Fault};
use tests::world::{World, batch, db_config, wake_up};

use super::{examine, list, order};

/// Makes every tenant due.
async fn due(world: &World) -> Result<()> {
    world.execute("update tenants set examine_at = clock()").await
}

async fn examined(world: &World) -> Result<i64> {
    world.count("select count(*) from tenants where examined_at is not null", &[]).await
}

#[tokio::test]
async fn a_tenant_whose_day_is_over_is_examined_once_and_is_due_in_a_day_again() -> Result<()> {
    let world = World::new().await?;
    world.simulator.pixel(&world.tenant.pixel_id, "sample-renewed");
    assert_eq!(sweep::sweep(&world.sweep).await?.examined, 0, "a new one has a day");
    due(&world).await?;
    assert_eq!(sweep::sweep(&world.sweep).await?.examined, 1);
    assert_eq!(sweep::sweep(&world.sweep).await?.examined, 0, "asked for already");
    assert_eq!(world.run_dispatch().await?.batch_item_failures, []);
    assert_eq!(list(&world, "state=open").await?["issues"][0]["code"], "token_refused");
    let next = "select round(extract(epoch from examine_at - examined_at) / 3600)::bigint from tenants";
    assert_eq!(world.count(next, &[]).await?, 24);
    Ok(())
}

#[tokio::test]
async fn one_that_came_to_nothing_is_asked_for_again_in_an_hour() -> Result<()> {
    let world = World::new().await?;
    due(&world).await?;
    sweep::sweep(&world.sweep).await?;
    world.execute("update tenants set examine_at = examine_at - interval '59 minutes'").await?;
    assert_eq!(sweep::sweep(&world.sweep).await?.examined, 0);
    world.execute("update tenants set examine_at = examine_at - interval '1 minute'").await?;
    assert_eq!(sweep::sweep(&world.sweep).await?.examined, 1);
    Ok(())
}

#[tokio::test]
async fn tenants_that_are_not_active_are_not_asked_for() -> Result<()> {
    let world = World::new().await?;
    due(&world).await?;
    for status in ["provisioning", "suspended", "retired"] {
        world.execute(&format!("update tenants set status = '{status}'")).await?;
        assert_eq!(sweep::sweep(&world.sweep).await?.examined, 0, "{status}");
    }
    world.dispatch_bodies(&[&wake(&world.tenant.id)]).await;
    assert_eq!(examined(&world).await?, 0, "nor is one that was retired since");
    Ok(())
}

fn wake(tenant_id: &str) -> String {
    serde_json::json!({"type": "doctor.v1", "tenant_id": tenant_id}).to_string()
}

#[tokio::test]
async fn sweeps_at_once_ask_for_each_tenant_once_and_for_60_at_the_most() -> Result<()> {
    let world = World::new().await?;
    world
        .execute(
            "insert into tenants (id, slug, status) select 't' || n, 't' || n, 'active' from generate_series(1, 100) n",
        )
        .await?;
    due(&world).await?;
    let other = sweep::State {
        metrics: shared::metrics::Metrics::default(),
        db: Db::new(db_config(world.db.url()), None, 1),
        queue: shared::queue::Queue::new(&world.sdk, &world.queue_url),
        retention_days: 90,
    };
    let (a, b) = tokio::join!(sweep::sweep(&world.sweep), sweep::sweep(&other));
    let (a, b) = (a?.examined, b?.examined);
    assert!(a <= 60 && b <= 60, "{a} {b}");
    let left = sweep::sweep(&world.sweep).await?.examined;
    assert_eq!(a + b + left, 101, "{a} {b} {left}");
    Ok(())
}

#[tokio::test]
async fn a_meta_that_hangs_costs_an_invocation_no_send_and_little_time() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    order(&world, "1001").await?;
    let hangs = Fault {
        pixel: Some(other.pixel_id.clone()),
        delay_before: Duration::from_mins(1),
        ..Fault::standing(Said::Reset)
    };
    world.simulator.fault(hangs);
    let bodies = [wake(&other.id), wake_up(&world.tenant.id), wake("tnt_nobody")];
    let bodies: Vec<&str> = bodies.iter().map(String::as_str).collect();
    let begun = Instant::now();
    // Fifteen seconds are what one request needs, and a fraction of a second is left for examinations after them.
    let response = dispatch::handle(&world.dispatch, batch(&bodies), begun + Duration::from_secs(17)).await;
    assert_eq!(response.batch_item_failures, [], "no examination comes back as a failed record");
    assert_eq!(world.simulator.events(&EventQuery::default()).len(), 1);
    assert!(begun.elapsed() < Duration::from_secs(12));
    Ok(())
}

#[tokio::test]
async fn a_token_that_was_replaced_is_read_anew_for_an_examination() -> Result<()> {
    let world = World::new().await?;
    order(&world, "1001").await?;
    world.dispatch_now().await?;
    let renewed = tests::seed::Seeded { access_token: "sample-renewed".to_owned(), ..world.tenant.clone() };
    let secrets = shared::secrets::Secrets::new(&world.sdk);
    let credentials = shared::secrets::MetaCredentials { access_token: renewed.access_token.clone(), app_secret: None };
    secrets.put_meta(tests::world::SECRETS_PREFIX, &renewed.id, &credentials).await?;
    world.simulator.pixel(&renewed.pixel_id, &renewed.access_token);
    world.dispatch_bodies(&[&wake(&renewed.id)]).await;
    assert_eq!((examined(&world).await?, world.count("select count(*) from tenant_issues", &[]).await?), (1, 0));
    Ok(())
}

/// Whether the seeded tenant is examined by the next sweep; after it, it is not due.
async fn is_due(world: &World) -> Result<bool> {
    let is_due = world.count("select count(*) from tenants where examine_at <= clock()", &[]).await? == 1;
    world.execute("update tenants set examine_at = clock() + interval '1 day'").await?;
    Ok(is_due)
}

#[tokio::test]
async fn whoever_repairs_something_has_it_examined_within_the_minute() -> Result<()> {
    let world = World::new().await?;
    let act = async |method, what: &str, body: Value| {
        world.operate(method, &format!("/v1/tenants/{}/{what}", world.tenant.id), &body).await?.expect(200)
    };
    assert!(!is_due(&world).await?, "a day has passed for nobody");
    act(Method::POST, "release", Value::Null).await?;
    assert!(is_due(&world).await?, "released");
    world.simulator.pixel(&world.tenant.pixel_id, "sample-renewed");
    act(Method::PUT, "meta", json!({"access_token": "sample-renewed"})).await?;
    assert!(is_due(&world).await?, "another token");
    act(Method::POST, "suspend", Value::Null).await?;
    assert!(is_due(&world).await?, "suspended");
    act(Method::POST, "activate", Value::Null).await?;
    assert!(is_due(&world).await?, "active again");
    act(Method::POST, "activate", Value::Null).await?;
    assert!(!is_due(&world).await?, "it was active");
    Ok(())
}

#[tokio::test]
async fn what_is_repaired_while_an_examination_runs_is_examined_again() -> Result<()> {
    let world = World::new().await?;
    due(&world).await?;
    examine(&world).await?;
    assert_eq!(examined(&world).await?, 1);
    assert!(is_due(&world).await?, "what became due meanwhile stays so");
    examine(&world).await?;
    assert!(!is_due(&world).await?);
    Ok(())
}
