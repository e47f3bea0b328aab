//! A function that does nothing: what the Lambda runtime itself costs, measured beside ours by `cold_start`.
//!
//! Runtime, subscriber and profile are those of the real functions. An example, since `cargo lambda` takes every binary
//! of the workspace for a function.

use lambda_http::{Body, Error, Request, Response, service_fn};
use shared::telemetry;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    lambda_http::run(service_fn(|_: Request| async { Ok::<_, Error>(Response::new(Body::Empty)) })).await
}
