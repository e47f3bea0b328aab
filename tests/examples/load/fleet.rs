//! Many environments of one function, invoked at once.

use std::time::{Duration, Instant};

use crate::floor::Speed;
use anyhow::Result;
use tests::runtime_api::{Environment, Events, Function, Quota, usage};

/// Environments that stay up between phases.
pub(crate) struct Fleet(Vec<Environment>);

/// What came of one phase.
pub(crate) struct Phase {
    /// Of every invocation, as API Gateway would see it, sorted.
    pub(crate) latencies: Vec<Duration>,
    /// Invocations a second, and the server's CPU time for one.
    pub(crate) speed: Speed,
    /// CPU time of each side.
    pub(crate) cpu: Split,
}

/// Who used the machine's cores, as shares of what there was.
#[derive(Clone, Copy, Default)]
pub(crate) struct Split {
    /// The functions' processes.
    pub(crate) functions: f64,
    /// This process: the Runtime API, the queue's other end.
    pub(crate) stub: f64,
    /// The server and its backends.
    pub(crate) postgres: f64,
    /// Everything else on the machine, the kernel's own work included.
    pub(crate) others: f64,
}

impl Fleet {
    /// Starts `count` environments and waits until each has asked for its first event.
    pub(crate) fn start<E: Events>(function: &Function, count: usize, events: impl Fn(u64) -> E) -> Result<Self> {
        let mut all: Vec<Environment> =
            (1..).take(count).map(|number| Environment::start(function, events(number))).collect::<Result<_>>()?;
        for environment in &mut all {
            environment.ready()?;
        }
        Ok(Self(all))
    }

    /// Invokes all of them until the time is over or `most` invocations were made.
    pub(crate) fn run(&mut self, most: u64, limit: Duration, postgres: u32) -> Result<Phase> {
        let before = self.used(postgres)?;
        let start = Instant::now();
        let quota = Quota::count(most).until(start + limit);
        for environment in &self.0 {
            environment.begin(quota.clone())?;
        }
        let mut latencies = Vec::new();
        for environment in &mut self.0 {
            latencies.extend(environment.finish()?.latencies);
        }
        let elapsed = start.elapsed();
        let after = self.used(postgres)?;
        latencies.sort_unstable();
        #[expect(clippy::cast_precision_loss, reason = "a count of invocations")]
        let count = latencies.len() as f64;
        let server = after.postgres.saturating_sub(before.postgres).as_secs_f64() / count.max(1.0);
        let speed = Speed { rate: count / elapsed.as_secs_f64(), server };
        Ok(Phase { latencies, speed, cpu: before.until(&after) })
    }

    fn used(&self, postgres: u32) -> Result<Used> {
        let functions = self.0.iter().map(|it| usage::cpu(it.pid())).sum::<Result<Duration>>()?;
        let (busy, all) = usage::machine()?;
        let stub = usage::cpu(std::process::id())?;
        Ok(Used { functions, stub, postgres: usage::cpu_with_children(postgres)?, busy, all })
    }
}

struct Used {
    functions: Duration,
    stub: Duration,
    postgres: Duration,
    busy: Duration,
    all: Duration,
}

impl Used {
    fn until(&self, later: &Self) -> Split {
        let all = later.all.saturating_sub(self.all).as_secs_f64().max(0.001);
        let share = |from: Duration, to: Duration| to.saturating_sub(from).as_secs_f64() / all;
        let (functions, stub) = (share(self.functions, later.functions), share(self.stub, later.stub));
        let postgres = share(self.postgres, later.postgres);
        let others = (share(self.busy, later.busy) - functions - stub - postgres).max(0.0);
        Split { functions, stub, postgres, others }
    }
}

impl Phase {
    /// The latency that this part (0 to 1) of the invocations did not exceed.
    pub(crate) fn percentile(&self, part: f64) -> Duration {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index"
        )]
        let index = (self.latencies.len() as f64 * part) as usize;
        self.latencies.get(index.min(self.latencies.len().saturating_sub(1))).copied().unwrap_or_default()
    }
}
