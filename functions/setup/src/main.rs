//! Setting up sellers as a Lambda function: composes, and runs.

use std::sync::Arc;

use lambda_http::{Error, Request, service_fn};
use setup::{State, handle};
use shared::aws;
use shared::config::{self, Reader};
use shared::db::Db;
use shared::http::AsMade;
use shared::meta::Client;
use shared::secrets::Secrets;
use shared::telemetry;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let mut reader = Reader::new(&config::environment);
    let read = (reader.db(), reader.meta(), reader.secrets_prefix(), reader.public_url(), reader.admin_token_secret());
    let (hops, body_key_secret) = (reader.trusted_proxy_hops(), reader.body_key_secret());
    let (db, meta, secrets_prefix, public_url, admin_secret) = reader.finish(read)?;
    let secrets = Secrets::new(&aws::sdk_config());
    let db = Db::new(db, Some(secrets.clone()), 1);
    let mut state = State::new(db, secrets, secrets_prefix, Client::new(meta)?, public_url, admin_secret);
    state.trusted_proxy_hops = hops;
    state.body_key_secret = body_key_secret;
    let state = Arc::new(state);
    let warming = Arc::clone(&state);
    tokio::spawn(async move { warming.db.warm().await });
    lambda_http::run(service_fn(move |request: Request| {
        let state = Arc::clone(&state);
        async move { Ok::<_, Error>(AsMade(handle(&state, &request).await)) }
    }))
    .await
}
