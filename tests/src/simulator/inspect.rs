//! Everything under `/_simulator/`: what it took, what it saw, faults, pixels.
//!
//! | route | what |
//! |---|---|
//! | `GET /_simulator` | pixels and counts; also says that it is up |
//! | `DELETE /_simulator` | back to the configuration |
//! | `GET /_simulator/events?pixel=&event_id=&after=&limit=` | events taken ([`TakenEvent`]) |
//! | `GET /_simulator/requests?after=&limit=` | requests seen ([`RequestRecord`]) |
//! | `POST /_simulator/faults` | adds a [`Fault`] |
//! | `GET /_simulator/faults` | the faults that wait |
//! | `DELETE /_simulator/faults?pixel=` | forgets them, or those of one pixel |
//! | `GET /_simulator/presets` | named answers for faults |
//! | `PUT /_simulator/pixels/{pixel}` | `{"access_token": "..", "app_secret"?: ".."}` adds a pixel or replaces its token; `"app_secret": null` requires no proof any more |
//! | `DELETE /_simulator/pixels/{pixel}` | deletes it; its token then opens nothing |

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::edge;
use super::faults::{Fault, Preset, presets};
use super::given::Given;
use super::records::{RequestRecord, TakenEvent};
use super::state::Shared;

/// Which events are wanted; all when empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EventQuery {
    /// Only of this pixel.
    pub pixel: Option<String>,
    /// Only with this `event_id`.
    pub event_id: Option<String>,
    /// Only after the event of this [`number`](TakenEvent::number).
    pub after: u64,
    /// At most so many; all when none.
    pub limit: Option<usize>,
}

impl EventQuery {
    /// Events of any pixel with this `event_id`.
    pub fn id(event_id: &str) -> Self {
        Self { event_id: Some(event_id.into()), ..Self::default() }
    }

    /// Events of this pixel.
    pub fn pixel(pixel: &str) -> Self {
        Self { pixel: Some(pixel.into()), ..Self::default() }
    }

    /// The next `limit` events after the one of this [`number`](TakenEvent::number); 0 begins.
    pub fn page(after: u64, limit: usize) -> Self {
        Self { after, limit: Some(limit), ..Self::default() }
    }
}

/// Inspection under `/_simulator/`; every other path is the Graph API's.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/_simulator", get(summary).delete(reset))
        .route("/_simulator/events", get(events))
        .route("/_simulator/requests", get(requests))
        .route("/_simulator/faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/_simulator/presets", get(list_presets))
        .route("/_simulator/pixels/{pixel}", put(put_pixel).delete(delete_pixel))
        .fallback(edge::answer)
        .with_state(shared)
}

async fn summary(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let state = shared.state();
    Json(json!({
        "pixels": state.pixels.names(),
        "events": state.events.count(),
        "requests": state.requests().len(),
        "by_pixel": state.counts(),
        "faults_waiting": state.faults.waiting(),
        "faults_standing": state.faults.standing(),
    }))
}

async fn reset(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.reset();
    StatusCode::NO_CONTENT
}

async fn events(State(shared): State<Arc<Shared>>, Query(query): Query<EventQuery>) -> Json<Vec<TakenEvent>> {
    let events = shared.state().events.find(&query);
    Json(events)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestQuery {
    #[serde(default)]
    after: usize,
    limit: Option<usize>,
}

async fn requests(State(shared): State<Arc<Shared>>, Query(query): Query<RequestQuery>) -> Json<Vec<RequestRecord>> {
    let limit = query.limit.unwrap_or(usize::MAX);
    let requests = shared.state().requests().iter().skip(query.after).take(limit).cloned().collect();
    Json(requests)
}

async fn faults(State(shared): State<Arc<Shared>>) -> Json<Vec<Value>> {
    Json(shared.state().faults.list())
}

async fn add_fault(State(shared): State<Arc<Shared>>, Json(fault): Json<Fault>) -> StatusCode {
    shared.state().faults.add(fault);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfPixel {
    pixel: Option<String>,
}

async fn clear_faults(State(shared): State<Arc<Shared>>, Query(of): Query<OfPixel>) -> StatusCode {
    shared.state().faults.clear(of.pixel.as_deref());
    StatusCode::NO_CONTENT
}

async fn list_presets() -> Json<Vec<Value>> {
    Json(presets().iter().map(Preset::json).collect())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pixel {
    access_token: String,
    /// Absent, it stays as it is.
    #[serde(default)]
    app_secret: Given<String>,
}

async fn put_pixel(State(shared): State<Arc<Shared>>, Path(id): Path<String>, Json(pixel): Json<Pixel>) -> StatusCode {
    let mut state = shared.state();
    state.pixels.put(&id, &pixel.access_token);
    match pixel.app_secret {
        Given::Absent => {}
        Given::Null => state.pixels.set_app_secret(&id, None),
        Given::Value(secret) => state.pixels.set_app_secret(&id, Some(&secret)),
    }
    StatusCode::NO_CONTENT
}

async fn delete_pixel(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> StatusCode {
    if shared.state().pixels.delete(&id) { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}
