//! Parts that end with us, in whatever way we end.

use std::{
    env,
    ffi::{OsStr, OsString},
    fs,
    future::Future,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use tokio::time::{Instant, sleep, timeout};

use super::{
    logs::{self, Follower},
    scratch::Scratch,
    user::User,
};

/// How often a part that starts is asked whether it is ready.
const POLL: Duration = Duration::from_millis(20);

/// How long one such question may take: who took the part's port may never answer.
const LOOK: Duration = Duration::from_secs(2);

/// How much of its log is shown when a part fails.
const TAIL_LINES: usize = 30;

/// The guardian's script without its comments, for it shows in `ps`.
fn guardian() -> String {
    let lines = include_str!("guardian.sh").lines();
    lines.filter(|line| !line.trim_start().starts_with('#')).collect::<Vec<_>>().join("\n")
}

/// The signal that asks a part to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT. For Postgres a fast shutdown: sessions are ended, nothing is lost.
    Interrupt,
    /// SIGTERM.
    Terminate,
}

impl Signal {
    const fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "INT",
            Self::Terminate => "TERM",
        }
    }
}

/// What is to be run, and how it ends.
#[derive(Debug)]
pub struct Plan<'a> {
    name: &'a str,
    command: Vec<OsString>,
    environment: Vec<(OsString, Option<OsString>)>,
    directory: PathBuf,
    user: Option<User>,
    stop: Signal,
    grace: Duration,
    home: Option<&'a Scratch>,
}

impl<'a> Plan<'a> {
    /// Runs `program`; `name` stands in messages and in the name of its log file.
    pub fn new(name: &'a str, program: impl AsRef<OsStr>) -> Self {
        Self {
            name,
            command: vec![program.as_ref().to_owned()],
            environment: Vec::new(),
            directory: PathBuf::from("/"),
            user: None,
            stop: Signal::Terminate,
            grace: Duration::from_secs(10),
            home: None,
        }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.command.extend(arguments.into_iter().map(|a| a.as_ref().to_owned()));
        self
    }

    /// Sets a variable; the others are ours.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.as_ref().to_owned(), Some(value.as_ref().to_owned())));
        self
    }

    /// Takes a variable of ours away.
    #[must_use]
    pub fn env_remove(mut self, name: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.as_ref().to_owned(), None));
        self
    }

    /// Takes away what cargo told the program that it runs (us) about its package: it is not true of another build.
    #[must_use]
    pub fn outside_cargo(mut self) -> Self {
        let told = env::vars_os().map(|(name, _)| name);
        let told = told.filter(|name| {
            let name = name.to_string_lossy();
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        });
        self.environment.extend(told.map(|name| (name, None)));
        self
    }

    /// Runs it in this directory, else in `/`.
    #[must_use]
    pub fn directory(mut self, path: impl Into<PathBuf>) -> Self {
        self.directory = path.into();
        self
    }

    /// Runs it as this user, else as ourselves.
    #[must_use]
    pub fn user(mut self, user: Option<User>) -> Self {
        self.user = user;
        self
    }

    /// Asks it to end with this signal, and kills what is left of it after `grace` (whole seconds).
    #[must_use]
    pub fn stop(mut self, signal: Signal, grace: Duration) -> Self {
        (self.stop, self.grace) = (signal, grace);
        self
    }

    /// Keeps this directory until the part has ended.
    #[must_use]
    pub fn lives_in(mut self, scratch: &'a Scratch) -> Self {
        self.home = Some(scratch);
        self
    }

    /// Runs it to its end; an error with the end of its log unless it succeeds. Blocks.
    pub fn run(self) -> Result<()> {
        let mut part = self.spawn()?;
        let status = part.guardian.wait()?;
        if !status.success() {
            bail!("{} failed ({status})\n{}", part.name, part.tail());
        }
        Ok(())
    }

    /// Starts it.
    pub fn spawn(self) -> Result<Part> {
        let (log, file) = logs::create(self.name)?;
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", &guardian(), "guardian", self.stop.name()])
            .arg(self.grace.as_secs().to_string())
            .args(&self.command)
            .current_dir(&self.directory)
            // Its own group: the terminal's Ctrl-C reaches us only, and we end the part in order.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(match self.home {
                Some(scratch) => scratch.hold()?.into(),
                None => Stdio::null(),
            })
            .stderr(file);
        for (name, value) in &self.environment {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        if let Some(user) = &self.user {
            shell.uid(user.uid).gid(user.gid);
        }
        let mut guardian = shell.spawn().with_context(|| format!("start {} under /bin/sh", self.name))?;
        let hold = guardian.stdin.take();
        Ok(Part { name: self.name.to_owned(), guardian, hold, log, follower: None })
    }
}

