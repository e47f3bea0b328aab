//! A server on which requests of one moment meet.

use std::sync::Arc;

use anyhow::Result;
use shared::db::Db;

use super::{World, db_config};

impl World {
    /// A world in which a new row of this table takes 50 ms, and whose click function has a connection for each of so many
    /// environments: also the race that follows a lost race is then lost by somebody.
    pub async fn busy(table: &str, environments: usize) -> Result<Arc<Self>> {
        let mut world = Self::new().await?;
        world
            .execute(&format!(
                "create function slow() returns trigger language plpgsql as 'begin perform pg_sleep(0.05); return new; end';
                 create trigger slow before insert on {table} for each row execute function slow()"
            ))
            .await?;
        world.click = click::State::new(Db::new(db_config(world.db.url()), None, environments), 0);
        Ok(Arc::new(world))
    }
}
