//! One environment's Runtime API: a thread with one blocking connection.

use std::fmt;
use std::io::{self, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::time::{Duration, Instant};

use shared::clock::Clock;

use super::http::Connection;

/// How many wrong answers of a round are kept to be shown.
const SHOWN: usize = 3;
/// How long an invocation may take, as the event's deadline says: API Gateway's own limit.
const LIMIT_MS: i64 = 30_000;
const ACCEPTED: &[u8] =
    b"HTTP/1.1 202 Accepted\r\ncontent-type: application/json\r\ncontent-length: 15\r\n\r\n{\"status\":\"OK\"}";

/// What a function is invoked with. Runs on the stub's thread, and its cost is the stub's.
pub trait Events: Send + 'static {
    /// Writes the next event, as JSON.
    fn write(&mut self, event: &mut Vec<u8>);

    /// Whether the function's answer to the last event is the one wanted.
    fn is_right(&self, answer: &[u8]) -> bool;
}

impl Events for Box<dyn Events> {
    fn write(&mut self, event: &mut Vec<u8>) {
        (**self).write(event);
    }

    fn is_right(&self, answer: &[u8]) -> bool {
        (**self).is_right(answer)
    }
}

/// How many events are handed out, and until when: whichever ends first. Clones share the count.
#[derive(Clone, Debug)]
pub struct Quota {
    left: Arc<AtomicU64>,
    until: Option<Instant>,
}

impl Quota {
    /// This many.
    pub fn count(count: u64) -> Self {
        Self { left: Arc::new(AtomicU64::new(count)), until: None }
    }

    /// No event is handed out after `until`.
    #[must_use]
    pub fn until(self, until: Instant) -> Self {
        Self { until: Some(until), ..self }
    }

    fn take(&self) -> bool {
        self.until.is_none_or(|until| Instant::now() < until)
            && self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }
}

/// What came of a quota in one environment.
#[derive(Clone, Debug, Default)]
pub struct Round {
    /// From the event written to the answer read, each.
    pub latencies: Vec<Duration>,
    /// How many answers were not the ones wanted.
    pub wrong: usize,
    /// The first of them.
    pub shown: Vec<String>,
}

impl Round {
    fn note(&mut self, latency: Duration, right: bool, answer: &[u8]) {
        self.latencies.push(latency);
        if !right {
            self.wrong += 1;
            if self.shown.len() < SHOWN {
                self.shown.push(String::from_utf8_lossy(answer).into_owned());
            }
        }
    }
}

/// What a stub's thread reports.
#[derive(Debug)]
pub(super) enum Report {
    /// The function asked for its first event.
    Ready(Instant),
    /// A quota is used up.
    Round(Round),
    /// It goes on no longer.
    Over(String),
}

/// Serves one function until its connection or our side of the channels ends.
pub(super) fn serve(
    listener: &TcpListener,
    function: &str,
    events: impl Events,
    quotas: &Receiver<Quota>,
    reports: &Sender<Report>,
) {
    let over = match converse(listener, function, events, quotas, reports) {
        Ok(()) => "the function has closed its connection".to_owned(),
        Err(error) => error.to_string(),
    };
    // Nobody listens any more when the environment was dropped.
    let _ = reports.send(Report::Over(over));
}

fn converse(
    listener: &TcpListener,
    function: &str,
    mut events: impl Events,
    quotas: &Receiver<Quota>,
    reports: &Sender<Report>,
) -> io::Result<()> {
    let mut connection = Connection::new(listener.accept()?.0)?;
    let mut rounds = Rounds { quotas, reports, current: None, ready: false };
    let (mut event, mut message) = (Vec::new(), Vec::new());
    let mut sent = Instant::now();
    let mut number = 0_u64;
    while let Some(request) = connection.read()? {
        let now = Instant::now();
        let path = request.path();
        if path.ends_with("/invocation/next") {
            if !rounds.wait(now) {
                return Ok(());
            }
            number += 1;
            event.clear();
            events.write(&mut event);
            message.clear();
            head(&mut message, function, number, event.len())?;
            message.extend_from_slice(&event);
            sent = Instant::now();
            connection.write(&message)?;
        } else if path.ends_with("/response") {
            rounds.note(now - sent, events.is_right(request.body), request.body);
            connection.write(ACCEPTED)?;
        } else if path.ends_with("/error") {
            let failed = String::from_utf8_lossy(request.body).into_owned();
            let at_start = path.ends_with("/init/error");
            rounds.note(now - sent, false, failed.as_bytes());
            connection.write(ACCEPTED)?;
            if at_start {
                return Err(io::Error::other(failed));
            }
        } else {
            return Err(io::Error::other(format!("not of the Runtime API: {} {path}", request.method())));
        }
    }
    Ok(())
}

struct Rounds<'a> {
    quotas: &'a Receiver<Quota>,
    reports: &'a Sender<Report>,
    current: Option<(Quota, Round)>,
    ready: bool,
}

impl Rounds<'_> {
    /// Waits until an event may be handed out, as an idle environment does; false when none will be.
    fn wait(&mut self, now: Instant) -> bool {
        if !self.ready {
            self.ready = true;
            if self.reports.send(Report::Ready(now)).is_err() {
                return false;
            }
        }
        loop {
            if let Some((quota, round)) = self.current.take() {
                if quota.take() {
                    self.current = Some((quota, round));
                    return true;
                }
                if self.reports.send(Report::Round(round)).is_err() {
                    return false;
                }
            }
            let Ok(quota) = self.quotas.recv() else { return false };
            self.current = Some((quota, Round::default()));
        }
    }

    fn note(&mut self, latency: Duration, right: bool, answer: &[u8]) {
        if let Some((_, round)) = &mut self.current {
            round.note(latency, right, answer);
        }
    }
}

/// Status line and headers of an event, those that Lambda sends.
fn head(message: &mut Vec<u8>, function: &str, number: u64, length: usize) -> io::Result<()> {
    let deadline = Clock::SYSTEM.now_ms() + LIMIT_MS;
    write!(
        message,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
         lambda-runtime-aws-request-id: 00000000-0000-4000-8000-{number:012x}\r\n\
         lambda-runtime-deadline-ms: {deadline}\r\n\
         lambda-runtime-invoked-function-arn: arn:aws:lambda:us-east-1:000000000000:function:{function}\r\n\
         lambda-runtime-trace-id: Root=1-00000000-{number:024x};Parent={number:016x};Sampled=0\r\n\
         content-length: {length}\r\n\r\n"
    )
}

impl fmt::Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} answers, {} of them wrong", self.latencies.len(), self.wrong)?;
        self.shown.iter().try_for_each(|answer| write!(f, "\n  {answer}"))
    }
}
