//! The environments of one function: as many as there may be at once, each started when it is needed and again when it died.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use shared::clock::Clock;
use tests::runtime_api::Function;
use tests::runtime_api::worker::{Outcome, Process, Worker};
use tests::trap::Line;
use tokio::sync::{Mutex as AsyncMutex, Semaphore};

/// Nothing runs.
const IDLE: i64 = i64::MAX;

/// One environment, with lines of its own to Postgres and to Meta.
pub(crate) struct Slot {
    function: Function,
    /// To Postgres.
    pub(crate) postgres: Line,
    /// To Meta; the dispatcher's alone carries anything.
    pub(crate) meta: Line,
    worker: AsyncMutex<Option<Worker>>,
    process: Mutex<Option<Process>>,
    /// Since when it is invoked, in Unix milliseconds.
    since_ms: AtomicI64,
    /// What no function does: ending by itself, failing without an answer.
    ills: Mutex<Vec<String>>,
}

impl Slot {
    pub(crate) fn new(function: Function, postgres: Line, meta: Line) -> Self {
        Self {
            function,
            postgres,
            meta,
            worker: AsyncMutex::new(None),
            process: Mutex::new(None),
            since_ms: AtomicI64::new(IDLE),
            ills: Mutex::default(),
        }
    }

    /// `kill -9`; whether it lived.
    pub(crate) fn kill(&self) -> bool {
        lock(&self.process).take().is_some_and(|process| process.kill())
    }

    async fn invoke(&self, event: &[u8], limit: Duration) -> Result<Outcome> {
        let mut slot = self.worker.lock().await;
        let worker = match slot.take().filter(|worker| worker.process().lives()) {
            Some(worker) => worker,
            None => Worker::start(&self.function).await?,
        };
        *lock(&self.process) = Some(worker.process());
        self.since_ms.store(Clock::SYSTEM.now_ms(), Ordering::SeqCst);
        let outcome = worker.invoke(event.to_vec(), limit).await;
        match &outcome {
            Outcome::Answered(_) => *slot = Some(worker),
            Outcome::Failed(why) => {
                lock(&self.ills).push(format!("{} failed: {why}", self.function.name()));
                *slot = Some(worker);
            }
            // Who kills it takes it away.
            Outcome::Died if lock(&self.process).take().is_some() => {
                let log = self.function.log().display();
                lock(&self.ills).push(format!("{} ended by itself or ran out of time: {log}", self.function.name()));
            }
            Outcome::Died => {}
        }
        self.since_ms.store(IDLE, Ordering::SeqCst);
        Ok(outcome)
    }
}

/// All of them.
pub(crate) struct Fleet {
    slots: Vec<Slot>,
    idle: Mutex<Vec<usize>>,
    free: Semaphore,
    limit: Duration,
}

impl Fleet {
    /// An invocation ends with the process after `limit`, as the function's time-out says.
    pub(crate) fn new(slots: Vec<Slot>, limit: Duration) -> Self {
        Self { idle: Mutex::new((0..slots.len()).collect()), free: Semaphore::new(slots.len()), slots, limit }
    }

    pub(crate) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Hands an event to one that is idle, once there is one.
    pub(crate) async fn invoke(&self, event: &[u8]) -> Result<Outcome> {
        let _place = self.free.acquire().await?;
        let index = lock(&self.idle).pop().context("an idle environment")?;
        let outcome = match self.slots.get(index) {
            Some(slot) => slot.invoke(event, self.limit).await,
            None => Ok(Outcome::Died),
        };
        lock(&self.idle).insert(0, index);
        outcome
    }

    /// Whether none is invoked.
    pub(crate) fn is_idle(&self) -> bool {
        self.free.available_permits() == self.slots.len()
    }

    /// When the oldest invocation that still runs began; now, if none runs. In Unix milliseconds.
    pub(crate) fn oldest_ms(&self) -> i64 {
        let now = Clock::SYSTEM.now_ms();
        self.slots.iter().map(|slot| slot.since_ms.load(Ordering::SeqCst)).fold(now, i64::min)
    }

    /// What no function does, of all of them.
    pub(crate) fn ills(&self) -> Vec<String> {
        self.slots.iter().flat_map(|slot| lock(&slot.ills).clone()).collect()
    }
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}
