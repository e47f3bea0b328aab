//! Takes a request or refuses it whole.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::graph::GraphError;
use super::intake::{Head, Params};
use super::rules::{EVENT_RULES, Event, REQUEST_RULES, Refusal, version_lives};
use super::state::{Access, Shared};

/// Boxed, since a refusal is much larger than most of what passes.
pub(super) type Judged<T> = Result<T, Box<Refused>>;

/// Why a request was refused.
#[derive(Debug)]
pub(super) struct Refused {
    /// Name of the rule.
    pub(super) rule: &'static str,
    /// Field that broke it, from the request's root.
    pub(super) field: Option<String>,
    pub(super) error: GraphError,
}

impl Refused {
    fn new(rule: &'static str, error: GraphError) -> Box<Self> {
        Box::new(Self { rule, field: None, error })
    }
}

/// The pixel and the events to take, or why none of them is.
pub(super) fn judge(
    shared: &Shared,
    head: &Head,
    params: Judged<Params>,
    now_ms: i64,
) -> Judged<(String, Vec<Box<RawValue>>)> {
    let (version, pixel) = route(head)?;
    let now = now_ms.div_euclid(1000);
    if !version_lives(version, now) {
        let error = GraphError::new(400, 100, format!("(#100) Version {version} is not served"));
        return Err(Refused::new("version", error));
    }
    access(shared, head, params.as_ref().ok(), pixel)?;
    let params = params?;
    for rule in REQUEST_RULES {
        if let Some(field) = (rule.broken)(&params) {
            return Err(refused(rule.name, &rule.refusal, rule.says, field));
        }
    }
    let events = params.data.unwrap_or_default();
    for (at, event) in events.iter().enumerate() {
        judge_event(at, event, now)?;
    }
    Ok((pixel.into(), events))
}

fn route(head: &Head) -> Judged<(&str, &str)> {
    let Some((version, pixel)) = &head.edge else {
        let error = GraphError::new(404, 100, "(#100) Unknown path: POST /{version}/{pixel}/events");
        return Err(Refused::new("path", error));
    };
    if head.method != "POST" {
        let error = GraphError::new(400, 100, "(#100) Unsupported method: this edge takes POST");
        return Err(Refused::new("method", error));
    }
    Ok((version, pixel))
}

fn access(shared: &Shared, head: &Head, params: Option<&Params>, pixel: &str) -> Judged<()> {
    let token = head
        .bearer
        .as_deref()
        .or_else(|| head.query.get("access_token").map(String::as_str))
        .or_else(|| params.and_then(|params| params.get("access_token")));
    let Some(token) = token else {
        let error = GraphError::new(401, 190, "An access token is required");
        return Err(Refused::new("token", error));
    };
    match shared.state().access(pixel, token) {
        Access::Granted => Ok(()),
        Access::BadToken => {
            let error = GraphError::new(401, 190, "Invalid OAuth access token");
            Err(Refused::new("token", error))
        }
        Access::NoSuchPixel => {
            let message = format!("Unsupported post request. Object '{pixel}' is missing or not shared");
            let error = GraphError::new(400, 100, message).with_subcode(33);
            Err(Refused::new("pixel", error))
        }
    }
}

fn judge_event(at: usize, event: &RawValue, now: i64) -> Judged<()> {
    let here = format!("data[{at}]");
    let Ok(Value::Object(json)) = serde_json::from_str(event.get()) else {
        let says = "an event is a JSON object";
        return Err(refused("event", &Refusal::PARAMETER, says, here));
    };
    let event = Event { json: &json, now };
    for rule in EVENT_RULES {
        if let Some(field) = (rule.broken)(&event) {
            let field = format!("{here}.{field}");
            return Err(refused(rule.name, &rule.refusal, rule.says, field));
        }
    }
    Ok(())
}

fn refused(name: &'static str, refusal: &Refusal, says: &str, field: String) -> Box<Refused> {
    let mut error = GraphError::new(400, refusal.code, "Invalid parameter");
    error.subcode = refusal.subcode;
    error.is_transient = Some(false);
    error.title = Some(refusal.title.into());
    error.user_message = Some(format!("{field}: {says}"));
    if refusal.blames {
        error.blame = vec![field.clone()];
    }
    Box::new(Refused { rule: name, field: Some(field), error })
}

/// A body that holds no parameters.
pub(super) fn unreadable(why: &str) -> Box<Refused> {
    Refused::new("body", GraphError::new(400, 100, format!("(#100) {why}")))
}

/// A body over the limit of ours. Meta documents none.
pub(super) fn too_large(limit: usize) -> Box<Refused> {
    let message = format!("(#100) The body is over {limit} bytes");
    Refused::new("body_size", GraphError::new(413, 100, message))
}

/// Name and id of an event that passed the rules: two thirds of its deduplication key.
pub(super) fn key(event: &RawValue) -> (String, Option<String>) {
    #[derive(Deserialize)]
    struct Key {
        event_name: String,
        event_id: Option<String>,
    }
    serde_json::from_str(event.get()).map_or_else(|_| (String::new(), None), |key: Key| (key.event_name, key.event_id))
}
