//! The steps of a run, each a batch in turn.

use shared::db::doctor;
use shared::db::sweep::{alert, attempts, audit, expire, release, tally, wake};
use shared::queue::Message;

use crate::purge;
use crate::run::{Failure, Run};

/// The most tenants woken in one run: the longest waiting come first, and the next run goes on.
const MOST_WOKEN: i64 = 5000;
/// The most tenants told of in one run, for the same reason.
const MOST_ALERTED: i64 = 100;
/// Messages between two looks at the clock: ten requests to SQS.
const MESSAGES: usize = 100;

/// The steps, in the order of their first batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Release,
    Expire,
    Wake,
    Alert,
    Tally,
    Sessions,
    Attempts,
    Audit,
    Purge,
    Doctor,
}

impl Step {
    const ALL: [Self; 10] = [
        Self::Release,
        Self::Expire,
        Self::Wake,
        Self::Alert,
        Self::Tally,
        Self::Sessions,
        Self::Attempts,
        Self::Audit,
        Self::Purge,
        Self::Doctor,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Expire => "expire",
            Self::Wake => "wake",
            Self::Alert => "alert",
            Self::Tally => "tally",
            Self::Sessions => "sessions",
            Self::Attempts => "attempts",
            Self::Audit => "audit",
            Self::Purge => "purge",
            Self::Doctor => "doctor",
        }
    }
}

/// Runs every step in turn, until all have nothing left or the time is up.
pub(crate) async fn all(run: &mut Run<'_>) {
    let mut steps = Step::ALL.to_vec();
    while !steps.is_empty() {
        let mut unfinished = Vec::new();
        for step in steps {
            if !run.has_time() {
                return;
            }
            match batch(run, step).await {
                Ok(true) => unfinished.push(step),
                Ok(false) => {}
                Err(failure) => run.fail(step.as_str(), &failure),
            }
        }
        steps = unfinished;
    }
}

/// One batch of a step; whether there may be more.
async fn batch(run: &mut Run<'_>, step: Step) -> Result<bool, Failure> {
    match step {
        Step::Release => {
            let count = run.statement(|client| async move { release::release(&client).await }).await?;
            run.swept.released += count;
            Ok(count > 0)
        }
        Step::Expire => {
            let count = run.statement(|client| async move { expire::expire(&client).await }).await?;
            run.swept.expired += count;
            Ok(count > 0)
        }
        Step::Wake => wake(run).await.map(|()| false),
        Step::Alert => alert(run).await.map(|()| false),
        Step::Tally => {
            let added = run.statement(|client| async move { tally::add_up(&client).await }).await?;
            let count: u64 = added.iter().map(|it| it.changes).sum();
            run.swept.tallied += count;
            run.counts.add(&added);
            Ok(count > 0)
        }
        Step::Sessions => run.sessions(None).await,
        Step::Attempts => {
            let count = run.statement(|client| async move { attempts::purge(&client).await }).await?;
            run.swept.attempts_forgotten += count;
            Ok(count > 0)
        }
        Step::Audit => {
            let days = run.state.retention_days;
            let count = run.statement(|client| async move { audit::purge_nobodys(&client, days).await }).await?;
            run.swept.purged.audit += count;
            Ok(count > 0)
        }
        Step::Purge => purge::tenant(run).await,
        Step::Doctor => examine(run).await.map(|()| false),
    }
}

/// Asks the dispatchers, who have the tenants' tokens and speak with Meta, for the examinations that are due.
async fn examine(run: &mut Run<'_>) -> Result<(), Failure> {
    let due = run.statement(|client| async move { doctor::next(&client).await }).await?;
    let messages: Vec<Message> = due.into_iter().map(|tenant_id| Message::Examine { tenant_id }).collect();
    run.swept.examined = run.in_time(run.state.queue.send_all(&messages)).await??;
    Ok(())
}

async fn wake(run: &mut Run<'_>) -> Result<(), Failure> {
    let due = run.statement(|client| async move { wake::due(&client, MOST_WOKEN).await }).await?;
    run.swept.due = due.len();
    let messages: Vec<Message> =
        due.into_iter().map(|(tenant_id, event_id)| Message::Dispatch { tenant_id, event_id }).collect();
    for some in messages.chunks(MESSAGES) {
        run.swept.woken += run.in_time(run.state.queue.send_all(some)).await??;
    }
    Ok(())
}

async fn alert(run: &mut Run<'_>) -> Result<(), Failure> {
    let endangered = run.statement(|client| async move { alert::endangered(&client, MOST_ALERTED).await }).await?;
    run.swept.alerted = endangered.len();
    for it in endangered {
        let alert::Endangered { tenant_id, reason, events, expires_at } = it;
        tracing::error!(tenant.id = tenant_id, reason, events, expires_at, "events about to expire");
    }
    Ok(())
}
