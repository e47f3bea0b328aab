//! Delivery under everything that Meta, the network and processes do.

mod answers;
mod breaker;
mod days;
mod faults;
mod line;
mod parking;
mod walk;

use anyhow::Result;
use tests::simulator::{Answer, Fault, GraphError};
use tests::world::World;

/// Meta answers the next requests of any pixel with an error that passes.
fn down(world: &World, times: u32) {
    world.simulator.fault(Fault::times(times, Answer::Error(GraphError::new(500, 2, "busy").transient())));
}

/// One column of the seeded tenant's gate, as text.
async fn gate(world: &World, column: &str) -> Result<Option<String>> {
    let sql = format!("select (select ({column})::text from delivery_gates where tenant_id = $1)");
    world.text(&sql, &[&world.tenant.id]).await
}
