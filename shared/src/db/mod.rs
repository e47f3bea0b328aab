//! Postgres: connection and pool, and one file for each thing that is kept there, its SQL beside the function.
//!
//! A Lambda environment serves one request at a time, so a pool holds one connection (the dispatcher's more). It may
//! have died while the environment was frozen, its password may have been rotated, the server may be away: each
//! costs another try at the most, and the next request starts afresh.

pub mod attempts;
pub mod audit;
pub mod books;
pub mod clicks;
pub mod connections;
pub mod deliveries;
pub mod dispatch;
pub mod doctor;
mod error;
pub mod funnels;
pub mod gates;
pub mod history;
pub mod identities;
pub mod kept;
pub mod keys;
pub mod ledger;
mod login;
pub mod logins;
pub mod migrate;
pub mod orders;
pub mod people;
mod pieces;
mod pipeline;
mod prepared;
mod pulse;
pub mod quarantine;
pub mod receipts;
pub mod replay;
pub mod sales;
mod schema;
pub mod setup;
pub mod signals;
pub mod stories;
pub mod sweep;
mod tls;
pub mod visits;

use std::future::Future;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use deadpool_postgres::Client;
pub use error::Error;
pub use schema::NEEDED;
pub use tls::Distrust;
use tokio::sync::{Mutex, RwLock};

use crate::clock::Clock;
use crate::config::{self, DbSource};
use crate::secrets::Secrets;

/// How long a connection, or the wait for one, may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long one statement may take before the request is given up (API Gateway itself ends at 30 s).
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);
/// How often an operation is run while it fails in a passing way. Two races can be lost in a row (for the first row of a
/// shared ad click, then for the browser's own), and a connection may have died.
const TRIES: u32 = 4;
/// How long nothing may have been asked before a connection is not trusted to be there: an environment that serves requests one after
/// the other is not frozen for as long.
const QUIET: Duration = Duration::from_secs(5);

/// The database of this environment.
pub struct Db {
    config: config::Db,
    secrets: Option<Secrets>,
    size: usize,
    quiet: Duration,
    /// When it answered last, in Unix milliseconds: a monotonic clock may stand still while the environment is frozen.
    answered_at: AtomicI64,
    known: RwLock<Option<login::Known>>,
    /// Held by who logs in anew.
    anew: Mutex<login::Patience>,
}

impl Db {
    /// Does not connect yet. `secrets` is needed where the URL is kept in Secrets Manager; `size` is how many
    /// connections one environment may hold.
    pub fn new(config: config::Db, secrets: Option<Secrets>, size: usize) -> Self {
        Self {
            config,
            secrets,
            size,
            quiet: QUIET,
            answered_at: AtomicI64::new(0),
            known: RwLock::default(),
            anew: Mutex::default(),
        }
    }

    /// With another time after which a connection that was not used is not trusted to be there.
    #[must_use]
    pub fn quiet_after(self, quiet: Duration) -> Self {
        Self { quiet, ..self }
    }

    /// Connects, so that the first request need not. A failure is the first request's to report.
    pub async fn warm(&self) {
        drop(self.client().await);
    }

    /// Whether the database answers within this time, and has the schema that this release needs.
    pub async fn check(&self, within: Duration) -> Result<(), Error> {
        let asked = self.run(|client| async move { schema::ask(&client).await?.map_err(Error::Schema) });
        let Ok(answer) = tokio::time::timeout(within, asked).await else {
            self.drop_idle().await;
            return Err(Error::Silent);
        };
        answer
    }

    /// Runs one statement's function on a connection, and again when the failure was of a passing kind.
    ///
    /// The function must be safe to run again: ours are, since each write first looks whether it was made.
    pub async fn run<T, F, R>(&self, operation: F) -> Result<T, Error>
    where
        F: Fn(Client) -> R,
        R: Future<Output = Result<T, Error>>,
    {
        for _ in 1..TRIES {
            match self.once(&operation).await {
                Err(error) if error.is_passing() => {}
                other => return other,
            }
        }
        self.once(&operation).await
    }

    async fn once<T, F, R>(&self, operation: &F) -> Result<T, Error>
    where
        F: Fn(Client) -> R,
        R: Future<Output = Result<T, Error>>,
    {
        let client = self.client().await?;
        let suspect = Client::metrics(&client).recycle_count > 0 && self.was_quiet();
        let pulse = if suspect { pulse::ask(&client).await } else { None };
        let done = tokio::select! {
            biased;
            done = tokio::time::timeout(STATEMENT_TIMEOUT, operation(client)) => done.unwrap_or(Err(Error::StatementTimeout)),
            () = pulse::lost(pulse) => Err(Error::Silent),
        };
        if done.as_ref().is_err_and(Error::is_dead_connection) {
            self.drop_idle().await;
        } else {
            self.answered_at.store(Clock::SYSTEM.now_ms(), Ordering::Relaxed);
        }
        done
    }

    /// Whether the environment may have been frozen since it was answered last.
    fn was_quiet(&self) -> bool {
        let quiet_ms = Clock::SYSTEM.now_ms().saturating_sub(self.answered_at.load(Ordering::Relaxed));
        // A clock that was set back tells nothing.
        u64::try_from(quiet_ms).map_or(true, |ms| Duration::from_millis(ms) >= self.quiet)
    }

    /// Lets go of every connection that nobody uses. What ended one has ended the others, though they may not know yet;
    /// and one that hangs would do so for as long as TCP waits.
    async fn drop_idle(&self) {
        if let Some(known) = self.known.read().await.as_ref() {
            known.drop_idle();
        }
    }
}

/// The database of a function's configuration, with a Secrets Manager client only where the URL is kept there.
pub fn open(config: config::Db, size: usize) -> Db {
    let secrets = match config.source {
        DbSource::Url(_) => None,
        DbSource::Secret(_) => Some(Secrets::new(&crate::aws::sdk_config())),
    };
    Db::new(config, secrets, size)
}
