//! The dispatcher as a Lambda function: composes, and runs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lambda_events::event::sqs::SqsEvent;
use dispatch::{State, handle};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use shared::aws;
use shared::clock::Clock;
use shared::config::{self, Reader};
use shared::db::Db;
use shared::meta::Client;
use shared::secrets::Secrets;
use shared::telemetry;

/// Tenants of one batch are served side by side.
const CONNECTIONS: usize = 4;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let mut reader = Reader::new(&config::environment);
    let (db, meta, secrets_prefix) = (reader.db(), reader.meta(), reader.secrets_prefix());
    let metrics = reader.metrics("dispatch");
    let (db, meta, secrets_prefix) = reader.finish((db, meta, secrets_prefix))?;
    let secrets = Secrets::new(&aws::sdk_config());
    let db = Db::new(db, Some(secrets.clone()), CONNECTIONS);
    let mut state = State::new(db, Client::new(meta)?, secrets, secrets_prefix);
    state.metrics = metrics;
    let state = Arc::new(state);
    let warming = Arc::clone(&state);
    tokio::spawn(async move { warming.db.warm().await });
    run(service_fn(move |event: LambdaEvent<SqsEvent>| {
        let state = Arc::clone(&state);
        async move { Ok::<_, Error>(handle(&state, event.payload, deadline(event.context.deadline)).await) }
    }))
    .await
}

/// When this invocation ends. A local run gives a deadline long past; then a minute is assumed.
fn deadline(deadline_ms: u64) -> Instant {
    let left = i64::try_from(deadline_ms).unwrap_or(i64::MAX).saturating_sub(Clock::SYSTEM.now_ms());
    Instant::now() + u64::try_from(left).map_or(Duration::from_mins(1), |left| Duration::from_millis(left.min(900_000)))
}
