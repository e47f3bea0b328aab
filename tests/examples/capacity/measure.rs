//! Times and bytes of one click, one order and one event.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tests::capacity::closed::turn;
use tests::capacity::facts::Bytes;
use tests::capacity::{Kind, Spread};
use tests::runtime_api::usage;
use tests::world::{batch, in_two_minutes, wake_up};

use crate::bed::{Bed, Worker};

/// What a phase's environments ask for.
#[derive(Clone, Copy)]
pub(crate) enum Asked {
    /// One kind alone.
    Only(Kind),
    /// Both, in turn.
    Both,
}

/// What came of a phase.
pub(crate) struct Phase {
    /// Seconds of each request.
    pub(crate) waits: Vec<f64>,
    /// How long it took.
    pub(crate) seconds: f64,
    /// CPU seconds of this program, of the server, and of everything else on the machine.
    pub(crate) cpu: [f64; 3],
}

/// Lets these environments ask until the time is over.
pub(crate) async fn phase(bed: &Bed, workers: Vec<Worker>, asked: Asked, seconds: f64) -> Result<(Vec<Worker>, Phase)> {
    let before = used(bed)?;
    let start = Instant::now();
    let end = start + Duration::from_secs_f64(seconds);
    let tasks: Vec<_> = workers.into_iter().map(|worker| tokio::spawn(ask(worker, asked, end))).collect();
    let (mut workers, mut waits) = (Vec::new(), Vec::new());
    for task in tasks {
        let (worker, own) = task.await??;
        workers.push(worker);
        waits.extend(own);
    }
    let seconds = start.elapsed().as_secs_f64();
    let after = used(bed)?;
    let [own, server, all] = [0, 1, 2].map(|index| after[index].saturating_sub(before[index]).as_secs_f64());
    ensure!(!waits.is_empty(), "nothing was answered in {seconds} s");
    Ok((workers, Phase { waits, seconds, cpu: [own, server, (all - own - server).max(0.0)] }))
}

async fn ask(mut worker: Worker, asked: Asked, end: Instant) -> Result<(Worker, Vec<f64>)> {
    let mut waits = Vec::new();
    while Instant::now() < end {
        let start = Instant::now();
        let kind = match asked {
            Asked::Only(kind) => kind,
            Asked::Both => turn(worker.number),
        };
        worker.send(kind).await?;
        waits.push(start.elapsed().as_secs_f64());
    }
    Ok((worker, waits))
}

fn used(bed: &Bed) -> Result<[Duration; 3]> {
    let (busy, _) = usage::machine()?;
    Ok([usage::cpu(std::process::id())?, usage::cpu_with_children(bed.postgres)?, busy])
}

impl Phase {
    /// How many were answered.
    pub(crate) fn count(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a count of requests")]
        let count = self.waits.len() as f64;
        count
    }

    /// What each request waited for beside CPU, where no environment waited for a core.
    pub(crate) fn rest(&self) -> Spread {
        let [function, server] = self.work();
        Spread::of(self.waits.iter().map(|wait| (wait - function - server).max(0.0)).collect())
    }

    /// CPU time of the function and of the server for a request.
    pub(crate) fn work(&self) -> [f64; 2] {
        [0, 1].map(|index| self.cpu[index] / self.count())
    }
}

/// Bytes that each of so many requests wrote.
pub(crate) async fn bytes(bed: &Bed, worker: &mut Worker, kind: Kind, count: u32) -> Result<Bytes> {
    let before = bed.bytes().await?;
    for _ in 0..count {
        worker.send(kind).await?;
    }
    Ok(each(before, bed.bytes().await?, count))
}

/// The same of events that are sent: what the dispatcher adds.
pub(crate) async fn event_bytes(bed: &Bed, count: i32) -> Result<Bytes> {
    bed.fill("bytes", count).await?;
    let before = bed.bytes().await?;
    drain(bed, 1000, "bytes").await?;
    Ok(each(before, bed.bytes().await?, count.unsigned_abs()))
}

fn each(before: [f64; 2], after: [f64; 2], count: u32) -> Bytes {
    let [written, stored] = [0, 1].map(|index| (after[index] - before[index]) / f64::from(count));
    Bytes { written, stored, logged: 0.0, lines: 0.0, answered: 0.0 }
}

/// CPU time of a dispatcher and of the server for one event, with so many events a request.
pub(crate) async fn events(bed: &Bed, a_request: u32, count: i32) -> Result<[f64; 2]> {
    let prefix = format!("events{a_request}-");
    bed.fill(&prefix, count).await?;
    let before = used(bed)?;
    drain(bed, a_request, &prefix).await?;
    let after = used(bed)?;
    Ok([0, 1].map(|index| after[index].saturating_sub(before[index]).as_secs_f64() / f64::from(count)))
}

async fn drain(bed: &Bed, a_request: u32, prefix: &str) -> Result<()> {
    let state = bed.dispatcher(a_request)?;
    let mut before = i64::MAX;
    loop {
        let waiting = bed.waiting(prefix).await?;
        if waiting == 0 {
            return Ok(());
        }
        ensure!(waiting < before, "{waiting} events do not move");
        before = waiting;
        dispatch::handle(&state, batch(&[&wake_up(&bed.tenant.id)]), in_two_minutes()).await;
    }
}
