//! A simulator on a thread of its own, so that it does not take turns with what is measured.

use std::sync::mpsc;
use std::thread;

use anyhow::{Context, Result};

use super::{Config, Simulator};
use crate::seed::Seeded;

/// A running simulator that knows one tenant's pixel and keeps no bodies. Dropping it ends it.
#[derive(Debug)]
pub struct Aside {
    /// Its base URL.
    pub url: String,
    _stop: mpsc::Sender<()>,
}

impl Aside {
    /// Starts it.
    pub fn start(tenant: &Seeded) -> Result<Self> {
        let config = Config::default().with_pixel(&tenant.pixel_id, &tenant.access_token).keep_bodies(false);
        let (stop, stopped) = mpsc::channel::<()>();
        let (started, url) = mpsc::channel();
        thread::spawn(move || -> Result<()> {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
            let simulator = runtime.block_on(Simulator::start(config))?;
            started.send(simulator.base_url().to_owned())?;
            // Ends when its handle is dropped.
            let _ = stopped.recv();
            Ok(())
        });
        Ok(Self { url: url.recv().context("the simulator did not start")?, _stop: stop })
    }
}
