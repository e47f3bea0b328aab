//! A run: every step in turn, inside the time.

use std::future::Future;
use std::time::{Duration, Instant};

use shared::db;
use shared::db::sweep::{Client, alert, expire, release, sessions, wake};
use shared::queue::{self, Message};
use shared::telemetry;
use thiserror::Error;

use crate::{State, Swept, purge};

/// The most tenants woken in one run: the longest waiting come first, and the next run goes on.
const MOST_WOKEN: i64 = 5000;
/// The most tenants told of in one run, for the same reason.
const MOST_ALERTED: i64 = 100;
/// Messages between two looks at the clock: ten requests to SQS.
const MESSAGES: usize = 100;
/// What a batch may take, so that one that hangs leaves time for the others; none starts with less time left. A statement is
/// given up after 10 s.
const SPARE: Duration = Duration::from_secs(11);

/// The steps, in the order of their first batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Release,
    Expire,
    Wake,
    Alert,
    Sessions,
    Purge,
}

impl Step {
    const ALL: [Self; 6] = [Self::Release, Self::Expire, Self::Wake, Self::Alert, Self::Sessions, Self::Purge];

    fn as_str(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Expire => "expire",
            Self::Wake => "wake",
            Self::Alert => "alert",
            Self::Sessions => "sessions",
            Self::Purge => "purge",
        }
    }
}

/// Why a step did not do it.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// The database.
    #[error("the database")]
    Db(#[from] db::Error),
    /// The queue.
    #[error("dispatchers could not be woken")]
    Queue(#[from] queue::Error),
    /// It took longer than a batch may, or the run's end came first.
    #[error("the time was up")]
    Time,
}

pub(crate) struct Run<'a> {
    pub(crate) state: &'a State,
    pub(crate) swept: Swept,
    deadline: Instant,
    failed: Vec<&'static str>,
}

impl<'a> Run<'a> {
    pub(crate) fn new(state: &'a State, deadline: Instant) -> Self {
        Self { state, swept: Swept::default(), deadline, failed: Vec::new() }
    }

    pub(crate) async fn all(&mut self) {
        let mut steps = Step::ALL.to_vec();
        while !steps.is_empty() {
            let mut unfinished = Vec::new();
            for step in steps {
                if !self.has_time() {
                    return;
                }
                match self.batch(step).await {
                    Ok(true) => unfinished.push(step),
                    Ok(false) => {}
                    Err(failure) => self.fail(step.as_str(), &failure),
                }
            }
            steps = unfinished;
        }
    }

    /// What the run did, and the steps that failed.
    pub(crate) fn done(self) -> (Swept, Vec<&'static str>) {
        (self.swept, self.failed)
    }

    pub(crate) fn has_time(&self) -> bool {
        Instant::now() + SPARE < self.deadline
    }

    /// A step that fails is told of once, here, and named in the run's answer.
    pub(crate) fn fail(&mut self, step: &'static str, failure: &Failure) {
        tracing::error!(step, error = telemetry::chain(failure), "not swept");
        if !self.failed.contains(&step) {
            self.failed.push(step);
        }
    }

    /// One batch of a step; whether there may be more.
    async fn batch(&mut self, step: Step) -> Result<bool, Failure> {
        match step {
            Step::Release => {
                let count = self.statement(|client| async move { release::release(&client).await }).await?;
                self.swept.released += count;
                Ok(count > 0)
            }
            Step::Expire => {
                let count = self.statement(|client| async move { expire::expire(&client).await }).await?;
                self.swept.expired += count;
                Ok(count > 0)
            }
            Step::Wake => self.wake().await.map(|()| false),
            Step::Alert => self.alert().await.map(|()| false),
            Step::Sessions => self.sessions(None).await,
            Step::Purge => purge::tenant(self).await,
        }
    }

    /// Runs a statement.
    pub(crate) async fn statement<T, F, R>(&self, statement: F) -> Result<T, Failure>
    where
        F: Fn(Client) -> R,
        R: Future<Output = Result<T, db::Error>>,
    {
        Ok(self.in_time(self.state.db.run(statement)).await??)
    }

    async fn in_time<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        let end = self.deadline.min(Instant::now() + SPARE);
        tokio::time::timeout_at(end.into(), work).await.map_err(|_| Failure::Time)
    }

    async fn wake(&mut self) -> Result<(), Failure> {
        let due = self.statement(|client| async move { wake::due(&client, MOST_WOKEN).await }).await?;
        self.swept.due = due.len();
        let messages: Vec<Message> =
            due.into_iter().map(|(tenant_id, event_id)| Message::Dispatch { tenant_id, event_id }).collect();
        for some in messages.chunks(MESSAGES) {
            self.swept.woken += self.in_time(self.state.queue.send_all(some)).await??;
        }
        Ok(())
    }

    async fn alert(&mut self) -> Result<(), Failure> {
        let endangered = self.statement(|client| async move { alert::endangered(&client, MOST_ALERTED).await }).await?;
        self.swept.alerted = endangered.len();
        for it in endangered {
            let alert::Endangered { tenant_id, reason, events, expires_at } = it;
            tracing::error!(tenant.id = tenant_id, reason, events, expires_at, "events about to expire");
        }
        Ok(())
    }

    /// A tenant's setup sessions, or those of nobody yet.
    pub(crate) async fn sessions(&mut self, tenant_id: Option<&str>) -> Result<bool, Failure> {
        let days = self.state.retention_days;
        let ended = self.statement(|client| async move { sessions::end(&client, tenant_id, days).await }).await?;
        self.swept.sessions_closed += ended.closed;
        self.swept.sessions_deleted += ended.deleted;
        Ok(ended.closed + ended.deleted > 0)
    }
}
