//! `/v1/tenants/{id}/connections`, `/bodies` and `/quarantine`: as the document tells it.

#![expect(dead_code, reason = "for the document alone")]

use shared::domain::order::Amount;
use shared::openapi as problems;
use utoipa::ToSchema;

use crate::tenants_bodies::{Bodies, Done};
use crate::tenants_connections::{Connected, Connections, OfConnection, Rotated};
use crate::tenants_quarantine::Quarantine;

/// A checkout platform to connect.
#[derive(ToSchema)]
struct ConnectionWanted {
    /// One of the checkout platforms.
    platform: String,
    /// For people.
    #[schema(max_length = 100)]
    label: Option<String>,
    /// Which amount of a sale is its value; one that the platform states.
    #[schema(value_type = Option<Amount>, default = "price")]
    amount: Option<String>,
    /// The tracking slot that gives back the seller's own order id.
    order_id_slot: Option<String>,
    /// Which of the seller's shops it is, where the platform numbers each one's orders by itself.
    shop: Option<String>,
    /// What the platform signs with, or sends along. It can come later.
    #[schema(max_length = 2000)]
    secret: Option<String>,
}

/// What is to be otherwise of a connection; a text that is blank ends what it was.
#[derive(ToSchema)]
struct ConnectionChanges {
    #[schema(max_length = 100)]
    label: Option<String>,
    /// One that the platform states.
    #[schema(value_type = Option<Amount>)]
    amount: Option<String>,
    /// Another one gives the orders that come from then on other names.
    order_id_slot: Option<String>,
    /// As the slot.
    shop: Option<String>,
}

/// How long the former URL is taken too.
#[derive(ToSchema)]
struct Overlap {
    #[schema(minimum = 0, maximum = 90, default = 7)]
    overlap_days: Option<u16>,
}

/// The platform's own secret.
#[derive(ToSchema)]
struct PlatformSecret {
    #[schema(min_length = 1, max_length = 2000)]
    secret: String,
    /// Leaves the one before in force beside it, while the platform replaces it.
    keep_former: Option<bool>,
}

/// Which bodies: one, a connection's, or all; the last two in parts.
#[derive(ToSchema)]
struct WhichBodies {
    /// One alone.
    id: Option<String>,
    connection_id: Option<String>,
    /// The `next` of the part before.
    after: Option<String>,
}

/// A tenant's checkout platforms, the newest first, ended ones too; not their paths.
#[utoipa::path(
    get, path = "/v1/tenants/{id}/connections", tag = "tenants", operation_id = "connections",
    security(("operator" = []), ("session" = []), ("api_key" = [])),
    params(("id" = String, Path, description = "The tenant's id."),
           ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "50, unless it is said."),
           ("after" = Option<String>, Query, description = "The `next` of the page before.")),
    responses(
        (status = 200, description = "A page of connections.", body = Connections),
        problems::OfLook,
    ),
)]
pub(super) fn list() {}

/// Connects a further platform.
#[utoipa::path(
    post, path = "/v1/tenants/{id}/connections", tag = "tenants", operation_id = "connect",
    security(("operator" = []), ("session" = []), ("api_key" = [])),
    params(("id" = String, Path, description = "The tenant's id.")),
    request_body = ConnectionWanted,
    responses(
        (status = 201, description = "The URL to paste at the platform, shown this once.", body = Connected),
        problems::OfChange,
        (status = 409, response = problems::Conflict),
    ),
)]
pub(super) fn connect() {}

/// Sets a connection otherwise, from the next delivery on.
#[utoipa::path(
    patch, path = "/v1/tenants/{id}/connections/{cid}", tag = "tenants", operation_id = "change_connection",
    security(("operator" = []), ("session" = []), ("api_key" = [])),
    params(("id" = String, Path, description = "The tenant's id."),
           ("cid" = String, Path, description = "The connection's id.")),
    request_body = ConnectionChanges,
    responses(
        (status = 200, description = "Changed.", body = OfConnection),
        problems::OfChange,
        (status = 409, response = problems::Conflict),
    ),
)]
pub(super) fn change() {}

