//! The functions on this machine, under `cargo lambda watch`.
//!
//! What cargo-lambda 1.9.2 does, as seen when it was run:
//!
//! - It takes each `[[bin]]` of each workspace member for a function of that name, and starts it with `cargo run --bin`
//!   at its first request. With two or more, a path that no route has is a 404 of its own.
//! - Routes stand in the root `Cargo.toml`, in [matchit]'s syntax: `{name}` is one segment and `{*rest}` is one or more,
//!   so a path with a further `/`, and `/setup` beside `/setup/{*rest}`, need a route of their own.
//!
//!   ```toml
//!   [workspace.metadata.lambda.watch.router]
//!   "/v1/funnels/{funnel}/clicks" = "click"
//!   "/v1/orders" = [{ method = "POST", function = "order" }, { method = "OPTIONS", function = "order" }]
//!   ```
//!
//!   A plain string takes every method. A list takes those named only; the others are a 404, where API Gateway says 404
//!   too. The file is read once, at start.
//! - A function gets API Gateway's payload 2.0. `rawPath` is the path as it came, still percent-encoded; `pathParameters`
//!   are the route's; `routeKey` and `stage` are `$default`; `requestContext.http.sourceIp` is always 127.0.0.1 and its
//!   `userAgent` always `cargo-lambda` (the header has the real one). `x-forwarded-for` is passed on as the client sent
//!   it and nothing is added. Headers keep `cookie`, which API Gateway takes out, beside `cookies`. Bodies of `text/*`,
//!   `application/json` and no type come as text, and are a 500 of its own when not UTF-8; others come in base64.
//! - The deadline that it gives is 600,000 ms after 1970, not after now: time left is not to be computed from it.
//! - Functions that no route has are called as by Lambda's own API, `POST /2015-03-31/functions/<name>/invocations`. The
//!   answer is the function's JSON with 200, or its `errorType` and `errorMessage` with 500; there is no
//!   `X-Amz-Function-Error`. An unknown name is 404.
//! - Functions have our environment. `--env-var` would show in `ps`.
//! - `--concurrency N`: up to N processes a function, a further one when a request waits and none is idle. With the usual 1
//!   a second request waits for the first. `AWS_LAMBDA_MAX_CONCURRENCY` is always 1, at which the runtime warns.
//! - A change to a file (unless `.gitignore` or `.cargolambdaignore` names it) restarts the functions that run, about 3 s
//!   later. While one does not compile, and after one has *exited* (a panic in a handler is a 500 and no exit), its
//!   requests wait for the next change: give each call a time limit of its own.
//! - `--timeout` is not to be used: it also ends the function's own wait for its next request, and the function with it.
//! - Each function has a session of its own, so that no signal to a process group reaches it. SIGINT to cargo-lambda ends
//!   all of them; when it is killed they end themselves, for the runtime API is gone.
//! - It answers CORS preflights itself and adds headers to each answer. `--disable-cors` leaves that to the functions.
//! - `--only-lambda-apis` starts no function (for a debugger); `--wait` changes nothing with two or more functions.
//!
//! [matchit]: https://docs.rs/matchit

use std::{env, ffi::OsString, path::PathBuf, time::Duration};

use anyhow::{Context, Result, bail};
use tokio::task::spawn_blocking;

use super::{
    install, net,
    process::{Part, Plan, Signal},
    progress::Progress,
    python::{self, Venv},
};

/// How long `cargo lambda watch` may take to listen; it compiles nothing before.
const START: Duration = Duration::from_secs(30);

/// How long it may take to end its functions.
const STOP: Duration = Duration::from_secs(10);

/// How the functions run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The root of the workspace whose binaries are the functions.
    pub workspace: PathBuf,
    /// The port on 127.0.0.1; 0 is any free one.
    pub port: u16,
    /// With optimisation, as deployed.
    pub release: bool,
    /// Processes a function at most.
    pub concurrency: usize,
    /// Whether a change of a file restarts the functions.
    pub reload: bool,
    /// Variables of the functions, over our own.
    pub environment: Vec<(String, String)>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            workspace: install::workspace_root(),
            port: 0,
            release: false,
            concurrency: 1,
            reload: true,
            environment: Vec::new(),
        }
    }
}

/// The running functions. Dropping it, or our end in any way, stops them all.
#[derive(Debug)]
pub struct Watch {
    server: Part,
    port: u16,
}

impl Watch {
    /// Builds the functions, then serves them. `progress` hears of the installation and each line of the build, `lines`
    /// gets each line of the log afterwards: the functions' own, and cargo's when a change is built.
    pub async fn start(
        settings: Settings,
        progress: &Progress,
        lines: impl FnMut(&str) + Send + 'static,
    ) -> Result<Self> {
        if settings.port != 0 && net::listens(settings.port).await {
            bail!("port {} of 127.0.0.1 is taken: end what listens there, or choose another", settings.port);
        }
        let heard = progress.clone();
        let venv = spawn_blocking(move || Venv::of(&python::CARGO_LAMBDA, &heard)).await??;
        // First by cargo itself: a function that does not compile is an error here, and a request that waits there.
        build(&settings, progress).await?;
        let port = if settings.port == 0 { net::free_port()? } else { settings.port };
        let mut server = watch(&venv, &settings, port)?;
        server.follow(lines)?;
        server.until_ready(START, || net::listens(port)).await?;
        Ok(Self { server, port })
    }

    /// The port of 127.0.0.1 that the functions answer on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The base URL of the HTTP functions.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Where an event for this function is posted.
    pub fn invoke_url(&self, function: &str) -> String {
        format!("{}/2015-03-31/functions/{function}/invocations", self.url())
    }

    /// An error with the end of the log when it runs no more.
    pub fn check(&mut self) -> Result<()> {
        self.server.check()
    }
}

async fn build(settings: &Settings, progress: &Progress) -> Result<()> {
    let mut part = cargo("build", "cargo", settings)
        .args(["build", "--bins"])
        .args(settings.release.then_some("--release"))
        .spawn()?;
    let heard = progress.clone();
    part.follow(move |line| heard.say(line))?;
    if !part.finished().await?.success() {
        bail!("the functions do not build\n{}", part.tail());
    }
    Ok(())
}

fn watch(venv: &Venv, settings: &Settings, port: u16) -> Result<Part> {
    // It calls the zig beside it by name.
    let others = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths([venv.bin()].into_iter().chain(env::split_paths(&others)));
    let path: OsString = path.context("put the virtual environment into PATH")?;
    cargo("lambda", venv.program("cargo-lambda"), settings)
        .args(["lambda", "watch", "--disable-cors", "--invoke-address", "127.0.0.1"])
        .args(["--invoke-port", &port.to_string()])
        .args(["--concurrency", &settings.concurrency.to_string()])
        .args(settings.release.then_some("--release"))
        .args((!settings.reload).then_some("--ignore-changes"))
        .env("PATH", path)
        .stop(Signal::Interrupt, STOP)
        .spawn()
}

/// Cargo, or what runs it, in the workspace and with the functions' variables.
fn cargo<'a>(name: &'a str, program: impl AsRef<std::ffi::OsStr>, settings: &Settings) -> Plan<'a> {
    let mut plan = Plan::new(name, program).directory(&settings.workspace).outside_cargo();
    for (name, value) in &settings.environment {
        plan = plan.env(name, value);
    }
    plan
}
