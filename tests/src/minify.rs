//! The snippet made small, by the one tool and the one setting that made the committed file.
//!
//! The small file is committed, so that a build needs no JavaScript tool; a test makes it anew and compares.

use std::{path::PathBuf, process::Command};

use anyhow::{Context, Result, ensure};

use super::{install, npm, progress::Progress};

/// Terser with all that it runs on, pinned: another version may write another text.
const PACKAGES: [&str; 5] =
    ["terser@5.51.4", "acorn@8.19.0", "commander@2.20.3", "source-map-support@0.5.21", "@jridgewell/source-map@0.3.11"];

/// The snippet's source.
pub fn source() -> PathBuf {
    install::workspace_root().join("functions/click/src/snippet/track.js")
}

/// The file that is made of it.
pub fn target() -> PathBuf {
    source().with_file_name("track.min.js")
}

/// The source made small. Blocks while npm works, once.
pub fn minified(progress: &Progress) -> Result<String> {
    let directory = install::once("terser", &PACKAGES.join("\n"), progress, |directory| {
        progress.say(format!("installing {} (once, into target/local)", PACKAGES[0]));
        npm::install(directory, &PACKAGES, progress)
    })?;
    let output = Command::new(npm::node(progress)?)
        .arg(directory.join("node_modules/terser/bin/terser"))
        .arg(source())
        .args(["--compress", "passes=3,unsafe_arrows=true,ecma=2020", "--ecma", "2020", "--mangle"])
        .output()
        .context("start terser")?;
    ensure!(output.status.success(), "terser: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}
