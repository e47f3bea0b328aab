//! The whole system under a load: API, functions, database, queue and dispatchers.

mod outcome;
mod queue;

use std::ops::ControlFlow;

use super::engine::{Engine, Step};
use super::load::{Kind, Load};
use super::service::Services;
use super::settings::Settings;
use outcome::Seen;
pub use outcome::{Limit, Outcome};
use queue::{Dispatchers, Event};

/// How often the database's use and the oldest event that waits are looked at.
const LOOK_S: f64 = 1.0;
/// Of a look's core seconds; above, waits grow without an end.
const FULL: f64 = 0.9;
/// So many full looks in a row are no chance.
const FULL_LOOKS: u32 = 5;
/// How long an event waits for Meta at the most, before the dispatchers are too few.
const LAG_S: f64 = 10.0;
/// When a statement is given up, and the caller told to try again.
const GIVEN_UP_S: f64 = 10.0;

/// What happens.
#[derive(Debug)]
enum Happening {
    Arrives(Kind),
    Served(Served),
    Dispatch(Event),
    Look,
}

#[derive(Clone, Copy, Debug)]
struct Served {
    kind: Kind,
    since: f64,
}

/// Environments of a function.
#[derive(Debug, Default)]
struct Pool {
    idle: u32,
    busy: u32,
}

struct Cloud<'a> {
    settings: &'a Settings,
    services: &'a Services,
    load: Load,
    seconds: f64,
    random: fastrand::Rng,
    engine: Engine<Happening>,
    click: Pool,
    order: Pool,
    tokens: (f64, f64),
    dispatchers: Dispatchers,
    busy_before: f64,
    full_looks: u32,
    seen: Seen,
}

/// Runs a load for so many seconds and until its events are at Meta; with `until_limit` only until something first is too little.
///
/// Nobody tries again, an environment stays until the end and keeps its connection, and rows are never fought for.
pub fn run(
    settings: &Settings,
    services: &Services,
    load: Load,
    seconds: f64,
    seed: u64,
    until_limit: bool,
) -> Outcome {
    let mut cloud = Cloud {
        settings,
        services,
        load,
        seconds,
        random: fastrand::Rng::with_seed(seed),
        engine: Engine::new(settings.cores()),
        click: Pool::default(),
        order: Pool::default(),
        tokens: (f64::from(settings.throttle_burst), 0.0),
        dispatchers: Dispatchers::new(settings.tenants),
        busy_before: 0.0,
        full_looks: 0,
        seen: Seen::default(),
    };
    for kind in [Kind::Click, Kind::Order] {
        cloud.expect(kind);
    }
    cloud.engine.after(LOOK_S, Happening::Look);
    while let Some(happening) = cloud.engine.next() {
        if cloud.happens(happening).is_break() || (until_limit && cloud.seen.first().is_some()) {
            break;
        }
    }
    let used = cloud.engine.busy() / cloud.engine.now().max(0.001) / settings.cores();
    cloud.seen.finish(seconds.min(cloud.engine.now()), used)
}

