//! `/v1/tenants/{id}/keys` and `/audit`: as the document tells it.

#![expect(dead_code, reason = "for the document alone")]

use shared::db::setup::Revoked;
use shared::domain::access::Scope;
use shared::openapi as problems;
use utoipa::ToSchema;

use crate::tenants_audit::Audit;
use crate::tenants_keys::Keys;

/// A key that was made.
#[derive(ToSchema)]
pub(super) struct CreatedKey {
    api_key: NewKey,
}

/// A key, shown this once.
#[derive(ToSchema)]
struct NewKey {
    id: String,
    label: String,
    scopes: Vec<Scope>,
    /// Its last characters, as the list has them.
    last4: String,
    /// The key itself.
    key: String,
    /// Unix seconds.
    created_at: Option<i64>,
}

/// What a new key is for, and what it may do.
#[derive(ToSchema)]
struct KeyWanted {
    #[schema(min_length = 1, max_length = 100)]
    label: String,
    #[schema(min_items = 1)]
    scopes: Vec<Scope>,
}

/// A tenant's API keys, the newest first, ended ones too.
#[utoipa::path(
    get, path = "/v1/tenants/{id}/keys", tag = "tenants", operation_id = "keys", security(("operator" = []), ("session" = []), ("api_key" = [])),
    params(("id" = String, Path, description = "The tenant's id."),
           ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "50, unless it is said."),
           ("after" = Option<String>, Query, description = "The `next` of the page before.")),
    responses(
        (status = 200, description = "A page of keys, without what proves them.", body = Keys),
        problems::OfLook,
    ),
)]
pub(super) fn list() {}

/// A further API key.
#[utoipa::path(
    post, path = "/v1/tenants/{id}/keys", tag = "tenants", operation_id = "create_key",
    security(("operator" = []), ("session" = []), ("api_key" = [])),
    params(("id" = String, Path, description = "The tenant's id.")),
    request_body = KeyWanted,
    responses(
        (status = 201, description = "The key, shown this once.", body = CreatedKey),
        problems::OfChange,
        (status = 409, response = problems::Conflict),
    ),
)]
pub(super) fn create() {}

/// Ends a key now, also the last one and the one that calls. One that was ended stays so.
#[utoipa::path(
    delete, path = "/v1/tenants/{id}/keys/{key_id}", tag = "tenants", operation_id = "revoke_key",
    security(("operator" = []), ("session" = []), ("api_key" = [])),
    params(("id" = String, Path, description = "The tenant's id."), ("key_id" = String, Path, description = "The key's id.")),
    responses(
        (status = 200, description = "Ended.", body = Revoked),
        problems::OfChange,
    ),
)]
pub(super) fn revoke() {}

/// What people changed, the newest first.
#[utoipa::path(
    get, path = "/v1/tenants/{id}/audit", tag = "tenants", operation_id = "audit", security(("operator" = []), ("session" = []), ("api_key" = [])),
    params(("id" = String, Path, description = "The tenant's id."),
           ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "50, unless it is said."),
           ("after" = Option<String>, Query, description = "The `next` of the page before.")),
    responses(
        (status = 200, description = "A page of changes.", body = Audit),
        problems::OfLook,
    ),
)]
pub(super) fn audit() {}
