//! One function that is measured.

use std::time::Duration;

use anyhow::{Context, Result};
use tests::runtime_api::{Environment, Events, Function, usage};

use crate::package;

/// Invocations of a running environment before any is measured.
const WARM_UP: u64 = 50;

type MakeEvents = Box<dyn Fn(u64) -> Box<dyn Events>>;

/// A function and what was measured of it so far.
pub(crate) struct Subject {
    name: &'static str,
    function: Function,
    events: MakeEvents,
    seed: u64,
    starts: Vec<Duration>,
    start_cpus: Vec<Duration>,
    firsts: Vec<Duration>,
    in_turn: Vec<Duration>,
    in_a_row: Vec<Duration>,
}

/// The medians, and what is measured once.
pub(crate) struct Measured {
    pub(crate) name: &'static str,
    /// From the start of the process to its first `GET /next`.
    pub(crate) start: Duration,
    /// CPU time until then.
    pub(crate) start_cpu: Duration,
    /// The first invocation.
    pub(crate) first: Duration,
    /// CPU time of a later one, the functions being invoked in turn.
    pub(crate) in_turn: Duration,
    /// The same when one follows the other at once.
    pub(crate) in_a_row: Duration,
    /// Bytes.
    pub(crate) peak: u64,
    /// Bytes.
    pub(crate) zip: u64,
}

impl Subject {
    /// `events` makes the events of an environment from a seed.
    pub(crate) fn new(
        name: &'static str,
        function: Function,
        events: impl Fn(u64) -> Box<dyn Events> + 'static,
    ) -> Self {
        let events: MakeEvents = Box::new(events);
        let (starts, start_cpus, firsts, in_turn, in_a_row) = Default::default();
        // Two functions of one kind want two sequences.
        let seed = name.bytes().fold(0, |sum: u64, byte| sum * 31 + u64::from(byte)) << 32;
        Self { name, function, events, seed, starts, start_cpus, firsts, in_turn, in_a_row }
    }

    /// Starts an environment, invokes it once, ends it.
    pub(crate) fn start_once(&mut self) -> Result<()> {
        let mut environment = Environment::start(&self.function, (self.events)(self.seed))?;
        self.seed += 1;
        self.starts.push(environment.ready()?);
        self.start_cpus.push(usage::cpu(environment.pid())?);
        self.firsts.push(environment.invoke(1)?.latencies[0]);
        Ok(())
    }

    /// An environment that is warm.
    pub(crate) fn run(&self) -> Result<Environment> {
        let mut environment = Environment::start(&self.function, (self.events)(self.seed))?;
        environment.ready()?;
        environment.invoke(WARM_UP)?;
        Ok(environment)
    }

    /// Measures `count` invocations in a row.
    pub(crate) fn invoke(&mut self, environment: &mut Environment, count: u32) -> Result<()> {
        let before = usage::cpu(environment.pid())?;
        environment.invoke(count.into())?;
        self.in_a_row.push(usage::cpu(environment.pid())?.saturating_sub(before) / count);
        Ok(())
    }

    /// Notes the CPU time of `count` invocations since `before`.
    pub(crate) fn note(&mut self, environment: &Environment, before: Duration, count: u32) -> Result<()> {
        self.in_turn.push(usage::cpu(environment.pid())?.saturating_sub(before) / count);
        Ok(())
    }

    /// The last look at the process, and the medians.
    pub(crate) fn finish(self, environment: Environment) -> Result<Measured> {
        let peak = usage::peak_memory(environment.pid())?;
        drop(environment);
        Ok(Measured {
            name: self.name,
            start: median(self.starts)?,
            start_cpu: median(self.start_cpus)?,
            first: median(self.firsts)?,
            in_turn: median(self.in_turn)?,
            in_a_row: median(self.in_a_row)?,
            peak,
            zip: package::zipped(self.function.program())?,
        })
    }
}

fn median(mut values: Vec<Duration>) -> Result<Duration> {
    values.sort_unstable();
    values.get(values.len() / 2).copied().context("nothing was measured")
}