impl Cloud<'_> {
    fn happens(&mut self, happening: Happening) -> ControlFlow<()> {
        match happening {
            Happening::Arrives(kind) => {
                self.expect(kind);
                self.admit(kind);
            }
            Happening::Served(served) => self.served(served),
            Happening::Dispatch(event) => self.dispatch(event),
            Happening::Look => {
                self.look();
                if self.engine.now() >= self.seconds && self.dispatchers.is_idle() {
                    return ControlFlow::Break(());
                }
                self.engine.after(LOOK_S, Happening::Look);
            }
        }
        ControlFlow::Continue(())
    }

    fn expect(&mut self, kind: Kind) {
        let wait = self.load.next(kind, self.engine.now(), &mut self.random);
        if self.engine.now() + wait <= self.seconds {
            self.engine.after(wait, Happening::Arrives(kind));
        }
    }

    /// Through the API's throttle to an environment, and on its way.
    fn admit(&mut self, kind: Kind) {
        let now = self.engine.now();
        self.seen.came();
        if !self.has_token(now) {
            return self.seen.refused(Limit::Throttle, now);
        }
        let cold = self.pool(kind).idle == 0;
        if cold {
            if !self.has_room(kind) {
                return self.refuse(Limit::Concurrency);
            }
            if self.connections() >= self.settings.connections() {
                return self.refuse(Limit::Connections);
            }
        }
        let pool = self.pool(kind);
        pool.idle = pool.idle.saturating_sub(1);
        pool.busy += 1;
        let (environments, connections) = (self.environments(), self.connections());
        self.seen.grew(environments, connections);
        let steps = self.way(kind, cold);
        self.engine.start(steps, Happening::Served(Served { kind, since: now }));
    }

    /// Refuses a request. Environments and connections also run out because a full database holds them all: then it is to blame.
    fn refuse(&mut self, limit: Limit) {
        let cause = if self.full_looks > 0 { Limit::Database } else { limit };
        self.seen.refused(cause, self.engine.now());
    }

    fn way(&mut self, kind: Kind, cold: bool) -> Vec<Step> {
        let settings = self.settings;
        let service = match kind {
            Kind::Click => &self.services.click,
            Kind::Order => &self.services.order,
        };
        let start = if cold { settings.lambda_start + settings.first / settings.share() } else { 0.0 };
        let wait = service.wait.draw(&mut self.random) + if kind == Kind::Order { settings.sqs } else { 0.0 };
        vec![
            Step::Wait(start + service.function / settings.share() + settings.network),
            Step::Work(service.server),
            Step::Wait(wait),
        ]
    }

    fn served(&mut self, served: Served) {
        let now = self.engine.now();
        let pool = self.pool(served.kind);
        (pool.idle, pool.busy) = (pool.idle + 1, pool.busy - 1);
        let took = now - served.since;
        self.seen.served(served.kind, took);
        if took > GIVEN_UP_S {
            self.seen.limit(Limit::Database, now);
        }
        if served.kind == Kind::Order {
            let tenant = self.random.u32(0..self.settings.tenants);
            self.accept(tenant);
        }
    }

    fn look(&mut self) {
        let (now, busy) = (self.engine.now(), self.engine.busy());
        let used = (busy - self.busy_before) / (LOOK_S * self.settings.cores());
        self.busy_before = busy;
        self.seen.used(used);
        self.full_looks = if used > FULL { self.full_looks + 1 } else { 0 };
        if self.full_looks >= FULL_LOOKS {
            self.seen.limit(Limit::Database, now);
        }
        if self.dispatchers.oldest().is_some_and(|oldest| now - oldest > LAG_S) {
            self.seen.limit(Limit::Dispatch, now);
        }
    }

    fn has_token(&mut self, now: f64) -> bool {
        let (left, at) = self.tokens;
        let settings = self.settings;
        let filled = left + (now - at) * f64::from(settings.throttle_rate);
        let left = filled.min(f64::from(settings.throttle_burst));
        self.tokens = ((left - 1.0).max(0.0), now);
        left >= 1.0
    }

    /// Whether Lambda would make another environment: of what is reserved for the function, else of what nobody reserved.
    fn has_room(&self, kind: Kind) -> bool {
        let settings = self.settings;
        let (own, busy) = match kind {
            Kind::Click => (settings.click_concurrency, self.click.busy),
            Kind::Order => (settings.order_concurrency, self.order.busy),
        };
        if own > 0 {
            return busy < own;
        }
        let reserved = settings.click_concurrency + settings.order_concurrency;
        let of = |own: u32, busy: u32| if own == 0 { busy } else { 0 };
        let shared = of(settings.click_concurrency, self.click.busy) + of(settings.order_concurrency, self.order.busy);
        shared + self.dispatchers.running() < settings.account_concurrency.saturating_sub(reserved)
    }

    fn environments(&self) -> u32 {
        [&self.click, &self.order].map(|it| it.idle + it.busy).iter().sum::<u32>() + self.dispatchers.most()
    }

    /// One of each environment of click and order, four of each dispatcher.
    fn connections(&self) -> u32 {
        self.environments() + 3 * self.dispatchers.most()
    }

    fn pool(&mut self, kind: Kind) -> &mut Pool {
        match kind {
            Kind::Click => &mut self.click,
            Kind::Order => &mut self.order,
        }
    }
}

#[cfg(test)]
mod tests;
