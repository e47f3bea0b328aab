//! The counts are what a look at each row gives, at every moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, ensure};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use shared::db::sweep::{purge, tally};
use tests::simulator::{Answer, Fault, GraphError};
use tests::world::World;
use tokio::runtime::Builder;

use super::order;

/// How many tenants there are of which the two ways of counting differ, in one snapshot: never any.
const SAME: &str = "
    select count(*) from tenants t
    where (select jsonb_agg(l order by l.state, l.reason) from ledger(t.id, '-infinity', 'infinity') l)
          is distinct from (select jsonb_agg(c order by c.state, c.reason) from tallied_ledger(t.id) c)";

const FAULTS: &str = "select string_agg(f.rule, ', ') from tenants t, ledger_faults(t.id) f";

/// What may happen.
#[derive(Clone, Debug)]
enum Act {
    /// A paid order; one of few ids, so that some come again.
    Order(u8),
    /// The same, not paid.
    Unpaid(u8),
    /// Nobody's.
    Nobody(u8),
    /// Meta takes what waits.
    Sent,
    /// Meta refuses, with a code that passes, a wrong token, an old event, or wrong data.
    Refused(u8),
    /// The operator puts back what was set aside.
    Replay,
    /// The tenant's status.
    Status(u8),
    /// The gate is reset.
    Release,
    /// Some hours pass.
    Hours(u8),
    /// The sweep, with its purge.
    Sweep,
    /// The changes are added up.
    AddUp,
    /// The buyer is erased.
    Erase,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (0..8_u8).prop_map(Act::Order),
        2 => (0..8_u8).prop_map(Act::Unpaid),
        1 => (0..8_u8).prop_map(Act::Nobody),
        3 => Just(Act::Sent),
        3 => (0..4_u8).prop_map(Act::Refused),
        1 => Just(Act::Replay),
        2 => (0..3_u8).prop_map(Act::Status),
        1 => Just(Act::Release),
        2 => (1..100_u8).prop_map(Act::Hours),
        2 => Just(Act::Sweep),
        2 => Just(Act::AddUp),
        1 => Just(Act::Erase),
    ]
}

async fn happen(world: &mut World, act: &Act, hours: &mut i64) -> Result<()> {
    let id = |n: &u8| format!("o{n}");
    match act {
        Act::Order(n) => drop(world.post_order(&order(&id(n))).await?),
        Act::Unpaid(n) => {
            let mut body = order(&id(n));
            body["status"] = json!("pending");
            world.post_order(&body).await?;
        }
        Act::Nobody(n) => {
            world.post_order(&json!({"order_id": id(n), "value": 1, "currency": "BRL"})).await?;
        }
        Act::Sent => drop(world.dispatch_now().await?),
        Act::Refused(kind) => {
            let error = match kind {
                0 => GraphError::new(500, 2, "later"),
                1 => GraphError::new(400, 190, "no such token"),
                2 => GraphError::new(400, 100, "old").with_subcode(2_804_003),
                _ => GraphError::new(400, 100, "bad").with_subcode(2_804_050),
            };
            // As often as the halves of a few events are asked for.
            world.simulator.fault(Fault::times(if *kind == 3 { 4 } else { 1 }, Answer::Error(error)));
            world.dispatch_now().await?;
        }
        Act::Replay => {
            let path = format!("/v1/tenants/{}/replay", world.tenant.id);
            let body = json!({"may_be_there": true});
            world.operate(lambda_http::http::Method::POST, &path, &body).await?.expect(200)?;
        }
        Act::Status(n) => {
            let status = ["active", "suspended", "provisioning"][usize::from(*n)];
            world.execute(&format!("update tenants set status = '{status}'")).await?;
        }
        Act::Release => {
            let path = format!("/v1/tenants/{}/release", world.tenant.id);
            world.operate(lambda_http::http::Method::POST, &path, &Value::Null).await?.expect(200)?;
        }
        Act::Hours(n) => {
            *hours += i64::from(*n);
            later(world, *hours).await?;
        }
        Act::Sweep => drop(sweep::sweep(&world.sweep).await?),
        Act::AddUp => drop(world.sweep.db.run(|client| async move { tally::add_up(&client).await }).await?),
        Act::Erase => {
            let path = format!("/v1/tenants/{}/people/erase", world.tenant.id);
            let buyer = json!({"email": "maria@example.com"});
            world.operate(lambda_http::http::Method::POST, &path, &buyer).await?.expect(200)?;
        }
    }
    Ok(())
}

