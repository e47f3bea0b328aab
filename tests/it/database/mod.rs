//! The functions and their database: a password that is rotated, a connection that died unseen, a schema that is not there yet.

mod health;
mod rotation;
mod schema;
mod thaw;

use std::sync::Arc;

use anyhow::{Context, Result};
use shared::db::Db;
use tests::world::World;

/// Gives every function a database of its own.
fn with(world: &mut World, mut database: impl FnMut() -> Db) -> Result<()> {
    world.click.db = database();
    world.order.db = database();
    world.setup.db = database();
    world.sweep.db = database();
    Arc::get_mut(&mut world.dispatch).context("the dispatcher is somebody else's too")?.db = database();
    Ok(())
}

/// Ends every connection of the functions.
async fn end_connections(world: &World) -> Result<i64> {
    let sql = "select count(pg_terminate_backend(pid)) from pg_stat_activity
               where datname = current_database() and application_name = 'track-ai'";
    world.count(sql, &[]).await
}
