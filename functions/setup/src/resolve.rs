//! Whether a domain is known to the DNS. The other end is not ours, so a test puts its own in place.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use serde_json::{Value, json};
use shared::domain::setup::{Input, normal_domain};
use tokio::net::lookup_host;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// How long all lookups together may take. A resolver that knows answers in a tenth of it; a person waits meanwhile.
const PATIENCE: Duration = Duration::from_millis(1500);
/// How long an answer is believed, in seconds: an hour, so that who goes on entering things is not kept waiting each time.
const FRESH_S: i64 = 3600;
/// The same where a name was missing: it may be repaired at this moment.
const MISSING_FRESH_S: i64 = 60;
/// Exists as long as there is anything to send to. Where it does not resolve, there is no network, and nothing is known of other names.
const CONTROL: &str = "graph.facebook.com";

type Looked = Pin<Box<dyn Future<Output = io::Result<bool>> + Send>>;

/// Looks names up.
#[derive(Clone, Copy)]
pub struct Resolver(fn(String) -> Looked);

impl Resolver {
    /// The system's.
    pub const SYSTEM: Self = Self(|name| {
        Box::pin(async move {
            let mut addresses = lookup_host((name, 443)).await?;
            Ok(addresses.next().is_some())
        })
    });

    /// One of one's own: whether a name has an address, or why that cannot be told.
    pub const fn from_fn(look_up: fn(String) -> Looked) -> Self {
        Self(look_up)
    }

    /// The names of these that surely have no address; none where nothing can be told.
    async fn not_found(self, names: Vec<String>) -> Vec<String> {
        let mut lookups = JoinSet::new();
        for name in names.into_iter().chain([CONTROL.to_owned()]) {
            let looked = (self.0)(name.clone());
            lookups.spawn(async move { (name, timeout(PATIENCE, looked).await) });
        }
        let (mut missing, mut has_network) = (Vec::new(), false);
        while let Some(looked) = lookups.join_next().await {
            match looked {
                Ok((name, Ok(Ok(true)))) if name == CONTROL => has_network = true,
                // An error is how the system says that there is no such name, and no address is no page either.
                Ok((name, Ok(Err(_) | Ok(false)))) => missing.push(name),
                // It has one; or it took too long, which says nothing.
                Ok(_) | Err(_) => {}
            }
        }
        missing.sort_unstable();
        if has_network { missing } else { Vec::new() }
    }
}

/// Looks the funnel's domains up where that was not done lately, and gives what is to be kept of it.
pub(crate) async fn fact(resolver: Resolver, input: &Input, facts: &Value, now_s: i64) -> Option<Value> {
    let names = names(input);
    let known = &facts["domains"];
    let fresh_s = if not_found(facts).is_empty() { FRESH_S } else { MISSING_FRESH_S };
    let is_fresh = known["checked_at"].as_i64().is_some_and(|at| at.saturating_add(fresh_s) > now_s);
    let of_these = known["names"].as_array().is_some_and(|it| it.iter().eq(names.iter()));
    if names.is_empty() || is_fresh && of_these {
        return None;
    }
    let missing = resolver.not_found(names.clone()).await;
    Some(json!({"names": names, "not_found": missing, "checked_at": now_s}))
}

/// The domains of which it was found out that the DNS does not know them.
pub(crate) fn not_found(facts: &Value) -> Vec<String> {
    let names = facts["domains"]["not_found"].as_array().into_iter().flatten();
    names.filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

/// The funnel's domains as they are listed, each once.
fn names(input: &Input) -> Vec<String> {
    let mut names: Vec<String> = input.funnel.domains.iter().filter_map(|it| normal_domain(it).ok()).collect();
    names.sort_unstable();
    names.dedup();
    names
}
