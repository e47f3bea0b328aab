//! Where the harness says what it is doing while a person waits (installs, builds).

use std::{
    fmt,
    io::{self, Write},
    sync::Arc,
};

/// Takes one line of progress at a time.
#[derive(Clone)]
pub struct Progress(Arc<dyn Fn(&str) + Send + Sync>);

impl Progress {
    /// Hands each line to `take`.
    pub fn new(take: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(take))
    }

    /// Writes each line to standard error: never into a program's answers.
    pub fn stderr() -> Self {
        Self::new(|line| {
            // A closed standard error is no reason to stop.
            let _ = writeln!(io::stderr(), "{line}");
        })
    }

    /// Says nothing.
    pub fn silent() -> Self {
        Self::new(|_| ())
    }

    /// Passes one line on.
    pub fn say(&self, line: impl AsRef<str>) {
        (self.0)(line.as_ref());
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Progress")
    }
}
