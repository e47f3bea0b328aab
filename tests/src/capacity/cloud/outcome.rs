//! What was seen of a run.

use std::fmt;

use super::Kind;
use crate::capacity::spread::percentile;

/// What can be too little.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The API turned a request away.
    Throttle,
    /// Lambda made no further environment.
    Concurrency,
    /// The database took no further connection.
    Connections,
    /// The database's cores were in use, or a statement was given up.
    Database,
    /// Events waited for a dispatcher.
    Dispatch,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Throttle => "the API's throttle",
            Self::Concurrency => "Lambda's concurrency",
            Self::Connections => "the database's connections",
            Self::Database => "the database's cores",
            Self::Dispatch => "the dispatchers",
        })
    }
}

/// What came of a load. Times are seconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// What was too little first, and when.
    pub first: Option<(Limit, f64)>,
    /// Requests that came.
    pub came: u32,
    /// Requests that found no place: turned away, or refused by the database.
    pub refused: u32,
    /// Answers a second.
    pub rate: f64,
    /// What half of the clicks, and 99 of 100, wait at most.
    pub click: [f64; 2],
    /// What an order's caller waits.
    pub order: [f64; 2],
    /// From an order's answer to Meta's recorded one.
    pub lag: [f64; 2],
    /// Environments at the most.
    pub environments: u32,
    /// Database connections at the most.
    pub connections: u32,
    /// The most that was used of the database's cores, and the mean.
    pub database: [f64; 2],
    /// Events that Meta took.
    pub sent: u32,
    /// The dispatcher's invocations.
    pub invocations: u32,
    /// Messages of one, on the average.
    pub messages: f64,
    /// Mean time of a click's, an order's and a dispatcher's environment, which Lambda bills.
    pub billed: [f64; 3],
}

/// The same while it runs.
#[derive(Debug, Default)]
pub(super) struct Seen {
    outcome: Outcome,
    clicks: Vec<f64>,
    orders: Vec<f64>,
    lags: Vec<f64>,
    messages: f64,
    dispatch: f64,
}

impl Seen {
    pub(super) fn first(&self) -> Option<(Limit, f64)> {
        self.outcome.first
    }

    pub(super) fn came(&mut self) {
        self.outcome.came += 1;
    }

    /// Something was too little now.
    pub(super) fn limit(&mut self, limit: Limit, now: f64) {
        self.outcome.first.get_or_insert((limit, now));
    }

    /// A request found no place, by this.
    pub(super) fn refused(&mut self, limit: Limit, now: f64) {
        self.limit(limit, now);
        self.outcome.refused += 1;
    }

    pub(super) fn grew(&mut self, environments: u32, connections: u32) {
        self.outcome.environments = self.outcome.environments.max(environments);
        self.outcome.connections = self.outcome.connections.max(connections);
    }

    pub(super) fn served(&mut self, kind: Kind, took: f64) {
        match kind {
            Kind::Click => self.clicks.push(took),
            Kind::Order => self.orders.push(took),
        }
    }

    pub(super) fn used(&mut self, part: f64) {
        self.outcome.database[0] = self.outcome.database[0].max(part);
    }

    pub(super) fn invoked(&mut self, messages: usize) {
        #[expect(clippy::cast_precision_loss, reason = "a batch")]
        let messages = messages as f64;
        self.messages += messages;
        self.outcome.invocations += 1;
    }

    pub(super) fn dispatched(&mut self, took: f64) {
        self.dispatch += took;
    }

    pub(super) fn sent(&mut self, lags: impl Iterator<Item = f64>) {
        let before = self.lags.len();
        self.lags.extend(lags);
        self.outcome.sent += u32::try_from(self.lags.len() - before).unwrap_or(u32::MAX);
    }

    /// Of so many seconds, in which so much of the database was used on the average.
    pub(super) fn finish(mut self, seconds: f64, used: f64) -> Outcome {
        let invocations = f64::from(self.outcome.invocations.max(1));
        #[expect(clippy::cast_precision_loss, reason = "a count of answers")]
        let answers = (self.clicks.len() + self.orders.len()) as f64;
        let (click, mean_click) = told(&mut self.clicks);
        let (order, mean_order) = told(&mut self.orders);
        let (lag, _) = told(&mut self.lags);
        Outcome {
            rate: answers / seconds.max(0.001),
            click,
            order,
            lag,
            database: [self.outcome.database[0], used],
            messages: self.messages / invocations,
            billed: [mean_click, mean_order, self.dispatch / invocations],
            ..self.outcome
        }
    }
}

/// Half and 99 of 100, and the mean.
fn told(values: &mut [f64]) -> ([f64; 2], f64) {
    values.sort_unstable_by(f64::total_cmp);
    #[expect(clippy::cast_precision_loss, reason = "a count of times")]
    let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
    ([percentile(values, 0.5), percentile(values, 0.99)], mean)
}
