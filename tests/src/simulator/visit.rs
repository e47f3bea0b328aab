//! One request on its way through the judge and the faults to its record.

use std::sync::Arc;

use serde_json::Value;

use super::faults::{Answer, Fault};
use super::graph::{self, GraphError};
use super::intake::{Head, Params};
use super::judge::{self, Fit, Judged, Refused};
use super::kept::{Batch, Kept};
use super::records::{Proof, RequestRecord};
use super::respond::Plain;
use super::state::Shared;

/// One request on its way.
pub(super) struct Visit<'a> {
    shared: &'a Shared,
    head: &'a Head,
    /// None where the pixel requires none.
    proof: Option<Proof>,
    record: RequestRecord,
}

impl<'a> Visit<'a> {
    pub(super) fn new(
        shared: &'a Shared,
        head: &'a Head,
        number: u64,
        received_at_ms: i64,
        params: Option<&Params>,
        body_bytes: usize,
    ) -> Self {
        let named = |name: &str| params.and_then(|params| params.get(name)).map(String::from);
        let proof = judge::proof(shared, head, params);
        let unchecked =
            if judge::sent(head, params, "appsecret_proof").is_some() { Proof::Unchecked } else { Proof::Absent };
        let record = RequestRecord {
            number,
            received_at_ms,
            method: head.method.clone(),
            path: head.path.clone(),
            pixel: head.pixel().map(String::from),
            events: params.map_or(0, Params::events),
            fbtrace_id: shared.fbtrace_id(number),
            body_bytes,
            content_type: head.content_type.clone(),
            user_agent: head.user_agent.clone(),
            token_in_url: head.query.contains_key("access_token"),
            appsecret_proof: proof.unwrap_or(unchecked),
            test_event_code: named("test_event_code"),
            partner_agent: named("partner_agent"),
            ..RequestRecord::default()
        };
        Self { shared, head, proof, record }
    }

    pub(super) fn serve(&mut self, params: Judged<Params>, fault: Option<&Fault>) -> Plain {
        let answer = fault.map_or(&Answer::Pass, |fault| &fault.answer);
        if self.head.reads() {
            return self.show(answer);
        }
        let takes = fault.is_none_or(Fault::takes);
        if answer.is_instead() {
            if takes && let Ok((pixel, events)) = self.judge(params) {
                self.take(pixel, events, false);
            }
            return self.say(answer, 0);
        }
        match self.judge(params) {
            Ok((pixel, events)) => {
                let received = events.len();
                if takes {
                    self.take(pixel, events, *answer == Answer::AcceptTwice);
                }
                self.say(answer, received)
            }
            Err(refused) => self.refuse(&refused.error),
        }
    }

    /// The pixel itself, for who reads it.
    fn show(&mut self, answer: &Answer) -> Plain {
        if answer.is_instead() {
            return self.say(answer, 0);
        }
        match judge::read(self.shared, self.head, self.proof, self.record.received_at_ms) {
            Ok(node) => Plain::json(200, &node),
            Err(refused) => {
                self.broke(&refused);
                self.refuse(&refused.error)
            }
        }
    }

    fn judge(&mut self, params: Judged<Params>) -> Judged<(&'a str, Vec<Fit>)> {
        let judged = judge::judge(self.shared, self.head, params, self.proof, self.record.received_at_ms);
        judged.inspect_err(|refused| self.broke(refused))
    }

    fn broke(&mut self, refused: &Refused) {
        self.record.rule = Some(refused.rule.into());
        self.record.field.clone_from(&refused.field);
    }

    fn refuse(&mut self, error: &GraphError) -> Plain {
        self.record.code = Some(error.code);
        self.record.subcode = error.subcode;
        Plain::json(error.status, &error.body(&self.record.fbtrace_id))
    }

    /// What the answer says of this many events.
    fn say(&mut self, answer: &Answer, received: usize) -> Plain {
        let trace = &self.record.fbtrace_id;
        match answer {
            Answer::Http { status, body } => Plain::text(*status, body),
            Answer::Error(error) => self.refuse(error),
            Answer::Reset => Plain::json(500, &Value::Null),
            Answer::Redirect { status, location } => Plain::redirect(*status, location),
            Answer::Received(told) => Plain::json(200, &graph::miscounted(*told, trace)),
            Answer::Large(bytes) => Plain::json(200, &graph::large(received, *bytes, trace)),
            Answer::Pass | Answer::Delay(_) | Answer::Half | Answer::AcceptThenReset | Answer::AcceptTwice => {
                Plain::json(200, &graph::taken(received, trace))
            }
        }
    }

    /// One lock for the whole request: its events are taken together, as Meta takes them.
    fn take(&mut self, pixel: &str, events: Vec<Fit>, twice: bool) {
        let keeps_bodies = self.shared.keeps_bodies();
        self.record.taken = events.len();
        let mut state = self.shared.state();
        let batch = Arc::new(Batch {
            pixel: state.events.name(pixel),
            request: self.record.number,
            test_event_code: self.record.test_event_code.clone(),
            partner_agent: self.record.partner_agent.clone(),
            fbtrace_id: self.record.fbtrace_id.clone(),
            received_at_ms: self.record.received_at_ms,
        });
        let mut kept: Vec<Kept> = Vec::with_capacity(events.len());
        for Fit { event_name, event_id, json } in events {
            let event_name = state.events.name(&event_name);
            kept.push(Kept { event_name, event_id: event_id.map(Into::into), json: keeps_bodies.then_some(json) });
        }
        if twice {
            self.record.duplicates += state.take(&batch, kept.clone());
        }
        self.record.duplicates += state.take(&batch, kept);
    }

    pub(super) fn end(mut self, fault: Option<&Fault>, status: u16) {
        self.record.fault = fault.map(|fault| fault.answer.name().into());
        let cut = fault.is_some_and(|fault| fault.answer.cuts());
        self.record.status = (!cut).then_some(status);
        self.shared.state().record(self.record);
    }

    /// Its sender ended in the middle of the body.
    pub(super) fn broken_off(mut self) {
        self.record.rule = Some("body_broken_off".into());
        self.shared.state().record(self.record);
    }
}
