//! How much comes, and when.

/// A run's load rises for so long from nothing, as no load is there at once: else all environments were new in the same second.
const RISE_S: f64 = 10.0;

/// What comes through the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A visitor's click.
    Click,
    /// A paid order.
    Order,
}

/// Arrivals a second: Poisson, with bursts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    /// Clicks a second outside of bursts.
    pub clicks: f64,
    /// Orders a second outside of bursts.
    pub orders: f64,
    /// How many times as much comes in a burst.
    pub burst: f64,
    /// How long a burst lasts, in seconds.
    pub burst_s: f64,
    /// From the start of one burst to the start of the next, in seconds.
    pub every_s: f64,
}

impl Load {
    /// What the README states: 20 clicks and 2 orders a second, five times that for 10 s of each minute. An advertiser's mail or a
    /// live stream brings its visitors at once.
    pub const BASE: Self = Self { clicks: 20.0, orders: 2.0, burst: 5.0, burst_s: 10.0, every_s: 60.0 };

    /// So many times as much.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        Self { clicks: self.clicks * factor, orders: self.orders * factor, ..self }
    }

    /// Arrivals of a kind a second, over bursts and the time between.
    pub fn mean(&self, kind: Kind) -> f64 {
        self.quiet(kind) * (1.0 + (self.burst - 1.0) * self.burst_s / self.every_s)
    }

    /// Seconds from `now` to the next arrival of a kind. The first burst comes half-way to its end.
    pub(super) fn next(&self, kind: Kind, now: f64, random: &mut fastrand::Rng) -> f64 {
        let most = self.quiet(kind) * self.burst.max(1.0);
        let mut at = now;
        // Thinning (Lewis and Shedler): of arrivals at the highest rate, each is kept as often as the rate of its moment is of that.
        loop {
            at += exponential(random) / most;
            if random.f64() * most <= self.rate(kind, at) {
                return at - now;
            }
        }
    }

    fn rate(&self, kind: Kind, at: f64) -> f64 {
        let start = (self.every_s - self.burst_s) / 2.0;
        let within = at % self.every_s;
        let is_burst = within >= start && within < start + self.burst_s;
        self.quiet(kind) * (at / RISE_S).min(1.0) * if is_burst { self.burst } else { 1.0 }
    }

    fn quiet(&self, kind: Kind) -> f64 {
        match kind {
            Kind::Click => self.clicks,
            Kind::Order => self.orders,
        }
    }
}

/// Of mean 1.
fn exponential(random: &mut fastrand::Rng) -> f64 {
    -(1.0 - random.f64()).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_come_as_the_load_says_and_five_times_as_many_in_a_burst() {
        let (load, mut random) = (Load::BASE, fastrand::Rng::with_seed(7));
        let (mut now, mut all, mut in_burst) = (0.0, 0_u32, 0_u32);
        while now < 6000.0 {
            now += load.next(Kind::Click, now, &mut random);
            all += 1;
            in_burst += u32::from((25.0..35.0).contains(&(now % 60.0)));
        }
        let mean = f64::from(all) / (now - RISE_S / 2.0);
        assert!((mean / load.mean(Kind::Click) - 1.0).abs() < 0.02, "{mean}");
        let share = f64::from(in_burst) / f64::from(all);
        assert!((share - 0.5).abs() < 0.02, "{share}");
    }
}
