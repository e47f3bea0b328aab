//! Setting up a seller by the API: from an operator's token to the first event at Meta.

mod access;
mod any_input;
mod at_once;
mod attempts;
mod audit;
mod connections;
pub(crate) mod issues;
mod keys;
mod meta;
mod optional;
mod patching;
mod permissions;
mod provisioning;
mod secrets;
mod tenants;
mod trips;
mod unread;
mod whole_path;

use serde_json::Value;

/// The codes of an answer's issues, those of this severity.
fn codes(answer: &Value, severity: &str) -> Vec<String> {
    let issues = answer["issues"].as_array().into_iter().flatten();
    issues
        .filter(|it| it["severity"] == severity)
        .map(|it| it["code"].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// The codes of its errors.
fn errors(answer: &Value) -> Vec<String> {
    codes(answer, "error")
}
