//! Things brought once and shared by every run: made by one process at a time, whole or not at all.

use std::{
    env,
    fs::{self, File},
    io::ErrorKind,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow};

use super::progress::Progress;

/// The file that says that an installation is whole, and of what.
const STAMP: &str = "installed.txt";

/// The directory of everything brought and logged: `local` in cargo's target directory.
pub fn local_dir() -> Result<PathBuf> {
    Ok(target_dir()?.join("local"))
}

/// The workspace's root.
pub fn workspace_root() -> PathBuf {
    let member = Path::new(env!("CARGO_MANIFEST_DIR"));
    member.parent().unwrap_or(member).to_owned()
}

/// Cargo's target directory: the nearest one above our own program that cargo marked as a cache, wherever
/// `CARGO_TARGET_DIR` or a setting put it.
pub(crate) fn target_dir() -> Result<PathBuf> {
    let program = env::current_exe().context("find our own program")?;
    program
        .ancestors()
        .find(|dir| dir.join("CACHEDIR.TAG").exists())
        .map(Path::to_owned)
        .or_else(|| Some(workspace_root().join("target")))
        .ok_or_else(|| anyhow!("no target directory above {}", program.display()))
}

/// Makes `local/<name>` with `make` unless it is there whole and for the same `contents` (its exact pins).
///
/// Of several processes one makes it and the others wait. What was left half-made or is of other contents goes first.
pub(crate) fn once(
    name: &str,
    contents: &str,
    progress: &Progress,
    make: impl FnOnce(&Path) -> Result<()>,
) -> Result<PathBuf> {
    let local = local_dir()?;
    let directory = local.join(name);
    if is_whole(&directory, contents) {
        return Ok(directory);
    }
    fs::create_dir_all(&local).with_context(|| format!("create {}", local.display()))?;
    let lock = local.join(format!("{name}.lock"));
    let lock = File::create(&lock).with_context(|| format!("create {}", lock.display()))?;
    if lock.try_lock().is_err() {
        progress.say(format!("waiting: another process installs {name}"));
        lock.lock().with_context(|| format!("wait for the installation of {name}"))?;
    }
    if is_whole(&directory, contents) {
        return Ok(directory);
    }
    remove(&directory)?;
    fs::create_dir_all(&directory)?;
    make(&directory)?;
    fs::write(directory.join("installed.tmp"), contents)?;
    fs::rename(directory.join("installed.tmp"), directory.join(STAMP))?;
    Ok(directory)
}

fn is_whole(directory: &Path, contents: &str) -> bool {
    fs::read_to_string(directory.join(STAMP)).is_ok_and(|stamp| stamp == contents)
}

fn remove(directory: &Path) -> Result<()> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("remove {}", directory.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// What each call made, in order, and whether the last one worked.
    fn install(name: &str, contents: &str, makes: &Cell<u32>, fail: bool) -> Result<PathBuf> {
        once(name, contents, &Progress::silent(), |directory| {
            makes.set(makes.get() + 1);
            fs::write(directory.join(contents), "")?;
            if fail { Err(anyhow!("no network")) } else { Ok(()) }
        })
    }

    #[test]
    fn an_installation_is_made_once_and_again_only_for_other_contents_or_after_a_failure() {
        let (name, makes) = ("install-test", Cell::new(0));
        let whole = local_dir().unwrap().join(name);
        remove(&whole).unwrap();

        assert!(install(name, "a", &makes, true).is_err());
        assert_eq!(install(name, "a", &makes, false).unwrap(), whole);
        install(name, "a", &makes, false).unwrap();
        assert_eq!(makes.get(), 2);

        install(name, "b", &makes, false).unwrap();
        assert_eq!(makes.get(), 3);
        assert!(whole.join("b").exists() && !whole.join("a").exists());
        remove(&whole).unwrap();
    }
}
