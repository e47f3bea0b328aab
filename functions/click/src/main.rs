//! Click capture as a Lambda function: composes, and runs.

use std::sync::Arc;

use click::{State, handle};
use lambda_http::{Error, Request, service_fn};
use shared::config::{self, Reader};
use shared::http::AsMade;
use shared::telemetry;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let mut reader = Reader::new(&config::environment);
    let (db, hops, metrics) = (reader.db(), reader.trusted_proxy_hops(), reader.metrics("click"));
    let (db, hops) = reader.finish((db, hops))?;
    let mut state = State::new(shared::db::open(db, 1), hops);
    state.count_in(metrics);
    let state = Arc::new(state);
    let warming = Arc::clone(&state);
    tokio::spawn(async move { warming.db.warm().await });
    lambda_http::run(service_fn(move |request: Request| {
        let state = Arc::clone(&state);
        async move { Ok::<_, Error>(AsMade(handle(&state, &request).await)) }
    }))
    .await
}