/// The database's time, from now on.
async fn later(world: &mut World, hours: i64) -> Result<()> {
    world
        .execute(&format!(
            "do $$ begin execute format('alter database %I set track.now = %L', current_database(), now() + interval '{hours} hours'); end $$;
             select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        ))
        .await?;
    world.reconnect().await
}

async fn check(world: &World) -> Result<()> {
    let differ = world.count(SAME, &[]).await?;
    ensure!(differ == 0, "the counts differ from the ledger");
    let faults = world.text(FAULTS, &[]).await?;
    ensure!(faults.is_none(), "{faults:?}");
    Ok(())
}

#[tokio::test]
async fn each_way_that_an_event_may_go_is_counted() -> Result<()> {
    let mut world = World::new().await?;
    world.sweep.retention_days = 8;
    let mut hours = 0;
    let script = [
        &[Act::Order(1), Act::Order(1), Act::Unpaid(2), Act::Order(2), Act::Nobody(3), Act::AddUp][..],
        &[Act::Refused(3), Act::Replay, Act::Refused(0), Act::Sent, Act::AddUp],
        &[Act::Order(4), Act::Refused(1), Act::Order(5), Act::Release, Act::Sent],
        &[Act::Status(1), Act::Order(6), Act::Status(0), Act::Order(7), Act::Refused(2), Act::Refused(3)],
        &[
            Act::Order(8),
            Act::Unpaid(9),
            Act::Erase,
            Act::AddUp,
            Act::Order(8),
            Act::Unpaid(8),
            Act::Order(9),
            Act::Refused(3),
            Act::Erase,
        ],
        &[Act::Hours(99), Act::Sweep, Act::Hours(99), Act::Sweep, Act::Order(1), Act::Sweep],
    ];
    for act in script.into_iter().flatten() {
        happen(&mut world, act, &mut hours).await.with_context(|| format!("{act:?}"))?;
        check(&world).await.with_context(|| format!("{act:?}"))?;
    }
    assert!(world.count("select sum(sales)::bigint from ledger_days", &[]).await? > 5, "purged");
    Ok(())
}

#[test]
fn whatever_happens_the_counts_say_what_the_ledger_says() -> Result<()> {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let mut runner =
        TestRunner::new(Config { cases: 12, failure_persistence: None, max_shrink_iters: 40, ..Config::default() });
    let acts = prop::collection::vec(act(), 5..25);
    runner.run(&acts, |acts| {
        runtime
            .block_on(async {
                let mut world = World::new().await?;
                world.sweep.retention_days = 8;
                let mut hours = 0;
                for act in &acts {
                    happen(&mut world, act, &mut hours).await?;
                    check(&world).await?;
                }
                anyhow::Ok(())
            })
            .map_err(|error| TestCaseError::fail(format!("{error:#}")))
    })?;
    Ok(())
}

