//! The request body: what we mean, in Meta's JSON.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::domain::delivery::Event;

/// Names us to Meta: under 23 characters with two letters at least (Meta, End-to-end implementation).
const PARTNER_AGENT: &str = "track-ai";

#[derive(Serialize)]
struct Body<'a> {
    data: Vec<ServerEvent<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    test_event_code: Option<&'a str>,
    partner_agent: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    appsecret_proof: Option<&'a str>,
}

#[derive(Serialize)]
struct ServerEvent<'a> {
    event_name: &'a str,
    event_time: i64,
    event_id: &'a str,
    action_source: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_source_url: Option<&'a str>,
    user_data: &'a RawValue,
    custom_data: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_processing_options: Option<[&'static str; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_processing_options_country: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_processing_options_state: Option<u8>,
}

/// The JSON body of a request with these events. `appsecret_proof` is for tokens of an app that demands one.
pub fn body(
    events: &[&Event],
    test_event_code: Option<&str>,
    appsecret_proof: Option<&str>,
) -> Result<String, serde_json::Error> {
    let data = events
        .iter()
        .map(|event| {
            // 0 and 0: Meta finds out by itself where the person is (Meta, Data processing options).
            let limited = event.limited_data_use.then_some(0);
            ServerEvent {
                event_name: &event.event_name,
                event_time: event.event_time_s,
                event_id: &event.event_id,
                action_source: &event.action_source,
                event_source_url: event.event_source_url.as_deref(),
                user_data: &event.user_data,
                custom_data: &event.custom_data,
                data_processing_options: limited.map(|_| ["LDU"]),
                data_processing_options_country: limited,
                data_processing_options_state: limited,
            }
        })
        .collect();
    serde_json::to_string(&Body { data, test_event_code, partner_agent: PARTNER_AGENT, appsecret_proof })
}
