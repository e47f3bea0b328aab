//! An order's story: its conversions with their match, every attempt with its receipt, and all of it in words.

use deadpool_postgres::Client;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio_postgres::Row;

use super::Error;
use crate::domain::attribution::{self, Candidate, Evidence, Rules};
use crate::domain::conversion::State;
use crate::domain::setup::Locale;
use crate::domain::story::{self, Arrivals, Attempt, Facts, GateTimes, Line};

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
    /// Where it stands, by the tenant's gate and status too.
    pub state: State,
    /// Why, for a state that needs a reason.
    pub reason: Option<String>,
    /// The click and why.
    pub found: attribution::Match,
    /// Every attempt, oldest first.
    pub attempts: Vec<Attempt>,
    /// All of it in words, oldest first.
    pub lines: Vec<Line>,
}

/// Which stories.
#[derive(Clone, Debug)]
pub enum Of {
    /// The one of an event.
    Event(String),
    /// Those of an order, oldest first.
    Order(String),
}

/// The statement of [`find`], for who measures or explains it. An attempt that was made after the one before it was over comes
/// from a replay: a retry is made by the same statement that ends its predecessor.
pub const FIND: &str = "
    select c.event_id, c.order_key, o.state as order_state, c.event_name, extract(epoch from c.event_time)::bigint as event_time,
           c.value::text as value, c.currency, c.action_source, s.state, s.reason,
           c.match_candidates::text as match_candidates, c.match_rules::text as match_rules,
           extract(epoch from clock())::bigint as now, extract(epoch from c.created_at)::bigint as received_at,
           k.utm_campaign as campaign, extract(epoch from g.parked_at)::bigint as parked_at,
           extract(epoch from g.probe_at)::bigint as probe_at, extract(epoch from g.throttled_until)::bigint as throttled_until,
           (select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                'number', a.number, 'status', a.status::text, 'due_at', extract(epoch from a.due_at)::bigint,
                'expires_at', case when a.status = 'pending' then extract(epoch from a.expires_at)::bigint end,
                'replayed_at', case when a.created_at > a.before_at then extract(epoch from a.created_at)::bigint end,
                'finished_at', extract(epoch from a.finished_at)::bigint, 'answer', a.answer, 'receipt_id', a.receipt_id,
                'took_ms', r.took_ms, 'http_status', r.http_status, 'error_code', r.error_code,
                'error_subcode', r.error_subcode, 'error_message', r.error_message, 'events_received', r.events_received,
                'fbtrace_id', r.fbtrace_id)) order by a.number), '[]')
            from (select a.*, lag(a.finished_at) over (order by a.number) as before_at
                  from dispatch_attempts a where a.tenant_id = c.tenant_id and a.event_id = c.event_id) a
                left join receipts r on r.tenant_id = c.tenant_id and r.id = a.receipt_id)::text as attempts,
           (select coalesce(jsonb_agg(jsonb_build_object(
                'outcome', d.outcome, 'reason', d.reason, 'count', d.times,
                'first_at', extract(epoch from d.first_at)::bigint, 'last_at', extract(epoch from d.last_at)::bigint)
                order by d.first_at, d.outcome), '[]')
            from (select d.outcome, d.reason, count(*) as times, min(d.received_at) as first_at, max(d.received_at) as last_at
                  from deliveries d
                  where d.tenant_id = c.tenant_id and d.order_key = c.order_key
                    and (d.event_id = c.event_id or d.event_id is null and d.outcome = 'ignored')
                  group by d.outcome, d.reason) d)::text as arrivals
    from conversions c
        join standings s on s.tenant_id = c.tenant_id and s.id = c.id
        left join orders o on o.tenant_id = c.tenant_id and o.order_key = c.order_key
        left join clicks k on k.tenant_id = c.tenant_id and k.id = c.click_id
        left join delivery_gates g on g.tenant_id = c.tenant_id
    where c.tenant_id = $1 and (c.event_id = $2 or c.order_key = $3)
    order by c.created_at, c.event_id limit 100";

