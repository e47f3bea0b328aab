//! The minute's sweep: ends dead leases, expires, wakes the dispatcher for what is due and was not woken, tells of what
//! is about to be lost, purges what is older than personal data may be kept, and asks for the doctor's examinations.

mod counts;
mod purge;
mod run;
mod steps;

use std::time::{Duration, Instant};

use serde::Serialize;
use shared::db::Db;
use shared::metrics::Metrics;
use shared::queue::Queue;
use thiserror::Error;

use run::Run;

/// How long a run may take where nobody says when it must end: less than the minute until the next.
const RUN: Duration = Duration::from_secs(50);

/// What the function holds between invocations.
pub struct State {
    /// The database.
    pub db: Db,
    /// The dispatcher's queue.
    pub queue: Queue,
    /// How long personal data is kept.
    pub retention_days: u16,
    /// Where orders and events are counted.
    pub metrics: Metrics,
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Swept {
    /// Attempts whose lease had run out.
    pub released: u64,
    /// Attempts that ended because their deadline had passed.
    pub expired: u64,
    /// Tenants with something due.
    pub due: usize,
    /// Messages that SQS took.
    pub woken: usize,
    /// Tenants of which it was told that events are about to expire.
    pub alerted: usize,
    /// Tenants whose examination a dispatcher was asked for.
    pub examined: usize,
    /// Changes that were added to the counts.
    pub tallied: u64,
    /// What was older than it may be.
    pub purged: Purged,
    /// Setup sessions that were closed.
    pub sessions_closed: u64,
    /// Setup sessions that were deleted.
    pub sessions_deleted: u64,
    /// Addresses whose wrong tokens count no more.
    pub attempts_forgotten: u64,
}

/// Rows that were deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Purged {
    /// Deliveries, with their conversions and attempts.
    pub deliveries: u64,
    /// Receipts.
    pub receipts: u64,
    /// Observations.
    pub identities: u64,
    /// Clicks, with their aliases.
    pub clicks: u64,
    /// Orders.
    pub orders: u64,
    /// Counts of visits that were no clicks.
    pub visits: u64,
    /// Counts of a funnel's clicks in a minute.
    pub minutes: u64,
    /// Bodies of deliveries that made no order.
    pub bodies: u64,
    /// Issues of the doctor that are over.
    pub issues: u64,
    /// What was told of people's changes.
    pub audit: u64,
    /// Counts of nothing, and those that no page shows.
    pub tallies: u64,
}

/// Steps that failed; the others ran. The next run tries again.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("not swept: {}", .0.join(", "))]
pub struct Error(pub Vec<&'static str>);

/// One run with all the time that a run has. See [`sweep_until`].
pub async fn sweep(state: &State) -> Result<Swept, Error> {
    sweep_until(state, Instant::now() + RUN).await
}

/// One run, which starts nothing that might not end before `deadline`.
///
/// Each step does a batch in turn, until all have nothing left or the time is up: none keeps the others back, and one
/// that fails is logged and left for the next run. Two runs at once do each thing once, but for waking, which sends nothing
/// twice: a dispatcher claims before it sends.
pub async fn sweep_until(state: &State, deadline: Instant) -> Result<Swept, Error> {
    let mut run = Run::new(state, deadline);
    steps::all(&mut run).await;
    run.counts.tell(&state.metrics);
    let (swept, failed) = run.done();
    tracing::info!(
        released = swept.released,
        expired = swept.expired,
        due = swept.due,
        woken = swept.woken,
        alerted = swept.alerted,
        deliveries = swept.purged.deliveries,
        clicks = swept.purged.clicks,
        "swept"
    );
    if failed.is_empty() { Ok(swept) } else { Err(Error(failed)) }
}
