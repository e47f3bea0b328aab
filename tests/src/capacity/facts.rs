//! How much a click and a conversion write and send, in bytes. `capacity --measure` prints what is in the database; a test holds the log's
//! bytes to what the functions log.

/// Bytes of one of something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bytes {
    /// Written to the log of Postgres, from which Aurora counts its I/O.
    pub written: f64,
    /// In tables and indexes while it is kept.
    pub stored: f64,
    /// In the function's own lines of log.
    pub logged: f64,
    /// How many lines they are.
    pub lines: f64,
    /// In the answer.
    pub answered: f64,
}

/// A click that is new: its answer, and the line of its metric.
pub const CLICK: Bytes = Bytes { written: 1600.0, stored: 1000.0, logged: 180.0, lines: 1.0, answered: 600.0 };
/// A paid order with a click, up to the message.
pub const ORDER: Bytes = Bytes { written: 7650.0, stored: 5750.0, logged: 0.0, lines: 0.0, answered: 700.0 };
/// What its event adds when it was sent.
pub const EVENT: Bytes = Bytes { written: 2600.0, stored: 1000.0, logged: 0.0, lines: 0.0, answered: 0.0 };
/// A send to Meta, of however many events: the dispatcher's lines.
pub const SEND: Bytes = Bytes { written: 0.0, stored: 0.0, logged: 400.0, lines: 2.0, answered: 0.0 };
/// An event on its way to Meta.
pub const EVENT_TO_META: f64 = 950.0;

/// What CloudWatch Logs counts of each line beside its bytes (AWS, `PutLogEvents`).
pub const LINE: f64 = 26.0;

/// Lambda's own two lines of an invocation (log format JSON, system level INFO).
pub const PLATFORM: [&str; 2] = [
    r#"{"time":"2026-11-24T12:00:00.000Z","type":"platform.start","record":{"requestId":"00000000-0000-4000-8000-000000000000","version":"$LATEST"}}"#,
    r#"{"time":"2026-11-24T12:00:00.000Z","type":"platform.report","record":{"requestId":"00000000-0000-4000-8000-000000000000","metrics":{"durationMs":12.345,"billedDurationMs":13,"memorySizeMB":256,"maxMemoryUsedMB":31},"status":"success"}}"#,
];

/// A line of the API's access log, in the template's format.
pub const ACCESS: &str = r#"{"request_id":"AbCdEfGhIjKlMnO=","route":"ANY /v1/funnels/{funnel}/clicks","status":"200","latency_ms":"14","integration_ms":"12","integration_status":"200","error":"-"}"#;

/// What all lines of an invocation count, Lambda's own included.
pub fn logged(own: Bytes) -> f64 {
    let platform: f64 = PLATFORM.iter().map(|line| length(line) + LINE).sum();
    platform + own.logged + own.lines * LINE
}

/// What a line of the access log counts.
pub fn access() -> f64 {
    length(ACCESS) + LINE
}

fn length(text: &str) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a line")]
    let length = text.len() as f64;
    length
}
