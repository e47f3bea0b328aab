//! Takes a request or refuses it whole.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::graph::GraphError;
use super::intake::{Head, Params};
use super::pixels::Access;
use super::records::Proof;
use super::rules::{EVENT_RULES, Event, REQUEST_RULES, Refusal, version_lives};
use super::state::Shared;

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

/// An event that breaks no rule.
pub(super) struct Fit {
    pub(super) event_name: String,
    pub(super) event_id: Option<String>,
    pub(super) json: Box<RawValue>,
}

/// The pixel and the events to take, or why none of them is. `proof` is none where the pixel requires none.
pub(super) fn judge<'a>(
    shared: &Shared,
    head: &'a Head,
    params: Judged<Params>,
    proof: Option<Proof>,
    now_ms: i64,
) -> Judged<(&'a str, Vec<Fit>)> {
    let (version, pixel) = route(head)?;
    let now = now_ms.div_euclid(1000);
    if !version_lives(version, now) {
        let error = GraphError::new(400, 100, format!("(#100) Version {version} is not served"));
        return Err(Refused::new("version", error));
    }
    access(shared, head, params.as_ref().ok(), pixel)?;
    let params = params?;
    proved(proof)?;
    for rule in REQUEST_RULES {
        if let Some(field) = (rule.broken)(&params) {
            return Err(refused(rule.name, &rule.refusal, rule.says, field));
        }
    }
    let events = params.data.unwrap_or_default();
    let judged = events.into_iter().enumerate().map(|(at, event)| judge_event(at, event, now));
    Ok((pixel, judged.collect::<Judged<_>>()?))
}

/// What a reader of the pixel gets, or why not: `GET /{version}/{pixel}?fields=id,name` (Meta, Marketing API reference, Ads Pixel).
///
/// The name is made up, and so is the refusal of other fields than these two: no more is needed here.
pub(super) fn read(shared: &Shared, head: &Head, proof: Option<Proof>, now_ms: i64) -> Judged<Value> {
    let Some((version, pixel)) = &head.node else { return Err(unreadable("no pixel")) };
    if !version_lives(version, now_ms.div_euclid(1000)) {
        let error = GraphError::new(400, 100, format!("(#100) Version {version} is not served"));
        return Err(Refused::new("version", error));
    }
    access(shared, head, None, pixel)?;
    proved(proof)?;
    let mut node = json!({ "id": pixel });
    for field in head.query.get("fields").map(String::as_str).unwrap_or_default().split(',').filter(|it| !it.is_empty())
    {
        match field {
            "id" => {}
            "name" => node["name"] = json!(format!("Pixel {pixel}")),
            other => {
                let message = format!("(#100) Tried accessing nonexisting field ({other}) on node type (AdsPixel)");
                return Err(Refused::new("fields", GraphError::new(400, 100, message)));
            }
        }
    }
    Ok(node)
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

/// A parameter of the body, else of the query.
pub(super) fn sent<'a>(head: &'a Head, params: Option<&'a Params>, name: &str) -> Option<&'a str> {
    let body = params.and_then(|params| params.get(name));
    body.or_else(|| head.query.get(name).map(String::as_str))
}

fn token<'a>(head: &'a Head, params: Option<&'a Params>) -> Option<&'a str> {
    head.bearer
        .as_deref()
        .or_else(|| head.query.get("access_token").map(String::as_str))
        .or_else(|| params.and_then(|params| params.get("access_token")))
}

/// What the request's `appsecret_proof` proves. None where none is required, or the token does not open the pixel.
pub(super) fn proof(shared: &Shared, head: &Head, params: Option<&Params>) -> Option<Proof> {
    let (pixel, token) = (head.pixel()?, token(head, params)?);
    let proof = sent(head, params, "appsecret_proof");
    let state = shared.state();
    let granted = state.pixels.access(pixel, token) == Access::Granted;
    granted.then(|| state.pixels.proof(pixel, token, proof))?
}

/// Texts and type are what the Graph API was seen to answer.
fn proved(proof: Option<Proof>) -> Judged<()> {
    let message = match proof {
        None | Some(Proof::Valid | Proof::Unchecked) => return Ok(()),
        Some(Proof::Absent) => "API calls from the server require an appsecret_proof argument",
        Some(Proof::Invalid) => "Invalid appsecret_proof provided in the API argument",
    };
    let error = GraphError { kind: "GraphMethodException".into(), ..GraphError::new(400, 100, message) };
    Err(Refused::new("appsecret_proof", error))
}

fn access(shared: &Shared, head: &Head, params: Option<&Params>, pixel: &str) -> Judged<()> {
    let Some(token) = token(head, params) else {
        let error = GraphError::new(401, 190, "An access token is required");
        return Err(Refused::new("token", error));
    };
    match shared.state().pixels.access(pixel, token) {
        Access::Granted => Ok(()),
        Access::BadToken => {
            let error = GraphError::new(401, 190, "Invalid OAuth access token");
            Err(Refused::new("token", error))
        }
        Access::NoSuchPixel => {
            let request = if head.reads() { "get" } else { "post" };
            let message = format!("Unsupported {request} request. Object '{pixel}' is missing or not shared");
            let error = GraphError::new(400, 100, message).with_subcode(33);
            Err(Refused::new("pixel", error))
        }
    }
}

fn judge_event(at: usize, raw: Box<RawValue>, now: i64) -> Judged<Fit> {
    let Ok(Value::Object(json)) = serde_json::from_str(raw.get()) else {
        let says = "an event is a JSON object";
        return Err(refused("event", &Refusal::PARAMETER, says, format!("data[{at}]")));
    };
    let event = Event { json: &json, now };
    for rule in EVENT_RULES {
        if let Some(field) = (rule.broken)(&event) {
            let field = format!("data[{at}].{field}");
            return Err(refused(rule.name, &rule.refusal, rule.says, field));
        }
    }
    let text = |key: &str| json.get(key).and_then(Value::as_str).map(String::from);
    Ok(Fit { event_name: text("event_name").unwrap_or_default(), event_id: text("event_id"), json: raw })
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

/// The `event_id` of an event that nobody has judged yet.
pub(super) fn event_id(event: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    struct Id {
        event_id: Option<String>,
    }
    serde_json::from_str::<Id>(event.get()).ok()?.event_id
}
