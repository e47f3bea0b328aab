//! An order's story: its conversions with their match and every attempt.

use deadpool_postgres::Client;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio_postgres::Row;

use super::Error;
use crate::domain::attribution::{self, Candidate, Evidence, Rules};

/// A conversion as it is told.
pub struct Story {
    /// The event.
    pub event_id: String,
    /// The order's own id.
    pub order_id: String,
    /// The order's payment state, if the order is still kept.
    pub order_state: Option<String>,
    /// The event's name.
    pub event_name: String,
    /// Unix seconds.
    pub event_time_s: i64,
    /// The exact decimal.
    pub value: String,
    /// ISO 4217.
    pub currency: String,
    /// As sent.
    pub action_source: String,
    /// The ledger's state.
    pub state: String,
    /// Why, for a state that needs a reason.
    pub reason: Option<String>,
    /// The click and why.
    pub found: attribution::Match,
    /// Every attempt, oldest first, as a JSON list.
    pub attempts: Box<RawValue>,
}

/// Which stories.
#[derive(Clone, Debug)]
pub enum Of {
    /// The one of an event.
    Event(String),
    /// Those of an order, oldest first.
    Order(String),
}

/// The statement of [`find`], for who measures or explains it.
pub const FIND: &str = "
    select c.event_id, c.order_key, o.state as order_state, c.event_name, extract(epoch from c.event_time)::bigint as event_time,
           c.value::text as value, c.currency, c.action_source, c.state, c.reason,
           c.match_candidates::text as match_candidates, c.match_rules::text as match_rules,
           (select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                'number', a.number, 'status', a.status::text, 'due_at', extract(epoch from a.due_at)::bigint,
                'finished_at', extract(epoch from a.finished_at)::bigint, 'answer', a.answer,
                'http_status', a.http_status, 'error_code', a.error_code, 'error_subcode', a.error_subcode,
                'error_message', a.error_message, 'events_received', a.events_received, 'fbtrace_id', a.fbtrace_id))
                order by a.number), '[]')
            from dispatch_attempts a where a.tenant_id = c.tenant_id and a.event_id = c.event_id)::text as attempts
    from conversions c left join orders o on o.tenant_id = c.tenant_id and o.order_key = c.order_key
    where c.tenant_id = $1 and (c.event_id = $2 or c.order_key = $3)
    order by c.created_at, c.event_id limit 100";

/// A tenant's stories; none of another tenant is ever seen.
pub async fn find(client: &Client, tenant_id: &str, of: &Of) -> Result<Vec<Story>, Error> {
    let statement = client.prepare_cached(FIND).await?;
    let (event_id, order_key) = match of {
        Of::Event(event_id) => (Some(event_id), None),
        Of::Order(order_key) => (None, Some(order_key)),
    };
    client.query(&statement, &[&tenant_id, &event_id, &order_key]).await?.iter().map(story).collect()
}

fn story(row: &Row) -> Result<Story, Error> {
    let attempts: String = row.try_get("attempts")?;
    Ok(Story {
        event_id: row.try_get("event_id")?,
        order_id: row.try_get("order_key")?,
        order_state: row.try_get("order_state")?,
        event_name: row.try_get("event_name")?,
        event_time_s: row.try_get("event_time")?,
        value: row.try_get("value")?,
        currency: row.try_get("currency")?,
        action_source: row.try_get("action_source")?,
        state: row.try_get("state")?,
        reason: row.try_get("reason")?,
        found: attribution::decide(&candidates(row)?, rules(row)?),
        attempts: RawValue::from_string(attempts)
            .map_err(|_| Error::Inconsistent { table: "dispatch_attempts", column: "answer" })?,
    })
}

/// The candidates of a row's `match_candidates`: lists of evidence, click id, clicked at, observed at, same browser.
pub(super) fn candidates(row: &Row) -> Result<Vec<Candidate>, Error> {
    const UNEXPECTED: Error = Error::Inconsistent { table: "conversions", column: "match_candidates" };
    let text: &str = row.try_get("match_candidates")?;
    let stored: Vec<(String, String, i64, i64, bool)> = serde_json::from_str(text).map_err(|_| UNEXPECTED)?;
    stored
        .into_iter()
        .map(|(evidence, click_id, clicked_at, observed_at, same_browser)| {
            let evidence = Evidence::parse(&evidence).ok_or(UNEXPECTED)?;
            Ok(Candidate { evidence, click_id, clicked_at, observed_at, same_browser })
        })
        .collect()
}

/// The rules of a row's `match_rules`.
pub(super) fn rules(row: &Row) -> Result<Rules, Error> {
    #[derive(Deserialize)]
    struct Stored {
        ordered_at: i64,
        window_days: i32,
    }
    let text: &str = row.try_get("match_rules")?;
    let Stored { ordered_at, window_days } =
        serde_json::from_str(text).map_err(|_| Error::Inconsistent { table: "conversions", column: "match_rules" })?;
    Ok(Rules { ordered_at, window_days })
}
