//! The sweep as a Lambda function: composes, and runs.

use std::sync::Arc;

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;
use shared::aws;
use shared::config::{self, Reader};
use shared::db::Db;
use shared::queue::Queue;
use shared::secrets::Secrets;
use shared::telemetry;
use sweep::{State, sweep};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let mut reader = Reader::new(&config::environment);
    let (db, queue_url) = (reader.db(), reader.queue_url());
    let (db, queue_url) = reader.finish((db, queue_url))?;
    let sdk = aws::sdk_config();
    let state = Arc::new(State { db: Db::new(db, Some(Secrets::new(&sdk)), 1), queue: Queue::new(&sdk, queue_url) });
    run(service_fn(move |_: LambdaEvent<Value>| {
        let state = Arc::clone(&state);
        async move {
            sweep(&state).await.map_err(|error| {
                let text = telemetry::chain(&error);
                tracing::error!(error = text, "not swept");
                Error::from(text)
            })
        }
    }))
    .await
}
