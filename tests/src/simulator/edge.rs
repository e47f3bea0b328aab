//! The events edge: one request from its bytes to its answer.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;
use serde_json::value::RawValue;

use super::faults::Answer;
use super::graph::{self, GraphError};
use super::half::HalfBody;
use super::intake::{self, Head, Params};
use super::judge::{self, Judged};
use super::records::{RequestRecord, TakenEvent};
use super::server::Cut;
use super::state::Shared;

const JSON: &str = "application/json; charset=UTF-8";

/// Answers one request of the Graph API, and records it before the answer leaves.
pub(super) async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let head = Head::of(&parts);
    let body = to_bytes(body, shared.body_limit()).await;
    let body_bytes = body.as_ref().map_or(shared.body_limit(), Bytes::len);
    let params = match &body {
        Ok(bytes) => intake::read(&head, bytes).map_err(|why| judge::unreadable(&why)),
        Err(_) => Err(judge::too_large(shared.body_limit())),
    };
    let fault = shared.state().faults.meet(head.pixel());
    let mut visit = Visit::new(&shared, &head, params.as_ref().ok(), body_bytes);
    let plain = visit.serve(params, fault.as_ref());
    visit.end(fault.as_ref(), plain.status);
    respond(plain, fault).await
}

/// An answer as it would be without a fault of the line.
struct Plain {
    status: u16,
    content_type: &'static str,
    body: String,
}

impl Plain {
    fn json(status: u16, body: &Value) -> Self {
        Self { status, content_type: JSON, body: body.to_string() }
    }
}

/// One request on its way.
struct Visit<'a> {
    shared: &'a Shared,
    head: &'a Head,
    record: RequestRecord,
}

impl<'a> Visit<'a> {
    fn new(shared: &'a Shared, head: &'a Head, params: Option<&Params>, body_bytes: usize) -> Self {
        let number = shared.state().number();
        let named = |name: &str| params.and_then(|params| params.get(name)).map(String::from);
        let record = RequestRecord {
            number,
            received_at_ms: shared.now_ms(),
            method: head.method.clone(),
            path: head.path.clone(),
            pixel: head.pixel().map(String::from),
            events: params.map_or(0, Params::events),
            fbtrace_id: shared.fbtrace_id(number),
            body_bytes,
            content_type: head.content_type.clone(),
            user_agent: head.user_agent.clone(),
            token_in_url: head.query.contains_key("access_token"),
            test_event_code: named("test_event_code"),
            partner_agent: named("partner_agent"),
            ..RequestRecord::default()
        };
        Self { shared, head, record }
    }

    fn serve(&mut self, params: Judged<Params>, fault: Option<&Answer>) -> Plain {
        match fault {
            Some(Answer::Http { status, body }) => Plain {
                status: *status,
                content_type: if body.trim_start().starts_with('<') { "text/html; charset=utf-8" } else { JSON },
                body: body.clone(),
            },
            Some(Answer::Error(error)) => self.refuse(error),
            Some(Answer::Reset) => Plain::json(500, &Value::Null),
            _ => self.judge(params),
        }
    }

    fn judge(&mut self, params: Judged<Params>) -> Plain {
        let now_ms = self.record.received_at_ms;
        match judge::judge(self.shared, self.head, params, now_ms) {
            Ok((pixel, events)) => {
                self.take(&pixel, events);
                let body = graph::taken(self.record.taken, &self.record.fbtrace_id);
                Plain::json(200, &body)
            }
            Err(refused) => {
                self.record.rule = Some(refused.rule.into());
                self.record.field = refused.field;
                self.refuse(&refused.error)
            }
        }
    }

    fn refuse(&mut self, error: &GraphError) -> Plain {
        self.record.code = Some(error.code);
        self.record.subcode = error.subcode;
        Plain::json(error.status, &error.body(&self.record.fbtrace_id))
    }

    /// One lock for the whole request: its events are taken together, as Meta takes them.
    fn take(&mut self, pixel: &str, events: Vec<Box<RawValue>>) {
        self.record.taken = events.len();
        let taken: Vec<TakenEvent> = events.into_iter().map(|event| self.taken(pixel, event)).collect();
        let mut state = self.shared.state();
        for event in taken {
            self.record.duplicates += usize::from(state.take(event));
        }
    }

    fn taken(&self, pixel: &str, event: Box<RawValue>) -> TakenEvent {
        let (event_name, event_id) = judge::key(&event);
        TakenEvent {
            pixel: pixel.into(),
            event_name,
            event_id,
            request: self.record.number,
            test_event_code: self.record.test_event_code.clone(),
            partner_agent: self.record.partner_agent.clone(),
            fbtrace_id: self.record.fbtrace_id.clone(),
            received_at_ms: self.record.received_at_ms,
            duplicates: 0,
            duplicate_requests: Vec::new(),
            event,
        }
    }

    fn end(mut self, fault: Option<&Answer>, status: u16) {
        self.record.fault = fault.map(|fault| fault.name().into());
        let cut = matches!(fault, Some(Answer::Reset | Answer::AcceptThenReset));
        self.record.status = (!cut).then_some(status);
        self.shared.state().record(self.record);
    }
}

async fn respond(plain: Plain, fault: Option<Answer>) -> Response {
    match fault {
        Some(Answer::Delay(time)) => {
            tokio::time::sleep(time).await;
            whole(plain)
        }
        Some(Answer::Reset | Answer::AcceptThenReset) => {
            let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
            response.extensions_mut().insert(Cut);
            response
        }
        Some(Answer::Half) => half(plain),
        Some(Answer::Http { .. } | Answer::Error(_)) | None => whole(plain),
    }
}

fn whole(plain: Plain) -> Response {
    let headers = [(CONTENT_TYPE, plain.content_type)];
    (status(plain.status), headers, plain.body).into_response()
}

fn half(plain: Plain) -> Response {
    let full = plain.body.len();
    let mut text = plain.body.into_bytes();
    text.truncate(full / 2);
    let headers = [(CONTENT_TYPE, plain.content_type.to_owned()), (CONTENT_LENGTH, full.to_string())];
    let body = Body::new(HalfBody::new(text.into()));
    (status(plain.status), headers, body).into_response()
}

fn status(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
