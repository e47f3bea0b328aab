//! A fault as it is posted.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;

use super::{Answer, Chance, Fault, Usage};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FaultJson {
    #[serde(default)]
    pixel: Option<String>,
    #[serde(default)]
    event_id: Option<String>,
    #[serde(default = "once")]
    times: Option<u32>,
    #[serde(default)]
    chance: Option<f64>,
    #[serde(default)]
    seed: Option<u64>,
    #[serde(default)]
    delay_before_ms: u64,
    #[serde(default)]
    delay_after_ms: u64,
    #[serde(default)]
    usage: Usage,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    gzip: bool,
    #[serde(default)]
    take: Option<bool>,
    #[serde(default = "pass")]
    answer: Answer,
}

#[expect(clippy::unnecessary_wraps, reason = "serde takes the field's type")]
fn once() -> Option<u32> {
    Some(1)
}

fn pass() -> Answer {
    Answer::Pass
}

impl TryFrom<FaultJson> for Fault {
    type Error = String;

    fn try_from(json: FaultJson) -> Result<Self, String> {
        Ok(Self {
            chance: chance(json.chance, json.seed)?,
            headers: headers(&json.headers)?,
            pixel: json.pixel,
            event_id: json.event_id,
            times: json.times,
            delay_before: Duration::from_millis(json.delay_before_ms),
            delay_after: Duration::from_millis(json.delay_after_ms),
            usage: json.usage,
            gzip: json.gzip,
            take: json.take,
            answer: json.answer,
        })
    }
}

fn chance(of: Option<f64>, seed: Option<u64>) -> Result<Option<Chance>, String> {
    match (of, seed) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err("seed comes with chance".into()),
        (Some(of), _) if !(0.0..=1.0).contains(&of) => Err("chance is from 0 to 1".into()),
        (Some(of), seed) => Ok(Some(Chance { of, seed: seed.unwrap_or_default() })),
    }
}

fn headers(json: &BTreeMap<String, String>) -> Result<HeaderMap, String> {
    let header = |(name, value): (&String, &String)| {
        let parsed = (name.parse::<HeaderName>(), HeaderValue::from_str(value));
        let (Ok(name), Ok(value)) = parsed else { return Err(format!("no header: {name}")) };
        if FRAMING.contains(&name.as_str()) {
            return Err(format!("{name} is the connection's own"));
        }
        Ok((name, value))
    };
    json.iter().map(header).collect()
}

/// What hyper writes by itself: another value would break the exchange in ways that are nobody's fault.
const FRAMING: &[&str] = &["content-length", "transfer-encoding", "connection"];
