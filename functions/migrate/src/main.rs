//! The migrations as a Lambda function: composes, and runs.

use std::sync::Arc;

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use migrate::migrate;
use serde_json::Value;
use shared::aws;
use shared::config::{self, DbSource, Reader};
use shared::secrets::Secrets;
use shared::telemetry;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let mut reader = Reader::new(&config::environment);
    let db = reader.db();
    let db = reader.finish(db)?;
    let secrets = match db.source {
        DbSource::Url(_) => None,
        DbSource::Secret(_) => Some(Secrets::new(&aws::sdk_config())),
    };
    let composed = Arc::new((db, secrets));
    run(service_fn(move |_: LambdaEvent<Value>| {
        let composed = Arc::clone(&composed);
        async move {
            migrate(&composed.0, composed.1.as_ref()).await.map_err(|error| {
                let text = telemetry::chain(&error);
                tracing::error!(error = text, "not migrated");
                Error::from(text)
            })
        }
    }))
    .await
}
