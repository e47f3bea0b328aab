//! What is wrong with a tenant, and what its events carry: as the document tells it.

#![expect(dead_code, reason = "for the document alone")]

use std::collections::BTreeMap;

use shared::domain::doctor::Area;
use shared::domain::quality::{Share, Suggestion};
use shared::domain::setup::{MetaVerdict, Severity};
use shared::openapi as problems;
use utoipa::ToSchema;

/// An examination.
#[derive(ToSchema)]
struct Examination {
    /// Unix seconds.
    examined_at: i64,
    /// What Meta said of pixel and token; null where it was not asked.
    meta: Option<MetaAsked>,
    /// What no answer of Meta tells.
    not_known: Vec<String>,
    /// What is open now.
    issues: Vec<TenantIssue>,
}

/// Meta's answer when it was asked for the pixel.
#[derive(ToSchema)]
struct MetaAsked {
    #[schema(value_type = MetaVerdict)]
    verdict: String,
    code: Option<i32>,
    subcode: Option<i32>,
    message: Option<String>,
}

/// Something that is wrong with a tenant.
#[derive(ToSchema)]
struct TenantIssue {
    id: String,
    /// What: one of the words that the README lists.
    code: String,
    #[schema(value_type = Severity)]
    severity: String,
    #[schema(value_type = Area)]
    area: String,
    /// The connection, currency or clock that it is about; empty where there is one of it.
    subject: String,
    /// In the language that was asked for.
    message: String,
    /// What to do.
    fix: String,
    /// What the message names: counts, shares, codes.
    detail: BTreeMap<String, String>,
    /// Unix seconds.
    first_seen_at: i64,
    last_seen_at: i64,
    /// When it was looked for and not found any more.
    ended_at: Option<i64>,
}

/// A page of issues, the newest first.
#[derive(ToSchema)]
struct Issues {
    issues: Vec<TenantIssue>,
    /// For `after` of the next page.
    next: Option<String>,
}

/// What a week's events carry.
#[derive(ToSchema)]
struct EventQuality {
    /// `track_ai`: the score is ours, not Meta's event match quality.
    source: String,
    days: u8,
    /// Events that were looked at.
    events: u32,
    /// From 0 to 100; null without an event.
    score: Option<u32>,
    keys: Vec<Share>,
    /// What would raise it, the most first.
    suggestions: Vec<Suggestion>,
}

/// Looks at the tenant now, asks Meta for its pixel, and keeps what is wrong. The same is done once a day.
#[utoipa::path(
    post, path = "/v1/tenants/{id}/doctor", tag = "tenants", operation_id = "examine_tenant", security(("operator" = []), ("session" = []), ("api_key" = [])),
    params(
        ("id" = String, Path, description = "The tenant's id."),
        ("locale" = Option<String>, Query, description = "Of the texts: `en` or `pt-BR`."),
    ),
    responses(
        (status = 200, description = "Examined.", body = Examination),
        problems::OfChange,
    ),
)]
pub(super) fn examine() {}

/// What the examinations found, since when, and until when.
#[utoipa::path(
    get, path = "/v1/tenants/{id}/issues", tag = "tenants", operation_id = "list_issues", security(("operator" = []), ("session" = []), ("api_key" = [])),
    params(
        ("id" = String, Path, description = "The tenant's id."),
        ("state" = Option<String>, Query, description = "`open` or `ended`; all, unless it is said."),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 100, description = "How many at the most; 50, unless it is said."),
        ("after" = Option<String>, Query, description = "The `next` of the page before."),
        ("locale" = Option<String>, Query, description = "Of the texts: `en` or `pt-BR`."),
    ),
    responses(
        (status = 200, description = "A page.", body = Issues),
        problems::OfLook,
    ),
)]
pub(super) fn issues() {}

/// Which of Meta's matching keys the events of 7 days carry, by a score of our own, and what would raise it.
#[utoipa::path(
    get, path = "/v1/tenants/{id}/quality", tag = "tenants", operation_id = "event_quality", security(("operator" = []), ("session" = []), ("api_key" = [])),
    params(
        ("id" = String, Path, description = "The tenant's id."),
        ("locale" = Option<String>, Query, description = "Of the texts: `en` or `pt-BR`."),
    ),
    responses(
        (status = 200, description = "Measured.", body = EventQuality),
        problems::OfLook,
    ),
)]
pub(super) fn quality() {}
