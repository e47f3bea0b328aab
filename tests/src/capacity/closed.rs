//! So many environments, each with its next request as soon as it has its answer: what one machine can be asked for real.

use super::engine::{Engine, Step};
use super::load::Kind;
use super::service::Services;
use super::spread::percentile;

/// What was or would be seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Requests a second.
    pub rate: f64,
    /// What half of them wait at most, in seconds.
    pub p50: f64,
    /// What 99 of 100 wait at most.
    pub p99: f64,
}

impl Point {
    /// Of waits in any order that were seen in so many seconds.
    pub fn of(mut waits: Vec<f64>, seconds: f64) -> Self {
        waits.sort_unstable_by(f64::total_cmp);
        #[expect(clippy::cast_precision_loss, reason = "a count of requests")]
        let rate = waits.len() as f64 / seconds;
        Self { rate, p50: percentile(&waits, 0.5), p99: percentile(&waits, 0.99) }
    }

    /// By how much it is off a measured one, as parts of that: rate, half, 99 of 100.
    pub fn off(&self, measured: &Self) -> [f64; 3] {
        let pairs = [(self.rate, measured.rate), (self.p50, measured.p50), (self.p99, measured.p99)];
        pairs.map(|(predicted, measured)| (predicted / measured - 1.0).abs())
    }
}

/// The `number`th request of an environment: an order after each ten clicks.
pub fn turn(number: u32) -> Kind {
    if number % 11 == 10 { Kind::Order } else { Kind::Click }
}

/// Runs it for so many seconds, functions and database on the same cores, as on one machine.
pub fn run(workers: u32, services: &Services, cores: f64, seconds: f64, seed: u64) -> Point {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut engine = Engine::new(cores);
    let mut waits = Vec::new();
    for worker in 0..workers {
        // Not all at the same point of their turns.
        send(&mut engine, services, &mut random, worker * 3);
    }
    while let Some((number, since)) = engine.next() {
        if engine.now() > seconds {
            break;
        }
        waits.push(engine.now() - since);
        send(&mut engine, services, &mut random, number + 1);
    }
    Point::of(waits, seconds)
}

fn send(engine: &mut Engine<(u32, f64)>, services: &Services, random: &mut fastrand::Rng, number: u32) {
    let service = match turn(number) {
        Kind::Click => &services.click,
        Kind::Order => &services.order,
    };
    let steps = vec![Step::Work(service.function), Step::Work(service.server), Step::Wait(service.wait.draw(random))];
    let now = engine.now();
    engine.start(steps, (number, now));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_environments_are_bounded_by_the_cores_and_one_by_its_own_time() {
        let services = Services::default();
        let work = |it: &super::super::service::Service| it.function + it.server;
        let mean = (10.0 * work(&services.click) + work(&services.order)) / 11.0;
        let many = run(32, &services, 2.0, 20.0, 1);
        assert!((many.rate * mean / 2.0 - 1.0).abs() < 0.02, "{many:?}");
        let one = run(1, &services, 2.0, 20.0, 1);
        assert!(one.rate * mean < 1.0 && one.p50 < many.p50 && many.p99 > many.p50, "{one:?} {many:?}");
        assert!(one.off(&one).iter().all(|off| *off < 1e-9));
    }
}
