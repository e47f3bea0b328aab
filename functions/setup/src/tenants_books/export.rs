//! `GET .../events.csv?since=&until=&after=`: a tenant's events as a table, newest first.
//!
//! A file has as many events as fit into an answer; `Link: <...>; rel="next"` (RFC 8288) leads to the next one.

use std::fmt::Write;

use lambda_http::http::{HeaderValue, header};
use lambda_http::{Body, Request, Response};
use shared::db::books::{Event, Found, Wanted};
use shared::http::Problem;
use shared::keyset::{Cursor, Page};
use shared::openapi as problems;
use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime};

use super::{events, parameters};
use crate::State;

/// The most events of a file.
const EVENTS_MAX: u32 = 10_000;
/// What a file may have in bytes: an answer of Lambda has 6 MB, in which each quote of the file takes two.
const BYTES_MAX: usize = 2_500_000;

const HEADER: [&str; 11] = [
    "order_id",
    "event_id",
    "event_name",
    "value",
    "currency",
    "state",
    "reason",
    "match_stage",
    "event_time",
    "received_at",
    "changed_at",
];

/// A file, and where the next one begins.
pub(crate) struct File {
    /// RFC 4180, in UTF-8.
    pub(crate) csv: Vec<u8>,
    /// The cursor of the next file, if there is one.
    pub(crate) next: Option<String>,
}

/// The use case.
pub(crate) async fn file(
    state: &State,
    request: &Request,
    id: &str,
    wanted: &Wanted,
    after: Option<&str>,
) -> Result<File, Problem> {
    let page = Page::behind(None, EVENTS_MAX).after(after)?;
    let found = events::events(state, request, id, wanted, &page).await?;
    write(&found).map_err(|error| {
        tracing::error!(request.id = shared::http::request_id(request), %error, "csv");
        Problem::unavailable()
    })
}

/// A tenant's events as a table, newest first. `Link` with `rel="next"` leads to what does not fit into one file.
#[utoipa::path(
    get, path = "/v1/tenants/{id}/events.csv", tag = "tenants", operation_id = "export_events", security(("operator" = []), ("session" = []), ("api_key" = [])),
    params(("id" = String, Path, description = "The tenant's id."), ("since" = Option<String>, Query, description = "A day (UTC) such as 2026-01-31: received then or later."), ("until" = Option<String>, Query, description = "The same: received then or earlier."), ("after" = Option<String>, Query, description = "The `next` of the page before.")),
    responses(
        (status = 200, description = "RFC 4180, with a header row.", body = String, content_type = "text/csv"),
        problems::OfLook,
    ),
)]
pub(crate) async fn answer(state: &State, request: &Request, id: &str) -> Result<Response<Body>, Problem> {
    let (since, until) = days(request)?;
    let wanted = Wanted { since, until, ..Wanted::default() };
    let file = file(state, request, id, &wanted, parameters::text(request, "after").as_deref()).await?;
    Ok(response(file, &format!("/v1/tenants/{id}/events.csv"), &wanted))
}

/// The days of a query.
///
/// # Errors
/// 400 for what is no day, and for an end before its beginning.
pub(crate) fn days(request: &Request) -> Result<(Option<Date>, Option<Date>), Problem> {
    let (since, until) = (parameters::day(request, "since")?, parameters::day(request, "until")?);
    if since.zip(until).is_some_and(|(since, until)| since > until) {
        return Err(Problem::bad_parameter("until", "before_since", "must not be before since"));
    }
    Ok((since, until))
}

/// A file as it is downloaded, named by its days, with the link to the next one at this path.
pub(crate) fn response(file: File, path: &str, wanted: &Wanted) -> Response<Body> {
    let File { csv, next } = file;
    let days = [("since", wanted.since), ("until", wanted.until)];
    let days: Vec<(&str, Date)> = days.into_iter().filter_map(|(name, day)| Some((name, day?))).collect();
    let mut name = String::from("events");
    let mut link = format!("<{path}?");
    for (parameter, day) in days {
        let _ = (write!(name, "-{day}"), write!(link, "{parameter}={day}&"));
    }
    // Ours is UTF-8; as text it goes without Base64.
    let body = String::from_utf8(csv).map_or_else(|error| Body::from(error.into_bytes()), Body::from);
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let mut set = |name, text: String| {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(name, value);
        }
    };
    if let Some(next) = next {
        name.push_str("-part");
        set(header::LINK, format!("{link}after={next}>; rel=\"next\""));
    }
    set(header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.csv\""));
    response
}

