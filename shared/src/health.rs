//! `GET /healthz/{function}`: whether a function answers, and with `?deep=1` whether its database does.
//!
//! Anybody may ask, so the database is asked once in some seconds, and nothing is told but which part is away.

use std::time::Duration;

use lambda_http::http::{HeaderValue, Method, StatusCode, header};
use lambda_http::{Body, Request, RequestExt, Response};
use serde::Serialize;
use tokio::sync::Mutex;
use utoipa::{IntoParams, ToSchema};

use crate::clock::Clock;
use crate::db::{self, Db};
use crate::http::{self, Problem};
use crate::telemetry;

/// How long the database may take. A load balancer's or monitor's own limit is longer.
const PATIENCE: Duration = Duration::from_secs(2);
/// For how long an answer of the database holds, in milliseconds.
const AGE_MS: i64 = 5_000;

/// What of a function is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The secret that the database's URL is kept in.
    Secret,
    /// The database.
    Database,
    /// The schema, which is older than the release: `migrate` was not run.
    Schema,
}

impl Part {
    fn of(error: &db::Error) -> Self {
        match error {
            db::Error::Secret(_) => Self::Secret,
            db::Error::Schema(_) => Self::Schema,
            _ => Self::Database,
        }
    }
}

/// The answer.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = Health)]
pub struct Told {
    /// `ok`, or `unavailable` with a status of 503.
    status: &'static str,
    /// What is away.
    #[serde(skip_serializing_if = "Option::is_none")]
    away: Option<Part>,
}

/// The query.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "for the document alone")]
pub struct Asked {
    /// `1` asks the database too, `0` does not.
    #[param(value_type = Option<String>, pattern = "^[01]$")]
    deep: Option<String>,
}

/// The answers that were given before.
#[derive(Default)]
pub struct Health {
    /// When the database was asked last, in Unix milliseconds, and what was away.
    last: Mutex<Option<(i64, Option<Part>)>>,
}

impl Health {
    /// Answers the question after a function's health.
    ///
    /// # Errors
    /// 405, and 400 where `deep` is neither 1 nor 0.
    pub async fn answer(&self, db: &Db, clock: Clock, request: &Request) -> Result<Response<Body>, Problem> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return Err(Problem::method_not_allowed("GET, HEAD"));
        }
        let away = match request.query_string_parameters_ref().and_then(|query| query.first("deep")) {
            None | Some("0") => None,
            Some("1") => self.away(db, clock, request).await,
            Some(_) => return Err(Problem::bad_parameter("deep", "invalid", "It must be 1 or 0.")),
        };
        Ok(tell(away))
    }

    async fn away(&self, db: &Db, clock: Clock, request: &Request) -> Option<Part> {
        // Held while the database is asked: who comes meanwhile gets the same answer.
        let mut last = self.last.lock().await;
        match *last {
            Some((at, away)) if (0..AGE_MS).contains(&(clock.now_ms() - at)) => away,
            _ => {
                let away = db.check(PATIENCE).await.err().map(|error| {
                    tracing::error!(
                        request.id = http::request_id(request),
                        error = telemetry::chain(&error),
                        "not healthy"
                    );
                    Part::of(&error)
                });
                *last = Some((clock.now_ms(), away));
                away
            }
        }
    }
}

fn tell(away: Option<Part>) -> Response<Body> {
    let Some(_) = away else { return http::json(StatusCode::OK, &Told { status: "ok", away }) };
    let mut response = http::json(StatusCode::SERVICE_UNAVAILABLE, &Told { status: "unavailable", away });
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(AGE_MS / 1000));
    response
}
