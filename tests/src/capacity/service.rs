//! What one click, one order and one event cost, as `capacity --measure` finds it.

use super::spread::Spread;

/// Times of one request, in seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// CPU time of the function, on a whole core.
    pub function: f64,
    /// CPU time of the database's server.
    pub server: f64,
    /// What remains of the answer's time: the commit's wait for the disk, and what goes over the wire.
    pub wait: Spread,
}

/// Times of everything.
#[derive(Clone, Debug, PartialEq)]
pub struct Services {
    /// A click.
    pub click: Service,
    /// An order, its message to the queue included.
    pub order: Service,
    /// A dispatcher's look at a tenant, whatever is due of it.
    pub look: Service,
    /// Each event that is sent, beside.
    pub event: Service,
}

impl Default for Services {
    /// On 2 cores of an x86-64 server with a fast disk, which others used, too: clicks and orders as `load` found them (a release build),
    /// the rest as `capacity --measure` did. The functions' own time of a look and an event is scaled from a debug build.
    fn default() -> Self {
        let wait = || Spread::new(&[(0.01, 0.0005), (0.5, 0.0018), (0.9, 0.0077), (0.99, 0.0138), (1.0, 0.03)]);
        Self {
            click: Service { function: 0.000_27, server: 0.000_84, wait: wait() },
            order: Service { function: 0.000_61, server: 0.001_48, wait: wait() },
            look: Service { function: 0.000_42, server: 0.001_90, wait: wait() },
            event: Service { function: 0.000_01, server: 0.000_08, wait: Spread::fixed(0.0) },
        }
    }
}
