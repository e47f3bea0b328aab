//! The log files of the parts, kept below the target directory.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
    process,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, SystemTime},
};

use anyhow::{Context, Result};

use super::install;

/// How long a log file is kept.
const KEPT: Duration = Duration::from_hours(24);

/// How often a log that is followed is looked at.
const POLL: Duration = Duration::from_millis(50);

/// Makes the log file of a part of this name, and removes those of earlier days.
pub(crate) fn create(name: &str) -> Result<(PathBuf, File)> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let directory = install::local_dir()?.join("logs");
    fs::create_dir_all(&directory).with_context(|| format!("create {}", directory.display()))?;
    if NEXT.load(Ordering::Relaxed) == 0 {
        // Somebody else may be at the same work: that a file is gone already is no error.
        let _ = remove_old(&directory);
    }
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let path = directory.join(format!("{name}-{}-{number}.log", process::id()));
    let file =
        File::options().create(true).append(true).open(&path).with_context(|| format!("create {}", path.display()))?;
    file.set_len(0)?;
    Ok((path, file))
}

fn remove_old(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let age = SystemTime::now().duration_since(entry.metadata()?.modified()?).unwrap_or_default();
        if age > KEPT {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Hands on each line of a log file as it is written. Dropping it hands on what is still there and ends.
#[derive(Debug)]
pub(crate) struct Follower {
    over: Arc<AtomicBool>,
    reader: Option<JoinHandle<()>>,
}

impl Follower {
    /// Follows this file from its start; `take` gets each line without its end.
    pub(crate) fn new(path: &Path, mut take: impl FnMut(&str) + Send + 'static) -> Result<Self> {
        let mut file = BufReader::new(File::open(path)?);
        let over = Arc::new(AtomicBool::new(false));
        let until = Arc::clone(&over);
        let reader = thread::spawn(move || {
            let mut line = Vec::new();
            loop {
                // Read before the flag: what was written before the end is not missed.
                let last = until.load(Ordering::Acquire);
                while matches!(file.read_until(b'\n', &mut line), Ok(read) if read > 0) {
                    if line.ends_with(b"\n") {
                        take(String::from_utf8_lossy(&line).trim_end());
                        line.clear();
                    }
                }
                if last {
                    if !line.is_empty() {
                        take(String::from_utf8_lossy(&line).trim_end());
                    }
                    return;
                }
                thread::sleep(POLL);
            }
        });
        Ok(Self { over, reader: Some(reader) })
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
        if let Some(reader) = self.reader.take() {
            // A callback that panicked has said so itself.
            let _ = reader.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Write, sync::mpsc};

    use super::*;

    #[test]
    fn every_line_is_handed_on_also_one_without_an_end() {
        let (path, mut file) = create("follower-test").unwrap();
        let (send, lines) = mpsc::channel();
        let follower = Follower::new(&path, move |line| send.send(line.to_owned()).unwrap()).unwrap();
        writeln!(file, "one").unwrap();
        assert_eq!(lines.recv().unwrap(), "one");
        write!(file, "two\nthr").unwrap();
        assert_eq!(lines.recv().unwrap(), "two");
        write!(file, "ee").unwrap();
        drop(follower);
        assert_eq!(lines.iter().collect::<Vec<_>>(), ["three"]);
    }
}
