//! From a URL, or the secret that holds it, to a connection: also while the password is being rotated.
//!
//! Secrets Manager rotates a password in steps: the new one is kept as `AWSPENDING`, set in the database, tried, and made `AWSCURRENT` (AWS,
//! Rotation by Lambda function; up to a minute where RDS does it). In between the current one is refused: so the pending one is tried
//! too, and where nobody keeps one, a login waits a little for the current one to change.

use std::time::{Duration, Instant};

use deadpool_postgres::{Client, Hook, HookError, Manager, ManagerConfig, Pool, PoolError, RecyclingMethod, Runtime};

use super::{CONNECT_TIMEOUT, Db, Error, STATEMENT_TIMEOUT, schema, tls};
use crate::config::DbSource;
use crate::secrets::Version;

/// For how long after the first refusal a login waits for another password. A browser's click is not sent again after a 503; a password that is
/// wrong for good must not hold each request.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often it looks.
const PAUSE: Duration = Duration::from_millis(250);

/// After how long a refusal is another rotation's.
const FORGOTTEN: Duration = Duration::from_mins(1);

/// The connections by one URL.
pub(super) struct Known {
    pool: Pool,
    /// Tells one from the next.
    number: u64,
}

impl Known {
    pub(super) fn drop_idle(&self) {
        self.pool.retain(|_, _| false);
    }
}

/// When the logins that are refused now began to be.
#[derive(Default)]
pub(super) struct Patience {
    since: Option<Instant>,
}

impl Patience {
    /// Until when a login waits. A refusal of long ago was another one.
    fn end(&mut self) -> Instant {
        let since = self.since.filter(|since| since.elapsed() < FORGOTTEN).unwrap_or_else(Instant::now);
        self.since = Some(since);
        since + PATIENCE
    }
}

impl Db {
    /// A connection; after a refused login, one with the password read anew.
    pub(super) async fn client(&self) -> Result<Client, Error> {
        let (pool, number) = self.pool().await?;
        match connected(&pool).await {
            Err(error) if error.is_refused_login() && matches!(self.config.source, DbSource::Secret(_)) => {
                // Boxed: it hardly ever happens, and is large.
                Box::pin(self.log_in_anew(number, error)).await
            }
            other => other,
        }
    }

    /// The pool, made at the first request.
    async fn pool(&self) -> Result<(Pool, u64), Error> {
        if let Some(known) = self.known.read().await.as_ref() {
            return Ok((known.pool.clone(), known.number));
        }
        let mut slot = self.known.write().await;
        if let Some(known) = slot.as_ref() {
            return Ok((known.pool.clone(), known.number));
        }
        let pool = self.build(&self.url().await?)?;
        *slot = Some(Known { pool: pool.clone(), number: 0 });
        Ok((pool, 0))
    }

    /// Logs in by what the secret holds now, one caller after the other. `refused` is the number of the pool whose login was.
    async fn log_in_anew(&self, refused: u64, mut error: Error) -> Result<Client, Error> {
        let mut patience = self.anew.lock().await;
        let (pool, number) = self.pool().await?;
        if number != refused {
            // Who held the lock before has found another password.
            return connected(&pool).await;
        }
        let end = patience.end();
        loop {
            for version in [Version::Current, Version::Pending] {
                match self.log_in(version, number + 1).await {
                    Ok(client) => {
                        patience.since = None;
                        return Ok(client);
                    }
                    Err(again) if again.is_refused_login() => error = again,
                    // There is no pending one, as a rule.
                    Err(_) if version == Version::Pending => {}
                    Err(other) => return Err(other),
                }
            }
            if Instant::now() + PAUSE > end {
                return Err(error);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Logs in by this version of the secret, and keeps to it if that is taken.
    async fn log_in(&self, version: Version, number: u64) -> Result<Client, Error> {
        let pool = self.build(&self.secret_url(version).await?)?;
        let client = connected(&pool).await?;
        *self.known.write().await = Some(Known { pool, number });
        Ok(client)
    }

    async fn url(&self) -> Result<String, Error> {
        match &self.config.source {
            DbSource::Url(url) => Ok(url.clone()),
            DbSource::Secret(_) => self.secret_url(Version::Current).await,
        }
    }

    async fn secret_url(&self, version: Version) -> Result<String, Error> {
        let (DbSource::Secret(id), Some(secrets)) = (&self.config.source, &self.secrets) else {
            return Err(Error::Url("no Secrets Manager client".into()));
        };
        secrets.db_url(id, version, &self.config.place).await.map_err(Error::Secret)
    }

    fn build(&self, url: &str) -> Result<Pool, Error> {
        let (config, connector) = tls::connection(url, self.config.ca_file.as_deref())?;
        let manager = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(config, connector, manager);
        Pool::builder(manager)
            .max_size(self.size)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(STATEMENT_TIMEOUT))
            .create_timeout(Some(CONNECT_TIMEOUT))
            .post_create(Hook::async_fn(|client, _| Box::pin(schema::settle(client))))
            .build()
            .map_err(|error| Error::Url(error.to_string()))
    }
}

async fn connected(pool: &Pool) -> Result<Client, Error> {
    pool.get().await.map_err(|error| match error {
        PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => Error::connect(error),
        PoolError::PostCreateHook(HookError::Message(text)) => Error::Schema(text.into_owned()),
        _ => Error::ConnectTimeout,
    })
}
