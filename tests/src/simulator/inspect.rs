//! Everything under `/_simulator/`: what it took, what it saw, faults, pixels.
//!
//! | route | what |
//! |---|---|
//! | `GET /_simulator` | pixels and counts; also says that it is up |
//! | `DELETE /_simulator` | back to the configuration |
//! | `GET /_simulator/events?pixel=&event_id=` | events taken ([`TakenEvent`]) |
//! | `GET /_simulator/requests` | requests seen ([`RequestRecord`]) |
//! | `POST /_simulator/faults` | adds a [`Fault`] |
//! | `DELETE /_simulator/faults` | forgets the faults that wait |
//! | `PUT /_simulator/pixels/{pixel}` | `{"access_token": ".."}` adds a pixel or replaces its token |

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::edge;
use super::faults::Fault;
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
}

impl EventQuery {
    /// Events of any pixel with this `event_id`.
    pub fn id(event_id: &str) -> Self {
        Self { pixel: None, event_id: Some(event_id.into()) }
    }

    /// Events of this pixel.
    pub fn pixel(pixel: &str) -> Self {
        Self { pixel: Some(pixel.into()), event_id: None }
    }

    pub(super) fn fits(&self, event: &TakenEvent) -> bool {
        let pixel = self.pixel.as_ref().is_none_or(|of| *of == event.pixel);
        pixel && (self.event_id.is_none() || self.event_id == event.event_id)
    }
}

/// Inspection under `/_simulator/`; every other path is the Graph API's.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/_simulator", get(summary).delete(reset))
        .route("/_simulator/events", get(events))
        .route("/_simulator/requests", get(requests))
        .route("/_simulator/faults", post(add_fault).delete(clear_faults))
        .route("/_simulator/pixels/{pixel}", put(put_pixel))
        .fallback(edge::answer)
        .with_state(shared)
}

async fn summary(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let state = shared.state();
    Json(json!({
        "pixels": state.pixels(),
        "events": state.event_count(),
        "requests": state.requests().len(),
        "faults_waiting": state.faults.waiting(),
    }))
}

async fn reset(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.state().reset();
    StatusCode::NO_CONTENT
}

async fn events(State(shared): State<Arc<Shared>>, Query(query): Query<EventQuery>) -> Json<Vec<TakenEvent>> {
    Json(shared.state().events(&query))
}

async fn requests(State(shared): State<Arc<Shared>>) -> Json<Vec<RequestRecord>> {
    Json(shared.state().requests().to_vec())
}

async fn add_fault(State(shared): State<Arc<Shared>>, Json(fault): Json<Fault>) -> StatusCode {
    shared.state().faults.add(fault);
    StatusCode::NO_CONTENT
}

async fn clear_faults(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.state().faults.clear();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pixel {
    access_token: String,
}

async fn put_pixel(State(shared): State<Arc<Shared>>, Path(id): Path<String>, Json(pixel): Json<Pixel>) -> StatusCode {
    shared.state().put_pixel(&id, &pixel.access_token);
    StatusCode::NO_CONTENT
}
