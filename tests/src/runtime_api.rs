//! The other end of `AWS_LAMBDA_RUNTIME_API`, to measure release binaries of the functions as Lambda runs them: one
//! process an environment, one event at a time.
//!
//! The stub shares the machine with what it measures, so it is as lean as can be: one thread and one blocking
//! connection an environment, two reads and two writes an invocation ([`http`]), events put together from prepared
//! text, answers looked at by their first bytes. What it still uses is measured and shown ([`usage`]).

pub mod deliveries;
mod function;
pub mod http;
pub mod rows;
pub mod sink;
mod stub;
pub mod traffic;
pub mod usage;
pub mod worker;

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Child;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

pub use self::function::{Function, build, build_debug, build_example};
use self::stub::Report;
pub use self::stub::{Events, Quota, Round};

/// How long a function may take to ask for its first event.
const START: Duration = Duration::from_secs(20);
/// How long a round may take.
const ROUND: Duration = Duration::from_mins(10);
/// How much of a function's log is shown, in characters.
const TAIL: usize = 3000;

/// One process of a function with its Runtime API. Dropping it ends the process.
#[derive(Debug)]
pub struct Environment {
    name: String,
    log: std::path::PathBuf,
    process: Child,
    started: Instant,
    port: u16,
    quotas: Option<Sender<Quota>>,
    reports: Receiver<Report>,
    thread: Option<JoinHandle<()>>,
}

impl Environment {
    /// Starts a process; `events` are what it will be invoked with.
    pub fn start(function: &Function, events: impl Events) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let (quotas, taken) = mpsc::channel();
        let (report, reports) = mpsc::channel();
        let name = function.name().to_owned();
        let thread = thread::Builder::new().name(format!("{name} stub"));
        let thread = thread.spawn(move || stub::serve(&listener, &name, events, &taken, &report))?;
        let started = Instant::now();
        let process = function.spawn(port);
        let process = match process {
            Ok(process) => process,
            Err(error) => {
                wake(port);
                return Err(error);
            }
        };
        Ok(Self {
            name: function.name().to_owned(),
            log: function.log().to_owned(),
            process,
            started,
            port,
            quotas: Some(quotas),
            reports,
            thread: Some(thread),
        })
    }

    /// Waits for its first `GET /next`, and tells how long after its start that came.
    pub fn ready(&mut self) -> Result<Duration> {
        match self.report(START)? {
            Report::Ready(at) => Ok(at - self.started),
            other => bail!("{} reported {other:?} before it was ready", self.name),
        }
    }

    /// Invokes it with this many events, one after the other. [`Self::finish`] has the result.
    pub fn begin(&self, quota: Quota) -> Result<()> {
        let quotas = self.quotas.as_ref().context("the environment has ended")?;
        quotas.send(quota).map_err(|_| self.failed("its stub has ended"))
    }

    /// Waits until the quota that was begun is used up.
    ///
    /// # Errors
    /// With the function's log when it ended, and with its answers when some were not those wanted.
    pub fn finish(&mut self) -> Result<Round> {
        match self.report(ROUND)? {
            Report::Round(round) => {
                ensure!(round.wrong == 0, "{}: {round}\n{}", self.name, self.tail());
                Ok(round)
            }
            other => bail!("{} reported {other:?} in a round", self.name),
        }
    }

    /// Invokes it this many times.
    pub fn invoke(&mut self, count: u64) -> Result<Round> {
        self.begin(Quota::count(count))?;
        self.finish()
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    fn report(&mut self, limit: Duration) -> Result<Report> {
        let end = Instant::now() + limit;
        loop {
            match self.reports.recv_timeout(Duration::from_millis(200)) {
                Ok(Report::Over(why)) => return Err(self.failed(&why)),
                Ok(report) => return Ok(report),
                Err(RecvTimeoutError::Disconnected) => return Err(self.failed("its stub has ended")),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if let Some(status) = self.process.try_wait()? {
                return Err(self.failed(&format!("it ended by itself ({status})")));
            }
            if Instant::now() >= end {
                return Err(self.failed(&format!("no answer in {limit:?}")));
            }
        }
    }

    fn failed(&self, why: &str) -> anyhow::Error {
        anyhow::anyhow!("{}: {why}\n{}", self.name, self.tail())
    }

    fn tail(&self) -> String {
        let text = fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let from = text.char_indices().rev().nth(TAIL).map_or(0, |(index, _)| index);
        format!("the end of {}:\n{}", self.log.display(), &text[from..])
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        self.quotas = None;
        // It may have ended already; there is nothing to do about a failure here.
        let _ = self.process.kill();
        let _ = self.process.wait();
        wake(self.port);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A stub that still waits for its function's connection gets one that says nothing, and ends.
fn wake(port: u16) {
    drop(TcpStream::connect((Ipv4Addr::LOCALHOST, port)));
}
