//! An order's story: its state, its match with evidence, every attempt, and all of it in words.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, RequestExt, Response};
use serde::Serialize;
use shared::db::history::{self, History};
use shared::db::stories::{self, Of, Story};
use shared::domain::access::Scope;
use shared::domain::event_id::EventId;
use shared::domain::order::{OrderId, OrderState};
use shared::domain::setup::Locale;
use shared::http::{self, FieldError, Problem};
use shared::openapi as problems;
use shared::told;
use utoipa::ToSchema;

use crate::State;
use crate::auth;

/// An order: where it stands, its events, and what was told of it.
#[derive(Serialize, ToSchema)]
#[schema(as = Order)]
pub(crate) struct OrderAnswer {
    order_id: String,
    /// Null where it is not kept any more.
    #[schema(value_type = Option<OrderState>)]
    order_state: Option<String>,
    events: Vec<told::Event>,
    /// What was told of it, oldest first: also what sent nothing, with the reason.
    deliveries: Vec<told::Delivery>,
}

/// The event with this id.
#[utoipa::path(
    get, path = "/v1/orders/{event_id}", tag = "orders", operation_id = "event", security(("api_key" = [])),
    params(("event_id" = String, Path, description = "64 hexadecimal digits.")),
    responses(
        (status = 200, description = "The event.", body = told::Event),
        (status = 401, response = problems::Unauthorized),
        (status = 403, response = problems::Forbidden),
        (status = 404, response = problems::NotFound),
        (status = 503, response = problems::Unavailable),
    ),
)]
pub(crate) async fn by_event_id(state: &State, request: &Request, event_id: &str) -> Result<Response<Body>, Problem> {
    let event_id = EventId::parse(event_id);
    let stories = if let Some(event_id) = event_id {
        find(state, request, Of::Event(event_id.to_string())).await?
    } else {
        auth::caller(state, request, Scope::Read).await?;
        Vec::new()
    };
    let story = stories.into_iter().next().ok_or_else(|| Problem::not_found("There is no event with this id."))?;
    Ok(http::json(StatusCode::OK, &told::Event::from(story)))
}

/// The order with the id in the query: where it stands, its events, and what was told of it.
#[utoipa::path(
    get, path = "/v1/orders", tag = "orders", operation_id = "order", security(("api_key" = [])),
    params(("order_id" = String, Query, min_length = 1, max_length = 255,
            description = "The seller's own, or `<platform>:<its order id>`.")),
    responses(
        (status = 200, description = "The order.", body = OrderAnswer),
        (status = 401, response = problems::Unauthorized),
        (status = 403, response = problems::Forbidden),
        (status = 404, response = problems::NotFound),
        (status = 422, response = problems::Invalid),
        (status = 503, response = problems::Unavailable),
    ),
)]
pub(crate) async fn by_order_id(state: &State, request: &Request) -> Result<Response<Body>, Problem> {
    let parameters = request.query_string_parameters();
    let order_id = parameters.first("order_id").and_then(OrderId::parse);
    let Some(order_id) = order_id else {
        auth::caller(state, request, Scope::Read).await?;
        let message = "must be in the query, with 1 to 255 characters".to_owned();
        return Err(Problem::invalid(vec![FieldError { field: "order_id".into(), code: "required", message }]));
    };
    let caller = auth::caller(state, request, Scope::Read).await?;
    let (tenant_id, key, of) = (&caller.key.tenant_id, order_id.as_str(), &Of::Order(order_id.as_str().to_owned()));
    let found = state.db.run(|client| async move {
        // Sent together: one round trip.
        tokio::try_join!(
            stories::find(&client, tenant_id, of, Locale::English),
            history::of_order(&client, tenant_id, key)
        )
    });
    let (stories, history) = found.await.map_err(|error| crate::unavailable(request, &error))?;
    if stories.is_empty() && history == History::default() {
        return Err(Problem::not_found("There is no order with this id."));
    }
    let answer = OrderAnswer {
        order_id: order_id.as_str().to_owned(),
        order_state: history.order_state,
        events: stories.into_iter().map(told::Event::from).collect(),
        deliveries: history.deliveries.into_iter().map(told::Delivery::from).collect(),
    };
    Ok(http::json(StatusCode::OK, &answer))
}

async fn find(state: &State, request: &Request, of: Of) -> Result<Vec<Story>, Problem> {
    let caller = auth::caller(state, request, Scope::Read).await?;
    let (tenant_id, of) = (&caller.key.tenant_id, &of);
    let found =
        state.db.run(|client| async move { stories::find(&client, tenant_id, of, Locale::English).await }).await;
    found.map_err(|error| crate::unavailable(request, &error))
}
