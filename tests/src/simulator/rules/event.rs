//! Rules on the event itself.

use serde_json::Value;
use url::Url;

use super::{Event, is_filled, when};

const DAY: i64 = 24 * 60 * 60;

/// In Unix seconds this is the year 5138; in milliseconds, 1973.
const SURELY_MILLISECONDS: i64 = 100_000_000_000;

const KEYS: &[&str] = &[
    "event_name",
    "event_time",
    "user_data",
    "custom_data",
    "event_source_url",
    "referrer_url",
    "opt_out",
    "event_id",
    "action_source",
    "data_processing_options",
    "data_processing_options_country",
    "data_processing_options_state",
    "app_data",
    "extinfo",
    "original_event_data",
    "customer_segmentation",
    "attribution_data",
    "messaging_channel",
    "advanced_measurement_table",
];

const ACTION_SOURCES: &[&str] = &[
    "email",
    "website",
    "app",
    "phone_call",
    "chat",
    "physical_store",
    "system_generated",
    "business_messaging",
    "other",
];

const SEGMENTS: &[&str] = &[
    "new_customer_to_business",
    "new_customer_to_business_line",
    "new_customer_to_product_area",
    "new_customer_to_medium",
    "existing_customer_to_business",
    "existing_customer_to_business_line",
    "existing_customer_to_product_area",
    "existing_customer_to_medium",
    "customer_in_loyalty_program",
];

pub(super) fn keys(event: &Event<'_>) -> Option<String> {
    let mut keys = event.json.keys();
    keys.find(|key| !KEYS.contains(&key.as_str())).cloned()
}

pub(super) fn name(event: &Event<'_>) -> Option<String> {
    let filled = event.field("event_name").is_some_and(is_filled);
    when(!filled, "event_name")
}

fn event_time(event: &Event<'_>) -> Option<i64> {
    event.field("event_time")?.as_i64()
}

pub(super) fn time(event: &Event<'_>) -> Option<String> {
    when(event_time(event).is_none(), "event_time")
}

pub(super) fn time_in_ms(event: &Event<'_>) -> Option<String> {
    when(event_time(event)? >= SURELY_MILLISECONDS, "event_time")
}

pub(super) fn time_in_future(event: &Event<'_>) -> Option<String> {
    when(event_time(event)? > event.now + 60, "event_time")
}

fn older_than(event: &Event<'_>, days: i64) -> Option<String> {
    when(event_time(event)? < event.now - days * DAY, "event_time")
}

pub(super) fn time_too_old(event: &Event<'_>) -> Option<String> {
    if event.is("action_source", "physical_store") {
        return None;
    }
    older_than(event, 7)
}

pub(super) fn time_too_old_store(event: &Event<'_>) -> Option<String> {
    older_than(event, 62)
}

pub(super) fn action_source(event: &Event<'_>) -> Option<String> {
    let known = ACTION_SOURCES.iter().any(|of| event.is("action_source", of));
    when(!known, "action_source")
}

pub(super) fn website_url(event: &Event<'_>) -> Option<String> {
    let missing = event.field("event_source_url").is_none();
    when(event.is("action_source", "website") && missing, "event_source_url")
}

pub(super) fn website_agent(event: &Event<'_>) -> Option<String> {
    let missing = event.user("client_user_agent").is_none();
    let website = event.is("action_source", "website");
    when(website && missing, "user_data.client_user_agent")
}

pub(super) fn source_url(event: &Event<'_>) -> Option<String> {
    let url = event.field("event_source_url")?.as_str();
    let parsed = url.and_then(|url| Url::parse(url).ok());
    let web = parsed.is_some_and(|url| matches!(url.scheme(), "http" | "https"));
    when(!web, "event_source_url")
}

pub(super) fn id(event: &Event<'_>) -> Option<String> {
    when(!is_filled(event.field("event_id")?), "event_id")
}

pub(super) fn opt_out(event: &Event<'_>) -> Option<String> {
    when(!event.field("opt_out")?.is_boolean(), "opt_out")
}

pub(super) fn processing_options(event: &Event<'_>) -> Option<String> {
    let key = "data_processing_options";
    let options = event.field(key)?.as_array();
    let known = options.is_some_and(|list| list.is_empty() || *list == [Value::from("LDU")]);
    when(!known, key)
}

pub(super) fn processing_country(event: &Event<'_>) -> Option<String> {
    let key = "data_processing_options_country";
    when(!matches!(event.field(key)?.as_i64(), Some(0 | 1)), key)
}

pub(super) fn processing_state(event: &Event<'_>) -> Option<String> {
    let key = "data_processing_options_state";
    let state = event.field(key)?.as_i64();
    when(!matches!(state, Some(0 | 1000..=1013)), key)
}

/// The page lists it on the event, Meta's example has it in `custom_data`: both are judged.
pub(super) fn segmentation(event: &Event<'_>) -> Option<String> {
    let key = "customer_segmentation";
    let unknown =
        |value: Option<&Value>| value.is_some_and(|value| !value.as_str().is_some_and(|of| SEGMENTS.contains(&of)));
    if unknown(event.custom(key)) {
        return Some(format!("custom_data.{key}"));
    }
    when(unknown(event.field(key)), key)
}
