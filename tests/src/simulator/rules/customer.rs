//! Rules on `user_data`.

use serde_json::Value;

use super::browser::is_appendix;
use super::{Event, is_filled, strings};

const HASHED: &[&str] = &["em", "ph", "fn", "ln", "db", "ge", "ct", "st", "zp", "country"];

/// Hashed by Meta's SDKs, absent from the page.
const HASHED_SINGLE: &[&str] = &["f5first", "f5last", "fi", "dobd", "dobm", "doby"];

const NEVER_HASHED: &[&str] = &[
    "client_ip_address",
    "client_user_agent",
    "fbc",
    "fbp",
    "subscription_id",
    "fb_login_id",
    "lead_id",
    "anon_id",
    "madid",
    "page_id",
    "page_scoped_user_id",
    "ctwa_clid",
    "ig_account_id",
    "ig_sid",
];

/// Nothing but one of these sets, or a part of one, is refused ("Best practices").
const TOO_BROAD: &[&[&str]] = &[
    &["ct", "country", "st", "zp", "ge", "client_user_agent"],
    &["db", "client_user_agent"],
    &["fn", "ge"],
    &["ln", "ge"],
];

/// SHA-256 of no bytes.
const HASH_OF_NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

pub(super) fn object(event: &Event<'_>) -> Option<String> {
    let object = event.field("user_data").is_some_and(Value::is_object);
    super::when(!object, "user_data")
}

fn present<'a>(event: &'a Event<'_>) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let object = event.field("user_data").and_then(Value::as_object);
    let fields = object.into_iter().flatten();
    fields
        .filter(|(_, value)| !value.is_null() && value.as_array().is_none_or(|l| !l.is_empty()))
        .map(|(key, value)| (key.as_str(), value))
}

/// The first present field that `broken` says so of.
fn first(event: &Event<'_>, broken: impl Fn(&str, &Value) -> bool) -> Option<String> {
    let (key, _) = present(event).find(|(key, value)| broken(key, value))?;
    Some(format!("user_data.{key}"))
}

fn is_hashed_key(key: &str) -> bool {
    HASHED.contains(&key) || HASHED_SINGLE.contains(&key)
}

pub(super) fn keys(event: &Event<'_>) -> Option<String> {
    let known = |key| is_hashed_key(key) || NEVER_HASHED.contains(&key) || key == "external_id";
    let object = event.field("user_data")?.as_object()?;
    let unknown = object.keys().find(|key| !known(key.as_str()))?;
    Some(format!("user_data.{unknown}"))
}

/// What stands before a parameter builder's appendix, or the whole.
fn hash_of(text: &str) -> &str {
    match text.split_once('.') {
        Some((hash, appendix)) if is_appendix(appendix) => hash,
        _ => text,
    }
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_sha256(text: &str) -> bool {
    is_hex(hash_of(text), 64)
}

fn is_md5(text: &str) -> bool {
    is_hex(hash_of(text), 32)
}

/// The first hashed field with a value that `broken` says so of.
fn first_hashed(event: &Event<'_>, broken: impl Fn(&str) -> bool) -> Option<String> {
    first(event, |key, value| is_hashed_key(key) && strings(value).is_none_or(|all| all.into_iter().any(&broken)))
}

pub(super) fn hashed(event: &Event<'_>) -> Option<String> {
    first_hashed(event, |text| !is_sha256(text) && !is_md5(text))
}

pub(super) fn hash_case(event: &Event<'_>) -> Option<String> {
    // A parameter builder's value is sent as it came.
    first_hashed(event, |text| !text.contains('.') && text.bytes().any(|byte| byte.is_ascii_uppercase()))
}

pub(super) fn hash_of_nothing(event: &Event<'_>) -> Option<String> {
    first(event, |key, value| {
        let hashable = is_hashed_key(key) || key == "external_id";
        let mut all = strings(value).unwrap_or_default().into_iter();
        hashable && all.any(|text| hash_of(text) == HASH_OF_NOTHING)
    })
}

pub(super) fn hashed_list(event: &Event<'_>) -> Option<String> {
    first(event, |key, value| HASHED_SINGLE.contains(&key) && value.is_array())
}

pub(super) fn external_id(event: &Event<'_>) -> Option<String> {
    first(event, |key, value| {
        let filled = |all: Vec<&str>| all.iter().all(|text| !text.trim().is_empty());
        key == "external_id" && !strings(value).is_some_and(filled)
    })
}

pub(super) fn never_hashed(event: &Event<'_>) -> Option<String> {
    first(event, |key, value| NEVER_HASHED.contains(&key) && value.as_str().is_some_and(is_sha256))
}

pub(super) fn never_list(event: &Event<'_>) -> Option<String> {
    first(event, |key, value| NEVER_HASHED.contains(&key) && !(is_filled(value) || value.is_u64()))
}

pub(super) fn login_and_lead_id(event: &Event<'_>) -> Option<String> {
    first(event, |key, value| {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let integer = value.is_u64() || value.as_str().is_some_and(digits);
        matches!(key, "fb_login_id" | "lead_id") && !integer
    })
}

pub(super) fn too_broad(event: &Event<'_>) -> Option<String> {
    let broad = |set: &&[&str]| present(event).all(|(key, _)| set.contains(&key));
    super::when(TOO_BROAD.iter().any(broad), "user_data")
}
