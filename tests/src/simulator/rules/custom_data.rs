//! Rules on `custom_data`. Free properties are allowed, so its keys are not judged.

use iso_currency::Currency;
use serde_json::Value;

use super::{Event, when};

const DELIVERY: &[&str] = &["in_store", "curbside", "home_delivery"];

pub(super) fn object(event: &Event<'_>) -> Option<String> {
    when(!event.field("custom_data")?.is_object(), "custom_data")
}

fn purchase_without(event: &Event<'_>, key: &str) -> Option<String> {
    let missing = event.custom(key).is_none();
    let purchase = event.is("event_name", "Purchase");
    when(purchase && missing, &format!("custom_data.{key}"))
}

pub(super) fn purchase_currency(event: &Event<'_>) -> Option<String> {
    purchase_without(event, "currency")
}

pub(super) fn purchase_value(event: &Event<'_>) -> Option<String> {
    purchase_without(event, "value")
}

/// Meta's examples have `usd` and `USD`.
pub(super) fn currency(event: &Event<'_>) -> Option<String> {
    let code = event.custom("currency")?.as_str();
    let known = code.and_then(|code| Currency::from_code(&code.to_ascii_uppercase()));
    when(known.is_none(), "custom_data.currency")
}

/// Meta's examples have numbers and texts that are numbers.
fn amount(value: &Value) -> Option<f64> {
    let plain = |text: &&str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-'));
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => Some(text.as_str()).filter(plain)?.parse().ok(),
        _ => None,
    };
    number.filter(|number| number.is_finite())
}

pub(super) fn value(event: &Event<'_>) -> Option<String> {
    when(amount(event.custom("value")?).is_none(), "custom_data.value")
}

pub(super) fn negative(event: &Event<'_>) -> Option<String> {
    when(amount(event.custom("value")?)? < 0.0, "custom_data.value")
}

pub(super) fn order_id(event: &Event<'_>) -> Option<String> {
    when(!event.custom("order_id")?.is_string(), "custom_data.order_id")
}

pub(super) fn num_items(event: &Event<'_>) -> Option<String> {
    when(!event.custom("num_items")?.is_u64(), "custom_data.num_items")
}

pub(super) fn content_ids(event: &Event<'_>) -> Option<String> {
    when(!event.custom("content_ids")?.is_array(), "custom_data.content_ids")
}

pub(super) fn content_type(event: &Event<'_>) -> Option<String> {
    let kind = event.custom("content_type")?.as_str();
    let known = matches!(kind, Some("product" | "product_group"));
    when(!known, "custom_data.content_type")
}

fn is_content(content: &Value) -> bool {
    let id = content.get("id").is_some_and(|id| id.is_string() || id.is_u64());
    id && content.get("quantity").is_none_or(Value::is_u64)
}

pub(super) fn contents(event: &Event<'_>) -> Option<String> {
    let list = event.custom("contents")?.as_array();
    let good = list.is_some_and(|list| list.iter().all(is_content));
    when(!good, "custom_data.contents")
}

fn is_delivery(value: &Value) -> bool {
    value.as_str().is_some_and(|kind| DELIVERY.contains(&kind))
}

pub(super) fn delivery_category(event: &Event<'_>) -> Option<String> {
    let key = "delivery_category";
    let contents = event.custom("contents").and_then(Value::as_array);
    let inner = contents.into_iter().flatten().filter_map(|of| of.get(key));
    let good = event.custom(key).into_iter().chain(inner).all(is_delivery);
    when(!good, "custom_data.delivery_category")
}
