//! An order's story: its state, its match with evidence, every attempt, and all of it in words.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, RequestExt, Response};
use serde::Serialize;
use shared::db::history::{self, Delivery, History};
use shared::db::stories::{self, Of, Story};
use shared::domain::access::Scope;
use shared::domain::conversion;
use shared::domain::event_id::EventId;
use shared::domain::order::{ActionSource, OrderId, OrderState};
use shared::domain::story::{Attempt, Line};
use shared::http::{self, FieldError, Problem};
use shared::openapi as problems;
use utoipa::ToSchema;

use crate::State;
use crate::answer::MatchAnswer;
use crate::auth;

/// An event, and all that became of it. Times are Unix seconds.
#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
pub(crate) struct EventAnswer {
    /// Lower-case hex SHA-256 of `tenant_id|order_id|event_name|value|currency`.
    event_id: String,
    order_id: String,
    /// Where the order stands; null where it is not kept any more.
    #[schema(value_type = Option<OrderState>)]
    order_state: Option<String>,
    event_name: String,
    event_time: i64,
    /// The exact decimal.
    #[schema(example = "97.00")]
    value: String,
    /// ISO 4217.
    #[schema(example = "BRL")]
    currency: String,
    #[schema(value_type = ActionSource)]
    action_source: String,
    #[schema(value_type = conversion::State)]
    state: &'static str,
    /// Why, for a state that needs a reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    r#match: MatchAnswer,
    /// Oldest first.
    attempts: Vec<Attempt>,
    /// All of it in words, oldest first.
    story: Vec<Line>,
}

impl From<Story> for EventAnswer {
    fn from(story: Story) -> Self {
        Self {
            event_id: story.event_id,
            order_id: story.order_id,
            order_state: story.order_state,
            event_name: story.event_name,
            event_time: story.event_time_s,
            value: story.value,
            currency: story.currency,
            action_source: story.action_source,
            state: story.state.as_str(),
            reason: story.reason,
            r#match: story.found.into(),
            attempts: story.attempts,
            story: story.lines,
        }
    }
}

/// An order: where it stands, its events, and what was told of it.
#[derive(Serialize, ToSchema)]
#[schema(as = Order)]
pub(crate) struct OrderAnswer {
    order_id: String,
    /// Null where it is not kept any more.
    #[schema(value_type = Option<OrderState>)]
    order_state: Option<String>,
    events: Vec<EventAnswer>,
    /// What was told of it, oldest first: also what sent nothing, with the reason.
    deliveries: Vec<DeliveryAnswer>,
}

/// What was told of an order at once.
#[derive(Serialize, ToSchema)]
#[schema(as = Delivery)]
struct DeliveryAnswer {
    /// `api`, or the platform.
    source: String,
    /// Of a platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    connection_id: Option<String>,
    /// Unix seconds.
    received_at: i64,
    /// What became of it.
    outcome: String,
    /// Why, where it made no event.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
}

impl From<Delivery> for DeliveryAnswer {
    fn from(delivery: Delivery) -> Self {
        Self {
            source: delivery.source,
            connection_id: delivery.connection_id,
            received_at: delivery.received_at_s,
            outcome: delivery.outcome,
            reason: delivery.reason,
            event_id: delivery.event_id,
        }
    }
}

/// The event with this id.
#[utoipa::path(
    get, path = "/v1/orders/{event_id}", tag = "orders", operation_id = "event", security(("api_key" = [])),
    params(("event_id" = String, Path, description = "64 hexadecimal digits.")),
    responses(
        (status = 200, description = "The event.", body = EventAnswer),
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
    Ok(http::json(StatusCode::OK, &EventAnswer::from(story)))
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
        tokio::try_join!(stories::find(&client, tenant_id, of), history::of_order(&client, tenant_id, key))
    });
    let (stories, history) = found.await.map_err(|error| crate::unavailable(request, &error))?;
    if stories.is_empty() && history == History::default() {
        return Err(Problem::not_found("There is no order with this id."));
    }
    let answer = OrderAnswer {
        order_id: order_id.as_str().to_owned(),
        order_state: history.order_state,
        events: stories.into_iter().map(EventAnswer::from).collect(),
        deliveries: history.deliveries.into_iter().map(DeliveryAnswer::from).collect(),
    };
    Ok(http::json(StatusCode::OK, &answer))
}

async fn find(state: &State, request: &Request, of: Of) -> Result<Vec<Story>, Problem> {
    let caller = auth::caller(state, request, Scope::Read).await?;
    let (tenant_id, of) = (&caller.key.tenant_id, &of);
    let found = state.db.run(|client| async move { stories::find(&client, tenant_id, of).await }).await;
    found.map_err(|error| crate::unavailable(request, &error))
}
