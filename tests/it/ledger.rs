//! The ledger: whatever becomes of sales, the counts add up to what was accepted.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use shared::db::ledger::{self, Fault};
use tests::request;
use tests::seed::Seeded;
use tests::world::World;
use time::Date;
use time::macros::date;

fn sale(order_id: &str) -> Value {
    json!({"order_id": order_id, "value": "97.00", "currency": "BRL", "customer": {"email": "maria@example.com"}})
}

/// The ledger as (state, reason, sales).
type Entries = Vec<(String, Option<String>, i64)>;

async fn between(world: &World, tenant: &Seeded, since: Option<Date>, until: Option<Date>) -> Result<Entries> {
    let tenant = &tenant.id;
    let entries =
        world.sweep.db.run(|client| async move { ledger::ledger(&client, tenant, since, until).await }).await?;
    Ok(entries.into_iter().map(|it| (it.state, it.reason, it.sales)).collect())
}

async fn entries(world: &World, tenant: &Seeded) -> Result<Entries> {
    between(world, tenant, None, None).await
}

async fn faults(world: &World, tenant: &Seeded) -> Result<Vec<Fault>> {
    let tenant = &tenant.id;
    Ok(world.sweep.db.run(|client| async move { ledger::faults(&client, tenant).await }).await?)
}

fn entry(state: &str, reason: Option<&str>, sales: i64) -> (String, Option<String>, i64) {
    (state.to_owned(), reason.map(str::to_owned), sales)
}

/// Posts a sale that must be accepted; gives its event id.
async fn accepted(world: &World, body: &Value, count: &mut i64) -> Result<String> {
    let answer = world.post_order(body).await?;
    anyhow::ensure!(matches!(answer.status, 200 | 202), "{}", answer.body);
    *count += 1;
    Ok(answer.body["event_id"].as_str().context("event_id")?.to_owned())
}

#[tokio::test]
async fn the_counts_add_up_to_the_accepted_answers_whatever_became_of_the_sales() -> Result<()> {
    let world = World::new().await?;
    let mut count = 0;
    for order_id in ["1", "2", "3"] {
        accepted(&world, &sale(order_id), &mut count).await?;
    }
    // Meta wants hashes; nothing of ours writes this.
    let bad = accepted(&world, &sale("bad"), &mut count).await?;
    world
        .execute(&format!("update conversions set user_data = '{{\"em\": [\"plain\"]}}' where event_id = '{bad}'"))
        .await?;
    world.run_dispatch().await?;
    for _ in 0..2 {
        accepted(&world, &sale("1"), &mut count).await?;
    }
    let mut unpaid = sale("pix");
    unpaid["status"] = json!("pending");
    accepted(&world, &unpaid, &mut count).await?;
    accepted(&world, &sale("pix"), &mut count).await?;
    accepted(&world, &json!({"order_id": "nobody", "value": 1, "currency": "BRL"}), &mut count).await?;
    let old = accepted(&world, &sale("old"), &mut count).await?;
    world
        .execute(&format!(
            "update conversions set state = 'expired', reason = 'too_old' where event_id = '{old}';
             update dispatch_attempts set status = 'failed', finished_at = now(), answer = 'too_old' where event_id = '{old}'"
        ))
        .await?;
    world.post_order(&json!({"order_id": "wrong", "value": -1, "currency": "BRL"})).await?.expect(422)?;

    let rest = [
        entry("duplicate", None, 2),
        entry("expired", Some("too_old"), 1),
        entry("ignored", Some("no_person"), 1),
        entry("ignored", Some("order_not_paid"), 1),
        entry("quarantined", Some("data"), 1),
        entry("sent", None, 3),
    ];
    let tenant = &world.tenant;
    let parked = "insert into delivery_gates (tenant_id, parked_reason, parked_at, probe_at)
                  select id, 'credentials', now(), now() from tenants";
    for (change, waiting) in [
        ("select", entry("pending", None, 1)),
        (parked, entry("parked", Some("credentials"), 1)),
        ("update tenants set status = 'suspended'", entry("held", Some("suspended"), 1)),
        (
            "update tenants set status = 'active';
             update delivery_gates set parked_reason = null, parked_at = null, breaker = 'open'",
            entry("pending", Some("breaker_open"), 1),
        ),
    ] {
        world.execute(change).await?;
        let mut wanted = rest.to_vec();
        wanted.push(waiting);
        wanted.sort();
        let mut have = entries(&world, tenant).await?;
        have.sort();
        assert_eq!(have, wanted, "{change}");
        assert_eq!(have.iter().map(|it| it.2).sum::<i64>(), count);
        assert_eq!(faults(&world, tenant).await?, []);
    }
    Ok(())
}

