//! The operator's token.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use shared::db::keys;
use shared::secrets::{Error, Secrets};
use subtle::ConstantTimeEq;

/// How long the operator's token is believed before it is read again.
const FRESH: Duration = Duration::from_mins(1);

/// The operator's token, remembered by its hash.
pub(crate) struct Admin {
    secret: String,
    known: Mutex<Option<(Instant, String)>>,
}

impl Admin {
    pub(crate) fn new(secret: String) -> Self {
        Self { secret, known: Mutex::new(None) }
    }

    /// Whether this is the hash of the operator's token.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) async fn is(&self, secrets: &Secrets, presented: &str) -> Result<bool, Error> {
        Ok(self.hash(secrets).await?.is_some_and(|hash| bool::from(hash.as_bytes().ct_eq(presented.as_bytes()))))
    }

    /// The hash of the token in force; none where an empty one is kept, which nobody has.
    async fn hash(&self, secrets: &Secrets) -> Result<Option<String>, Error> {
        if let Some((since, hash)) = &*self.known.lock().unwrap_or_else(PoisonError::into_inner)
            && since.elapsed() < FRESH
        {
            return Ok(Some(hash.clone()));
        }
        let text = secrets.text(&self.secret).await?;
        let token = text.trim();
        if token.is_empty() {
            tracing::error!("the operator's token is empty: nobody can come in as the operator");
            return Ok(None);
        }
        let hash = keys::hash(token);
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), hash.clone()));
        Ok(Some(hash))
    }
}
