//! A function that has Postgres run one statement and does nothing else: what any function costs that needs the database
//! once, measured beside ours by `cold_start`.
//!
//! `STATEMENT` gives one `int`; it is prepared once. Runtime, subscriber and profile are those of the real functions. There
//! is neither pool nor time-out, second try nor TLS, all of which a real function needs: a floor, not an example to follow.

use std::sync::Arc;

use lambda_http::{Body, Error, Request, Response, service_fn};
use shared::config::{self, DbSource, Reader};
use shared::telemetry;
use tokio_postgres::NoTls;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let mut reader = Reader::new(&config::environment);
    let db = reader.db();
    let DbSource::Url(url) = reader.finish(db)?.source else { return Err("set DB_URL".into()) };
    let statement = config::environment("STATEMENT").ok_or("set STATEMENT")?;
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
    tokio::spawn(connection);
    let statement = client.prepare(&statement).await?;
    let prepared = Arc::new((client, statement));
    lambda_http::run(service_fn(move |_: Request| {
        let prepared = Arc::clone(&prepared);
        async move {
            let (client, statement) = &*prepared;
            let row = client.query_one(statement, &[]).await?;
            let answer: i32 = row.try_get(0)?;
            Ok::<_, Error>(Response::new(Body::Text(answer.to_string())))
        }
    }))
    .await
}
