//! A real headless Chromium: found on this machine, else brought; one for all tests of a run, a visitor of its own for each.
//!
//! A visitor's traffic goes through one address of this machine, the test's own server, as through a proxy: any host name leads
//! there, and nothing leaves the machine.

mod axe;
mod bring;
mod find;
mod page;
mod pipe;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;
use tokio::sync::OnceCell;

pub use page::Page;

use crate::process::{Part, Plan, Signal};
use crate::progress::Progress;
use crate::scratch::Scratch;
use bring::Brought;
use pipe::Pipe;

/// Without first-run pages, updates, reports or any other traffic of its own.
const FLAGS: [&str; 17] = [
    // A browser without a window says so in its agent, and is then taken for a crawler.
    "--user-agent=Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36",
    "--headless",
    "--remote-debugging-pipe",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-service-autorun",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--metrics-recording-only",
    "--password-store=basic",
    "--use-mock-keychain",
    "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,OptimizationHints,MediaRouter,Translate,AutofillServerCommunication,PreconnectToSearch",
];

/// Opens the two pipes where Chromium looks for them, and becomes it.
const START: &str = r#"in=$1 out=$2; shift 2; exec "$@" 3<"$in" 4>"$out""#;

static BROWSER: OnceCell<Browser> = OnceCell::const_new();

/// The running browser. It ends with us.
pub struct Browser {
    pipe: Arc<Pipe>,
    _part: Part,
    _scratch: Scratch,
}

/// A person with cookies and storage of their own, in a browser that sees one server only.
pub struct Visitor {
    pipe: Arc<Pipe>,
    context: String,
}

/// The run's browser, started with the first call.
pub async fn shared() -> Result<&'static Browser> {
    BROWSER.get_or_try_init(|| async { tokio::task::spawn_blocking(Browser::start).await? }).await
}

impl Browser {
    fn start() -> Result<Self> {
        let progress = Progress::stderr();
        let Brought { program, libraries } = match find::machine() {
            Some(program) => Brought { program, libraries: None },
            None => bring::browser(&progress)?,
        };
        let scratch = Scratch::new("trk-web", None)?;
        let pipes = pipe::make(scratch.path())?;
        let part = plan(&scratch, &pipes, program, libraries).spawn()?;
        let pipe = Pipe::open(pipes).with_context(|| part.tail())?;
        Ok(Self { pipe: Arc::new(pipe), _part: part, _scratch: scratch })
    }

    /// A new visitor who reaches the server on this port of 127.0.0.1 under every name.
    pub async fn visitor(&self, port: u16) -> Result<Visitor> {
        self.behind(port, "<-loopback>").await
    }

    /// A new visitor who reaches this machine's own ports, by the names that it has itself.
    pub async fn local_visitor(&self) -> Result<Visitor> {
        // Nobody is behind that port: what is not of this machine ends there.
        self.behind(9, "localhost,127.0.0.1").await
    }

    async fn behind(&self, port: u16, except: &str) -> Result<Visitor> {
        let proxy = json!({ "proxyServer": format!("http://127.0.0.1:{port}"), "proxyBypassList": except });
        let made = self.pipe.call(None, "Target.createBrowserContext", proxy).await?;
        let context = made["browserContextId"].as_str().context("a context")?.to_owned();
        Ok(Visitor { pipe: Arc::clone(&self.pipe), context })
    }
}

impl Visitor {
    /// A new tab, still empty.
    pub async fn tab(&self) -> Result<Page> {
        Page::open(Arc::clone(&self.pipe), &self.context).await
    }
}

impl Drop for Visitor {
    fn drop(&mut self) {
        self.pipe.tell("Target.disposeBrowserContext", json!({ "browserContextId": self.context }));
    }
}

fn plan<'a>(scratch: &'a Scratch, pipes: &[PathBuf; 2], program: PathBuf, libraries: Option<PathBuf>) -> Plan<'a> {
    let mut plan = Plan::new("chromium", "/bin/sh")
        .args(["-c", START, "chromium"])
        .args(pipes)
        .args([program])
        .args(FLAGS)
        // The visitors are our own tests, and in a container or as root the sandbox cannot be set up.
        .args(["--no-sandbox".to_owned(), format!("--user-data-dir={}", scratch.path().join("profile").display())])
        .env("HOME", scratch.path())
        .stop(Signal::Terminate, Duration::from_secs(2))
        .lives_in(scratch);
    if let Some(libraries) = libraries {
        plan = plan.env("LD_LIBRARY_PATH", libraries);
    }
    plan
}
