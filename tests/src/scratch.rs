//! A temporary directory that is gone once we and every part that lives in it have ended, however we end.

use std::{
    fs::{self, Permissions},
    io,
    os::{
        fd::OwnedFd,
        unix::{
            fs::{PermissionsExt, chown},
            process::CommandExt,
        },
    },
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, anyhow};

use super::user::User;

/// A private directory below the system's temporary one.
///
/// A keeper process (`sh`, in a process group of its own) waits for the end of its standard input and then removes the
/// directory. We hold the other end, and so does the guardian of each [`Part`](super::process::Part) that lives here:
/// the directory goes when the last of them has ended, also after `kill -9`.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    hold: Option<OwnedFd>,
    keeper: Child,
}

impl Scratch {
    /// Makes the directory, readable by its owner only: `owner`, or whoever we are.
    pub fn new(prefix: &str, owner: Option<&User>) -> Result<Self> {
        let path = make_unique(&base(owner)?, prefix)?;
        let mut keeper = Command::new("/bin/sh")
            .args(["-c", r#"read -r _; exec rm -rf -- "$1""#, "keeper"])
            .arg(&path)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("start /bin/sh")?;
        let hold = keeper.stdin.take().map(OwnedFd::from);
        let scratch = Self { path, hold, keeper };
        if let Some(user) = owner {
            chown(&scratch.path, Some(user.uid), Some(user.gid))?;
        }
        Ok(scratch)
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Another hold on the directory, for a process that lives in it.
    pub(crate) fn hold(&self) -> io::Result<OwnedFd> {
        self.hold.as_ref().ok_or(io::ErrorKind::BrokenPipe)?.try_clone()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.hold = None;
        // Nothing to do about it here: the keeper goes on without us.
        let _ = self.keeper.wait();
    }
}

/// The system's temporary directory, or a well-known one where `owner` cannot get into that.
fn base(owner: Option<&User>) -> Result<PathBuf> {
    let own = std::env::temp_dir();
    let Some(user) = owner else { return Ok(own) };
    [own, "/tmp".into(), "/var/tmp".into()]
        .into_iter()
        .find(|dir| passable(dir))
        .ok_or_else(|| anyhow!("no temporary directory that user {} can enter", user.name))
}

/// Whether everybody may pass through this directory and those above it.
pub(crate) fn passable(dir: &Path) -> bool {
    let Ok(dir) = dir.canonicalize() else {
        return false;
    };
    dir.ancestors().all(|part| fs::metadata(part).is_ok_and(|m| m.permissions().mode() & 0o001 != 0))
}

fn make_unique(base: &Path, prefix: &str) -> Result<PathBuf> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().subsec_nanos();
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        // Short: the path of a Unix socket in it has at most 103 bytes on macOS.
        let path = base.join(format!("{prefix}-{}-{since:x}-{number}", process::id()));
        match fs::create_dir(&path) {
            Ok(()) => {
                fs::set_permissions(&path, Permissions::from_mode(0o700))?;
                return Ok(path);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).with_context(|| format!("create {}", path.display())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_is_gone_after_the_last_hold() {
        let scratch = Scratch::new("trk-test", None).unwrap();
        let path = scratch.path().to_owned();
        fs::write(path.join("file"), "x").unwrap();
        assert!(path.is_dir());
        drop(scratch);
        assert!(!path.exists());
    }

    #[test]
    fn a_directory_below_a_closed_one_is_not_passable() {
        let scratch = Scratch::new("trk-test", None).unwrap();
        let inner = scratch.path().join("inner");
        fs::create_dir(&inner).unwrap();
        assert!(passable(Path::new("/")));
        assert!(!passable(&inner));
    }
}
