//! Binaries of the functions, built as they are deployed, and how each is started.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::progress::Progress;
use crate::{install, logs};

/// Builds what of these functions is missing or older than its sources, and gives their binaries, in this order.
///
/// Without the workspace's other members, so that the features are those of a deployed function. cargo's own progress
/// goes to standard error.
pub fn build(functions: &[&str], progress: &Progress) -> Result<Vec<PathBuf>> {
    let packages = functions.iter().flat_map(|name| ["-p", name]);
    cargo(RELEASE, packages, progress).with_context(|| format!("build {}", functions.join(", ")))?;
    functions.iter().map(|name| binary(RELEASE, Path::new(name))).collect()
}

/// The same unoptimised, as `cargo lambda watch` builds them: for what is not measured.
pub fn build_debug(functions: &[&str], progress: &Progress) -> Result<Vec<PathBuf>> {
    let names = functions.iter().flat_map(|name| ["--bin", name]);
    cargo(DEBUG, names, progress).with_context(|| format!("build {}", functions.join(", ")))?;
    functions.iter().map(|name| binary(DEBUG, Path::new(name))).collect()
}

/// The same of an example of the `tests` member.
pub fn build_example(name: &str, progress: &Progress) -> Result<PathBuf> {
    cargo(RELEASE, ["-p", "tests", "--example", name], progress)
        .with_context(|| format!("build the example {name}"))?;
    binary(RELEASE, &Path::new("examples").join(name))
}

/// Cargo's profile, and the folder that it builds into.
type Profile = (&'static str, &'static str);
const RELEASE: Profile = ("release", "release");
const DEBUG: Profile = ("dev", "debug");

fn cargo<'a>(profile: Profile, arguments: impl IntoIterator<Item = &'a str>, progress: &Progress) -> Result<()> {
    progress.say(format!("building {} binaries (minutes, the first time)", profile.1));
    let mut cargo = Command::new(env!("CARGO"));
    // Cargo tells its programs where they stand, and would take that for a change of what it is to build.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            cargo.env_remove(name);
        }
    }
    let status = cargo
        .args(["build", "--profile", profile.0, "--target-dir"])
        .arg(target()?)
        .args(arguments)
        .current_dir(install::workspace_root())
        // Our own answers go to standard output.
        .stdout(Stdio::null())
        .status()
        .context("start cargo")?;
    ensure!(status.success(), "cargo build failed ({status})");
    Ok(())
}

fn target() -> Result<PathBuf> {
    let local = install::local_dir()?;
    Ok(local.parent().context("the target directory")?.to_owned())
}

fn binary(profile: Profile, path: &Path) -> Result<PathBuf> {
    let binary = target()?.join(profile.1).join(path);
    ensure!(binary.is_file(), "cargo built no {}", binary.display());
    Ok(binary)
}

/// A function as Lambda starts it: its program, and an environment of its own alone.
#[derive(Debug)]
pub struct Function {
    name: String,
    program: PathBuf,
    environment: Vec<(String, String)>,
    log: (PathBuf, File),
}

impl Function {
    /// The function `name` of this binary.
    pub fn new(name: &str, program: impl Into<PathBuf>) -> Result<Self> {
        let environment = [
            ("AWS_LAMBDA_FUNCTION_NAME", name),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
            ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
            ("AWS_REGION", crate::ministack::REGION),
            ("AWS_ACCESS_KEY_ID", crate::ministack::CREDENTIALS.0),
            ("AWS_SECRET_ACCESS_KEY", crate::ministack::CREDENTIALS.1),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Ok(Self { name: name.to_owned(), program: program.into(), environment, log: logs::create(name)? })
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its program.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Where its standard output and error go.
    pub fn log(&self) -> &Path {
        &self.log.0
    }

    /// Starts a process of it that talks to the Runtime API on this port. It ends by itself once that is gone.
    pub(super) fn spawn(&self, port: u16) -> Result<Child> {
        Command::new(&self.program)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .env("AWS_LAMBDA_RUNTIME_API", format!("127.0.0.1:{port}"))
            .stdin(Stdio::null())
            .stdout(self.log.1.try_clone()?)
            .stderr(self.log.1.try_clone()?)
            .spawn()
            .with_context(|| format!("start {}", self.program.display()))
    }
}
