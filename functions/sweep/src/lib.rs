//! The minute's sweep: wakes the dispatcher for what is due and was not woken, because SQS was away, a dispatcher
//! died, or a retry's time has come.

use serde::Serialize;
use shared::db::{self, Db};
use shared::queue::{self, Message, Queue};
use thiserror::Error;

/// The most tenants woken in one run: the longest waiting come first, and the next run goes on.
const MOST_TENANTS: i64 = 1000;

/// What the function holds between invocations.
pub struct State {
    /// The database.
    pub db: Db,
    /// The dispatcher's queue.
    pub queue: Queue,
}

/// What a run did.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Swept {
    /// Tenants with something due.
    pub due: usize,
    /// Messages that SQS took.
    pub woken: usize,
}

/// Why a run did not do it. The next one tries again.
#[derive(Debug, Error)]
pub enum Error {
    /// The database.
    #[error("due attempts could not be read")]
    Db(#[from] db::Error),
    /// The queue.
    #[error("dispatchers could not be woken")]
    Queue(#[from] queue::Error),
}

/// One run. Two at once wake twice, which sends nothing twice: a dispatcher claims before it sends.
pub async fn sweep(state: &State) -> Result<Swept, Error> {
    let due = state.db.run(|client| async move { db::dispatch::due(&client, MOST_TENANTS).await }).await?;
    let messages: Vec<Message> =
        due.into_iter().map(|(tenant_id, event_id)| Message::Dispatch { tenant_id, event_id }).collect();
    let woken = state.queue.send_all(&messages).await?;
    tracing::info!(due = messages.len(), woken, "swept");
    Ok(Swept { due: messages.len(), woken })
}
