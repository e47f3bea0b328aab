//! A real Postgres server of our own, and one database a test.
//!
//! The binaries are the machine's (`find`), else they are brought (`bring`). As root the server runs as an
//! unprivileged user, for it refuses to run as root.

mod bring;
mod database;
mod find;

use std::{
    fs,
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    sync::Mutex,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use tokio::task::spawn_blocking;

pub use self::{
    database::TestDb,
    find::{Binaries, Search},
};
use super::{
    authority::Certificate,
    net,
    process::{Part, Plan, Signal},
    progress::Progress,
    scratch::Scratch,
    user::User,
};

/// How long a server may take to accept a connection. After `kill -9` it recovers first.
const START: Duration = Duration::from_mins(1);

/// How long a fast shutdown may take, with its checkpoint.
const STOP: Duration = Duration::from_secs(30);

/// How often a port that somebody else took is given up for another.
const PORTS_TRIED: u32 = 5;

/// The superuser that owns everything.
const ROLE: &str = "postgres";

/// What a commit waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Nothing: fsync, `synchronous_commit` and `full_page_writes` are off. For tests.
    Off,
    /// The disk, as in production. For everything that is measured.
    Production,
}

/// How a cluster is made.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What a commit waits for.
    pub durability: Durability,
    /// Preloads `pg_stat_statements`, where the server has it: see [`Cluster::has_statements`].
    pub statements: bool,
    /// What the server shows to who asks for TLS; without it, it has none.
    pub certificate: Option<Certificate>,
    /// Further `name=value` settings of the server.
    pub options: Vec<String>,
    /// Where the binaries come from.
    pub search: Search,
    /// Who hears of an installation.
    pub progress: Progress,
}

impl Settings {
    /// Only what a commit waits for; the rest as usual.
    pub fn new(durability: Durability) -> Self {
        Self {
            durability,
            statements: false,
            certificate: None,
            options: Vec::new(),
            search: Search::Machine,
            progress: Progress::stderr(),
        }
    }

    /// To measure what writes to it: commits wait for the disk as in production, statements are counted, and no checkpoint
    /// falls into one phase and not into another, where it would cost whole pages in the log.
    pub fn measured(progress: &Progress) -> Self {
        let options = ["max_wal_size=8GB", "checkpoint_timeout=1h", "shared_buffers=512MB"].map(str::to_owned).into();
        Self { statements: true, options, progress: progress.clone(), ..Self::new(Durability::Production) }
    }
}

/// A running server with its data in a temporary directory. Dropping it, or our end in any way, stops it and removes it.
#[derive(Debug)]
pub struct Cluster {
    server: Mutex<Option<Part>>,
    binaries: Binaries,
    arguments: Vec<String>,
    user: Option<User>,
    port: u16,
    password: String,
    statements: bool,
    // Last: its drop waits for the server's end.
    scratch: Scratch,
}

impl Cluster {
    /// Starts a server. One to two seconds.
    pub async fn start(durability: Durability) -> Result<Self> {
        Self::start_with(Settings::new(durability)).await
    }

    /// Starts a server made by these settings.
    pub async fn start_with(settings: Settings) -> Result<Self> {
        let mut cluster = spawn_blocking(move || Self::prepare(&settings)).await??;
        for _ in 0..PORTS_TRIED {
            cluster.port = net::free_port()?;
            match cluster.run().await {
                Err(error) if error.to_string().contains("could not bind") => {}
                other => return other.map(|()| cluster),
            }
        }
        bail!("{PORTS_TRIED} free ports were taken by others before Postgres could")
    }

    /// Finds or brings the binaries and makes the data directory.
    fn prepare(settings: &Settings) -> Result<Self> {
        let user = User::unprivileged()?;
        let scratch = Scratch::new("trk-pg", user.as_ref())?;
        let binaries = find::binaries(settings, user.as_ref(), &scratch)?;
        let password = new_password()?;
        init(&binaries, user.as_ref(), &scratch, &password)?;
        if let Some(shown) = &settings.certificate {
            keep(&data(&scratch).join("server.crt"), &shown.certificate, user.as_ref())?;
            keep(&data(&scratch).join("server.key"), &shown.key, user.as_ref())?;
        }
        let statements = settings.statements && binaries.has_extension("pg_stat_statements");
        let arguments = arguments(settings, statements);
        Ok(Self { server: Mutex::new(None), binaries, arguments, user, port: 0, password, statements, scratch })
    }

