//! The overview.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tests::world::World;

use super::{get, got, order, placed};

/// The ledger as state, reason and sales.
fn entries(overview: &Value) -> Vec<(String, Option<String>, i64)> {
    let entries = overview["ledger"]["entries"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    entries
        .map(|it| {
            (text(&it["state"]).unwrap_or_default(), text(&it["reason"]), it["sales"].as_i64().unwrap_or_default())
        })
        .collect()
}

fn today(overview: &Value) -> &Value {
    overview["days"].as_array().and_then(|days| days.last()).unwrap_or(&Value::Null)
}

#[tokio::test]
async fn it_shows_what_came_what_it_was_matched_by_and_what_went() -> Result<()> {
    let world = World::new().await?;
    world
        .post_click(&json!({"url": "https://loja.example.com.br/?fbclid=IwAR0-Sample_1", "click_id": "click-0001"}))
        .await?
        .expect(200)?;
    let mut with_click = order("1");
    with_click["click"] = json!({"click_id": "click-0001"});
    placed(&world, &with_click).await?;
    placed(
        &world,
        &json!({"order_id": "2", "value": "10.00", "currency": "USD", "customer": {"email": "joao@example.com"}}),
    )
    .await?;
    placed(&world, &order("1")).await?;
    let mut unpaid = order("3");
    unpaid["status"] = json!("pending");
    placed(&world, &unpaid).await?;
    world.run_dispatch().await?;
    placed(&world, &json!({"order_id": "4", "value": 1, "currency": "BRL", "customer": {"email": "ana@example.com"}}))
        .await?;

    let overview = got(&world, "overview").await?;
    assert_eq!(overview["tenant"]["id"], json!(world.tenant.id));
    assert_eq!(overview["tenant"]["status"], "active");
    assert_eq!(overview["kept_back"], Value::Null);
    let wanted =
        [("sent", None, 2), ("pending", None, 1), ("ignored", Some("order_not_paid"), 1), ("duplicate", None, 1)];
    let wanted = wanted.map(|(state, reason, sales)| (state.to_owned(), reason.map(str::to_owned), sales));
    assert_eq!(entries(&overview), wanted);
    assert_eq!(overview["ledger"]["sales"], 5);
    let rate = json!({"events": 3, "matched": 1, "identity": 0, "click": 1, "network": 0});
    assert_eq!(overview["matches"], json!({"last_7_days": rate, "last_28_days": rate}));
    let days = overview["days"].as_array().context("days")?;
    assert_eq!(days.len(), 28);
    let mut day = today(&overview).clone();
    day["day"] = Value::Null;
    assert_eq!(day, json!({"day": null, "clicks": 1, "orders": 4, "sent": 2, "failed": 0}));
    assert!(days[..27].iter().all(|day| day["clicks"] == 0 && day["orders"] == 0 && day["sent"] == 0));
    Ok(())
}

#[tokio::test]
async fn what_keeps_the_sends_back_is_told_in_both_languages() -> Result<()> {
    let world = World::new().await?;
    placed(&world, &order("1")).await?;
    let gate = "insert into delivery_gates (tenant_id, parked_reason, parked_at, probe_at)
                select id, 'credentials', clock(), clock() from tenants";
    for (change, english, portuguese, state) in [
        (gate, "Meta refuses the access token", "A Meta recusa o token", "parked"),
        (
            "update delivery_gates set parked_reason = null, parked_at = null, breaker = 'open'",
            "The last sends to Meta all failed",
            "Os últimos envios",
            "pending",
        ),
        (
            "update delivery_gates set breaker = 'closed', throttled_until = clock() + interval '1 hour'",
            "Meta wants fewer requests",
            "A Meta quer menos",
            "pending",
        ),
        ("update tenants set status = 'suspended'", "The account is suspended", "A conta está suspensa", "held"),
    ] {
        world.execute(change).await?;
        for (query, begins) in [("", english), ("?locale=en", english), ("?locale=pt-BR", portuguese)] {
            let overview = got(&world, &format!("overview{query}")).await?;
            let (kept_back, entry) = (&overview["kept_back"], &overview["ledger"]["entries"][0]);
            assert!(kept_back.as_str().is_some_and(|text| text.starts_with(begins)), "{change}: {kept_back}");
            assert_eq!((&entry["state"], &entry["reason_text"]), (&json!(state), kept_back), "{change}");
        }
    }
    get(&world, "overview?locale=xx").await?.expect_problem(400)?;
    Ok(())
}

#[tokio::test]
async fn a_try_that_failed_counts_on_its_day_and_so_does_the_one_that_succeeded() -> Result<()> {
    use tests::simulator::{Answer, Fault, GraphError};
    let world = World::new().await?;
    placed(&world, &order("1")).await?;
    world.simulator.fault(Fault::once(Answer::Error(GraphError::new(500, 2, "later"))));
    world.run_dispatch().await?;
    world.dispatch_now().await?;
    let day = today(&got(&world, "overview").await?).clone();
    assert_eq!((&day["sent"], &day["failed"]), (&json!(1), &json!(1)));
    Ok(())
}

#[tokio::test]
async fn a_day_that_is_over_is_counted_once_and_outlives_the_purge() -> Result<()> {
    let mut world = World::new().await?;
    world.post_click(&json!({"url": "https://loja.example.com.br/", "click_id": "click-0001"})).await?.expect(200)?;
    placed(&world, &order("1")).await?;
    world.execute(
        "update clicks set created_at = clock() - interval '12 days'; update orders set created_at = clock() - interval '12 days', updated_at = clock() - interval '12 days';
         insert into clicks (tenant_id, id, funnel_id, created_at) select tenant_id, 'two', funnel_id, clock() - interval '12 days' from clicks",
    ).await?;
    let before = got(&world, "overview").await?["days"].clone();
    assert_eq!((&before[15]["clicks"], &before[15]["orders"]), (&json!(2), &json!(1)), "{before}");
    sweep::sweep(&world.sweep).await?;
    assert_eq!(world.count("select count(*) from traffic_days where clicks = 2 and orders = 1", &[]).await?, 1);
    assert_eq!(got(&world, "overview").await?["days"], before, "counted once");
    world.sweep.retention_days = 8;
    world.execute("update tenants set purged_at = 'epoch'; delete from identities; delete from deliveries; delete from conversions").await?;
    sweep::sweep(&world.sweep).await?;
    assert_eq!(world.count("select count(*) from clicks", &[]).await?, 0);
    assert_eq!(got(&world, "overview").await?["days"], before, "after the purge");
    world.post_click(&json!({"url": "https://loja.example.com.br/", "click_id": "click-0003"})).await?.expect(200)?;
    assert_eq!(today(&got(&world, "overview").await?)["clicks"], 1);
    Ok(())
}
