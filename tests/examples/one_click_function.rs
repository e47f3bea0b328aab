//! A function that has Postgres record a click of its own making and does nothing else: what any function costs that runs
//! this statement, measured beside ours by `cold_start`.
//!
//! It reads nothing of the requests. `FUNNEL` is the funnel's id. Otherwise as `one_query_function`: neither pool nor
//! time-out, second try nor TLS.

use std::sync::Arc;

use lambda_http::{Body, Error, Request, Response, service_fn};
use shared::config::{self, DbSource, Reader};
use shared::db::clicks;
use shared::telemetry;
use tokio_postgres::{Client, NoTls, Statement};

struct Prepared {
    client: Client,
    statement: Statement,
    funnel: String,
}

impl Prepared {
    /// Whether the click was new.
    async fn record(&self) -> Result<bool, Error> {
        // As long as those of the clicks that the other functions are invoked with.
        let number = fastrand::u64(1_000_000_000_000_000_000..9_000_000_000_000_000_000).to_string();
        let cookie = format!("fb.1.1700000000000.{number}");
        let url = format!(
            "https://shop.example.com/course?utm_source=meta&utm_medium=paid&utm_campaign=spring&utm_content=video\
             &utm_term=course&fbclid={number}"
        );
        let none: Option<&str> = None;
        let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 21] = [
            &self.funnel,
            &number,
            &none,
            &number,
            &cookie,
            &cookie,
            &"meta",
            &"paid",
            &"spring",
            &"video",
            &"course",
            &"2001:db8::1:2",
            &agent,
            &url,
            &"https://l.example.com/",
            &none,
            &none,
            &"shop.example.com",
            &none,
            &none,
            &0_i32,
        ];
        Ok(self.client.query_one(&self.statement, &parameters).await?.try_get("new")?)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let mut reader = Reader::new(&config::environment);
    let db = reader.db();
    let DbSource::Url(url) = reader.finish(db)?.source else { return Err("set DB_URL".into()) };
    let funnel = config::environment("FUNNEL").ok_or("set FUNNEL")?;
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
    tokio::spawn(connection);
    let statement = client.prepare(clicks::RECORD).await?;
    let prepared = Arc::new(Prepared { client, statement, funnel });
    lambda_http::run(service_fn(move |_: Request| {
        let prepared = Arc::clone(&prepared);
        async move {
            let new = prepared.record().await?;
            Ok::<_, Error>(Response::new(Body::Text(new.to_string())))
        }
    }))
    .await
}
