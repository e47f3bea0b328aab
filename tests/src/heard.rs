//! What the code under test logs, heard by the test.

use std::io::Write;
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result};
use serde_json::Value;
use tracing::Level;
use tracing::subscriber::DefaultGuard;

/// Everything that is logged on this thread, until the guard beside it is dropped.
#[derive(Clone, Default)]
pub struct Heard(Arc<Mutex<Vec<u8>>>);

impl Heard {
    /// Listens from this level on. A test's one thread runs every task that the functions spawn.
    pub fn listen(level: Level) -> (Self, DefaultGuard) {
        let heard = Self::default();
        let writer = heard.clone();
        let subscriber =
            tracing_subscriber::fmt().json().with_max_level(level).with_writer(move || writer.clone()).finish();
        (heard, tracing::subscriber::set_default(subscriber))
    }

    /// The lines, as JSON texts.
    pub fn text(&self) -> Result<String> {
        Ok(String::from_utf8(self.0.lock().ok().context("the log")?.clone())?)
    }

    /// The lines with this message.
    pub fn lines(&self, message: &str) -> Result<Vec<Value>> {
        let lines: Vec<Value> = self.text()?.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        Ok(lines.into_iter().filter(|line| line["fields"]["message"] == message).collect())
    }
}

impl Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().map_err(|_| std::io::ErrorKind::Other)?.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
