//! `GET .../events/{event_id}`: all that became of an event.

use lambda_http::{Body, Request, Response};
use serde::Serialize;
use shared::db::history;
use shared::db::stories::{self, Of};
use shared::domain::event_id::EventId;
use shared::domain::setup::Locale;
use shared::http::Problem;
use shared::openapi as problems;
use shared::told;
use utoipa::ToSchema;

use super::{lost, ok, parameters};
use crate::State;

/// An event's whole story: what was told of its order, its match with what was not taken, its attempts with Meta's words.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = EventStory)]
pub(crate) struct Story {
    /// The event.
    #[serde(flatten)]
    pub(crate) event: told::Event,
    /// The first hundred deliveries of its order, oldest first.
    pub(crate) deliveries: Vec<told::Delivery>,
}

fn none() -> Problem {
    Problem::not_found("There is no event with this id.")
}

/// The use case: one round trip.
pub(crate) async fn story(
    state: &State,
    request: &Request,
    id: &str,
    event_id: &str,
    locale: Locale,
) -> Result<Story, Problem> {
    let event_id = EventId::parse(event_id).ok_or_else(none)?;
    let (of, event_id) = (&Of::Event(event_id.to_string()), event_id.as_str());
    let found = state.db.run(|client| async move {
        // Sent together.
        tokio::try_join!(stories::find(&client, id, of, locale), history::of_event(&client, id, event_id))
    });
    let (stories, history) = found.await.map_err(lost(request))?;
    let event = stories.into_iter().next().ok_or_else(none)?;
    Ok(Story { event: event.into(), deliveries: history.deliveries.into_iter().map(Into::into).collect() })
}

/// All that became of an event.
#[utoipa::path(
    get, path = "/v1/tenants/{id}/events/{event_id}", tag = "tenants", operation_id = "event_story", security(("operator" = []), ("session" = []), ("api_key" = [])),
    params(("id" = String, Path, description = "The tenant's id."), ("event_id" = String, Path, description = "64 hexadecimal digits."), ("locale" = Option<Locale>, Query, description = "Of the story.")),
    responses(
        (status = 200, description = "Its story.", body = Story),
        problems::OfLook,
    ),
)]
pub(crate) async fn answer(
    state: &State,
    request: &Request,
    id: &str,
    event_id: &str,
) -> Result<Response<Body>, Problem> {
    let locale = parameters::locale(request)?;
    Ok(ok(&story(state, request, id, event_id, locale).await?))
}
