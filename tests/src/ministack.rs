//! The local AWS: SQS, Secrets Manager, API Gateway, Lambda, `EventBridge`, `CloudFormation` in one process.

mod judged;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Result, bail};
use tokio::task::spawn_blocking;

pub use self::judged::Judgement;
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
    scratch: Scratch,
}

/// Who may do what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rights {
    /// Everybody everything.
    All,
    /// What IAM's policies say, and each word of it is kept.
    Judged,
}

impl MiniStack {
    /// Starts it on a free port of 127.0.0.1, installing it first where it is not yet.
    pub async fn start(progress: &Progress) -> Result<Self> {
        Self::start_with(progress, Rights::All).await
    }

    /// The same with IAM's policies enforced; [`CREDENTIALS`] are the account's root, and a function has its role's rights alone. Not
    /// judged are what Lambda itself does as a role: it writes logs and polls queues without being asked.
    pub async fn start_judged(progress: &Progress) -> Result<Self> {
        Self::start_with(progress, Rights::Judged).await
    }

    async fn start_with(progress: &Progress, rights: Rights) -> Result<Self> {
        let progress = progress.clone();
        let venv = spawn_blocking(move || Venv::of(&python::MINISTACK, &progress)).await??;
        let client = net::http_client()?;
        let mut last = None;
        for _ in 0..PORTS_TRIED {
            let port = net::free_port()?;
            let scratch = Scratch::new("trk-aws", None)?;
            let mut server = spawn(&venv, port, rights, &scratch)?;
            match server.until_ready(START, || net::answers_ok(&client, port, READY)).await {
                Ok(()) => {
                    return Ok(Self { server, port, scratch });
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

    /// What IAM said of each request so far, where it was started by [`start_judged`](Self::start_judged).
    pub fn judgements(&self) -> Result<Vec<Judgement>> {
        judged::read(&iam_log(&self.scratch))
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

fn iam_log(scratch: &Scratch) -> PathBuf {
    scratch.path().join("iam.jsonl")
}

fn spawn(venv: &Venv, port: u16, rights: Rights, scratch: &Scratch) -> Result<Part> {
    let home = scratch.path();
    let plan = Plan::new("ministack", venv.program("python"));
    let mut plan = match rights {
        Rights::All => plan.args(["-m", "ministack"]),
        Rights::Judged => {
            plan.args(["-c", include_str!("ministack/judged.py")]).env("AUTH", "true").env("IAM_LOG", iam_log(scratch))
        }
    };
    plan = plan
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
    plan.spawn()
}
