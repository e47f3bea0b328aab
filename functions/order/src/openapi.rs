//! This function's part of the OpenAPI document.

use serde::Serialize;
use serde_json::Value;
use shared::domain::order::{ActionSource, OrderState};
use shared::health::{Asked, Told};
use shared::openapi as problems;
use utoipa::{OpenApi, ToSchema};

use crate::{place, tell, webhook};

/// The routes of the order function.
#[derive(OpenApi)]
#[openapi(paths(healthz, place::place, tell::by_event_id, tell::by_order_id, webhook::take, probe, probe_by_head))]
pub struct Api;

/// Whether the order function answers, and with `deep=1` its database.
#[utoipa::path(get, path = "/healthz/order", tag = "health", operation_id = "health_order", params(Asked),
    responses((status = 200, description = "It does.", body = Told),
        (status = 400, response = problems::NotParseable),
        (status = 503, description = "It does, and something that it needs does not.", body = Told)))]
#[expect(dead_code, reason = "for the document alone")]
fn healthz() {}

/// Whether a connection is there, without any effect: platforms look before they post.
#[utoipa::path(
    get, path = "/w/{token}", tag = "webhooks", operation_id = "probe",
    params(("token" = String, Path, description = "As for a delivery.")),
    responses(
        (status = 200, description = "It is.", body = webhook::Told),
        (status = 404, response = problems::NotFound),
        (status = 410, response = problems::Gone),
        (status = 503, response = problems::Unavailable),
    ),
)]
#[expect(dead_code, reason = "for the document alone")]
fn probe() {}

/// The same without a body.
#[utoipa::path(
    head, path = "/w/{token}", tag = "webhooks", operation_id = "probe_by_head",
    params(("token" = String, Path, description = "As for a delivery.")),
    responses(
        (status = 200, description = "It is."),
        (status = 404, description = "There is no such connection."),
        (status = 410, description = "The tenant is retired."),
        (status = 503, description = "Not known now."),
    ),
)]
#[expect(dead_code, reason = "for the document alone")]
fn probe_by_head() {}

/// A text, or a number for one.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "for the document alone")]
enum Text {
    Text(String),
    Number(f64),
}

/// An exact decimal, as a number or a text.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "for the document alone")]
enum Decimal {
    Number(f64),
    Text(String),
}

/// An order, as a seller's server tells it. A field that is none of these is refused by name; a malformed extra is left out and named
/// in `warnings`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the document alone")]
pub(crate) struct NewOrder {
    /// The seller's own, up to 255 characters, or `<platform>:<its order id>` for a sale that a platform tells of too.
    order_id: Text,
    /// A standard event's name, or one's own.
    #[schema(default = "Purchase", max_length = 50)]
    event_name: Option<String>,
    /// Where the order stands. Only a paid one is a Purchase.
    #[schema(value_type = Option<OrderState>, default = "paid")]
    status: Option<String>,
    /// With the decimals of its currency.
    value: Decimal,
    /// ISO 4217.
    #[schema(example = "BRL")]
    currency: String,
    /// Unix seconds, or RFC 3339 with a zone; now, unless it is said. Up to 7 days ago.
    event_time: Option<Text>,
    /// The page.
    event_source_url: Option<String>,
    /// Where it took place. `website` needs the buyer's agent and the page.
    #[schema(value_type = Option<ActionSource>)]
    action_source: Option<String>,
    /// The buyer.
    customer: Option<Customer>,
    /// The click, as far as it is known.
    click: Option<Click>,
    /// The campaign: `source`, `medium`, `campaign`, `content`, `term`, with or without `utm_` before them.
    utm: Option<Value>,
    /// What was sold.
    items: Option<Vec<Item>>,
}

/// The buyer. Everything that Meta wants hashed is hashed at once; what is a SHA-256 already is taken as one.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the document alone")]
struct Customer {
    email: Option<Text>,
    /// In any usual form; without a country code it is read by the tenant's country.
    phone: Option<Text>,
    first_name: Option<Text>,
    last_name: Option<Text>,
    city: Option<Text>,
    state: Option<Text>,
    zip: Option<Text>,
    /// ISO 3166-1, or its name.
    country: Option<Text>,
    /// The seller's own id of the person.
    external_id: Option<Text>,
    /// The buyer's own, public.
    ip: Option<Text>,
    user_agent: Option<Text>,
}

/// What is known of the click.
#[derive(ToSchema)]
#[expect(dead_code, clippy::struct_field_names, reason = "for the document alone")]
#[schema(as = KnownClick)]
struct Click {
    /// Of the snippet, of a redirect link, or of the answer to a click.
    click_id: Option<String>,
    fbclid: Option<String>,
    /// The cookie `_fbc`.
    fbc: Option<String>,
    /// The cookie `_fbp`.
    fbp: Option<String>,
}

/// An item of an order.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the document alone")]
struct Item {
    id: Text,
    quantity: Option<Decimal>,
    /// In the order's currency.
    price: Option<Decimal>,
}