#[tokio::test]
async fn what_was_purged_still_counts() -> Result<()> {
    let world = World::new().await?;
    let mut count = 0;
    accepted(&world, &sale("1"), &mut count).await?;
    world.run_dispatch().await?;
    accepted(&world, &sale("1"), &mut count).await?;
    let before = entries(&world, &world.tenant).await?;
    world
        .execute(
            "insert into ledger_days (tenant_id, day, state, reason, sales)
             select tenant_id, (received_at at time zone 'UTC')::date, state, coalesce(reason, ''), count(*)
             from ledger_sales group by 1, 2, 3, 4;
             delete from deliveries; delete from conversions",
        )
        .await?;
    assert_eq!(entries(&world, &world.tenant).await?, before);
    assert_eq!(before, [entry("duplicate", None, 1), entry("sent", None, 1)]);
    assert_eq!(faults(&world, &world.tenant).await?, []);
    Ok(())
}

#[tokio::test]
async fn a_day_goes_from_midnight_to_midnight_utc_and_both_ends_count() -> Result<()> {
    let world = World::new().await?;
    let mut count = 0;
    for (order_id, at) in [
        ("1", "2026-03-01 23:59:59.999999+00"),
        ("2", "2026-03-02 00:00:00+00"),
        ("3", "2026-03-03 23:59:59.999999+00"),
        ("4", "2026-03-04 00:00:00+00"),
    ] {
        let event_id = accepted(&world, &sale(order_id), &mut count).await?;
        world.execute(&format!("update deliveries set received_at = '{at}' where event_id = '{event_id}'")).await?;
    }
    let (second, third) = (date!(2026 - 03 - 02), date!(2026 - 03 - 03));
    for (since, until, sales) in [
        (Some(second), Some(third), 2),
        (Some(second), Some(second), 1),
        (None, Some(second), 2),
        (Some(third), None, 2),
        (None, None, 4),
    ] {
        let have = between(&world, &world.tenant, since, until).await?;
        assert_eq!(have, [entry("pending", None, sales)], "{since:?} {until:?}");
    }
    Ok(())
}

#[tokio::test]
async fn each_thing_that_must_not_be_is_found_at_its_tenant_and_at_no_other() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    let theirs = request::with_key(request::post("/v1/orders", &sale("1").to_string()), &other.api_key);
    world.send_order(&theirs).await?.expect(202)?;
    let mut count = 0;
    let sent = accepted(&world, &sale("sent"), &mut count).await?;
    world.run_dispatch().await?;
    let waits = accepted(&world, &sale("waits"), &mut count).await?;
    assert_eq!(faults(&world, &world.tenant).await?, []);
    let (before, theirs) = (entries(&world, &world.tenant).await?, entries(&world, &other).await?);
    for (event_id, breakage, rules) in [
        (&waits, "delete from conversions where event_id = $", &["an accepted sale has no conversion"][..]),
        (
            &waits,
            "update dispatch_attempts set status = 'failed' where event_id = $",
            &["a waiting conversion has no attempt to come"],
        ),
        (
            &waits,
            "update conversions set state = 'expired' where event_id = $",
            &["a conversion that waits no more has an attempt to come"],
        ),
        (
            &sent,
            "update dispatch_attempts set status = 'failed' where event_id = $",
            &["a sent conversion has no attempt that succeeded"],
        ),
        (
            &sent,
            "update conversions set state = 'quarantined' where event_id = $",
            &["a conversion that was not sent has an attempt that succeeded"],
        ),
        (&sent, "delete from deliveries where event_id = $", &["a conversion has no accepted sale"]),
        (
            &sent,
            "insert into deliveries select tenant_id, 'twice', source, received_at, order_key, event_id, outcome, reason
             from deliveries where event_id = $",
            &["an event was claimed twice by accepted sales"],
        ),
    ] {
        let client = world.db.connect().await?;
        client.batch_execute(&format!("begin; {}", breakage.replace('$', &format!("'{event_id}'")))).await?;
        let found = |tenant: String| {
            let client = &client;
            async move { client.query("select rule, event_id from ledger_faults($1)", &[&tenant]).await }
        };
        let have = found(world.tenant.id.clone()).await?;
        let have: Vec<(&str, &str)> = have.iter().map(|row| (row.get(0), row.get(1))).collect();
        let wanted: Vec<(&str, &str)> = rules.iter().map(|rule| (*rule, event_id.as_str())).collect();
        assert_eq!(have, wanted, "{breakage}");
        assert!(found(other.id.clone()).await?.is_empty(), "{breakage}");
        client.batch_execute("rollback").await?;
    }
    assert_eq!(entries(&world, &world.tenant).await?, before);
    assert_eq!(entries(&world, &other).await?, theirs);
    assert_eq!(theirs.iter().map(|it| it.2).sum::<i64>(), 1);
    Ok(())
}
