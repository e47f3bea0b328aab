//! The events edge: one request from its bytes to its answer.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use http_body_util::LengthLimitError;

use super::faults::{Answer, Fault};
use super::intake::{self, Head, Params};
use super::judge;
use super::open::Opened;
use super::respond;
use super::state::Shared;
use super::visit::Visit;

/// Answers one request of the Graph API, and records it before the answer leaves.
pub(super) async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let head = Head::of(&parts);
    let opened = Opened::new(&shared, head.pixel());
    let body = read(body, shared.body_limit()).await;
    // What came whole is judged also when its sender gives up meanwhile.
    let exchange = tokio::spawn(exchange(shared, head, opened.number, body));
    exchange.await.unwrap_or_else(|_| respond::cut())
}

/// A body, or why there is none.
type Read = Result<Bytes, Unread>;

#[derive(Clone, Copy)]
enum Unread {
    TooLarge,
    /// The sender ended in the middle.
    BrokenOff,
}

async fn read(body: Body, limit: usize) -> Read {
    to_bytes(body, limit).await.map_err(|error| match error.source() {
        Some(source) if source.is::<LengthLimitError>() => Unread::TooLarge,
        _ => Unread::BrokenOff,
    })
}

async fn exchange(shared: Arc<Shared>, head: Head, number: u64, body: Read) -> Response {
    let received_at_ms = shared.now_ms();
    let limit = shared.body_limit();
    let body_bytes = body.as_ref().map_or(limit, Bytes::len);
    let params = match body {
        Ok(bytes) => intake::read(&head, &bytes).map_err(|why| judge::unreadable(&why)),
        Err(Unread::TooLarge) => Err(judge::too_large(limit)),
        Err(Unread::BrokenOff) => {
            Visit::new(&shared, &head, number, received_at_ms, None, 0).broken_off();
            return respond::cut();
        }
    };
    let fault = meet(&shared, &head, params.as_ref().ok());
    wait(fault.as_ref().map(|fault| fault.delay_before)).await;
    let mut visit = Visit::new(&shared, &head, number, received_at_ms, params.as_ref().ok(), body_bytes);
    let plain = visit.serve(params, fault.as_ref());
    visit.end(fault.as_ref(), plain.status);
    wait(fault.as_ref().map(after)).await;
    respond::respond(plain, fault.as_ref(), &head)
}

fn meet(shared: &Shared, head: &Head, params: Option<&Params>) -> Option<Fault> {
    let ids = OnceCell::new();
    let carries = |id: &str| ids.get_or_init(|| params.map(event_ids).unwrap_or_default()).contains(id);
    shared.state().faults.meet(head.pixel(), carries)
}

fn event_ids(params: &Params) -> HashSet<String> {
    params.data.iter().flatten().filter_map(|event| judge::event_id(event)).collect()
}

fn after(fault: &Fault) -> Duration {
    match fault.answer {
        Answer::Delay(time) => fault.delay_after.saturating_add(time),
        _ => fault.delay_after,
    }
}

async fn wait(time: Option<Duration>) {
    if let Some(time) = time.filter(|time| !time.is_zero()) {
        tokio::time::sleep(time).await;
    }
}
