//! A run: what it has done, what failed, and how much time it has left.

use std::future::Future;
use std::time::{Duration, Instant};

use shared::db;
use shared::db::sweep::{Client, sessions};
use shared::queue;
use shared::telemetry;
use thiserror::Error;

use crate::counts::Counts;
use crate::{State, Swept};

/// What a batch may take, so that one that hangs leaves time for the others; none starts with less time left. A statement is
/// given up after 10 s.
const SPARE: Duration = Duration::from_secs(11);

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

/// What the steps share.
pub(crate) struct Run<'a> {
    pub(crate) state: &'a State,
    pub(crate) swept: Swept,
    pub(crate) counts: Counts,
    deadline: Instant,
    failed: Vec<&'static str>,
}

impl<'a> Run<'a> {
    pub(crate) fn new(state: &'a State, deadline: Instant) -> Self {
        Self { state, swept: Swept::default(), counts: Counts::default(), deadline, failed: Vec::new() }
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

    /// Runs a statement.
    pub(crate) async fn statement<T, F, R>(&self, statement: F) -> Result<T, Failure>
    where
        F: Fn(Client) -> R,
        R: Future<Output = Result<T, db::Error>>,
    {
        Ok(self.in_time(self.state.db.run(statement)).await??)
    }

    /// Work that is given up when a batch's time, or the run's, is over.
    pub(crate) async fn in_time<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        let end = self.deadline.min(Instant::now() + SPARE);
        tokio::time::timeout_at(end.into(), work).await.map_err(|_| Failure::Time)
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
