//! A tenant's pages: what happened to its sales, and what can be done about them.

mod bodies;
mod changes;
mod chart;
mod connection_settings;
mod connections;
mod event;
mod events;
mod frame;
mod health;
mod import;
mod keys;
mod numbers;
mod overview;
mod people;
mod quarantine;
mod settings;

use lambda_http::http::Method;
use lambda_http::{Body, Response};
use shared::db::setup::{self, Shown, Tenant};
use shared::domain::access::Needs;
use shared::http::Problem;

use super::context::Context;
use crate::access;

/// A tenant that somebody looks at who may.
pub(super) struct Seen {
    pub(super) tenant: Tenant,
    /// Its setup session, if it is still kept.
    pub(super) session_id: Option<String>,
    /// When the doctor was last done with it; Unix seconds.
    pub(super) examined_at: Option<i64>,
}

impl Seen {
    /// Where a page of it is: `events`, `events/<id>`.
    pub(super) fn to(&self, page: &str) -> String {
        let slash = if page.is_empty() { "" } else { "/" };
        format!("/setup/tenants/{}{slash}{page}", self.tenant.id)
    }
}

/// `/setup/tenants/{id}...`.
pub(super) async fn route(context: &Context<'_>, id: &str, rest: &[&str]) -> Result<Response<Body>, Problem> {
    let is_change = context.request.method() == Method::POST;
    let needs = match rest {
        _ if !is_change => Needs::Read,
        // A search is a look, too: what is looked for has no place in an address.
        ["events", "search"] => Needs::Read,
        ["settings", "suspend" | "retire"] => Needs::Operator,
        ["settings", "activate"] => Needs::Activate,
        _ => Needs::Admin,
    };
    let seen = seen(context, id, needs).await?;
    match (rest, is_change) {
        ([], false) => overview::page(context, &seen).await,
        (["release"], true) => overview::release(context, &seen).await,
        (["events"], false) => events::page(context, &seen).await,
        (["events", "search"], true) => events::search(context, &seen).await,
        (["events.csv"], false) => events::file(context, &seen).await,
        (["events", event_id], false) => event::page(context, &seen, event_id).await,
        (["events", event_id, "replay"], true) => event::replay(context, &seen, event_id).await,
        (["import"], false) => Ok(import::page(context, &seen)),
        (["import"], true) => import::import(context, &seen).await,
        (["health"], false) => health::page(context, &seen).await,
        (["health"], true) => health::examine(context, &seen).await,
        (["keys"], false) => keys::page(context, &seen).await,
        (["keys"], true) => keys::create(context, &seen).await,
        (["keys", key, "end"], true) => keys::end(context, &seen, key).await,
        (["quarantine"], false) => quarantine::page(context, &seen).await,
        (["quarantine"], true) => quarantine::replay(context, &seen).await,
        (["connections"], false) => connections::page(context, &seen).await,
        (["connections"], true) => connections::create(context, &seen).await,
        (["connections", connection, act], true) => connections::change(context, &seen, connection, act).await,
        (["bodies"], false) => bodies::page(context, &seen).await,
        (["bodies"], true) => bodies::replay(context, &seen).await,
        (["settings"], false) => Ok(settings::page(context, &seen)),
        (["settings", act], true) => settings::change(context, &seen, act).await,
        (["people"], false) => Ok(people::page(context, &seen)),
        (["people"], true) => people::act(context, &seen).await,
        (["changes"], false) => changes::page(context, &seen).await,
        _ => Err(crate::no_route()),
    }
}

/// The tenant, for who may do this with it. Anybody else's is none.
async fn seen(context: &Context<'_>, id: &str, needs: Needs) -> Result<Seen, Problem> {
    if !setup::is_id(id) {
        return Err(crate::no_route());
    }
    access::permit(context.state, context.request, context.caller()?, needs, id, crate::no_route).await?;
    let found = context.state.db.run(|client| async move { setup::show(&client, id).await }).await;
    let shown = found.map_err(|error| crate::unavailable(context.request, &error))?.ok_or_else(crate::no_route)?;
    let Shown { tenant, session_id, examined_at, .. } = shown;
    Ok(Seen { tenant, session_id, examined_at })
}
