//! The Meta simulator: `POST /{version}/{pixel}/events` of graph.facebook.com, on the loopback; and `GET /{version}/{pixel}`, by
//! which a token is checked without sending.
//!
//! It refuses what Meta refuses, the whole request when one event is invalid, with Meta's own error
//! envelope and codes ([`EVENT_RULES`]). It keeps what it took for inspection, in Rust and over HTTP under
//! `/_simulator/` (routes: `inspect.rs`), and it misbehaves on demand ([`Fault`]).
//!
//! Choices that Meta's pages leave open, beside the rules marked [`Source::Ours`]:
//! - The order of judgement is: version, token, pixel, proof, parameters, then the events in their order.
//!   The first broken rule of the first invalid event decides the answer.
//! - The token is taken from the bearer header, else the query, else the body.
//! - Bodies are JSON or urlencoded. Meta documents multipart too; it is refused here, since the
//!   dispatcher does not use it. A `Content-Encoding` is refused as well.
//! - Where a pixel has an app secret, `appsecret_proof` is judged after the token and before the parameters.
//! - Any pixel with a wrong token is 190; a token of another pixel is 100/33, as for an object that
//!   is not shared.

mod aside;
mod config;
mod edge;
mod faults;
mod given;
mod graph;
mod half;
mod inspect;
mod intake;
mod judge;
mod kept;
mod open;
mod pixels;
pub mod program;
mod records;
mod respond;
mod rules;
mod server;
mod state;
mod visit;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use aside::Aside;
pub use config::{Clock, Config, DEMO_PIXEL, DEMO_TOKEN, MovingClock};
pub use faults::{Answer, Chance, Fault, Preset, Usage, presets};
pub use graph::GraphError;
pub use inspect::EventQuery;
pub use records::{PixelCounts, Proof, RequestRecord, TakenEvent};
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
        self.shared.state().pixels.put(pixel, access_token);
    }

    /// Requires of requests to `pixel` that they prove to know its app secret; none requires nothing any more.
    pub fn app_secret(&self, pixel: &str, app_secret: Option<&str>) {
        self.shared.state().pixels.set_app_secret(pixel, app_secret);
    }

    /// Deletes a pixel: its token then opens nothing, which Meta tells as 100/33. False when there is none.
    pub fn delete_pixel(&self, pixel: &str) -> bool {
        self.shared.state().pixels.delete(pixel)
    }

    /// What happened to each pixel that exists or had a request.
    pub fn counts(&self) -> BTreeMap<String, PixelCounts> {
        self.shared.state().counts()
    }

    /// The events it took, each once per 48 hours, oldest first.
    pub fn events(&self, query: &EventQuery) -> Vec<TakenEvent> {
        self.shared.state().events.find(query)
    }

    /// Every request outside `/_simulator/`, in the order in which they were judged.
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.shared.state().requests().to_vec()
    }

    /// How many there are.
    pub fn request_count(&self) -> usize {
        self.shared.state().requests().len()
    }

    /// The same without the first `skipped`.
    pub fn requests_after(&self, skipped: usize) -> Vec<RequestRecord> {
        self.shared.state().requests().iter().skip(skipped).cloned().collect()
    }

    /// Adds a fault. Faults wait in the order of their arrival; a request meets the first one that
    /// is for its pixel.
    pub fn fault(&self, fault: Fault) {
        self.shared.state().faults.add(fault);
    }

    /// Forgets the faults that still wait, and nothing else.
    pub fn clear_faults(&self) {
        self.shared.state().faults.clear(None);
    }

    /// Forgets the faults that are for this pixel alone.
    pub fn clear_faults_of(&self, pixel: &str) {
        self.shared.state().faults.clear(Some(pixel));
    }

    /// Back to the configuration: forgets events, requests, faults and pixels added later.
    pub fn reset(&self) {
        self.shared.reset();
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.server.abort();
    }
}
