//! Senders of webhooks by their own packages: what they sign, and what they make of a signature.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{
    progress::Progress,
    python::{self, Venv},
};

/// A package that signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// `stripe`.
    Stripe,
    /// `standardwebhooks`.
    StandardWebhooks,
}

impl Peer {
    fn name(self) -> &'static str {
        match self {
            Self::Stripe => "stripe",
            Self::StandardWebhooks => "standardwebhooks",
        }
    }
}

/// The packages in a Python of their own, until it is dropped.
#[derive(Debug)]
pub struct Signers {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Signers {
    /// Starts them, bringing the packages first where they are not yet. Blocks.
    pub fn start(progress: &Progress) -> Result<Self> {
        let venv = Venv::of(&python::SIGNERS, progress)?;
        let mut child = Command::new(venv.program("python"))
            .args(["-c", include_str!("signers/peer.py")])
            .env("PYTHONNOUSERSITE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("start the packages that sign")?;
        let questions = child.stdin.take().context("their input")?;
        let answers = BufReader::new(child.stdout.take().context("their output")?);
        Ok(Self { child, questions, answers })
    }

    /// The headers with which the package sends a body. `time` is Unix seconds.
    pub fn sign(
        &mut self,
        peer: Peer,
        secret: &str,
        body: &str,
        id: &str,
        time: i64,
    ) -> Result<BTreeMap<String, String>> {
        let sign = json!({"id": id, "time": time});
        self.ask(&json!({"peer": peer.name(), "secret": secret, "body": body, "sign": sign}))
    }

    /// Whether the package takes these headers for the body's, by the machine's clock.
    pub fn holds(&mut self, peer: Peer, secret: &str, body: &str, headers: &BTreeMap<String, String>) -> Result<bool> {
        self.ask(&json!({"peer": peer.name(), "secret": secret, "body": body, "headers": headers}))
    }

    fn ask<T: DeserializeOwned>(&mut self, question: &Value) -> Result<T> {
        writeln!(self.questions, "{question}")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        serde_json::from_str(&answer).with_context(|| format!("no answer to {question}"))
    }
}

impl Drop for Signers {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
