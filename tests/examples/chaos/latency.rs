//! From an order's answer to Meta's taking it, for the healthy tenant alone and beside the dead one, turn about.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use tests::chaos::Schedule;
use tests::net::wait_until;
use tests::seed::Seeded;
use tests::simulator::EventQuery;
use tokio::task::JoinSet;
use tokio::time::interval;

use crate::load;
use crate::stage::{Shared, Stage};

/// Orders of a tenant in a window.
const ORDERS: usize = 50;
/// Between two of them.
const PACE: Duration = Duration::from_millis(100);
/// Before the first window: connections, statements and environments are made.
const WARM_UP: usize = 20;
/// How long Meta may wait for the last of a window.
const LIMIT: Duration = Duration::from_mins(1);

/// Milliseconds.
#[derive(Clone, Copy)]
pub(crate) struct Percentiles {
    /// Half of the orders were faster.
    pub(crate) p50: i64,
    /// One in a hundred was slower.
    pub(crate) p99: i64,
}

/// Of both kinds of windows.
pub(crate) struct Latency {
    /// The dead tenant has no traffic.
    pub(crate) alone: Percentiles,
    /// It has as much as the healthy one.
    pub(crate) beside: Percentiles,
    orders: usize,
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { alone, beside, orders } = self;
        write!(
            f,
            "{orders} orders each: alone p50 {} ms, p99 {} ms; beside the dead tenant p50 {} ms, p99 {} ms",
            alone.p50, alone.p99, beside.p50, beside.p99
        )
    }
}

/// Measures that many windows of each kind. A window ends when Meta has all of it.
pub(crate) async fn measure(stage: &Stage, schedule: &Schedule, windows: usize) -> Result<Latency> {
    let shared = &stage.shared;
    shared.kill_tenant(schedule);
    window(shared, "warm-up", WARM_UP, false).await?;
    for number in 0..windows {
        window(shared, &format!("alone-{number}"), ORDERS, false).await?;
        window(shared, &format!("beside-{number}"), ORDERS, true).await?;
    }
    let of = |kind| percentiles(shared, kind);
    Ok(Latency { alone: of("alone-")?, beside: of("beside-")?, orders: windows * ORDERS })
}

async fn window(shared: &Arc<Shared>, name: &str, orders: usize, beside: bool) -> Result<()> {
    let [healthy, dead] = &shared.tenants;
    // One that is suspended is not woken for what still waits.
    let status = if beside { "active" } else { "suspended" };
    let sql = "update tenants set status = $2::text::tenant_status where id = $1";
    shared.connect().await?.execute(sql, &[&dead.id, &status]).await?;
    let mut callers = JoinSet::new();
    let mut ticks = interval(PACE);
    for number in 0..orders {
        ticks.tick().await;
        let mut post = |tenant: &Seeded| {
            callers.spawn(load::order(Arc::clone(shared), tenant.clone(), format!("{name}-{number}"), false));
        };
        if beside {
            post(dead);
        }
        post(healthy);
    }
    while callers.join_next().await.is_some() {}
    let query = EventQuery::pixel(&healthy.pixel_id);
    let posted = shared.books.posted().iter().filter(|it| it.tenant_id == healthy.id).count();
    wait_until("Meta to have the window's orders", LIMIT, || async { shared.simulator.events(&query).len() >= posted })
        .await?;
    shared.connect().await?.execute(sql, &[&dead.id, &"active"]).await?;
    Ok(())
}

fn percentiles(shared: &Shared, kind: &str) -> Result<Percentiles> {
    let [healthy, _] = &shared.tenants;
    let taken: HashMap<String, i64> = shared
        .simulator
        .events(&EventQuery::pixel(&healthy.pixel_id))
        .into_iter()
        .filter_map(|it| Some((it.event_id?, it.received_at_ms)))
        .collect();
    let mut latencies = Vec::new();
    for posted in shared.books.posted() {
        if posted.tenant_id == healthy.id && posted.order_id.starts_with(kind) {
            let taken = posted.event_id.as_ref().and_then(|it| taken.get(it)).context("an order that Meta has")?;
            // The dispatcher may be faster than the answer.
            latencies.push((taken - posted.answered_at_ms).max(0));
        }
    }
    latencies.sort_unstable();
    let rank = |percent: usize| latencies.get((latencies.len() * percent).div_ceil(100).saturating_sub(1)).copied();
    Ok(Percentiles { p50: rank(50).context("an order")?, p99: rank(99).context("an order")? })
}
