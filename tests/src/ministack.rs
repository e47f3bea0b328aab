//! The local AWS: SQS, Secrets Manager, API Gateway, Lambda, `EventBridge`, `CloudFormation` in one process.

use std::{path::Path, time::Duration};

use anyhow::{Result, bail};
use tokio::task::spawn_blocking;

use super::{
    net,
    process::{Part, Plan, Signal},
    progress::Progress,
    python::{self, Venv},
    scratch::Scratch,
};

/// The region that everything is in.
pub const REGION: &str = "us-east-1";

/// The account that everything belongs to.
pub const ACCOUNT: &str = "000000000000";

/// Access key id and secret access key.
pub const CREDENTIALS: (&str, &str) = ("test", "test");

/// Answers 200 once its background work at start is done.
const READY: &str = "/_ministack/ready";

/// How long it may take to start.
const START: Duration = Duration::from_mins(1);

/// How often a port that somebody else took is given up for another.
const PORTS_TRIED: u32 = 5;

/// A running `MiniStack` that keeps nothing. Dropping it, or our end in any way, stops it and all that it runs.
#[derive(Debug)]
pub struct MiniStack {
    server: Part,
    port: u16,
    // Last: its drop waits for the server's end.
    _scratch: Scratch,
}

impl MiniStack {
    /// Starts it on a free port of 127.0.0.1, installing it first where it is not yet.
    pub async fn start(progress: &Progress) -> Result<Self> {
        Self::start_with(progress, &[]).await
    }

    /// Starts it with further variables of its own, say `AUTH=true`, which enforces IAM policies.
    pub async fn start_with(progress: &Progress, environment: &[(&str, &str)]) -> Result<Self> {
        let progress = progress.clone();
        let venv = spawn_blocking(move || Venv::of(&python::MINISTACK, &progress)).await??;
        let client = net::http_client()?;
        let mut last = None;
        for _ in 0..PORTS_TRIED {
            let port = net::free_port()?;
            let scratch = Scratch::new("trk-aws", None)?;
            let mut server = spawn(&venv, port, environment, &scratch)?;
            match server.until_ready(START, || net::answers_ok(&client, port, READY)).await {
                Ok(()) => {
                    return Ok(Self { server, port, _scratch: scratch });
                }
                Err(error) if server.tail().contains("already in use") => last = Some(error),
                Err(error) => return Err(error),
            }
        }
        match last {
            Some(error) => Err(error),
            None => bail!("no port was tried"),
        }
    }

    /// Its base URL, for `AWS_ENDPOINT_URL`.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The port on 127.0.0.1.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// What an AWS SDK in another process needs to reach it.
    pub fn environment(&self) -> Vec<(String, String)> {
        environment(self.port)
    }

    /// An error with the end of its log when it runs no more.
    pub fn check(&mut self) -> Result<()> {
        self.server.check()
    }

    /// Its log.
    pub fn log(&self) -> &Path {
        self.server.log()
    }
}

fn environment(port: u16) -> Vec<(String, String)> {
    let (id, secret) = CREDENTIALS;
    [
        ("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}").as_str()),
        ("AWS_ACCESS_KEY_ID", id),
        ("AWS_SECRET_ACCESS_KEY", secret),
        ("AWS_REGION", REGION),
        ("AWS_DEFAULT_REGION", REGION),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

fn spawn(venv: &Venv, port: u16, extra: &[(&str, &str)], scratch: &Scratch) -> Result<Part> {
    let home = scratch.path();
    let mut plan = Plan::new("ministack", venv.program("python"))
        .args(["-m", "ministack"])
        .env("GATEWAY_PORT", port.to_string())
        .env("BIND_HOST", "127.0.0.1")
        .env("MINISTACK_ACCOUNT_ID", ACCOUNT)
        .env("MINISTACK_REGION", REGION)
        // Whatever it writes goes with it.
        .env("TMPDIR", home)
        .env("STATE_DIR", home.join("state"))
        .env("S3_DATA_DIR", home.join("s3"))
        .env("PERSIST_STATE", "0")
        .env("S3_PERSIST", "0")
        .env("PYTHONUNBUFFERED", "1")
        // Listeners on fixed ports, which two at once would fight for.
        .env("SFTP_ENABLED", "0")
        .env("IOT_MTLS_ENABLED", "0")
        // It would look for containers of its own to remove.
        .env("DOCKER_HOST", format!("unix://{}", home.join("no-docker.sock").display()))
        .stop(Signal::Terminate, Duration::from_secs(5))
        .lives_in(scratch);
    for name in ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE", "PYTHONPATH", "PYTHONHOME", "SERVICES"] {
        plan = plan.env_remove(name);
    }
    for (name, value) in environment(port) {
        plan = plan.env(name, value);
    }
    for (name, value) in extra {
        plan = plan.env(name, value);
    }
    plan.spawn()
}
