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
pub mod funnels;
pub mod gates;
pub mod history;
pub mod identities;
pub mod kept;
pub mod keys;
pub mod ledger;
pub mod logins;
pub mod migrate;
pub mod orders;
pub mod people;
mod pieces;
mod pipeline;
mod prepared;
pub mod quarantine;
pub mod receipts;
pub mod replay;
pub mod sales;
pub mod setup;
pub mod signals;
pub mod stories;
pub mod sweep;
mod tls;
pub mod visits;

use std::future::Future;
use std::time::Duration;

use deadpool_postgres::{Client, Hook, HookError, Manager, ManagerConfig, Pool, PoolError, RecyclingMethod, Runtime};
use thiserror::Error;
pub use tls::Distrust;
use tokio::sync::RwLock;
use tokio_postgres::error::SqlState;

use crate::config::{self, DbSource};
use crate::secrets::{self, Secrets};

/// How long a connection, or the wait for one, may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long one statement may take before the request is given up (API Gateway itself ends at 30 s).
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);
/// How often an operation is run while it fails in a passing way. Two races can be lost in a row (for the first row of a
/// shared ad click, then for the browser's own), and a connection may have died.
const TRIES: u32 = 4;

/// Why the database did not do it.
#[derive(Debug, Error)]
pub enum Error {
    /// The URL cannot be read. The text never holds it.
    #[error("the database URL: {0}")]
    Url(String),
    /// The URL's secret is not to be had.
    #[error("the database URL's secret")]
    Secret(#[source] secrets::Error),
    /// No connection.
    #[error("no connection to Postgres")]
    Connect(#[source] tokio_postgres::Error),
    /// No TLS connection as `sslmode` asks for it.
    #[error("no connection to Postgres: {0}")]
    Tls(Distrust, #[source] tokio_postgres::Error),
    /// No connection in time.
    #[error("no connection to Postgres in time")]
    ConnectTimeout,
    /// A statement failed.
    #[error("a statement failed")]
    Statement(#[source] tokio_postgres::Error),
    /// A statement took too long.
    #[error("a statement took longer than {} s", STATEMENT_TIMEOUT.as_secs())]
    StatementTimeout,
    /// A row that our own constraints should have ruled out.
    #[error("unexpected value in {table}.{column}")]
    Inconsistent {
        /// Where.
        table: &'static str,
        /// Which column.
        column: &'static str,
    },
    /// A race was lost, each time that it was run.
    #[error("a concurrent change, again and again")]
    Race,
}

impl Error {
    /// Why there is no connection.
    fn connect(error: tokio_postgres::Error) -> Self {
        match Distrust::of(&error) {
            Some(why) => Self::Tls(why, error),
            None => Self::Connect(error),
        }
    }

    /// Whether the login was refused: the password may have been rotated.
    fn is_refused_login(&self) -> bool {
        let Self::Connect(error) = self else { return false };
        matches!(error.code(), Some(&SqlState::INVALID_PASSWORD | &SqlState::INVALID_AUTHORIZATION_SPECIFICATION))
    }

    /// Whether the database was out of reach, rather than against the statement: the same may succeed some seconds later.
    pub fn is_outage(&self) -> bool {
        let unreached = matches!(self, Self::Secret(_) | Self::Connect(_) | Self::Tls(..) | Self::ConnectTimeout);
        unreached || self.is_dead_connection()
    }

    /// Whether the connection itself failed, rather than the statement on it.
    fn is_dead_connection(&self) -> bool {
        match self {
            Self::StatementTimeout => true,
            Self::Statement(error) => {
                error.is_closed()
                    || error
                        .code()
                        .is_none_or(|code| matches!(*code, SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN))
            }
            _ => false,
        }
    }

    /// Whether the same statement can succeed at once: the connection had died, or a concurrent change won (a purge may
    /// delete a click while another statement is about to point at it, and the other way round).
    fn is_passing(&self) -> bool {
        match self {
            Self::Race => true,
            Self::Statement(error) => {
                self.is_dead_connection()
                    || error.code().is_some_and(|code| {
                        matches!(
                            *code,
                            SqlState::T_R_DEADLOCK_DETECTED
                                | SqlState::T_R_SERIALIZATION_FAILURE
                                | SqlState::UNIQUE_VIOLATION
                                | SqlState::FOREIGN_KEY_VIOLATION
                        )
                    })
            }
            _ => false,
        }
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Statement(error)
    }
}

/// Each statement is planned once for a connection. By itself Postgres plans the first five runs of each anew, and goes on so for as
/// long as it takes the special plans for cheaper by more than the planning: an order's takes 4 ms to plan and 1 ms to run. Every
/// statement here finds its rows by indexes that hold whatever its parameters are.
///
/// A process that dies in the middle of a transaction would hold the locks of its orders for as long as TCP waits.
const SETTINGS: &str = "set plan_cache_mode = force_generic_plan; set idle_in_transaction_session_timeout = '15s'";

/// The database of this environment.
pub struct Db {
    config: config::Db,
    secrets: Option<Secrets>,
    size: usize,
    pool: RwLock<Option<Pool>>,
}

impl Db {
    /// Does not connect yet. `secrets` is needed where the URL is kept in Secrets Manager; `size` is how many
    /// connections one environment may hold.
    pub fn new(config: config::Db, secrets: Option<Secrets>, size: usize) -> Self {
        Self { config, secrets, size, pool: RwLock::new(None) }
    }

    /// Connects, so that the first request need not. A failure is the first request's to report.
    pub async fn warm(&self) {
        drop(self.client().await);
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
        let done = tokio::time::timeout(STATEMENT_TIMEOUT, operation(client)).await;
        let done = done.unwrap_or(Err(Error::StatementTimeout));
        if done.as_ref().is_err_and(Error::is_dead_connection) {
            self.drop_idle().await;
        }
        done
    }

    /// Lets go of every connection that nobody uses. What ended one has ended the others, though they may not know yet;
    /// and one that hangs would do so for as long as TCP waits.
    async fn drop_idle(&self) {
        if let Some(pool) = self.pool.read().await.as_ref() {
            pool.retain(|_, _| false);
        }
    }

    /// A connection; after a refused login, one with the password read anew.
    async fn client(&self) -> Result<Client, Error> {
        match self.pooled().await {
            Err(error) if error.is_refused_login() && matches!(self.config.source, DbSource::Secret(_)) => {
                *self.pool.write().await = None;
                self.pooled().await
            }
            other => other,
        }
    }

    async fn pooled(&self) -> Result<Client, Error> {
        let known = self.pool.read().await.clone();
        let pool = match known {
            Some(pool) => pool,
            None => self.build().await?,
        };
        pool.get().await.map_err(|error| match error {
            PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => Error::connect(error),
            _ => Error::ConnectTimeout,
        })
    }

    async fn build(&self) -> Result<Pool, Error> {
        let mut slot = self.pool.write().await;
        if let Some(pool) = slot.as_ref() {
            return Ok(pool.clone());
        }
        let url = match (&self.config.source, &self.secrets) {
            (DbSource::Url(url), _) => url.clone(),
            (DbSource::Secret(id), Some(secrets)) => {
                secrets.db_url(id, &self.config.place).await.map_err(Error::Secret)?
            }
            (DbSource::Secret(_), None) => return Err(Error::Url("no Secrets Manager client".into())),
        };
        let (config, connector) = tls::connection(&url, self.config.ca_file.as_deref())?;
        let manager = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(config, connector, manager);
        let pool = Pool::builder(manager)
            .max_size(self.size)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(STATEMENT_TIMEOUT))
            .create_timeout(Some(CONNECT_TIMEOUT))
            .post_create(Hook::async_fn(|client, _| {
                Box::pin(async move { client.batch_execute(SETTINGS).await.map_err(HookError::Backend) })
            }))
            .build()
            .map_err(|error| Error::Url(error.to_string()))?;
        *slot = Some(pool.clone());
        Ok(pool)
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
