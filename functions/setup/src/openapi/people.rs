//! What is kept of a person: as the document tells it.

#![expect(dead_code, reason = "for the document alone")]

use serde_json::Value;
use shared::db::people::{Erasure, Found};
use shared::openapi as problems;
use utoipa::ToSchema;

/// Who is meant: whoever has either of them. Plain, or hashed as Meta takes it.
#[derive(ToSchema)]
struct PersonAsked {
    email: Option<String>,
    phone: Option<String>,
    /// Of a phone without its country's code; the tenant's, unless it is said. ISO 3166-1 alpha-2.
    country: Option<String>,
}

/// The same, and how far the parts before went.
#[derive(ToSchema)]
struct PersonExportAsked {
    email: Option<String>,
    phone: Option<String>,
    /// Of a phone without its country's code; the tenant's, unless it is said. ISO 3166-1 alpha-2.
    country: Option<String>,
    /// The `next` of the part before.
    after: Option<String>,
}

/// What there is of a person.
#[derive(ToSchema)]
struct PersonCounted {
    found: Found,
    /// What cannot be looked into.
    not_searched: Vec<String>,
}

/// What is kept of a person, as it is kept.
#[derive(ToSchema)]
struct PersonExported {
    person: PersonData,
    /// For `after` of the next part; null in the last one.
    next: Option<String>,
    /// What cannot be looked into.
    not_searched: Vec<String>,
}

/// Rows, by what they are, the newest first.
#[derive(ToSchema)]
struct PersonData {
    identities: Vec<Value>,
    clicks: Vec<Value>,
    orders: Vec<Value>,
    conversions: Vec<Value>,
    deliveries: Vec<Value>,
}

/// The receipt of an erasure.
#[derive(ToSchema)]
struct PersonErased {
    receipt: Erasure,
    /// What cannot be looked into: it goes by itself after 7 days.
    not_searched: Vec<String>,
}

/// Counts what is kept of a person.
#[utoipa::path(
    post, path = "/v1/tenants/{id}/people/find", tag = "tenants", operation_id = "find_person", security(("operator" = []), ("session" = []), ("api_key" = [])),
    params(("id" = String, Path, description = "The tenant's id.")),
    request_body = PersonAsked,
    responses(
        (status = 200, description = "Counted.", body = PersonCounted),
        problems::OfChange,
    ),
)]
pub(super) fn find() {}

/// All that is kept of a person, the newest first: 1,000 rows at a time, fewer where they are large. `next` leads to the others.
#[utoipa::path(
    post, path = "/v1/tenants/{id}/people/export", tag = "tenants", operation_id = "export_person", security(("operator" = []), ("session" = []), ("api_key" = [])),
    params(("id" = String, Path, description = "The tenant's id.")),
    request_body = PersonExportAsked,
    responses(
        (status = 200, description = "Exported.", body = PersonExported),
        problems::OfChange,
    ),
)]
pub(super) fn export() {}

/// Erases what is kept of a person. An event that still waits is not sent.
#[utoipa::path(
    post, path = "/v1/tenants/{id}/people/erase", tag = "tenants", operation_id = "erase_person", security(("operator" = []), ("session" = []), ("api_key" = [])),
    params(("id" = String, Path, description = "The tenant's id.")),
    request_body = PersonAsked,
    responses(
        (status = 200, description = "Erased.", body = PersonErased),
        problems::OfChange,
        (status = 409, response = problems::Conflict),
    ),
)]
pub(super) fn erase() {}
