//! Time that a test moves: the database's and the simulator's together.

use anyhow::Result;

use super::World;
use crate::simulator::{Config, MovingClock, Simulator};

impl World {
    /// A world whose time stands still until [`advance`](Self::advance) moves it. It begins at `unix_seconds`.
    pub async fn at(unix_seconds: i64) -> Result<(Self, MovingClock)> {
        let clock = MovingClock::at(unix_seconds);
        let mut world = Self::new().await?;
        let config = Config::default().with_pixel(&world.tenant.pixel_id, &world.tenant.access_token);
        world.simulator = Simulator::start(config.with_clock(clock.clock())).await?;
        world.dispatch = Self::dispatcher(&world.db, &world.sdk, &world.simulator)?;
        world.show_time(&clock).await?;
        Ok((world, clock))
    }

    /// Moves the clock on by some seconds.
    pub async fn advance(&self, clock: &MovingClock, seconds: i64) -> Result<()> {
        clock.advance(seconds);
        self.show_time(clock).await
    }

    /// New connections see the database's setting, so the old ones are ended: the functions connect again.
    async fn show_time(&self, clock: &MovingClock) -> Result<()> {
        let name = self.db.name();
        self.execute(&format!(
            "do $$ begin execute format('alter database %I set track.now = %L', '{name}', to_timestamp({})); end $$;
             select set_config('track.now', to_timestamp({})::text, false);
             select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and application_name = 'track-ai'",
            clock.now(),
            clock.now()
        ))
        .await
    }
}
