//! A tenant's events, newest first, in one state or all.

use deadpool_postgres::Client;
use serde::Serialize;
use time::Date;
use tokio_postgres::Row;
use utoipa::ToSchema;

use super::super::Error;
use crate::domain::conversion::State;
use crate::keyset::{Cursor, Page};

/// An event as a list has it. Times are Unix seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ListedEvent)]
pub struct Event {
    /// Its id.
    pub event_id: String,
    /// What names its order among the tenant's.
    pub order_id: String,
    /// Its name at Meta.
    pub event_name: String,
    /// The exact decimal.
    pub value: String,
    /// ISO 4217.
    pub currency: String,
    /// Where it stands, by the tenant's gate and status too.
    #[schema(value_type = State)]
    pub state: &'static str,
    /// Why, for a state that needs a reason.
    pub reason: Option<String>,
    /// The stage of its match.
    pub match_stage: String,
    /// When it happened, as the order says.
    pub event_at: i64,
    /// When the delivery came that made it.
    pub received_at: i64,
    /// When its state changed last.
    pub changed_at: i64,
}

/// Some of a list, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Each with its place, for who shows fewer than these.
    pub events: Vec<(Event, Cursor)>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

/// Which events.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// In this state, as it is shown.
    pub state: Option<State>,
    /// Received on this day (UTC) or later.
    pub since: Option<Date>,
    /// Received on this day (UTC) or earlier.
    pub until: Option<Date>,
}

/// The statement of [`list`], for who measures or explains it. The newest of all states are among the newest of each.
pub const LIST: &str = concat!(
    stands!(),
    ", found as (
        select newest.*, stands.state, stands.waits, stands.reason
        from stands, lateral (
            select ",
    columns!(),
    "
            from conversions c
            where c.tenant_id = $1 and c.state = stands.stored
              and c.created_at >= coalesce($3::date::timestamp at time zone 'UTC', '-infinity')
              and (c.created_at, c.id) < (least(timestamptz 'epoch' + $5::bigint * interval '1 microsecond',
                                                ($4::date + 1)::timestamp at time zone 'UTC'), $6::text)
            order by c.created_at desc, c.id desc limit $7
        ) newest
        where $2::text is null or stands.state = $2
        order by newest.created_at desc, newest.id desc limit $7
    )",
    shown!()
);

/// A page of a tenant's events. One of another tenant is never seen.
pub async fn list(client: &Client, tenant_id: &str, wanted: &Wanted, page: &Page) -> Result<Found, Error> {
    let statement = client.prepare_cached(LIST).await?;
    let state = wanted.state.map(State::as_str);
    let (at_us, id) = page.before();
    let rows = client
        .query(&statement, &[&tenant_id, &state, &wanted.since, &wanted.until, &at_us, &id, &page.one_more()])
        .await?;
    found(&rows, page)
}

/// The page of rows of which one more was asked for.
pub(super) fn found(rows: &[Row], page: &Page) -> Result<Found, Error> {
    let place = |row: &Row| Ok(Cursor::new(row.try_get("at_us")?, row.try_get("id")?));
    let (events, next) = page.cut(rows, |row| Ok::<_, Error>((event(row)?, place(row)?)), place)?;
    Ok(Found { events, next })
}

fn event(row: &Row) -> Result<Event, Error> {
    let state = State::parse(row.try_get("state")?);
    Ok(Event {
        event_id: row.try_get("event_id")?,
        order_id: row.try_get("order_key")?,
        event_name: row.try_get("event_name")?,
        value: row.try_get("value")?,
        currency: row.try_get("currency")?,
        state: state.ok_or(Error::Inconsistent { table: "conversions", column: "state" })?.as_str(),
        reason: row.try_get("reason")?,
        match_stage: row.try_get("match_stage")?,
        event_at: row.try_get("event_at")?,
        received_at: row.try_get("received_at")?,
        changed_at: row.try_get("changed_at")?,
    })
}
