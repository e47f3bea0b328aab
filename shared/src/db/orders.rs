//! Orders: one statement finds the click, keeps the observation, claims the event id, and writes the conversion,
//! its first attempt, the order's state and the delivery.

mod seen;
mod statement;

use std::slice;

use deadpool_postgres::Client;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};

use super::Error;
use super::audit::{self, Entry};
use super::pipeline::{self, Running};
use super::signals::Signals;
use super::stories::{candidates, rules};
use crate::domain::attribution;
use crate::domain::conversion::{IgnoredReason, State};

pub use seen::{SEEN, Seen, Sold, seen};

/// The source of an order from a table of the past.
pub const IMPORT: &str = "import";

/// An order as it was parsed, normalised and hashed.
#[derive(Clone, Default)]
pub struct NewOrder {
    /// The tenant, by its key.
    pub tenant_id: String,
    /// The key, checked again by the write; `None` where the caller was let through by something else.
    pub key_id: Option<String>,
    /// Whether a connection may tell of the same order at the same moment: then its lock is taken.
    pub shares_orders: bool,
    /// The id of every row that this delivery makes.
    pub id: String,
    /// `api`, `import`, or the platform.
    pub source: &'static str,
    /// What names the order among the tenant's.
    pub order_key: String,
    /// The event id it would have.
    pub event_id: String,
    /// The event's name.
    pub event_name: String,
    /// The exact decimal.
    pub value: String,
    /// ISO 4217.
    pub currency: String,
    /// When it happened, in Unix seconds; now, by the database's clock, if the caller does not say.
    pub event_time_s: Option<i64>,
    /// The order's state, if the delivery says one.
    pub state: Option<&'static str>,
    /// Why it sends nothing, if it does not.
    pub ignored: Option<IgnoredReason>,
    /// `custom_data`, as JSON.
    pub custom_data: String,
    /// Of buyer and click.
    pub signals: Signals,
}

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is kept.
    Order(Box<Kept>),
    /// The event was claimed before, and its conversion has been purged since: a duplicate of which no more is known.
    Forgotten {
        /// The order's own event, or the one that was told of the same order's sale before.
        event_id: String,
    },
    /// The key is not in force any more.
    KeyRevoked,
    /// The tenant is retired.
    Retired,
}

/// The conversion of an order that was kept: this delivery's own, or the first one's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The event: the order's own, or the one that was told of the same order's sale before.
    pub event_id: String,
    /// The order of that event: this one, or the same under another name.
    pub order_key: String,
    /// Whether the event id was known before.
    pub duplicate: bool,
    /// Whether an attempt waits for the dispatcher because of this delivery.
    pub wakes: bool,
    /// Where the conversion stands, by the tenant's gate too.
    pub state: State,
    /// Why, for a state that needs a reason.
    pub reason: Option<String>,
    /// As it will be sent.
    pub action_source: String,
    /// The click and why.
    pub found: attribution::Match,
}

/// Records an order. See [`super::Db::run`]: a lost race is tried once more and then finds the winner's rows.
pub async fn record(client: &Client, order: &NewOrder) -> Result<Recorded, Error> {
    let statement = client.prepare_cached(&statement::SQL).await?;
    if order.shares_orders {
        return record_all(client, slice::from_ref(order), None).await?.pop().ok_or(Error::Race);
    }
    recorded(one(client, &statement, order).await?.first().ok_or(Error::Race)?, order)
}

/// Records several orders of one tenant, all of them or none, in one round trip and one commit: each finds what those before it made.
/// Gives what became of each, in their order. `entry` tells of it.
///
/// Safe to repeat with the same ids: what an earlier try has made is told as if this one had.
pub async fn record_all(client: &Client, orders: &[NewOrder], entry: Option<&Entry>) -> Result<Vec<Recorded>, Error> {
    let Some(first) = orders.first() else { return Ok(Vec::new()) };
    let statement = client.prepare_cached(&statement::SQL).await?;
    let keys: Vec<&str> = orders.iter().map(|order| order.order_key.as_str()).collect();
    let mut running: Vec<Running<'_>> =
        orders.iter().map(|order| Box::pin(one(client, &statement, order)) as _).collect();
    if let Some(entry) = entry {
        let write = client.prepare_cached(audit::WRITE).await?;
        running.push(Box::pin(async move { client.query(&write, &[&first.tenant_id, &entry.text()]).await }));
    }
    let rows = pipeline::with_locks(client, &first.tenant_id, &keys, running).await?;
    rows.iter().zip(orders).map(|(row, order)| recorded(row, order)).collect()
}

async fn one(client: &Client, statement: &Statement, order: &NewOrder) -> Result<Vec<Row>, tokio_postgres::Error> {
    let ignored = order.ignored.map(IgnoredReason::as_str);
    let event_time_us = order.event_time_s.map(|it| it.saturating_mul(1_000_000));
    let parameters: [&(dyn ToSql + Sync); 27] = [
        &order.tenant_id,
        &order.key_id,
        &order.id,
        &order.source,
        &order.order_key,
        &order.event_id,
        &order.event_name,
        &order.value,
        &order.currency,
        &event_time_us,
        &order.state,
        &ignored,
        &order.signals.user_data,
        &order.custom_data,
        &order.signals.email_hash,
        &order.signals.phone_hash,
        &order.signals.click_id,
        &order.signals.fbc,
        &order.signals.fbclid,
        &order.signals.fbp,
        &order.signals.built_fbc,
        &order.signals.ip,
        &order.signals.user_agent,
        &order.signals.event_source_url,
        &order.signals.action_source,
        &order.signals.utm,
        &order.signals.external_id_hash,
    ];
    client.query(statement, &parameters).await
}

fn recorded(row: &Row, order: &NewOrder) -> Result<Recorded, Error> {
    match row.try_get::<_, Option<&str>>("tenant_status")? {
        None => Ok(Recorded::KeyRevoked),
        Some("retired") => Ok(Recorded::Retired),
        // Claim and conversion are made together, so a claim without one has lost it to retention.
        Some(_) if row.try_get("known")? && row.try_get::<_, Option<&str>>("state")?.is_none() => {
            let told: Option<String> = row.try_get("told")?;
            Ok(Recorded::Forgotten { event_id: told.unwrap_or_else(|| order.event_id.clone()) })
        }
        Some(_) => kept(row, &order.id).map(|kept| Recorded::Order(Box::new(kept))),
    }
}

fn kept(row: &Row, id: &str) -> Result<Kept, Error> {
    // Neither made nor seen: another request made it after this statement's snapshot was taken.
    let state: &str = row.try_get::<_, Option<&str>>("state")?.ok_or(Error::Race)?;
    let state = State::parse(state).ok_or(Error::Inconsistent { table: "conversions", column: "state" })?;
    let first: &str = row.try_get("conversion_id")?;
    let found = attribution::decide(&candidates(row)?, rules(row)?);
    if found.click_id.as_deref() != row.try_get("click_id")? {
        tracing::error!(conversion.id = first, "the statement chose another click than the rules");
    }
    Ok(Kept {
        event_id: row.try_get("event_id")?,
        order_key: row.try_get("order_key")?,
        duplicate: row.try_get::<_, bool>("known")? && first != id,
        wakes: row.try_get("claimed")?,
        state,
        reason: row.try_get("reason")?,
        action_source: row.try_get("action_source")?,
        found,
    })
}

/// The statement of [`record`], for who measures or explains it.
pub fn sql() -> &'static str {
    &statement::SQL
}