#[tokio::test]
async fn who_reads_while_orders_come_in_and_counts_are_added_up_and_purged_sees_the_same_in_both() -> Result<()> {
    let world = Arc::new(World::new().await?);
    world.fill("old", 3000).await?;
    world
        .execute(
            "update deliveries set received_at = clock() - interval '100 days';
             update conversions set state = 'sent', created_at = clock() - interval '100 days';
             update dispatch_attempts set status = 'success', finished_at = clock()",
        )
        .await?;
    let done = Arc::new(AtomicBool::new(false));
    let reading = {
        let (world, done) = (Arc::clone(&world), Arc::clone(&done));
        tokio::spawn(async move {
            let client = world.db.connect().await?;
            let mut reads = 0;
            while !done.load(Ordering::Relaxed) {
                let differ: i64 = client.query_one(SAME, &[]).await?.get(0);
                ensure!(differ == 0, "after {reads} reads they differ");
                reads += 1;
            }
            anyhow::Ok(reads)
        })
    };
    let adding = {
        let (world, done) = (Arc::clone(&world), Arc::clone(&done));
        tokio::spawn(async move {
            while !done.load(Ordering::Relaxed) {
                world.sweep.db.run(|client| async move { tally::add_up(&client).await }).await?;
                let tenant = world.tenant.id.as_str();
                let purge = |client| async move { purge::purge(&client, purge::Kind::Tallies, tenant, 90).await };
                world.sweep.db.run(purge).await?;
            }
            anyhow::Ok(())
        })
    };
    for n in 0..30 {
        world.post_order(&order(&format!("o{n}"))).await?.expect(202)?;
        if n % 5 == 0 {
            let tenant = world.tenant.id.as_str();
            let gone = world
                .sweep
                .db
                .run(|client| async move { purge::purge(&client, purge::Kind::Deliveries, tenant, 90).await });
            gone.await?;
        }
    }
    world.run_dispatch().await?;
    done.store(true, Ordering::Relaxed);
    adding.await??;
    assert!(reading.await?? > 10);
    assert_eq!(world.count("select count(*) from conversions where id like 'old%'", &[]).await?, 0, "purged");
    check(&world).await
}

#[tokio::test]
async fn two_that_add_up_at_once_count_each_change_once() -> Result<()> {
    let world = World::new().await?;
    for round in 0..5 {
        world.fill(&format!("r{round}-"), 200).await?;
        for n in 0..20 {
            world.execute(&format!("update conversions set state = 'sent' where id = 'r{round}-{n}'")).await?;
        }
        let add = || world.sweep.db.run(|client| async move { tally::add_up(&client).await });
        tokio::try_join!(add(), add(), add(), add())?;
        let wrong = "select count(*) from (select from ledger_faults($1) f where f.rule like 'the count%') it";
        assert_eq!(world.count(wrong, &[&world.tenant.id]).await?, 0);
    }
    assert_eq!(world.count("select count(*) from tally_changes", &[]).await?, 0);
    assert_eq!(world.count("select sum(tally)::bigint from tallies where kind = 'event'", &[]).await?, 1000);
    Ok(())
}

#[tokio::test]
async fn what_was_there_before_the_counts_is_counted_when_they_are_made() -> Result<()> {
    use refinery::{Migration, Runner};
    use shared::db::migrate::{self, runner};
    let db = tests::world::empty_db().await?;
    let before: Vec<Migration> = runner().get_migrations().iter().filter(|it| it.version() < 16).cloned().collect();
    migrate::run(db.url(), None, &Runner::new(&before)).await?;
    let client = db.connect().await?;
    let tenant = tests::seed::rows(&client, "old").await?.id;
    tests::world::fill::pending(&client, &tenant, "a", 30, 0).await?;
    client
        .batch_execute(
            "update conversions set state = 'sent' where id < 'a2';
             update dispatch_attempts set status = 'success', finished_at = now() where id < 'a2';
             insert into deliveries (tenant_id, id, source, outcome, reason) select tenant_id, 'x', 'api', 'rejected', 'unreadable' from deliveries limit 1",
        )
        .await?;
    migrate::run(db.url(), None, &runner()).await?;
    let faults: Option<String> = client.query_one(FAULTS, &[]).await?.get(0);
    assert_eq!(faults, None);
    let tallied = "select string_agg(concat_ws(' ', state, reason, sales), ', ') from tallied_ledger($1)";
    let tallied: Option<String> = client.query_one(tallied, &[&tenant]).await?.get(0);
    assert_eq!(tallied.as_deref(), Some("pending 19, rejected unreadable 1, sent 11"));
    let attempts: i64 =
        client.query_one("select sum(tally)::bigint from tallied where kind = 'attempt'", &[]).await?.get(0);
    assert_eq!(attempts, 11);
    Ok(())
}
