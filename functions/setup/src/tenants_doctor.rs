//! `/v1/tenants/{id}/doctor`, `/issues` and `/quality`: what is wrong with a tenant, and what its events carry.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, RequestExt, Response};
use serde::Serialize;
use serde_json::{Value, json};
use shared::db::doctor::{self, Cursor, Issue, Page, Which};
use shared::doctor::{Credentials, Examination, Refused};
use shared::domain::doctor::NOT_KNOWN;
use shared::domain::quality::{self, Quality};
use shared::domain::setup::Locale;
use shared::http::{self, Problem};

use crate::State;
use crate::tenants::none;

/// How many issues a page has, unless the caller says so.
const PAGE: i64 = 50;
/// The most that a page has.
const MOST: i64 = 100;

/// `POST …/doctor`: examines now. `{examined_at, meta, not_known, issues}`.
pub(crate) async fn examine(state: &State, request: &Request, id: &str) -> Result<Value, Problem> {
    crate::finish(crate::fields(request)?)?;
    let locale = locale(request)?;
    let examination = examination(state, request, id).await?;
    let asked = examination.asked.as_ref();
    Ok(json!({
        "examined_at": examination.examined_at,
        "meta": asked.map(|probe| json!({
            "verdict": probe.verdict.as_str(),
            "code": probe.said.code,
            "subcode": probe.said.subcode,
            "message": probe.said.message,
        })),
        "not_known": NOT_KNOWN,
        "issues": told(&examination.issues, locale),
    }))
}

/// Examines a tenant now.
///
/// # Errors
/// 404: no such tenant; 410: it is retired.
pub(crate) async fn examination(state: &State, request: &Request, id: &str) -> Result<Examination, Problem> {
    let credentials = Credentials::of(state.secrets.meta(&state.secrets_prefix, id).await);
    let examined = shared::doctor::examine(&state.db, &state.meta, credentials, id).await;
    examined.map_err(|error| crate::unavailable(request, &error))?.map_err(|refused| match refused {
        Refused::NoTenant => none(),
        Refused::Retired => Problem::gone(),
    })
}

/// What a list of issues is asked for.
pub(crate) struct Listing {
    pub(crate) which: Which,
    pub(crate) after: Option<Cursor>,
    pub(crate) limit: i64,
}

/// `GET …/issues?state=&limit=&after=&locale=`: `{issues, next}`, the newest first.
pub(crate) async fn issues(state: &State, request: &Request, id: &str) -> Result<Response<Body>, Problem> {
    let (listing, locale) = (listing(request)?, locale(request)?);
    let page = listed(state, request, id, &listing).await?;
    let next = page.next.map(|it| it.to_text());
    Ok(http::json(StatusCode::OK, &json!({"issues": told(&page.issues, locale), "next": next})))
}

/// A page of a tenant's issues.
pub(crate) async fn listed(state: &State, request: &Request, id: &str, listing: &Listing) -> Result<Page, Problem> {
    let Listing { which, after, limit } = listing;
    let found =
        state.db.run(|client| async move { doctor::list(&client, id, *which, after.as_ref(), *limit).await }).await;
    found.map_err(|error| crate::unavailable(request, &error))?.ok_or_else(none)
}

#[derive(Serialize)]
struct QualityAnswer {
    /// Ours, not Meta's event match quality.
    source: &'static str,
    days: u8,
    #[serde(flatten)]
    quality: Quality,
}

/// `GET …/quality?locale=`: `{source, days, events, score, keys, suggestions}`.
pub(crate) async fn quality(state: &State, request: &Request, id: &str) -> Result<Response<Body>, Problem> {
    let locale = locale(request)?;
    let quality = measured(state, request, id, locale).await?;
    Ok(http::json(StatusCode::OK, &QualityAnswer { source: "track_ai", days: 7, quality }))
}

/// How well the tenant's events of a week can be matched, by our own score.
pub(crate) async fn measured(state: &State, request: &Request, id: &str, locale: Locale) -> Result<Quality, Problem> {
    let found = state.db.run(|client| async move { doctor::quality(&client, id).await }).await;
    let coverage = found.map_err(|error| crate::unavailable(request, &error))?.ok_or_else(none)?;
    Ok(quality::score(&coverage, locale))
}

fn told(issues: &[Issue], locale: Locale) -> Value {
    let told: Vec<_> = issues.iter().map(|it| it.told(locale)).collect();
    serde_json::to_value(told).unwrap_or_default()
}

fn parameter(request: &Request, name: &str) -> Option<String> {
    request.query_string_parameters().first(name).map(str::to_owned)
}

fn locale(request: &Request) -> Result<Locale, Problem> {
    let Some(word) = parameter(request, "locale") else { return Ok(Locale::default()) };
    Locale::parse(&word).ok_or_else(|| Problem::bad_parameter("locale", "unknown", "must be en or pt-BR"))
}

fn listing(request: &Request) -> Result<Listing, Problem> {
    let which = match parameter(request, "state").as_deref() {
        None => Which::All,
        Some("open") => Which::Open,
        Some("ended") => Which::Ended,
        Some(_) => return Err(Problem::bad_parameter("state", "unknown", "must be open or ended")),
    };
    let limit = match parameter(request, "limit").map(|it| it.parse::<i64>()) {
        None => PAGE,
        Some(Ok(limit)) if (1..=MOST).contains(&limit) => limit,
        Some(_) => return Err(Problem::bad_parameter("limit", "out_of_range", "must be a number from 1 to 100")),
    };
    let after = match parameter(request, "after") {
        None => None,
        Some(text) => Some(
            Cursor::parse(&text)
                .ok_or_else(|| Problem::bad_parameter("after", "unknown", "must be the `next` of a page"))?,
        ),
    };
    Ok(Listing { which, after, limit })
}
