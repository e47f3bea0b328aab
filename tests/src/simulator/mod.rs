//! The Meta simulator: `POST /{version}/{pixel}/events` of graph.facebook.com, on the loopback.
//!
//! It refuses what Meta refuses, the whole request when one event is invalid, with Meta's own error
//! envelope and codes ([`EVENT_RULES`]). It keeps what it took for inspection, in Rust and over HTTP under
//! `/_simulator/` (routes: `inspect.rs`), and it misbehaves on demand ([`Fault`]).
//!
//! Choices that Meta's pages leave open, beside the rules marked [`Source::Ours`]:
//! - The order of judgement is: version, token, pixel, parameters, then the events in their order.
//!   The first broken rule of the first invalid event decides the answer.
//! - The token is taken from the bearer header, else the query, else the body.
//! - Bodies are JSON or urlencoded. Meta documents multipart too; it is refused here, since the
//!   dispatcher does not use it. A `Content-Encoding` is refused as well.
//! - Any pixel with a wrong token is 190; a token of another pixel is 100/33, as for an object that
//!   is not shared.

mod config;
mod edge;
mod faults;
mod graph;
mod half;
mod inspect;
mod intake;
mod judge;
mod records;
mod rules;
mod server;
mod state;

#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use config::{Clock, Config, DEMO_PIXEL, DEMO_TOKEN, MovingClock};
pub use faults::{Answer, Fault};
pub use graph::GraphError;
pub use inspect::EventQuery;
pub use records::{RequestRecord, TakenEvent};
pub use rules::{EVENT_RULES, EventRule, REQUEST_RULES, Refusal, RequestRule, Source};

use state::Shared;

/// A running simulator. It ends, and closes every connection, when dropped.
pub struct Simulator {
    base_url: String,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

impl Simulator {
    /// Listens on 127.0.0.1 and answers until dropped. It lives on the runtime of the caller.
    ///
    /// Fails when the configured port is taken.
    pub async fn start(config: Config) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", config.port)).await?;
        let base_url = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared::new(config));
        let router = inspect::router(Arc::clone(&shared));
        let server = tokio::spawn(server::serve(listener, router));
        Ok(Self { base_url, shared, server })
    }

    /// `http://127.0.0.1:port`, what `META_GRAPH_URL` takes.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Adds a pixel, or replaces its token.
    pub fn pixel(&self, pixel: &str, access_token: &str) {
        self.shared.state().put_pixel(pixel, access_token);
    }

    /// The events it took, each once per 48 hours, oldest first.
    pub fn events(&self, query: &EventQuery) -> Vec<TakenEvent> {
        self.shared.state().events(query)
    }

    /// Every request outside `/_simulator/`, in the order in which they were judged.
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.shared.state().requests().to_vec()
    }

    /// Adds a fault. Faults wait in the order of their arrival; a request meets the first one that
    /// is for its pixel.
    pub fn fault(&self, fault: Fault) {
        self.shared.state().faults.add(fault);
    }

    /// Forgets the faults that still wait, and nothing else.
    pub fn clear_faults(&self) {
        self.shared.state().faults.clear();
    }

    /// Back to the configuration: forgets events, requests, faults and pixels added later.
    pub fn reset(&self) {
        self.shared.state().reset();
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.server.abort();
    }
}
