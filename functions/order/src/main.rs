//! Order conversion as a Lambda function: composes, and runs.

use std::sync::Arc;

use lambda_http::{Error, Request, service_fn};
use order::{State, Vault, handle};
use shared::aws;
use shared::config::{self, Reader};
use shared::db::Db;
use shared::http::AsMade;
use shared::queue::Queue;
use shared::secrets::Secrets;
use shared::telemetry;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let mut reader = Reader::new(&config::environment);
    let (db, queue_url) = (reader.db(), reader.queue_url());
    let (prefix, body_key) = (reader.secrets_prefix(), reader.body_key_secret());
    let (db, queue_url) = reader.finish((db, queue_url))?;
    let sdk = aws::sdk_config();
    let secrets = Secrets::new(&sdk);
    let vault = Vault::new(secrets.clone(), prefix, body_key);
    let state = Arc::new(State::new(Db::new(db, Some(secrets), 1), Queue::new(&sdk, queue_url), vault));
    let warming = Arc::clone(&state);
    tokio::spawn(async move { warming.db.warm().await });
    lambda_http::run(service_fn(move |request: Request| {
        let state = Arc::clone(&state);
        async move { Ok::<_, Error>(AsMade(handle(&state, &request).await)) }
    }))
    .await
}
