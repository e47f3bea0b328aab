//! The purge of one tenant.

use shared::db::sweep::purge::{self, Kind};
use shared::db::sweep::tally;

use crate::Purged;
use crate::run::{Failure, Run};

/// The most batches of a kind before the other steps have their turn again.
const TURN: u32 = 10;

/// Takes the tenant that was looked at longest ago and deletes what is too old of it; whether there was one. A kind that fails is
/// told of, and the others go on; a tenant that is not done is given back.
pub(crate) async fn tenant(run: &mut Run<'_>) -> Result<bool, Failure> {
    let Some(tenant_id) = run.statement(|client| async move { purge::next(&client).await }).await? else {
        return Ok(false);
    };
    let tenant_id = tenant_id.as_str();
    let mut left = false;
    // First: what is deleted is counted then, unless this failed for days.
    if let Err(failure) = run.statement(|client| async move { tally::days(&client, tenant_id).await }).await {
        run.fail("days", &failure);
    }
    for kind in Kind::ALL {
        match kind_of(run, kind, tenant_id).await {
            Ok(more) => left |= more,
            Err(failure) => run.fail("purge", &failure),
        }
    }
    match run.sessions(Some(tenant_id)).await {
        Ok(more) => left |= more,
        Err(failure) => run.fail("sessions", &failure),
    }
    if left {
        run.statement(|client| async move { purge::give_back(&client, tenant_id).await }).await?;
    }
    Ok(true)
}

/// Deletes a kind until nothing is left of it, the turn ends, or the time is up; whether more may be left.
async fn kind_of(run: &mut Run<'_>, kind: Kind, tenant_id: &str) -> Result<bool, Failure> {
    let days = run.state.retention_days;
    for _ in 0..TURN {
        if !run.has_time() {
            return Ok(true);
        }
        let gone = run.statement(|client| async move { purge::purge(&client, kind, tenant_id, days).await }).await?;
        if gone == 0 {
            return Ok(false);
        }
        *counter(&mut run.swept.purged, kind) += gone;
    }
    Ok(true)
}

fn counter(purged: &mut Purged, kind: Kind) -> &mut u64 {
    match kind {
        Kind::Deliveries => &mut purged.deliveries,
        Kind::Receipts => &mut purged.receipts,
        Kind::Identities => &mut purged.identities,
        Kind::Clicks => &mut purged.clicks,
        Kind::Orders => &mut purged.orders,
        Kind::Visits => &mut purged.visits,
        Kind::Minutes => &mut purged.minutes,
        Kind::Bodies => &mut purged.bodies,
        Kind::Issues => &mut purged.issues,
        Kind::Audit => &mut purged.audit,
        Kind::Tallies => &mut purged.tallies,
    }
}
