//! Connections with their platforms' secrets, remembered for a minute so that a delivery need not ask for them; the write checks the
//! connection again. Only what was found is remembered.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lambda_http::Request;
use shared::db::connections::{self, Connection, Found, PresentedPath};
use shared::http::{self, Problem};
use shared::memory::Memory;
use shared::platforms::Secret;
use shared::secrets::Error;

use crate::State;

/// How long a connection and its secrets are believed.
const BELIEVED: Duration = Duration::from_mins(1);
/// How old the secrets must be, in milliseconds, before a delivery that they do not fit has them read again. A stranger who knows the
/// path makes us ask Secrets Manager this often at the most.
const READ_AGAIN_MS: i64 = 5000;

/// A connection that was found in force.
pub(crate) struct Known {
    pub(super) connection: Connection,
    secrets: Mutex<Option<Remembered>>,
}

/// Secrets as they were read last.
#[derive(Clone)]
struct Remembered {
    secrets: Arc<[Secret]>,
    /// When they were asked for last, Unix milliseconds, and whether there was an answer.
    asked_ms: i64,
    is_answered: bool,
}

/// Connections that were found in force.
pub(crate) type Cache = Memory<PresentedPath, Arc<Known>>;

/// One answer for every way in which a path can be wrong.
pub(super) fn no_such_path() -> Problem {
    Problem::not_found("There is no connection in force with this path.")
}

/// The connection of a path, remembered or looked up.
///
/// # Errors
/// 404 and 410; 503 when the database is away.
pub(super) async fn connection(state: &State, request: &Request, path: &PresentedPath) -> Result<Arc<Known>, Problem> {
    match state.known.get(path, state.clock.now_ms()) {
        Some(known) => Ok(known),
        None => look_up(state, request, path).await,
    }
}

/// The connection of a path as it is now, whatever is remembered.
///
/// # Errors
/// As [`connection`].
pub(super) async fn look_up(state: &State, request: &Request, path: &PresentedPath) -> Result<Arc<Known>, Problem> {
    let found = state.db.run(|client| async move { connections::find(&client, path).await }).await;
    let found = found.map_err(|error| crate::unavailable(request, &error))?;
    state.known.forget(path);
    match found {
        None => Err(no_such_path()),
        Some(Found::Retired) => Err(Problem::gone()),
        Some(Found::InForce { connection, left }) => {
            let believed = left.map_or(BELIEVED, |left| left.min(BELIEVED));
            let known = Arc::new(Known { connection: *connection, secrets: Mutex::new(None) });
            state.known.put(path.clone(), Arc::clone(&known), state.clock.now_ms(), believed);
            Ok(known)
        }
    }
}

impl Known {
    fn remembered(&self) -> Option<Remembered> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn remember(&self, remembered: Remembered) {
        *self.secrets.lock().unwrap_or_else(PoisonError::into_inner) = Some(remembered);
    }

    /// The platform's secrets, remembered or read. Those that were read again meanwhile are not older than the connection.
    ///
    /// # Errors
    /// 503 when Secrets Manager is away: then nobody knows whether a delivery is authentic.
    pub(super) async fn secrets(&self, state: &State, request: &Request) -> Result<Arc<[Secret]>, Problem> {
        match self.remembered() {
            Some(remembered) => Ok(remembered.secrets),
            None => self.read(state, request).await,
        }
    }

    /// The secrets as they are now, for a delivery that the remembered ones do not fit; `None` if they were read just now.
    ///
    /// # Errors
    /// As [`Self::secrets`], also for some seconds after Secrets Manager was away.
    pub(super) async fn newer_secrets(
        &self,
        state: &State,
        request: &Request,
    ) -> Result<Option<Arc<[Secret]>>, Problem> {
        if let Some(remembered) = self.remembered() {
            let again_ms = remembered.asked_ms.saturating_add(READ_AGAIN_MS);
            if (remembered.asked_ms..again_ms).contains(&state.clock.now_ms()) {
                return if remembered.is_answered { Ok(None) } else { Err(Problem::unavailable()) };
            }
        }
        self.read(state, request).await.map(Some)
    }

    async fn read(&self, state: &State, request: &Request) -> Result<Arc<[Secret]>, Problem> {
        let asked_ms = state.clock.now_ms();
        match state.vault.platform(&self.connection.tenant_id, &self.connection.id).await {
            Ok(secrets) => {
                let secrets: Arc<[Secret]> = secrets.into();
                self.remember(Remembered { secrets: Arc::clone(&secrets), asked_ms, is_answered: true });
                Ok(secrets)
            }
            Err(error) => {
                if let Some(remembered) = self.remembered() {
                    self.remember(Remembered { asked_ms, is_answered: false, ..remembered });
                }
                Err(away(request, &error))
            }
        }
    }
}

/// Logs, once, why a secret is not to be had, and says that it will be right later.
pub(super) fn away(request: &Request, error: &Error) -> Problem {
    tracing::error!(request.id = http::request_id(request), %error, "secrets");
    Problem::unavailable()
}
