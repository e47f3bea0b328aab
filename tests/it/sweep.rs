//! The minute's sweep: each rule, two runs at once, and what a run leaves alone.

mod alerts;
mod deadlines;
mod gates;
mod purge;
mod retention;
mod runs;
mod sessions;

use anyhow::{Context, Result, ensure};
use shared::db::Db;
use sweep::Swept;
use tests::world::{World, db_config};

/// Moves the database's clock to so long from now. It holds for new connections: the sweep and the test get theirs anew.
async fn later(world: &mut World, interval: &str) -> Result<()> {
    world
        .execute(&format!(
            "do $$ begin
                 execute format('alter database %I set track.now = %L', current_database(), now() + interval '{interval}');
             end $$"
        ))
        .await?;
    world.reconnect().await?;
    world.sweep.db = Db::new(db_config(world.db.url()), None, 4);
    Ok(())
}

async fn run(world: &World) -> Result<Swept> {
    sweep::sweep(&world.sweep).await.context("sweep")
}

/// Gives the seeded tenant a gate of its own making.
async fn set_gate(world: &World, columns: &str) -> Result<()> {
    world
        .execute(&format!(
            "delete from delivery_gates;
             insert into delivery_gates (tenant_id) values ('{}'); update delivery_gates set {columns}",
            world.tenant.id
        ))
        .await
}

/// So many events of a tenant that wait to be sent, as an order leaves them.
async fn waiting(world: &World, tenant: &str, count: i32) -> Result<()> {
    world
        .execute(&format!(
            "with event as (
                 insert into dedupe_registry (tenant_id, id, event_id, order_id, event_name, value, currency, created_at)
                 select '{tenant}', 'n' || n, 'e' || n, 'o' || n, 'Purchase', 1, 'BRL', clock() from generate_series(1, {count}) n
                 returning *
             ), conversion as (
                 insert into conversions (tenant_id, id, event_id, order_key, event_name, event_time, value, currency, action_source,
                     user_data, custom_data, match_stage, match_candidates, match_rules, state, created_at)
                 select tenant_id, id, event_id, order_id, event_name, clock(), value, currency, 'website', '{{}}', '{{}}', 'none', '[]',
                     '{{}}', 'pending', clock()
                 from event
             ), delivery as (
                 insert into deliveries (tenant_id, id, source, received_at, order_key, event_id, outcome)
                 select tenant_id, id, 'api', clock(), order_id, event_id, 'conversion' from event
             )
             insert into dispatch_attempts (tenant_id, id, event_id, created_at, due_at, expires_at)
             select tenant_id, id, event_id, clock(), clock(), clock() + interval '7 days' - interval '1 minute' from event"
        ))
        .await
}

/// `state reason` of each conversion of a tenant, by order key.
async fn states(world: &World, tenant: &str) -> Result<String> {
    let sql = "select string_agg(distinct concat_ws(' ', state, reason), ', ') from conversions where tenant_id = $1";
    world.text(sql, &[&tenant]).await?.context("a conversion")
}

/// Every tenant's ledger, by day.
async fn ledger(world: &World) -> Result<String> {
    let sql = "select string_agg(it::text, ' ' order by it::text) from ledger_by_day it";
    Ok(world.text(sql, &[]).await?.unwrap_or_default())
}

/// Nothing that must not be, at any tenant.
async fn sound(world: &World) -> Result<()> {
    let sql = "select string_agg(concat_ws(' ', t.id, f.rule, f.event_id), ', ') from tenants t, ledger_faults(t.id) f";
    let faults = world.text(sql, &[]).await?;
    ensure!(faults.is_none(), "{faults:?}");
    Ok(())
}

/// Waits until a statement of this database waits for a lock.
async fn blocked(world: &World) -> Result<()> {
    let sql = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while world.count(sql, &[]).await? == 0 {
        tokio::task::yield_now().await;
    }
    Ok(())
}
