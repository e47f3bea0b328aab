//! Receipts: what a support ticket at Meta needs of each request. No personal data.

use deadpool_postgres::Client;
use serde::Serialize;

use super::Error;

/// One request to Meta and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// Its id; the attempts that went with it carry it.
    pub id: String,
    /// The first request of the send that it belongs to.
    pub send_id: String,
    /// To which pixel.
    pub pixel_id: String,
    /// Unix seconds.
    pub sent_at: i64,
    /// Until the answer, in milliseconds.
    pub took_ms: i32,
    /// How many events it carried.
    pub events: i32,
    /// The body's size.
    pub body_bytes: i32,
    /// SHA-256 of the body, lower-case hex.
    pub body_sha256: String,
    /// What the answer was taken for.
    pub answer: String,
    /// Of the answer.
    pub http_status: Option<i32>,
    /// Meta's `error.code`.
    pub error_code: Option<i32>,
    /// Meta's `error.error_subcode`.
    pub error_subcode: Option<i32>,
    /// Meta's words.
    pub error_message: Option<String>,
    /// Meta's trace.
    pub fbtrace_id: Option<String>,
    /// How many events Meta says it received.
    pub events_received: Option<i32>,
}

/// A tenant's receipts, the newest first, up to `limit`; those of one event alone where one is given.
pub async fn list(client: &Client, tenant_id: &str, event_id: Option<&str>, limit: i64) -> Result<Vec<Receipt>, Error> {
    const SQL: &str = "
        select r.id, r.send_id, r.pixel_id, extract(epoch from r.sent_at)::bigint as sent_at, r.took_ms, r.events, r.body_bytes,
               r.body_sha256, r.answer, r.http_status, r.error_code, r.error_subcode, r.error_message, r.fbtrace_id,
               r.events_received
        from receipts r
        where r.tenant_id = $1
          and ($2::text is null
               or r.id in (select a.receipt_id from dispatch_attempts a where a.tenant_id = $1 and a.event_id = $2))
        order by r.sent_at desc, r.id limit $3";
    let statement = client.prepare_cached(SQL).await?;
    let rows = client.query(&statement, &[&tenant_id, &event_id, &limit]).await?;
    rows.iter()
        .map(|row| {
            Ok(Receipt {
                id: row.try_get("id")?,
                send_id: row.try_get("send_id")?,
                pixel_id: row.try_get("pixel_id")?,
                sent_at: row.try_get("sent_at")?,
                took_ms: row.try_get("took_ms")?,
                events: row.try_get("events")?,
                body_bytes: row.try_get("body_bytes")?,
                body_sha256: row.try_get("body_sha256")?,
                answer: row.try_get("answer")?,
                http_status: row.try_get("http_status")?,
                error_code: row.try_get("error_code")?,
                error_subcode: row.try_get("error_subcode")?,
                error_message: row.try_get("error_message")?,
                fbtrace_id: row.try_get("fbtrace_id")?,
                events_received: row.try_get("events_received")?,
            })
        })
        .collect()
}
