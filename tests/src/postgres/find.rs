//! Where the server's programs are on this machine.

use std::{
    env, fs,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Result, bail};

use super::{Settings, bring};
use crate::{scratch::Scratch, user::User};

/// The oldest major version that the migrations are written for.
const OLDEST: u32 = 15;

/// Below which folders the packagers of Debian, Homebrew, Postgres.app and Fedora keep a `bin` for each version.
const ROOTS: [&str; 6] = [
    "/usr/lib/postgresql",
    "/opt/homebrew/opt",
    "/usr/local/opt",
    "/Applications/Postgres.app/Contents/Versions",
    "/usr/pgsql",
    "/usr",
];

/// Where to look for the programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Search {
    /// On the machine, and brought from the registry when it has none that will do.
    Machine,
    /// In these `bin` directories only, nothing brought.
    Only(Vec<PathBuf>),
    /// Brought from the registry, whatever the machine has.
    Brought,
}

/// The programs of one server version.
#[derive(Clone, Debug)]
pub struct Binaries {
    directory: PathBuf,
    share: PathBuf,
    version: u32,
}

impl Binaries {
    /// The path of a program; not every server brings every one.
    pub fn program(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// The server's major version.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// Whether the server can `CREATE EXTENSION name`.
    pub fn has_extension(&self, name: &str) -> bool {
        self.share.join("extension").join(format!("{name}.control")).exists()
    }

    /// The programs in this `bin` directory, or why they will not do for `user`.
    pub(super) fn at(directory: &Path, user: Option<&User>) -> Result<Self, String> {
        // The real directory: a program finds its library and share directories from where it lies.
        let real = fs::canonicalize(directory.join("postgres")).map_err(|_| "no server".to_owned())?;
        let directory = real.parent().unwrap_or(directory).to_owned();
        let version = match (version(&directory, user), version(&directory, None)) {
            (Some(version), _) => version,
            (None, Some(_)) => return Err("closed to the unprivileged user it would run as".into()),
            (None, None) => return Err("postgres does not run".into()),
        };
        if version < OLDEST {
            return Err(format!("version {version}"));
        }
        if !directory.join("initdb").exists() {
            return Err("no initdb".into());
        }
        let share = share(&directory).ok_or("no extensions")?;
        let binaries = Self { directory, share, version };
        if !binaries.has_extension("pgcrypto") {
            return Err("no pgcrypto".into());
        }
        Ok(binaries)
    }
}

/// The first programs that will do; else brought; else what was wrong with each, and how to install them.
pub(super) fn binaries(settings: &Settings, user: Option<&User>, scratch: &Scratch) -> Result<Binaries> {
    let candidates = match &settings.search {
        Search::Machine => machine(),
        Search::Only(directories) => directories.clone(),
        Search::Brought => Vec::new(),
    };
    let mut refused = Vec::new();
    for candidate in candidates {
        match Binaries::at(&candidate, user) {
            Ok(binaries) => return Ok(binaries),
            Err(reason) => refused.push(format!("{}: {reason}", candidate.display())),
        }
    }
    if !matches!(settings.search, Search::Only(_)) {
        match bring::binaries(user, scratch, &settings.progress) {
            Ok(binaries) => return Ok(binaries),
            Err(error) => refused.push(format!("brought: {error:#}")),
        }
    }
    bail!(
        "Postgres {OLDEST} or newer with the pgcrypto extension is needed:\n  {}\n\
         Install it: Debian, Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server \
         postgresql-contrib; Alpine: apk add postgresql postgresql-contrib; macOS: brew install postgresql",
        refused.join("\n  ")
    )
}

/// Every `bin` directory that may hold a server, the user's own choice first.
fn machine() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        env::var_os("PATH").iter().flat_map(|path| env::split_paths(path).collect::<Vec<_>>()).collect();
    found.extend(asked("pg_config", "--bindir"));
    for root in ROOTS {
        let mut below: Vec<PathBuf> =
            fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        // Newest first.
        below.sort_by_key(|path| std::cmp::Reverse(number(path)));
        found.extend(below.into_iter().map(|path| path.join("bin")));
    }
    found.retain(|directory| directory.join("postgres").exists());
    let mut seen = Vec::new();
    found.retain(|directory| {
        let real = fs::canonicalize(directory.join("postgres")).ok();
        let new = !seen.contains(&real);
        seen.push(real);
        new
    });
    found
}

/// The version in a folder's name (`16`, `postgresql@16`), 0 without one.
fn number(path: &Path) -> u32 {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let digits = name.rsplit(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    digits.parse().unwrap_or(0)
}

fn asked(pg_config: impl AsRef<Path>, what: &str) -> Option<PathBuf> {
    let output = Command::new(pg_config.as_ref()).arg(what).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (!text.trim().is_empty()).then(|| PathBuf::from(text.trim()))
}

/// `postgres (PostgreSQL) 15.18 (Debian ...)` -> 15
fn version(directory: &Path, user: Option<&User>) -> Option<u32> {
    let mut command = Command::new(directory.join("postgres"));
    command.arg("--version").current_dir("/").stderr(Stdio::null());
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid);
    }
    let output = command.output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let number = text.split_whitespace().nth(2)?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The directory that has `extension` in it.
fn share(directory: &Path) -> Option<PathBuf> {
    let root = directory.parent()?;
    let version = root.file_name()?;
    let debian = Path::new("/usr/share/postgresql").join(version);
    let asked = asked(directory.join("pg_config"), "--sharedir");
    asked
        .into_iter()
        .chain([root.join("share/postgresql"), root.join("share"), debian])
        .find(|share| share.join("extension").is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_the_folders_of_each_packager() {
        for (name, expected) in [("15", 15), ("postgresql@17", 17), ("pgsql-16", 16), ("latest", 0)] {
            assert_eq!(number(Path::new(name)), expected, "{name}");
        }
    }

    #[test]
    fn a_directory_without_a_server_says_so() {
        assert_eq!(Binaries::at(Path::new("/nowhere"), None).unwrap_err(), "no server");
    }
}
