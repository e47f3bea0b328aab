//! The Chrome `DevTools` Protocol over two named pipes: JSON, each message ended by NUL. No port, no web socket, and nobody else
//! can reach the browser.
//!
//! Plain threads, so that one browser serves the runtimes of all tests.

use std::{
    collections::HashMap,
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// How long the browser may take for one answer.
const LIMIT: Duration = Duration::from_mins(1);

/// What a session's events are kept in until its page looks at them.
pub(super) type Events = Arc<Mutex<Vec<Value>>>;

#[derive(Default)]
struct Shared {
    answers: HashMap<u64, oneshot::Sender<Value>>,
    sessions: HashMap<String, Events>,
}

/// The browser's end of the protocol.
pub(super) struct Pipe {
    to: Mutex<File>,
    shared: Arc<Mutex<Shared>>,
    next: AtomicU64,
}

/// Makes the two pipes in a directory: what the browser reads, and what it writes.
pub(super) fn make(directory: &Path) -> Result<[PathBuf; 2]> {
    let paths = ["in", "out"].map(|name| directory.join(name));
    let status = Command::new("mkfifo").args(["-m", "666"]).args(&paths).status().context("start mkfifo")?;
    ensure!(status.success(), "mkfifo: {status}");
    Ok(paths)
}

impl Pipe {
    /// Opens both, which waits until the browser has done so too.
    pub(super) fn open([to, from]: [PathBuf; 2]) -> Result<Self> {
        let (done, opened) = mpsc::channel();
        // A browser that never opens its end leaves this thread behind, and no more.
        thread::spawn(move || {
            let ends = OpenOptions::new().write(true).open(to).and_then(|to| Ok((to, File::open(from)?)));
            let _ = done.send(ends);
        });
        let (to, from) = opened.recv_timeout(LIMIT).context("the browser did not start")??;
        let shared = Arc::new(Mutex::new(Shared::default()));
        let reader = Arc::clone(&shared);
        thread::spawn(move || read(from, &reader));
        Ok(Self { to: Mutex::new(to), shared, next: AtomicU64::new(1) })
    }

    /// Calls a method, of a session or of the browser itself, and gives its result.
    pub(super) async fn call(&self, session: Option<&str>, method: &str, params: Value) -> Result<Value> {
        let (answer, answered) = oneshot::channel();
        self.send(session, method, params, Some(answer))?;
        let message =
            tokio::time::timeout(LIMIT, answered).await.with_context(|| format!("no answer to {method}"))??;
        match message.get("error") {
            None => Ok(message["result"].clone()),
            Some(error) => Err(anyhow!("{method}: {}", error["message"])),
        }
    }

    /// Calls a method without waiting for what it says.
    pub(super) fn tell(&self, method: &str, params: Value) {
        let _ = self.send(None, method, params, None);
    }

    fn send(
        &self,
        session: Option<&str>,
        method: &str,
        params: Value,
        answer: Option<oneshot::Sender<Value>>,
    ) -> Result<()> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = json!(session);
        }
        if let Some(answer) = answer {
            lock(&self.shared).answers.insert(id, answer);
        }
        lock(&self.to).write_all(format!("{message}\0").as_bytes()).context("the browser is gone")
    }

    /// Keeps a session's events from now on.
    pub(super) fn listen(&self, session: &str) -> Events {
        Arc::clone(lock(&self.shared).sessions.entry(session.to_owned()).or_default())
    }
}

/// A lock that a panic in another test does not take away.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read(from: File, shared: &Mutex<Shared>) {
    for message in BufReader::new(from).split(0) {
        let Ok(Ok(message)) = message.map(|bytes| serde_json::from_slice::<Value>(&bytes)) else { break };
        let mut shared = lock(shared);
        if let Some(id) = message["id"].as_u64() {
            // Nobody waits for it where only a telling was asked.
            let _ = shared.answers.remove(&id).map(|answer| answer.send(message));
        } else if let Some(events) = message["sessionId"].as_str().and_then(|id| shared.sessions.get(id)) {
            lock(events).push(message);
        }
    }
    // Whoever still waits is told by the end of its channel.
    lock(shared).answers.clear();
}
