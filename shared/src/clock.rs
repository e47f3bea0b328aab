//! The wall clock, as a parameter: the one place that reads it.

use std::time::{SystemTime, UNIX_EPOCH};

/// Gives the time. A test passes its own function.
#[derive(Clone, Copy)]
pub struct Clock(fn() -> i64);

impl Clock {
    /// The system's clock.
    pub const SYSTEM: Self = Self(system_ms);

    /// A clock of one's own, in Unix milliseconds.
    pub const fn from_fn(now_ms: fn() -> i64) -> Self {
        Self(now_ms)
    }

    /// Unix milliseconds.
    pub fn now_ms(self) -> i64 {
        (self.0)()
    }

    /// Unix seconds.
    pub fn now_s(self) -> i64 {
        self.now_ms().div_euclid(1000)
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
fn system_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
