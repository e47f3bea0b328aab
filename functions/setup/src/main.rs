//! The setup wizard as a Lambda function: composes, and runs.

use lambda_http::{Error, Request, service_fn};
use setup::handle;
use shared::http::AsMade;
use shared::telemetry;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    lambda_http::run(service_fn(|request: Request| async move { Ok::<_, Error>(AsMade(handle(&request))) })).await
}
