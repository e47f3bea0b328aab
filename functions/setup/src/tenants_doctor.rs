//! `/v1/tenants/{id}/doctor`, `/issues` and `/quality`: what is wrong with a tenant, and what its events carry.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use serde::Serialize;
use serde_json::{Value, json};
use shared::db::doctor::{self, Issue, Which};
use shared::doctor::{Credentials, Examination, Refused};
use shared::domain::doctor::NOT_KNOWN;
use shared::domain::quality::{self, Quality};
use shared::domain::setup::Locale;
use shared::http::{self, Problem};
use shared::keyset::{Cursor, Page};

use crate::State;
use crate::tenants::none;
use crate::tenants_books::parameters;

/// `POST …/doctor`: examines now. `{examined_at, meta, not_known, issues}`.
pub(crate) async fn examine(state: &State, request: &Request, id: &str) -> Result<Value, Problem> {
    crate::finish(crate::fields(request)?)?;
    let locale = parameters::locale(request)?;
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

/// `GET …/issues?state=&limit=&after=&locale=`: `{issues, next}`, the newest first.
pub(crate) async fn issues(state: &State, request: &Request, id: &str) -> Result<Response<Body>, Problem> {
    let (which, page, locale) = (which(request)?, Page::of(request)?, parameters::locale(request)?);
    let (issues, next) = listed(state, request, id, which, &page).await?;
    let next = next.as_ref().map(Cursor::text);
    Ok(http::json(StatusCode::OK, &json!({"issues": told(&issues, locale), "next": next})))
}

/// A page of a tenant's issues, and where the next one begins.
pub(crate) async fn listed(
    state: &State,
    request: &Request,
    id: &str,
    which: Which,
    page: &Page,
) -> Result<(Vec<Issue>, Option<Cursor>), Problem> {
    let found = state.db.run(|client| async move { doctor::list(&client, id, which, page).await }).await;
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
    let locale = parameters::locale(request)?;
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

fn which(request: &Request) -> Result<Which, Problem> {
    match parameters::text(request, "state").as_deref() {
        None => Ok(Which::All),
        Some("open") => Ok(Which::Open),
        Some("ended") => Ok(Which::Ended),
        Some(_) => Err(Problem::bad_parameter("state", "invalid", "must be open or ended")),
    }
}
