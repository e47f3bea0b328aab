//! Quarantined events, with what Meta said of them.

use deadpool_postgres::Client;
use serde::Serialize;
use tokio_postgres::Row;
use utoipa::ToSchema;

use super::Error;
use crate::keyset::{Cursor, Page};

/// An event that Meta refused for what is in it, or of which nobody knows whether Meta has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Quarantined {
    /// The event.
    pub event_id: String,
    /// The order's own id.
    pub order_id: String,
    /// The event's name.
    pub event_name: String,
    /// The exact decimal.
    pub value: String,
    /// ISO 4217.
    pub currency: String,
    /// When it happened; Unix seconds.
    pub event_time: i64,
    /// `unclear`, or a word for what Meta refused it for.
    pub reason: Option<String>,
    /// Since when it is; Unix seconds.
    pub quarantined_at: i64,
    /// Until when it can go back to be sent; Unix seconds. Later Meta takes it no more.
    pub replayable_until: i64,
    /// What Meta said last, if it said anything.
    pub meta: Option<Said>,
}

/// Meta's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = MetaRefusal)]
pub struct Said {
    /// When the event was sent; Unix seconds.
    pub sent_at: i64,
    /// The HTTP status.
    pub http_status: Option<i32>,
    /// Its error's code.
    pub error_code: Option<i32>,
    /// Its subcode.
    pub error_subcode: Option<i32>,
    /// In Meta's words.
    pub error_message: Option<String>,
    /// For Meta's support.
    pub fbtrace_id: Option<String>,
}

/// The statement of [`list`], for who measures or explains it. The time that is left is the one of
/// [`REPLAY`](super::replay::REPLAY).
pub const LIST: &str = "
    select c.id, c.event_id, c.order_key, c.event_name, c.value::text as value, c.currency, c.reason,
           extract(epoch from c.event_time)::bigint as event_time_s, (extract(epoch from c.event_time) * 1000000)::bigint as at_us,
           extract(epoch from c.updated_at)::bigint as quarantined_at,
           extract(epoch from c.event_time + interval '7 days' - interval '1 minute')::bigint as replayable_until,
           extract(epoch from r.sent_at)::bigint as sent_at, r.http_status, r.error_code, r.error_subcode, r.error_message, r.fbtrace_id
    from conversions c
        left join lateral (
            select a.receipt_id from dispatch_attempts a
            where a.tenant_id = $1 and a.event_id = c.event_id and a.receipt_id is not null
            order by a.number desc limit 1
        ) last on true
        left join receipts r on r.tenant_id = $1 and r.id = last.receipt_id
    where c.tenant_id = $1 and c.state = 'quarantined'
      and (c.event_time, c.id) < (timestamptz 'epoch' + $2::bigint * interval '1 microsecond', $3::text)
    order by c.event_time desc, c.id desc limit $4";

/// A page of a tenant's quarantined events, the newest first.
pub async fn list(client: &Client, tenant_id: &str, page: &Page) -> Result<(Vec<Quarantined>, Option<Cursor>), Error> {
    let statement = client.prepare_cached(LIST).await?;
    let (at_us, id) = page.before();
    let rows = client.query(&statement, &[&tenant_id, &at_us, &id, &page.one_more()]).await?;
    page.cut(&rows, quarantined, |row| Ok(Cursor::new(row.try_get("at_us")?, row.try_get("id")?)))
}

fn quarantined(row: &Row) -> Result<Quarantined, Error> {
    let sent_at: Option<i64> = row.try_get("sent_at")?;
    let said = |sent_at| {
        Ok::<_, Error>(Said {
            sent_at,
            http_status: row.try_get("http_status")?,
            error_code: row.try_get("error_code")?,
            error_subcode: row.try_get("error_subcode")?,
            error_message: row.try_get("error_message")?,
            fbtrace_id: row.try_get("fbtrace_id")?,
        })
    };
    Ok(Quarantined {
        event_id: row.try_get("event_id")?,
        order_id: row.try_get("order_key")?,
        event_name: row.try_get("event_name")?,
        value: row.try_get("value")?,
        currency: row.try_get("currency")?,
        event_time: row.try_get("event_time_s")?,
        reason: row.try_get("reason")?,
        quarantined_at: row.try_get("quarantined_at")?,
        replayable_until: row.try_get("replayable_until")?,
        meta: sent_at.map(said).transpose()?,
    })
}