/// As many events as a file may have.
fn write(found: &Found) -> Result<File, csv::Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(HEADER)?;
    let mut last = found.next.as_ref();
    for (index, (event, place)) in found.events.iter().enumerate() {
        writer.write_record(cells(event).map(|cell| harmless(&cell)))?;
        // What the writer holds back is less than a row.
        writer.flush()?;
        if writer.get_ref().len() > BYTES_MAX && index + 1 < found.events.len() {
            last = Some(place);
            break;
        }
    }
    let next = last.map(Cursor::text);
    Ok(File { csv: writer.into_inner().map_err(csv::IntoInnerError::into_error)?, next })
}

fn cells(event: &Event) -> [String; 11] {
    [
        event.order_id.clone(),
        event.event_id.clone(),
        event.event_name.clone(),
        event.value.clone(),
        event.currency.clone(),
        event.state.to_owned(),
        event.reason.clone().unwrap_or_default(),
        event.match_stage.clone(),
        time(event.event_at),
        time(event.received_at),
        time(event.changed_at),
    ]
}

fn time(unix_s: i64) -> String {
    OffsetDateTime::from_unix_timestamp(unix_s).ok().and_then(|time| time.format(&Rfc3339).ok()).unwrap_or_default()
}

/// A cell that no spreadsheet takes for a formula: what begins like one gets an apostrophe (OWASP, CSV injection).
fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(order_id: &str) -> Event {
        Event {
            event_id: "e".repeat(64),
            order_id: order_id.to_owned(),
            event_name: "Purchase".into(),
            value: "97.00".into(),
            currency: "BRL".into(),
            state: "sent",
            reason: None,
            match_stage: "click".into(),
            event_at: 1_700_000_000,
            received_at: 1_700_000_060,
            changed_at: 1_700_000_120,
        }
    }

    fn found(order_ids: impl IntoIterator<Item = String>) -> Found {
        let events = (0..).zip(order_ids).map(|(at_us, id)| (event(&id), Cursor::new(at_us, "c".into()))).collect();
        Found { events, next: None }
    }

    #[test]
    fn a_cell_that_a_spreadsheet_would_run_is_text() {
        for (cell, wanted) in [
            ("=HYPERLINK(\"https://example.com\")", "'=HYPERLINK(\"https://example.com\")"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("1001", "1001"),
            ("a=1", "a=1"),
            ("", ""),
        ] {
            assert_eq!(harmless(cell), wanted);
        }
    }

    #[test]
    fn what_was_written_is_read_back_cell_by_cell() {
        let ids = ["1001", "with, comma", "with \"quotes\"", "two\r\nlines", "São Paulo", ";'"].map(str::to_owned);
        let File { csv, next } = write(&found(ids.clone())).unwrap();
        assert!(csv.starts_with(b"order_id,event_id,") && csv.ends_with(b"\r\n") && next.is_none());
        let mut reader = csv::Reader::from_reader(csv.as_slice());
        let read: Vec<String> = reader.records().map(|row| row.unwrap()[0].to_owned()).collect();
        assert_eq!(read, ids);
    }

    #[test]
    fn a_file_ends_before_it_is_too_large_and_names_the_next_one() {
        let long = "\"".repeat(255);
        let File { csv, next } = write(&found((0..EVENTS_MAX).map(|_| long.clone()))).unwrap();
        let rows = csv::Reader::from_reader(csv.as_slice()).records().count();
        assert!(
            csv.len() < BYTES_MAX + 2000
                && serde_json::to_string(&String::from_utf8(csv).unwrap()).unwrap().len() < 6_000_000
        );
        let place = Cursor::new(i64::try_from(rows).unwrap() - 1, "c".into());
        assert_eq!(next, Some(place.text()));
    }
}
