//! The unprivileged user that a server which refuses to run as root is started as.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Result, anyhow};

/// A user of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Login name.
    pub name: String,
    /// User id.
    pub uid: u32,
    /// The id of its main group.
    pub gid: u32,
}

impl User {
    /// Who a server must run as: `postgres`, else `nobody`, when we are root; ourselves (`None`) when we are not.
    pub fn unprivileged() -> Result<Option<Self>> {
        if id(&["-u"]) != Some(0) {
            return Ok(None);
        }
        ["postgres", "nobody"]
            .into_iter()
            .find_map(Self::named)
            .map(Some)
            .ok_or_else(|| anyhow!("Postgres refuses to run as root, and there is no user postgres or nobody here"))
    }

    fn named(name: &str) -> Option<Self> {
        let (uid, gid) = (id(&["-u", name])?, id(&["-g", name])?);
        (uid != 0).then(|| Self { name: name.to_owned(), uid, gid })
    }
}

/// What `id` (POSIX) answers: ours without a name.
fn id(arguments: &[&str]) -> Option<u32> {
    let program = if Path::new("/usr/bin/id").exists() { "/usr/bin/id" } else { "id" };
    let output = Command::new(program).args(arguments).stderr(Stdio::null()).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_never_the_unprivileged_user() {
        assert_eq!(User::named("root"), None);
    }

    #[test]
    fn an_unknown_user_is_none() {
        assert_eq!(User::named("no such user"), None);
    }
}
