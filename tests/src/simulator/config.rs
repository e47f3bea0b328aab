//! How a simulator is set up.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

/// The pixel that [`Config::demo`] knows.
pub const DEMO_PIXEL: &str = "1000000000000001";
/// The token of [`DEMO_PIXEL`].
pub const DEMO_TOKEN: &str = "demo-access-token";

/// What the simulator takes for now.
pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// How a simulator is set up. No `Debug`: it holds access tokens.
#[derive(Clone)]
pub struct Config {
    /// Port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Access token of each pixel.
    pub pixels: BTreeMap<String, String>,
    /// App secret of each pixel whose requests must prove that they know it (`appsecret_proof`).
    pub app_secrets: BTreeMap<String, String>,
    /// What it takes for now.
    pub clock: Clock,
    /// Largest body in bytes. No size is documented, so this is a choice of ours.
    pub body_limit: usize,
    /// Whether the events' JSON is kept. Without it an event costs about 300 bytes of memory.
    pub keep_bodies: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            port: 0,
            pixels: BTreeMap::new(),
            app_secrets: BTreeMap::new(),
            clock: machine_clock(),
            body_limit: 16 * 1024 * 1024,
            keep_bodies: true,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the clock that the rest takes")]
fn machine_clock() -> Clock {
    Arc::new(SystemTime::now)
}

impl Config {
    /// One demo pixel on a free port, by the machine's clock.
    pub fn demo() -> Self {
        Self::default().with_pixel(DEMO_PIXEL, DEMO_TOKEN)
    }

    /// Adds a pixel and its token.
    #[must_use]
    pub fn with_pixel(mut self, pixel: &str, access_token: &str) -> Self {
        self.pixels.insert(pixel.into(), access_token.into());
        self
    }

    /// Requires `appsecret_proof` of requests to `pixel`.
    #[must_use]
    pub fn with_app_secret(mut self, pixel: &str, app_secret: &str) -> Self {
        self.app_secrets.insert(pixel.into(), app_secret.into());
        self
    }

    /// Keeps the events' JSON, or only what counts them.
    #[must_use]
    pub fn keep_bodies(mut self, keep: bool) -> Self {
        self.keep_bodies = keep;
        self
    }

    /// Takes the time from `clock`.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }
}

/// A clock that stands still until a test moves it.
#[derive(Debug, Clone)]
pub struct MovingClock(Arc<AtomicI64>);

impl MovingClock {
    /// Stands at `unix_seconds`.
    pub fn at(unix_seconds: i64) -> Self {
        Self(Arc::new(AtomicI64::new(unix_seconds)))
    }

    /// Moves on by whole seconds; back when negative.
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Unix seconds.
    pub fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    /// The same clock in the form that [`Config`] takes.
    pub fn clock(&self) -> Clock {
        let clock = self.clone();
        Arc::new(move || {
            let seconds = u64::try_from(clock.now()).unwrap_or_default();
            SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
        })
    }
}
