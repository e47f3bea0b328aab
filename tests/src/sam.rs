//! The SAM CLI, as who deploys uses it.

use std::{
    env,
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tokio::task::spawn_blocking;

use super::{
    install,
    process::{Part, Plan},
    progress::Progress,
    python::{self, Venv},
};

/// What of the caller's environment would lead to an account, or to another version of an API.
const MISLEADING: [&str; 8] = [
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "SAM_BUILD_MODE",
    "PYTHONPATH",
];

/// The SAM CLI with what it builds with, and whom it talks to.
#[derive(Clone, Debug)]
pub struct Sam {
    tool: Venv,
    cargo_lambda: Venv,
    directory: PathBuf,
    environment: Vec<(String, String)>,
}

impl Sam {
    /// Installs it where it is not yet. It talks to nobody, until [`against`](Self::against) says to whom.
    pub async fn new(progress: &Progress) -> Result<Self> {
        let progress = progress.clone();
        spawn_blocking(move || {
            let tool = Venv::of(&python::SAM, &progress)?;
            let cargo_lambda = Venv::of(&python::CARGO_LAMBDA, &progress)?;
            let directory = install::local_dir()?.join("deploy");
            fs::create_dir_all(directory.join("sam")).with_context(|| format!("create {}", directory.display()))?;
            Ok(Self { tool, cargo_lambda, directory, environment: Vec::new() })
        })
        .await?
    }

    /// The same with these variables, such as a local AWS's.
    #[must_use]
    pub fn against(mut self, environment: Vec<(String, String)>) -> Self {
        self.environment = environment;
        self
    }

    /// Its Python, with its packages.
    pub const fn venv(&self) -> &Venv {
        &self.tool
    }

    /// The template that [`build`](Self::build) writes, with a folder a function beside it.
    pub fn built(&self) -> PathBuf {
        self.directory.join("build/template.yaml")
    }

    /// `sam validate --lint`.
    pub async fn validate(&self, template: &Path) -> Result<()> {
        let arguments = [OsStr::new("--lint"), OsStr::new("--template-file"), template.as_os_str()];
        self.run("validate", arguments).await.map(drop)
    }

    /// `sam build` of the functions, for this machine's processor, into cargo's own target directory.
    pub async fn build(&self, template: &Path) -> Result<()> {
        let directory = |name: &str| self.directory.join(name).into_os_string();
        let arguments: [OsString; 9] = [
            "--beta-features".into(),
            "--template-file".into(),
            template.into(),
            "--build-dir".into(),
            directory("build"),
            "--cache-dir".into(),
            directory("cache"),
            "--parameter-overrides".into(),
            architecture().into(),
        ];
        self.run("build", arguments).await.map(drop)
    }

    /// `sam deploy` of a built template, with these parameters beside the processor. Nobody is asked.
    pub async fn deploy(&self, template: &Path, stack: &str, parameters: &[(&str, &str)]) -> Result<()> {
        let parameters = parameters.iter().map(|(name, value)| format!("{name}={value}"));
        let arguments = ["--no-confirm-changeset", "--stack-name", stack, "--template-file"].map(OsString::from);
        let overrides = ["--parameter-overrides".to_owned(), architecture()].into_iter().chain(parameters);
        let template = [template.as_os_str().to_owned()];
        let arguments = arguments.into_iter().chain(template).chain(overrides.map(OsString::from));
        self.run("deploy", arguments).await.map(drop)
    }

    /// `sam remote invoke` of a function of the stack, by its logical id, with an empty event. Gives its answer.
    pub async fn invoke(&self, stack: &str, function: &str) -> Result<Value> {
        let said = self.run("remote", ["invoke", function, "--stack-name", stack, "--event", "{}"]).await?;
        // The function's log comes before it, and ends where it begins.
        let answer = said.match_indices('{').find_map(|(at, _)| serde_json::from_str(said[at..].trim()).ok());
        answer.with_context(|| format!("{function} answered no JSON:\n{said}"))
    }

    /// `sam delete`: the stack, and what of it lies in S3.
    pub async fn delete(&self, stack: &str) -> Result<()> {
        self.run("delete", ["--no-prompts", "--stack-name", stack]).await.map(drop)
    }

    /// Runs a script of ours with its Python, which has boto3. Gives the JSON that it prints.
    pub async fn script(&self, name: &str, script: &str, arguments: &[&str]) -> Result<Value> {
        // -I: neither the caller's PYTHON* settings nor the current directory decide what is imported.
        let plan = Plan::new(name, self.tool.program("python")).args(["-I", "-c", script]).args(arguments);
        let said = finished(self.reaching(plan).spawn()?).await?;
        serde_json::from_str(&said).with_context(|| format!("{name} printed no JSON: {said}"))
    }

    async fn run<A: AsRef<OsStr>>(&self, command: &str, arguments: impl IntoIterator<Item = A>) -> Result<String> {
        let root = install::workspace_root();
        let configuration = root.join("samconfig.toml");
        // It calls cargo-lambda, and that the zig beside it, by name.
        let others = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths([self.cargo_lambda.bin()].into_iter().chain(env::split_paths(&others)));
        let name = format!("sam-{command}");
        let plan = Plan::new(&name, self.tool.program("sam"))
            .args([command])
            .args(arguments)
            .args([OsStr::new("--config-file"), configuration.as_os_str()])
            .directory(root)
            .outside_cargo()
            // A second build is of what changed since the first, wherever cargo was told to put it.
            .env("CARGO_TARGET_DIR", install::target_dir()?)
            .env("PATH", path.context("put the virtual environment into PATH")?);
        finished(self.reaching(plan).spawn()?).await.with_context(|| format!("sam {command}"))
    }

    fn reaching<'a>(&self, mut plan: Plan<'a>) -> Plan<'a> {
        for name in MISLEADING {
            plan = plan.env_remove(name);
        }
        plan = plan
            .env("SAM_CLI_TELEMETRY", "0")
            .env("__SAM_CLI_APP_DIR", self.directory.join("sam"))
            .env("AWS_CONFIG_FILE", self.directory.join("none"))
            .env("AWS_SHARED_CREDENTIALS_FILE", self.directory.join("none"))
            .env("AWS_DEFAULT_REGION", super::ministack::REGION)
            .env("AWS_EC2_METADATA_DISABLED", "true");
        self.environment.iter().fold(plan, |plan, (name, value)| plan.env(name, value))
    }
}

/// The parameter that builds and deploys for this machine.
fn architecture() -> String {
    format!("Architecture={}", if env::consts::ARCH == "aarch64" { "arm64" } else { env::consts::ARCH })
}

/// All that it said, once it has ended well.
async fn finished(mut part: Part) -> Result<String> {
    let status = part.finished().await?;
    if !status.success() {
        bail!("it failed ({status})\n{}", part.tail());
    }
    fs::read_to_string(part.log()).with_context(|| format!("read {}", part.log().display()))
}
