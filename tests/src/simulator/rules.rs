//! The rules, each with its source, so that a reader can hold them against Meta's pages.
//!
//! Page names are those of Meta's Conversions API documentation. Rules run in this order.

mod browser;
mod custom_data;
mod customer;
mod event;
mod request;

use serde_json::{Map, Value};

use super::intake::Params;

pub(super) use request::version_lives;

/// Where a rule comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A page of Meta's documentation.
    Meta(&'static str),
    /// What others saw Meta do. Not in its pages.
    Seen(&'static str),
    /// Strictness of ours, and why. Meta may take what this refuses.
    Ours(&'static str),
}

/// What breaking a rule is answered with; always HTTP 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// `code`.
    pub code: i64,
    /// `error_subcode`.
    pub subcode: Option<i64>,
    /// `error_user_title`.
    pub title: &'static str,
    /// Whether `error_data.blame_field_specs` names the field. Observed answers to 2804003 and 2804016
    /// have no `error_data`, so the documented subcodes leave it out: a sender cannot count on it.
    pub blames: bool,
}

impl Refusal {
    /// A missing, unknown or mistyped parameter, as senders' reports quote it.
    pub const PARAMETER: Self = Self::new(100, Some(2_804_019), "Server Side Api Parameter Error", true);
    /// The same without a subcode, for what no source gives one.
    pub const PLAIN: Self = Self::new(100, None, "Invalid parameter", true);
    /// Third parties saw this subcode; what it means is not confirmed.
    pub const CLICK_ID: Self = Self::new(100, Some(2_804_001), "Invalid Browser Parameter", true);
    /// An event beyond its age limit.
    pub const TOO_OLD: Self = Self::new(100, Some(2_804_003), "Event Timestamp Too Old", false);
    /// A purchase without an amount.
    pub const NO_VALUE: Self = Self::new(100, Some(2_804_009), "Purchase Value Missing", false);
    /// A purchase without a currency.
    pub const NO_CURRENCY: Self = Self::new(100, Some(2_804_010), "Purchase Currency Missing", false);
    /// Contact data in clear.
    pub const NOT_HASHED: Self = Self::new(100, Some(2_804_016), "User Parameter Not Hashed", false);
    /// Nothing, or too little, to find a person by.
    pub const TOO_BROAD: Self = Self::new(100, Some(2_804_050), "Too Little Customer Information", false);

    const fn new(code: i64, subcode: Option<i64>, title: &'static str, blames: bool) -> Self {
        Self { code, subcode, title, blames }
    }
}

/// A rule on one event.
pub struct EventRule {
    /// Its name, which [`RequestRecord::rule`](super::RequestRecord::rule) gives.
    pub name: &'static str,
    /// What must be, in words.
    pub says: &'static str,
    /// Where it comes from.
    pub source: Source,
    /// What breaking it is answered with.
    pub refusal: Refusal,
    /// The field that breaks it.
    pub(super) broken: fn(&Event<'_>) -> Option<String>,
}

/// A rule on the request's own parameters.
pub struct RequestRule {
    /// Its name, which [`RequestRecord::rule`](super::RequestRecord::rule) gives.
    pub name: &'static str,
    /// What must be, in words.
    pub says: &'static str,
    /// Where it comes from.
    pub source: Source,
    /// What breaking it is answered with.
    pub refusal: Refusal,
    /// The parameter that breaks it.
    pub(super) broken: fn(&Params) -> Option<String>,
}

/// One event under judgement.
pub(super) struct Event<'a> {
    pub(super) json: &'a Map<String, Value>,
    /// Unix seconds.
    pub(super) now: i64,
}

impl Event<'_> {
    /// A field of the event; `null` is as good as absent.
    fn field(&self, key: &str) -> Option<&Value> {
        self.json.get(key).filter(|value| !value.is_null())
    }

    /// A field of `user_data` or `custom_data`.
    fn inner(&self, object: &str, key: &str) -> Option<&Value> {
        self.field(object)?.get(key).filter(|value| !value.is_null())
    }

    fn user(&self, key: &str) -> Option<&Value> {
        self.inner("user_data", key)
    }

    fn custom(&self, key: &str) -> Option<&Value> {
        self.inner("custom_data", key)
    }

    fn is(&self, key: &str, text: &str) -> bool {
        self.field(key).and_then(Value::as_str) == Some(text)
    }
}

