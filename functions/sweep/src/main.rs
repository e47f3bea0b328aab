//! The sweep as a Lambda function: composes, and runs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;
use shared::aws;
use shared::clock::Clock;
use shared::config::{self, Reader};
use shared::db::Db;
use shared::queue::Queue;
use shared::secrets::Secrets;
use shared::telemetry;
use sweep::{State, sweep, sweep_until};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let mut reader = Reader::new(&config::environment);
    let (db, queue_url, retention_days) = (reader.db(), reader.queue_url(), reader.retention_days());
    let metrics = reader.metrics("sweep");
    let (db, queue_url, retention_days) = reader.finish((db, queue_url, retention_days))?;
    let sdk = aws::sdk_config();
    let db = Db::new(db, Some(Secrets::new(&sdk)), 1);
    let state = Arc::new(State { db, queue: Queue::new(&sdk, queue_url), retention_days, metrics });
    run(service_fn(move |event: LambdaEvent<Value>| {
        let state = Arc::clone(&state);
        async move {
            let swept = match deadline(event.context.deadline) {
                Some(deadline) => sweep_until(&state, deadline).await,
                None => sweep(&state).await,
            };
            // Each step that failed has been told of with its causes.
            swept.map_err(|error| Error::from(error.to_string()))
        }
    }))
    .await
}

/// When this invocation ends, less a second for the answer. A local run gives a deadline long past, which is none.
fn deadline(deadline_ms: u64) -> Option<Instant> {
    let left = i64::try_from(deadline_ms).ok()?.saturating_sub(Clock::SYSTEM.now_ms());
    let left = Duration::from_millis(u64::try_from(left).ok()?.min(900_000));
    Some(Instant::now() + left.saturating_sub(Duration::from_secs(1)))
}
