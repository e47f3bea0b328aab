//! Time, shortened so that minutes of waiting are seconds, and never so that something happens that could not in production.
//!
//! - A lease holds 300 s there, longer than any dispatcher may run, so that it runs out on a dead one alone. Here it is ended as
//!   soon as it was taken before the oldest invocation began that still runs: then its holder is dead as well. No lease of a living
//!   dispatcher is touched. The same goes for the right to probe.
//! - A breaker's cool-down, a parked tenant's wait and Meta's own are cut to 3 s, so that probes meet kills too.
//! - When all faults have ended, what waits for its time is due at once, and the queue is emptied, as if its messages had grown too
//!   old: one of them would wake a whole tenant, and hide what nobody wakes. An attempt that does not go then is stuck.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Result;
use shared::db::dispatch::LEASE_S;
use tests::chaos::Part;
use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::Client;

use crate::queue;
use crate::stage::{Shared, Stage};

/// How often it is looked at.
const EACH: Duration = Duration::from_millis(300);
/// How long our own statements may take: the server may have gone.
const LIMIT: Duration = Duration::from_secs(5);
/// What a wait is cut to, in seconds.
const WAIT_S: i32 = 3;

/// Shortens until it is aborted.
pub(crate) async fn shorten(shared: Arc<Shared>) {
    let mut client = None;
    while !shared.over.load(Ordering::SeqCst) {
        if client.is_none() {
            client = shared.connect().await.ok();
        }
        if let Some(connected) = &client
            && !matches!(timeout(LIMIT, once(&shared, connected, WAIT_S)).await, Ok(Ok(())))
        {
            client = None;
        }
        sleep(EACH).await;
    }
}

async fn once(shared: &Shared, client: &Client, wait_s: i32) -> Result<()> {
    // Before the statement: an invocation that begins in between holds what is younger.
    let oldest_ms = shared.fleet(Part::Dispatch).oldest_ms();
    let taken_before =
        format!("- interval '{LEASE_S} seconds' < timestamptz 'epoch' + {oldest_ms} * interval '1 millisecond'");
    client
        .batch_execute(&format!(
            "update dispatch_attempts set leased_until = clock()
             where status = 'pending' and leased_until > clock() and leased_until {taken_before};
             update delivery_gates set probe_until = clock() where probe_until > clock() and probe_until {taken_before};
             update delivery_gates set probe_at = clock() + interval '{wait_s} seconds'
             where probe_at > clock() + interval '{wait_s} seconds';
             update delivery_gates set throttled_until = clock() + interval '{wait_s} seconds'
             where throttled_until > clock() + interval '{wait_s} seconds'"
        ))
        .await?;
    Ok(())
}

/// What was left after the faults.
pub(crate) struct Drained {
    before: i64,
    /// Of those, the healthy tenant's.
    healthy: i64,
    /// Attempts that did not go.
    pub(crate) stuck: i64,
    took: Duration,
}

impl fmt::Display for Drained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { before, healthy, stuck, took } = self;
        let took = took.as_secs_f64();
        write!(f, "{before} attempts waited, {healthy} of the healthy tenant; {stuck} are left after {took:.1} s")
    }
}

/// Waits until no attempt is left, or until the limit is over: what is left then does not move.
pub(crate) async fn drain(stage: &Stage, limit: Duration) -> Result<Drained> {
    stage.faults_end();
    let shared = &stage.shared;
    let client = shared.connect().await?;
    let start = Instant::now();
    let [healthy, dead] = &shared.tenants;
    let healthy = waiting(&client, &healthy.id).await?;
    let before = healthy + waiting(&client, &dead.id).await?;
    queue::empty(shared).await?;
    loop {
        once(shared, &client, 0).await?;
        client
            .batch_execute(
                "update dispatch_attempts set due_at = clock() where status = 'pending' and due_at > clock()",
            )
            .await?;
        let mut stuck = 0;
        for tenant in &shared.tenants {
            stuck += waiting(&client, &tenant.id).await?;
        }
        if stuck == 0 || start.elapsed() > limit {
            return Ok(Drained { before, healthy, stuck, took: start.elapsed() });
        }
        sleep(EACH).await;
    }
}

async fn waiting(client: &Client, tenant_id: &str) -> Result<i64> {
    let sql = "select count(*) from dispatch_attempts where tenant_id = $1 and status = 'pending'";
    Ok(client.query_one(sql, &[&tenant_id]).await?.try_get(0)?)
}
