//! `/v1/tenants/{id}`: what its router answers.
//!
//! The functions are never called: each carries what the document says of a line of the router.

#![expect(dead_code, reason = "for the document alone")]

use shared::db::gates::{Gate, Released};
use shared::db::ledger::Entry;
use shared::db::replay::Replayed;
use shared::db::setup::Tenant;
use shared::domain::setup::MetaVerdict;
use shared::openapi as problems;
use utoipa::ToSchema;

use super::Issue;
use super::keys::CreatedKey;

/// A tenant as it stands.
#[derive(ToSchema)]
struct ShownTenant {
    tenant: Tenant,
    /// The setup session that made it, if it is still kept.
    session_id: Option<String>,
    gate: Option<Gate>,
    /// Every sale that came in, by what became of it.
    ledger: Vec<Entry>,
    /// Of its setup.
    issues: Vec<Issue>,
}

/// A tenant's status.
#[derive(ToSchema)]
#[expect(clippy::struct_field_names, reason = "the wire's")]
struct Status {
    id: String,
    /// `active`, `suspended` or `retired`.
    status: String,
    /// What it was.
    before: String,
}

/// Which quarantined events.
#[derive(ToSchema)]
struct Which {
    /// One alone; all, unless it is said.
    event_id: Option<String>,
    /// Also those that Meta may have already, which it then counts twice.
    may_be_there: Option<bool>,
}

/// Another token, and perhaps another pixel.
#[derive(ToSchema)]
struct NewCredentials {
    access_token: String,
    app_secret: Option<String>,
    pixel_id: Option<String>,
}

/// The events beside Purchase that are wanted, in place of those before.
#[derive(ToSchema)]
struct OptionalEventsWanted {
    events: OptionalEvents,
}

/// What causes an event, with the event's name; what is absent causes none.
#[derive(ToSchema)]
struct OptionalEvents {
    #[schema(max_length = 100, example = "AddPaymentInfo")]
    pending: Option<String>,
    #[schema(max_length = 100, example = "Lead")]
    abandoned: Option<String>,
    #[schema(max_length = 100)]
    refused: Option<String>,
    #[schema(max_length = 100)]
    expired: Option<String>,
    #[schema(max_length = 100)]
    canceled: Option<String>,
    #[schema(max_length = 100)]
    refunded: Option<String>,
    #[schema(max_length = 100)]
    charged_back: Option<String>,
    #[schema(max_length = 100)]
    renewal: Option<String>,
}

/// The events beside Purchase from now on.
#[derive(ToSchema)]
struct OptionalEventsSet {
    id: String,
    events: std::collections::BTreeMap<String, String>,
}

/// What was replaced, and what Meta said of it.
#[derive(ToSchema)]
struct Replaced {
    id: String,
    pixel_id: String,
    #[schema(value_type = MetaVerdict)]
    verdict: String,
}

/// A tenant as it stands.
#[utoipa::path(
    get, path = "/v1/tenants/{id}", tag = "tenants", operation_id = "tenant", security(("operator" = []), ("session" = []), ("api_key" = [])),
    params(("id" = String, Path, description = "The tenant's id.")),
    responses(
        (status = 200, description = "The tenant.", body = ShownTenant),
        (status = 401, response = problems::Unauthorized),
        (status = 403, response = problems::Forbidden),
        (status = 404, response = problems::NotFound),
        (status = 410, response = problems::Gone),
        (status = 429, response = problems::TooManyRequests),
        (status = 503, response = problems::Unavailable),
    ),
)]
pub(super) fn show() {}

/// Clicks and orders are taken, and nothing is sent.
#[utoipa::path(
    post, path = "/v1/tenants/{id}/suspend", tag = "tenants", operation_id = "suspend_tenant", security(("operator" = [])),
    params(("id" = String, Path, description = "The tenant's id.")),
    responses(
        (status = 200, description = "Suspended.", body = Status),
        problems::OfChange,
        (status = 409, response = problems::Conflict),
    ),
)]
pub(super) fn suspend() {}

/// For good: nothing is taken any more.
#[utoipa::path(
    post, path = "/v1/tenants/{id}/retire", tag = "tenants", operation_id = "retire_tenant", security(("operator" = [])),
    params(("id" = String, Path, description = "The tenant's id.")),
    responses(
        (status = 200, description = "Retired.", body = Status),
        problems::OfChange,
    ),
)]
pub(super) fn retire() {}

/// From provisioning only without errors, as its session says now; from suspended as it was.
#[utoipa::path(
    post, path = "/v1/tenants/{id}/activate", tag = "tenants", operation_id = "activate_tenant", security(("operator" = []), ("session" = []), ("api_key" = [])),
    params(("id" = String, Path, description = "The tenant's id.")),
    responses(
        (status = 200, description = "Active. From provisioning, with what was made.", body = serde_json::Value),
        problems::OfChange,
        (status = 409, response = problems::Conflict),
    ),
)]
pub(super) fn activate() {}

/// A new API key in place of all that are in force: they end now.
#[utoipa::path(
    post, path = "/v1/tenants/{id}/rotate-key", tag = "tenants", operation_id = "rotate_key", security(("operator" = []), ("session" = []), ("api_key" = [])),
    params(("id" = String, Path, description = "The tenant's id.")),
    responses(
        (status = 200, description = "The key, shown this once.", body = CreatedKey),
        problems::OfChange,
        (status = 409, response = problems::Conflict),
    ),
)]
pub(super) fn rotate_key() {}

/// Resets the breaker and ends parking and throttling: what waits is sent now.
#[utoipa::path(
    post, path = "/v1/tenants/{id}/release", tag = "tenants", operation_id = "release_tenant", security(("operator" = []), ("session" = []), ("api_key" = [])),
    params(("id" = String, Path, description = "The tenant's id.")),
    responses(
        (status = 200, description = "Reset.", body = Released),
        problems::OfChange,
    ),
)]
pub(super) fn release() {}

/// Puts quarantined events back, those that Meta still takes.
#[utoipa::path(
    post, path = "/v1/tenants/{id}/replay", tag = "tenants", operation_id = "replay_quarantined", security(("operator" = []), ("session" = []), ("api_key" = [])),
    params(("id" = String, Path, description = "The tenant's id.")),
    request_body = Option<Which>,
    responses(
        (status = 200, description = "Put back.", body = Replayed),
        problems::OfChange,
    ),
)]
pub(super) fn replay() {}

/// Asks Meta first, replaces, and sends what was parked.
#[utoipa::path(
    put, path = "/v1/tenants/{id}/meta", tag = "tenants", operation_id = "replace_meta", security(("operator" = []), ("session" = []), ("api_key" = [])),
    params(("id" = String, Path, description = "The tenant's id.")),
    request_body = NewCredentials,
    responses(
        (status = 200, description = "Replaced.", body = Replaced),
        problems::OfChange,
        (status = 409, response = problems::Conflict),
    ),
)]
pub(super) fn replace_meta() {}

/// Sets which events beside Purchase are sent, from the next order on.
#[utoipa::path(
    put, path = "/v1/tenants/{id}/optional-events", tag = "tenants", operation_id = "set_optional_events", security(("operator" = []), ("session" = []), ("api_key" = [])),
    params(("id" = String, Path, description = "The tenant's id.")),
    request_body = OptionalEventsWanted,
    responses(
        (status = 200, description = "Set.", body = OptionalEventsSet),
        problems::OfChange,
        (status = 409, response = problems::Conflict),
    ),
)]
pub(super) fn set_optional_events() {}
