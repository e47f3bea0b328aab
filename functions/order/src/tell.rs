//! An order's story: its state, its match with evidence, every attempt, and all of it in words.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, RequestExt, Response};
use serde::Serialize;
use shared::db::history::{self, Delivery, History};
use shared::db::stories::{self, Of, Story};
use shared::domain::event_id::EventId;
use shared::domain::order::OrderId;
use shared::domain::story::{Attempt, Line};
use shared::http::{self, FieldError, Problem};

use crate::State;
use crate::answer::MatchAnswer;
use crate::auth;

#[derive(Serialize)]
struct EventAnswer {
    event_id: String,
    order_id: String,
    order_state: Option<String>,
    event_name: String,
    event_time: i64,
    value: String,
    currency: String,
    action_source: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    r#match: MatchAnswer,
    attempts: Vec<Attempt>,
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

#[derive(Serialize)]
struct OrderAnswer {
    order_id: String,
    order_state: Option<String>,
    events: Vec<EventAnswer>,
    /// What was told of it, oldest first: also what sent nothing, with the reason.
    deliveries: Vec<DeliveryAnswer>,
}

#[derive(Serialize)]
struct DeliveryAnswer {
    source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection_id: Option<String>,
    received_at: i64,
    outcome: String,
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
pub(crate) async fn by_event_id(state: &State, request: &Request, event_id: &str) -> Result<Response<Body>, Problem> {
    let event_id = EventId::parse(event_id);
    let stories = if let Some(event_id) = event_id {
        find(state, request, Of::Event(event_id.to_string())).await?
    } else {
        auth::caller(state, request).await?;
        Vec::new()
    };
    let story = stories.into_iter().next().ok_or_else(|| Problem::not_found("There is no event with this id."))?;
    Ok(http::json(StatusCode::OK, &EventAnswer::from(story)))
}

/// The order with the id in the query: where it stands, its events, and what was told of it.
pub(crate) async fn by_order_id(state: &State, request: &Request) -> Result<Response<Body>, Problem> {
    let parameters = request.query_string_parameters();
    let order_id = parameters.first("order_id").and_then(OrderId::parse);
    let Some(order_id) = order_id else {
        auth::caller(state, request).await?;
        let message = "must be in the query, with 1 to 255 characters".to_owned();
        return Err(Problem::invalid(vec![FieldError { field: "order_id".into(), code: "required", message }]));
    };
    let caller = auth::caller(state, request).await?;
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
    let caller = auth::caller(state, request).await?;
    let (tenant_id, of) = (&caller.key.tenant_id, &of);
    let found = state.db.run(|client| async move { stories::find(&client, tenant_id, of).await }).await;
    found.map_err(|error| crate::unavailable(request, &error))
}