/// A new URL in place of the one before, which is taken for some days more.
#[utoipa::path(
    post, path = "/v1/tenants/{id}/connections/{cid}/rotate", tag = "tenants", operation_id = "rotate_connection",
    security(("operator" = []), ("session" = []), ("api_key" = [])),
    params(("id" = String, Path, description = "The tenant's id."),
           ("cid" = String, Path, description = "The connection's id.")),
    request_body = Option<Overlap>,
    responses(
        (status = 200, description = "The URL, shown this once.", body = Rotated),
        problems::OfChange,
        (status = 409, response = problems::Conflict),
    ),
)]
pub(super) fn rotate() {}

/// Ends a connection for good.
#[utoipa::path(
    post, path = "/v1/tenants/{id}/connections/{cid}/revoke", tag = "tenants", operation_id = "revoke_connection",
    security(("operator" = []), ("session" = []), ("api_key" = [])),
    params(("id" = String, Path, description = "The tenant's id."),
           ("cid" = String, Path, description = "The connection's id.")),
    responses(
        (status = 200, description = "Ended.", body = OfConnection),
        problems::OfChange,
        (status = 409, response = problems::Conflict),
    ),
)]
pub(super) fn revoke() {}

/// Keeps the platform's own secret; from the next delivery on it counts.
#[utoipa::path(
    put, path = "/v1/tenants/{id}/connections/{cid}/secret", tag = "tenants", operation_id = "set_platform_secret",
    security(("operator" = []), ("session" = []), ("api_key" = [])),
    params(("id" = String, Path, description = "The tenant's id."),
           ("cid" = String, Path, description = "The connection's id.")),
    request_body = PlatformSecret,
    responses(
        (status = 200, description = "Kept.", body = OfConnection),
        problems::OfChange,
        (status = 409, response = problems::Conflict),
    ),
)]
pub(super) fn set_secret() {}

/// Bodies that came on a valid path and made no order, the newest first; not what is in them.
#[utoipa::path(
    get, path = "/v1/tenants/{id}/bodies", tag = "tenants", operation_id = "bodies",
    security(("operator" = []), ("session" = []), ("api_key" = [])),
    params(("id" = String, Path, description = "The tenant's id."),
           ("connection_id" = Option<String>, Query, description = "Of this connection alone."),
           ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "50, unless it is said."),
           ("after" = Option<String>, Query, description = "The `next` of the page before.")),
    responses(
        (status = 200, description = "A page of kept bodies.", body = Bodies),
        problems::OfLook,
    ),
)]
pub(super) fn bodies() {}

/// Takes the bodies that the secrets of now prove and that can be read now.
#[utoipa::path(
    post, path = "/v1/tenants/{id}/bodies/replay", tag = "tenants", operation_id = "replay_bodies",
    security(("operator" = []), ("session" = []), ("api_key" = [])),
    params(("id" = String, Path, description = "The tenant's id.")),
    request_body = Option<WhichBodies>,
    responses(
        (status = 200, description = "What became of them.", body = Done),
        problems::OfChange,
        (status = 409, response = problems::Conflict),
    ),
)]
pub(super) fn replay_bodies() {}

/// Events that Meta refused for what is in them, or of which nobody knows whether Meta has them; the newest first.
#[utoipa::path(
    get, path = "/v1/tenants/{id}/quarantine", tag = "tenants", operation_id = "quarantine",
    security(("operator" = []), ("session" = []), ("api_key" = [])),
    params(("id" = String, Path, description = "The tenant's id."),
           ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "50, unless it is said."),
           ("after" = Option<String>, Query, description = "The `next` of the page before.")),
    responses(
        (status = 200, description = "A page of events, with Meta's words.", body = Quarantine),
        problems::OfLook,
    ),
)]
pub(super) fn quarantine() {}