/// A running child with everything below it. Dropping it asks it to end and waits until it has.
///
/// Between us and it stands a guardian (`guardian.sh`) whose standard input we hold. Its end, which the kernel brings
/// about also when we are killed, is the order to end the part.
#[derive(Debug)]
pub struct Part {
    name: String,
    guardian: Child,
    hold: Option<ChildStdin>,
    log: PathBuf,
    follower: Option<Follower>,
}

impl Part {
    /// What it was called in its plan.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its standard output and error go. The file stays when the part ends.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// How it ended, or `None` while it runs. A signal is 128 and its number.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.guardian.try_wait()?)
    }

    /// An error with the end of its log when it runs no more.
    pub fn check(&mut self) -> Result<()> {
        match self.ended()? {
            None => Ok(()),
            Some(status) => bail!("{} ended by itself ({status})\n{}", self.name, self.tail()),
        }
    }

    /// Waits until `ready` says yes. An error with the end of its log when it dies first or needs longer than `limit`.
    pub async fn until_ready<F, R>(&mut self, limit: Duration, mut ready: F) -> Result<()>
    where
        F: FnMut() -> R,
        R: Future<Output = bool>,
    {
        let end = Instant::now() + limit;
        loop {
            self.check()?;
            if timeout(LOOK, ready()).await.unwrap_or(false) {
                // Somebody else may have answered on the port that this part failed to take.
                return self.check();
            }
            if Instant::now() >= end {
                bail!("{} was not ready within {limit:?}\n{}", self.name, self.tail());
            }
            sleep(POLL).await;
        }
    }

    /// Hands each line of its log to `take`, from the first one on, until the part has ended.
    pub fn follow(&mut self, take: impl FnMut(&str) + Send + 'static) -> Result<()> {
        self.follower = Some(Follower::new(&self.log, take)?);
        Ok(())
    }

    /// Waits until it ends by itself.
    pub async fn finished(&mut self) -> Result<ExitStatus> {
        loop {
            if let Some(status) = self.ended()? {
                self.follower = None;
                return Ok(status);
            }
            sleep(POLL).await;
        }
    }

    /// The last lines of its log, with the file's name.
    pub fn tail(&self) -> String {
        let bytes = fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().collect();
        let last = lines.get(lines.len().saturating_sub(TAIL_LINES)..).unwrap_or_default();
        format!("the end of {}:\n{}", self.log.display(), last.join("\n"))
    }

    /// Asks it to end and waits until it and everything below it has. The answer is the child's own status.
    pub fn stop(mut self) -> Result<ExitStatus> {
        self.end()
    }

    fn end(&mut self) -> Result<ExitStatus> {
        self.hold = None;
        let status = self.guardian.wait()?;
        self.follower = None;
        Ok(status)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // The guardian does its work also when nobody can be told of a failure.
        let _ = self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether this process lives; one that nobody has reaped does not.
    fn lives(pid: &str) -> bool {
        let output = Command::new("ps").args(["-o", "stat=", "-p", pid]).output().unwrap();
        let state = String::from_utf8_lossy(&output.stdout).into_owned();
        !state.trim().is_empty() && !state.trim().starts_with('Z')
    }

    #[tokio::test]
    async fn a_stopped_part_leaves_nothing_that_it_started() {
        // One of its own shell's group and one of another: `set -m` gives each background job a group.
        let script = "trap 'exit 7' TERM; sleep 300 & echo $!; set -m; sleep 300 & echo $!; echo up; wait";
        let mut part = Plan::new("family-test", "/bin/sh").args(["-c", script]);
        part = part.stop(Signal::Terminate, Duration::from_secs(1));
        let mut part = part.spawn().unwrap();
        let log = part.log().to_owned();
        let up = || async { fs::read_to_string(&log).unwrap().contains("up") };
        part.until_ready(Duration::from_secs(10), up).await.unwrap();
        let text = fs::read_to_string(&log).unwrap();
        let below: Vec<&str> = text.lines().filter(|line| line.parse::<u32>().is_ok()).collect();
        assert_eq!(below.len(), 2);
        assert!(below.iter().all(|pid| lives(pid)));

        assert_eq!(part.stop().unwrap().code(), Some(7));
        assert!(!below.iter().any(|pid| lives(pid)));
    }

    #[tokio::test]
    async fn a_part_that_dies_before_it_is_ready_shows_the_end_of_its_log() {
        let mut part = Plan::new("death-test", "/bin/sh").args(["-c", "echo no such setting; exit 3"]).spawn().unwrap();
        let error = part.until_ready(Duration::from_secs(10), || async { false }).await.unwrap_err().to_string();
        assert!(error.contains("exit status: 3") && error.contains("no such setting"), "{error}");
    }
}
