//! What somebody changed, for who asks later: a row of the audit, and a line of the log.

use lambda_http::Request;
use serde_json::Value;
use shared::db::audit::Entry;
use shared::domain::access::Act;
use shared::http;

use super::Caller;
use crate::State;

/// What a caller is about to change. `detail` is an object without the value of a secret or anything of a person.
pub(crate) fn entry(
    state: &State,
    request: &Request,
    caller: &Caller,
    act: Act,
    subject: &str,
    detail: &Value,
) -> Entry {
    Entry::new(caller.by(), http::client_ip(request, state.trusted_proxy_hops), act, subject, detail)
}

/// Logs what was changed; the row is written with the change.
pub(crate) fn told(request: &Request, entry: &Entry) {
    let (id, by) = (http::request_id(request), entry.by.to_string());
    tracing::info!(request.id = id, subject = entry.subject, by, act = entry.act.as_str(), "setup");
}