    async fn run(&self) -> Result<()> {
        let mut part = Plan::new("postgres", self.binaries.program("postgres"))
            .args([Path::new("-D"), &data(&self.scratch), Path::new("-k"), self.scratch.path()])
            .args(["-p", &self.port.to_string()])
            .args(self.arguments.iter().flat_map(|option| ["-c", option]))
            // Its messages are looked at.
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .user(self.user.clone())
            .stop(Signal::Interrupt, STOP)
            .lives_in(&self.scratch)
            .spawn()?;
        let url = self.url("postgres");
        part.until_ready(START, || async { database::connect(&url).await.is_ok() }).await?;
        *self.lock() = Some(part);
        Ok(())
    }

    /// Stops the server as an operator would, or does nothing when it is stopped: sessions are ended, nothing is lost.
    pub async fn stop(&self) -> Result<()> {
        let part = self.lock().take();
        if let Some(part) = part {
            spawn_blocking(|| part.stop()).await??;
        }
        Ok(())
    }

    /// Starts the stopped server again, with its data and on its port.
    pub async fn restart(&self) -> Result<()> {
        self.stop().await?;
        self.run().await
    }

    /// The URL of a database by TCP.
    pub fn url(&self, database: &str) -> String {
        format!("postgresql://{ROLE}:{}@127.0.0.1:{}/{database}", self.password, self.port)
    }

    /// The settings of a database by the server's Unix socket, in libpq's `name=value` form.
    pub fn socket(&self, database: &str) -> String {
        let directory = self.scratch.path().display();
        format!("host={directory} port={} user={ROLE} password={} dbname={database}", self.port, self.password)
    }

    /// A new database, a copy of `template` (say `template1`), with a name of its own.
    /// Nobody may be connected to the template meanwhile.
    pub async fn create_db(&self, template: &str) -> Result<TestDb> {
        TestDb::create(self, template).await
    }

    /// The port on 127.0.0.1, the same after a [`restart`](Self::restart).
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The programs it runs with: `pgbench` may be among them.
    pub const fn binaries(&self) -> &Binaries {
        &self.binaries
    }

    /// Whether `pg_stat_statements` was asked for and is loaded; `CREATE EXTENSION` is left to do.
    pub const fn has_statements(&self) -> bool {
        self.statements
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Part>> {
        self.server.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.lock().take());
    }
}

fn data(scratch: &Scratch) -> PathBuf {
    scratch.path().join("data")
}

fn arguments(settings: &Settings, statements: bool) -> Vec<String> {
    let mut options = vec!["listen_addresses=127.0.0.1", "max_connections=300", "log_line_prefix=%m [%p] %d "];
    if settings.durability == Durability::Off {
        options.extend(["fsync=off", "synchronous_commit=off", "full_page_writes=off"]);
        // No replica reads the log, and no checkpoint comes between two tests.
        options.extend(["wal_level=minimal", "max_wal_senders=0", "max_wal_size=4GB", "checkpoint_timeout=1h"]);
    }
    if settings.certificate.is_some() {
        // It looks for `server.crt` and `server.key` in its data directory.
        options.push("ssl=on");
    }
    if statements {
        options.extend(["shared_preload_libraries=pg_stat_statements", "pg_stat_statements.track=all"]);
    }
    options.into_iter().map(str::to_owned).chain(settings.options.iter().cloned()).collect()
}

/// Makes the data directory. The superuser has a password: on a shared machine the port is everybody's, and a login that
/// fails is something to test. It is sent in clear, for the wire is this machine's and hashing it costs each test.
fn init(binaries: &Binaries, user: Option<&User>, scratch: &Scratch, password: &str) -> Result<()> {
    let file = scratch.path().join("password");
    keep(&file, password, user)?;
    Plan::new("initdb", binaries.program("initdb"))
        .args(["--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions", "--auth=password"])
        .args(["--username", ROLE])
        .args([Path::new("--pgdata"), &data(scratch), Path::new("--pwfile"), &file])
        .directory(scratch.path())
        .env("LC_ALL", "C")
        .user(user.cloned())
        .run()?;
    fs::remove_file(&file)?;
    Ok(())
}

/// Writes a file that the server's user alone can read.
fn keep(file: &Path, text: &str, user: Option<&User>) -> Result<()> {
    fs::write(file, text)?;
    fs::set_permissions(file, fs::Permissions::from_mode(0o600))?;
    if let Some(user) = user {
        chown(file, Some(user.uid), Some(user.gid))?;
    }
    Ok(())
}

/// Sixteen bytes of the system's own randomness, in hex.
fn new_password() -> Result<String> {
    use std::io::Read;
    let mut bytes = [0; 16];
    fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes)).context("read /dev/urandom")?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
