//! `GET .../events` and `POST .../events/search`: a tenant's events, newest first.

use lambda_http::{Body, Request, Response};
use serde::Serialize;
use shared::db::books::{self, Event, Found, Sought, Wanted};
use shared::domain::conversion;
use shared::domain::country::Country;
use shared::domain::event_id::EventId;
use shared::domain::order::OrderId;
use shared::domain::user_data;
use shared::http::Problem;
use shared::keyset::{Cursor, Page};
use shared::openapi as problems;
use utoipa::ToSchema;

use super::{lost, ok, parameters};
use crate::{State, tenants};

/// A page of events.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Events {
    /// Newest first.
    pub(crate) events: Vec<Event>,
    /// Where the next page begins, if there is one.
    pub(crate) next: Option<String>,
}

impl From<Found> for Events {
    fn from(found: Found) -> Self {
        let events = found.events.into_iter().map(|(event, _)| event).collect();
        Self { next: found.next.as_ref().map(Cursor::text), events }
    }
}

/// What is looked for.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the document alone")]
pub(crate) struct Search {
    /// An order's id, an event's id, or the buyer's e-mail address or phone number.
    q: String,
    /// The `next` of the page before.
    after: Option<String>,
}

/// The use case: a page of all events, or of those in a state.
pub(crate) async fn events(
    state: &State,
    request: &Request,
    id: &str,
    wanted: &Wanted,
    page: &Page,
) -> Result<Found, Problem> {
    let found = state.db.run(|client| async move {
        // Sent together.
        tokio::try_join!(books::country(&client, id), books::list(&client, id, wanted, page))
    });
    let (tenant, found) = found.await.map_err(lost(request))?;
    tenant.ok_or_else(tenants::none)?;
    Ok(found)
}

/// The use case: a page of the events that a person looks for by an order's id, an event's id, or the buyer's e-mail or phone.
pub(crate) async fn found(state: &State, request: &Request, id: &str, q: &str, page: &Page) -> Result<Found, Problem> {
    let country = state.db.run(|client| async move { books::country(&client, id).await });
    let country = country.await.map_err(lost(request))?.ok_or_else(tenants::none)?;
    let sought = &sought(q, country);
    let found = state.db.run(|client| async move { books::search(&client, id, sought, page).await });
    found.await.map_err(lost(request))
}

/// What a text may mean. Of a buyer only the hash goes on.
fn sought(q: &str, country: Option<Country>) -> Sought {
    Sought {
        order_id: OrderId::parse(q).map(|it| it.as_str().to_owned()),
        event_id: EventId::parse(&q.trim().to_ascii_lowercase()).map(|it| it.to_string()),
        email_hash: user_data::em(q).map(|it| it.digest()),
        phone_hash: user_data::ph(q, country).map(|it| it.digest()),
    }
}

/// A tenant's events, newest first. Addresses reach access logs, so `q` is no e-mail and no phone here.
#[utoipa::path(
    get, path = "/v1/tenants/{id}/events", tag = "tenants", operation_id = "events", security(("operator" = []), ("session" = []), ("api_key" = [])),
    params(("id" = String, Path, description = "The tenant's id."), ("state" = Option<conversion::State>, Query, description = "Those that stand so."), ("q" = Option<String>, Query, description = "An order's id, with or without its platform's name, or an event's id. Not with `state`."), ("after" = Option<String>, Query, description = "The `next` of the page before."), ("limit" = Option<u16>, Query, minimum = 1, maximum = 100, description = "How many; 50, unless it is said.")),
    responses(
        (status = 200, description = "A page.", body = Events),
        problems::OfLook,
    ),
)]
pub(crate) async fn answer(state: &State, request: &Request, id: &str) -> Result<Response<Body>, Problem> {
    let (wanted, page) = (Wanted { state: parameters::state(request)?, ..Wanted::default() }, &Page::of(request)?);
    let Some(q) = parameters::text(request, "q") else {
        return Ok(ok(&Events::from(events(state, request, id, &wanted, page).await?)));
    };
    if wanted.state.is_some() {
        return Err(Problem::bad_parameter("state", "not_with_q", "cannot be given together with q"));
    }
    if q.contains('@') && user_data::em(&q).is_some() {
        let message = "is an e-mail address, which must not stand in an address: send it to POST .../events/search";
        return Err(Problem::bad_parameter("q", "personal_data", message));
    }
    let Sought { order_id, event_id, .. } = sought(&q, None);
    let sought = &Sought { order_id, event_id, ..Sought::default() };
    let found = state.db.run(|client| async move {
        tokio::try_join!(books::country(&client, id), books::search(&client, id, sought, page))
    });
    let (tenant, found) = found.await.map_err(lost(request))?;
    tenant.ok_or_else(tenants::none)?;
    Ok(ok(&Events::from(found)))
}

/// A tenant's events by what a person knows of them. A buyer is looked for by the hash alone.
#[utoipa::path(
    post, path = "/v1/tenants/{id}/events/search", tag = "tenants", operation_id = "search_events", security(("operator" = []), ("session" = []), ("api_key" = [])),
    params(("id" = String, Path, description = "The tenant's id."), ("limit" = Option<u16>, Query, minimum = 1, maximum = 100, description = "How many; 50, unless it is said.")),
    request_body = Search,
    responses(
        (status = 200, description = "A page.", body = Events),
        problems::OfChange,
    ),
)]
pub(crate) async fn search(state: &State, request: &Request, id: &str) -> Result<Response<Body>, Problem> {
    let mut fields = crate::fields(request)?;
    let (q, after) = (fields.text("q"), fields.text("after"));
    if fields.errors.is_empty() && q.as_deref().is_none_or(|q| q.trim().is_empty() || q.len() > 320) {
        fields.error("q", "required", "must be an order's id, an event's id, an e-mail address or a phone number");
    }
    crate::finish(fields)?;
    let page = Page::of(request)?.after(after.as_deref())?;
    Ok(ok(&Events::from(found(state, request, id, &q.unwrap_or_default(), &page).await?)))
}