/// A value's strings, whether it is one or a list. None when anything else is among them.
fn strings(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(text) => Some(vec![text]),
        Value::Array(list) => list.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

fn is_filled(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}

fn when(broken: bool, field: &str) -> Option<String> {
    broken.then(|| field.into())
}

const SERVER_EVENT: Source = Source::Meta("Server event parameters");
const CUSTOMER: Source = Source::Meta("Customer information parameters");
const CUSTOM_DATA: Source = Source::Meta("Custom data parameters");
const USING_THE_API: Source = Source::Meta("Using the API");
const LIMITED_USE: Source = Source::Meta("Data processing options");
const FBC_FBP: Source = Source::Meta("fbp and fbc parameters");
const UNKNOWN_KEY: Source = Source::Seen("facebook-nodejs-business-sdk issue 258: 'Unexpected key .. on param'");

macro_rules! rules {
    ($of:ident: $($name:literal, $broken:path, $refusal:ident, $source:expr, $says:literal;)*) => {
        &[$($of {
            name: $name,
            says: $says,
            source: $source,
            refusal: Refusal::$refusal,
            broken: $broken,
        }),*]
    };
}

/// The rules on a request's parameters.
pub const REQUEST_RULES: &[RequestRule] = rules! { RequestRule:
    "data", request::data, PLAIN, USING_THE_API, "a list of events is required";
    "data_empty", request::data_empty, PLAIN, Source::Ours("a request without an event has no use"), "at least one event";
    "data_over_1000", request::data_over_1000, PLAIN, USING_THE_API, "at most 1,000 events a request";
    "partner_agent", request::partner_agent, PLAIN, Source::Meta("End-to-end implementation"), "under 23 characters, at least two letters";
    "test_event_code", request::test_event_code, PLAIN, Source::Ours("a blank code would send a test to production"), "not blank when given";
};

/// The rules on each event.
pub const EVENT_RULES: &[EventRule] = rules! { EventRule:
    "event_keys", event::keys, PARAMETER, UNKNOWN_KEY, "a known key of the event";
    "event_name", event::name, PARAMETER, SERVER_EVENT, "required, text";
    "event_time", event::time, PARAMETER, SERVER_EVENT, "required, Unix seconds as an integer";
    "event_time_ms", event::time_in_ms, PARAMETER, SERVER_EVENT, "seconds, not milliseconds";
    "event_time_future", event::time_in_future, PARAMETER, Source::Ours("Meta names no limit; RudderStack refuses more than 1 minute ahead"), "not over 1 minute ahead";
    "event_time_old", event::time_too_old, TOO_OLD, SERVER_EVENT, "within 7 days";
    "event_time_old_store", event::time_too_old_store, TOO_OLD, USING_THE_API, "physical_store: within 62 days";
    "action_source", event::action_source, PARAMETER, SERVER_EVENT, "required, one of the documented";
    "website_url", event::website_url, PARAMETER, SERVER_EVENT, "required for website";
    "website_agent", event::website_agent, PARAMETER, Source::Meta("Parameters (Graph v26.0 was seen to take an event without)"), "required for website";
    "event_source_url", event::source_url, PARAMETER, Source::Ours("Meta: a page URL; ours: it must parse and be http(s)"), "an http or https URL";
    "event_id", event::id, PARAMETER, Source::Ours("Meta: any string; ours: a blank one would make strangers duplicates"), "text that is not blank";
    "opt_out", event::opt_out, PARAMETER, SERVER_EVENT, "true or false";
    "data_processing_options", event::processing_options, PARAMETER, LIMITED_USE, "[\"LDU\"] or []";
    "data_processing_options_country", event::processing_country, PARAMETER, LIMITED_USE, "0 or 1";
    "data_processing_options_state", event::processing_state, PARAMETER, LIMITED_USE, "0 or 1000 to 1013";
    "customer_segmentation", event::segmentation, PARAMETER, SERVER_EVENT, "one of the documented";
    "user_data", customer::object, PARAMETER, SERVER_EVENT, "required, an object";
    "user_data_keys", customer::keys, PARAMETER, Source::Ours("the event's own unknown keys were seen refused; that these are too is an inference"), "a known key of user_data";
    "hashed", customer::hashed, NOT_HASHED, CUSTOMER, "SHA-256 in hex (the official SDKs let MD5 through too), or a parameter builder's value";
    "hashed_case", customer::hash_case, NOT_HASHED, Source::Ours("Meta: lower-case hex; SDKs fold it, we send it right"), "lower-case hex";
    "hashed_nothing", customer::hash_of_nothing, PLAIN, Source::Ours("the hash of an empty text would match strangers"), "not the hash of an empty text";
    "hashed_list", customer::hashed_list, PARAMETER, CUSTOMER, "one value, not a list";
    "external_id", customer::external_id, PARAMETER, CUSTOMER, "text or a list of it, not blank";
    "never_hashed", customer::never_hashed, PARAMETER, CUSTOMER, "sent as it is, not hashed";
    "never_list", customer::never_list, PARAMETER, CUSTOMER, "one value that is not blank";
    "login_and_lead_id", customer::login_and_lead_id, PARAMETER, CUSTOMER, "an integer";
    "client_ip_address", browser::address, PARAMETER, CUSTOMER, "one IPv4 or IPv6 address without spaces";
    "fbc", browser::fbc, CLICK_ID, FBC_FBP, "fb.{index}.{milliseconds}.{fbclid}[.{appendix}]";
    "fbc_time", browser::fbc_time, CLICK_ID, FBC_FBP, "creation time in milliseconds";
    "fbc_length", browser::fbc_length, CLICK_ID, Source::Ours("Meta's browser library ignores click ids over 500 characters"), "a click id of at most 500 characters";
    "fbp", browser::fbp, CLICK_ID, FBC_FBP, "fb.{index}.{milliseconds}.{digits}[.{appendix}]";
    "fbp_time", browser::fbp_time, CLICK_ID, FBC_FBP, "creation time in milliseconds";
    "too_broad", customer::too_broad, TOO_BROAD, Source::Meta("Best practices"), "more than these few parameters";
    "custom_data", custom_data::object, PARAMETER, SERVER_EVENT, "an object";
    "purchase_currency", custom_data::purchase_currency, NO_CURRENCY, CUSTOM_DATA, "required for Purchase";
    "purchase_value", custom_data::purchase_value, NO_VALUE, CUSTOM_DATA, "required for Purchase";
    "currency", custom_data::currency, PARAMETER, CUSTOM_DATA, "an ISO 4217 code";
    "value", custom_data::value, PARAMETER, CUSTOM_DATA, "a number, or a text that is one";
    "value_negative", custom_data::negative, PARAMETER, Source::Ours("no page allows or forbids it; a sale is not negative"), "not below zero";
    "order_id", custom_data::order_id, PARAMETER, CUSTOM_DATA, "text";
    "num_items", custom_data::num_items, PARAMETER, CUSTOM_DATA, "an integer";
    "content_ids", custom_data::content_ids, PARAMETER, CUSTOM_DATA, "a list";
    "content_type", custom_data::content_type, PARAMETER, CUSTOM_DATA, "product or product_group";
    "contents", custom_data::contents, PARAMETER, CUSTOM_DATA, "a list of objects with id and quantity";
    "delivery_category", custom_data::delivery_category, PARAMETER, CUSTOM_DATA, "one of the documented";
};
