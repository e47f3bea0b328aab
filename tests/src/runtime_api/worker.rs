//! One environment that lives and dies: invoked with one event at a time, killed at any moment, told apart from its others.
//!
//! [`Environment`](super::Environment) measures, so its stub is a bare thread. This one is for faults: an invocation ends in an
//! answer, in an error or in the process's death, and the caller learns which.

mod server;

use std::process::Child;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use super::Function;

/// How often a process that has not answered is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// What came of an invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The function's answer.
    Answered(Vec<u8>),
    /// The function's error, as the Runtime API was told of it.
    Failed(String),
    /// The process ended first, by whatever hand. What it had done until then nobody knows.
    Died,
}

/// An event on its way to the function.
struct Job {
    event: Vec<u8>,
    limit: Duration,
    answer: oneshot::Sender<Outcome>,
}

/// A process with its own Runtime API. Dropping it kills the process.
#[derive(Debug)]
pub struct Worker {
    process: Process,
    jobs: mpsc::Sender<Job>,
    server: JoinHandle<()>,
}

impl Worker {
    /// Starts a process. It is ready when its first invocation is answered.
    pub async fn start(function: &Function) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let (jobs, taken) = mpsc::channel(1);
        let server = tokio::spawn(server::serve(listener, taken));
        let process = match function.spawn(port) {
            Ok(child) => Process(Arc::new(Mutex::new(child))),
            Err(error) => {
                server.abort();
                return Err(error);
            }
        };
        Ok(Self { process, jobs, server })
    }

    /// The process, to kill it while it is invoked.
    pub fn process(&self) -> Process {
        self.process.clone()
    }

    /// Hands it one event. A process that has not answered within `limit`, its start included, is killed, as Lambda does.
    pub async fn invoke(&self, event: Vec<u8>, limit: Duration) -> Outcome {
        let (answer, mut answered) = oneshot::channel();
        let end = Instant::now() + limit;
        if self.jobs.send(Job { event, limit, answer }).await.is_err() {
            return Outcome::Died;
        }
        loop {
            match timeout(LOOK, &mut answered).await {
                Ok(Ok(outcome)) => return outcome,
                Ok(Err(_)) => return Outcome::Died,
                Err(_) if !self.process.lives() => return Outcome::Died,
                Err(_) if Instant::now() >= end => {
                    self.process.kill();
                    return Outcome::Died;
                }
                Err(_) => {}
            }
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.process.kill();
        self.server.abort();
    }
}

/// A process of a function, held by several.
#[derive(Clone, Debug)]
pub struct Process(Arc<Mutex<Child>>);

impl Process {
    /// Ends it with SIGKILL and waits until it is gone; whether it lived until then.
    pub fn kill(&self) -> bool {
        let mut child = self.child();
        let lived = matches!(child.try_wait(), Ok(None));
        if lived {
            // It may end by itself in this moment.
            let _ = child.kill();
            let _ = child.wait();
        }
        lived
    }

    /// Whether it runs.
    pub fn lives(&self) -> bool {
        matches!(self.child().try_wait(), Ok(None))
    }

    fn child(&self) -> MutexGuard<'_, Child> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    /// A function that is this script.
    fn function(scratch: &Scratch, script: &str) -> Function {
        let program = scratch.path().join("program");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, Permissions::from_mode(0o700)).unwrap();
        Function::new("worker-test", program).unwrap()
    }

    #[tokio::test]
    async fn an_invocation_ends_with_the_process() {
        let scratch = Scratch::new("trk-test", None).unwrap();
        let worker = Worker::start(&function(&scratch, "exit 1")).await.unwrap();
        assert_eq!(worker.invoke(b"{}".to_vec(), Duration::from_secs(20)).await, Outcome::Died);
        assert!(!worker.process().kill(), "it had ended by itself");
    }

    #[tokio::test]
    async fn one_that_does_not_answer_in_time_is_killed() {
        let scratch = Scratch::new("trk-test", None).unwrap();
        let worker = Worker::start(&function(&scratch, "exec sleep 60")).await.unwrap();
        let process = worker.process();
        assert!(process.lives());
        assert_eq!(worker.invoke(b"{}".to_vec(), Duration::from_millis(50)).await, Outcome::Died);
        assert!(!process.lives());
    }
}