/// A tenant's stories, told in a language; none of another tenant is ever seen.
pub async fn find(client: &Client, tenant_id: &str, of: &Of, locale: Locale) -> Result<Vec<Story>, Error> {
    let statement = client.prepare_cached(FIND).await?;
    let (event_id, order_key) = match of {
        Of::Event(event_id) => (Some(event_id), None),
        Of::Order(order_key) => (None, Some(order_key)),
    };
    client.query(&statement, &[&tenant_id, &event_id, &order_key]).await?.iter().map(|row| story(row, locale)).collect()
}

fn story(row: &Row, locale: Locale) -> Result<Story, Error> {
    let state: &str = row.try_get("state")?;
    let mut told = Story {
        event_id: row.try_get("event_id")?,
        order_id: row.try_get("order_key")?,
        order_state: row.try_get("order_state")?,
        event_name: row.try_get("event_name")?,
        event_time_s: row.try_get("event_time")?,
        value: row.try_get("value")?,
        currency: row.try_get("currency")?,
        action_source: row.try_get("action_source")?,
        state: State::parse(state).ok_or(Error::Inconsistent { table: "conversions", column: "state" })?,
        reason: row.try_get("reason")?,
        found: attribution::decide(&candidates(row)?, rules(row)?),
        attempts: json(row, "dispatch_attempts", "attempts")?,
        lines: Vec::new(),
    };
    told.lines = lines(row, &told, locale)?;
    Ok(told)
}

fn lines(row: &Row, told: &Story, locale: Locale) -> Result<Vec<Line>, Error> {
    let arrivals: Vec<Arrivals> = json(row, "deliveries", "arrivals")?;
    let gate = GateTimes {
        parked_at: row.try_get("parked_at")?,
        probe_at: row.try_get("probe_at")?,
        throttled_until: row.try_get("throttled_until")?,
    };
    Ok(story::tell(&Facts {
        locale,
        now: row.try_get("now")?,
        order_id: &told.order_id,
        event_name: &told.event_name,
        value: &told.value,
        currency: &told.currency,
        received_at: row.try_get("received_at")?,
        event_time: told.event_time_s,
        arrivals: &arrivals,
        found: &told.found,
        rules: rules(row)?,
        campaign: row.try_get("campaign")?,
        attempts: &told.attempts,
        state: told.state,
        reason: told.reason.as_deref(),
        gate,
    }))
}

/// A column that the statement made as JSON, of rows of `table`.
fn json<T: DeserializeOwned>(row: &Row, table: &'static str, column: &'static str) -> Result<T, Error> {
    serde_json::from_str(row.try_get(column)?).map_err(|_| Error::Inconsistent { table, column })
}

/// A candidate as `match_candidates` keeps it: evidence, click id, clicked at, observed at, same browser, confirmed. Where the last
/// is missing, the match is older than browsers' claims.
#[derive(Deserialize)]
struct StoredCandidate(String, String, i64, i64, bool, #[serde(default = "yes")] bool);

fn yes() -> bool {
    true
}

/// The candidates of a row's `match_candidates`.
pub(super) fn candidates(row: &Row) -> Result<Vec<Candidate>, Error> {
    const UNEXPECTED: Error = Error::Inconsistent { table: "conversions", column: "match_candidates" };
    let text: &str = row.try_get("match_candidates")?;
    let stored: Vec<StoredCandidate> = serde_json::from_str(text).map_err(|_| UNEXPECTED)?;
    stored
        .into_iter()
        .map(|StoredCandidate(evidence, click_id, clicked_at, observed_at, same_browser, confirmed)| {
            let evidence = Evidence::parse(&evidence).ok_or(UNEXPECTED)?;
            Ok(Candidate { evidence, click_id, clicked_at, observed_at, same_browser, confirmed })
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
