//! The events beside Purchase that a tenant wants.

use lambda_http::Request;
use serde_json::{Value, json};
use shared::db::connections::manage;
use shared::domain::access::Act;
use shared::domain::order::{NotAnEvent, OptionalEvents, Trigger};
use shared::http::Problem;

use crate::State;
use crate::access::{self, Caller};
use crate::tenants::{none, retired, shown};

/// Takes `{events: {<what causes one>: <its name>}}` in place of those before; none ends all.
pub(crate) async fn set(state: &State, request: &Request, caller: &Caller, id: &str) -> Result<Value, Problem> {
    let mut fields = crate::fields(request)?;
    if !fields.has("events") {
        fields.error("events", "required", "must be an object; an empty one ends all");
    }
    let mut events = fields.object("events");
    let mut wanted = Vec::new();
    for trigger in Trigger::WORDS {
        let Some(name) = events.text(trigger) else { continue };
        match OptionalEvents::wanted(trigger, Some(&name)) {
            Ok(event) => wanted.push(event),
            Err(error) => events.error(trigger, code(error), error.to_string()),
        }
    }
    fields.errors.extend(events.finish());
    crate::finish(fields)?;
    if shown(state, request, id).await?.tenant.status == "retired" {
        return Err(retired());
    }
    let entry = access::entry(state, request, caller, Act::OptionalEventsSet, id, &json!({}));
    let (told, events) = (Some(&entry), wanted.as_slice());
    let set = state.db.run(|client| async move { manage::set_optional_events(&client, id, events, told).await }).await;
    if !set.map_err(|error| crate::unavailable(request, &error))? {
        return Err(none());
    }
    access::told(request, &entry);
    let named = wanted.iter().map(|(trigger, name)| (trigger.as_str().to_owned(), name.as_str().into()));
    Ok(json!({"id": id, "events": Value::Object(named.collect())}))
}

fn code(error: NotAnEvent) -> &'static str {
    match error {
        NotAnEvent::Trigger => "unknown_word",
        NotAnEvent::Name => "not_a_name",
        NotAnEvent::Purchase => "is_purchase",
    }
}
