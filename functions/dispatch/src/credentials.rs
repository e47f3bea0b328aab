//! Tenants' tokens, remembered for a while.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use shared::secrets::{Error, MetaCredentials, Secrets};

/// How long a token is used before it is read again.
const FRESH: Duration = Duration::from_mins(5);
/// Past this many tenants the memory starts afresh.
const MOST: usize = 1000;

/// Reads and remembers credentials.
pub(crate) struct Cache {
    secrets: Secrets,
    prefix: String,
    known: Mutex<HashMap<String, (Instant, MetaCredentials)>>,
}

impl Cache {
    /// Nothing known yet.
    pub(crate) fn new(secrets: Secrets, prefix: String) -> Self {
        Self { secrets, prefix, known: Mutex::default() }
    }

    /// A tenant's credentials.
    pub(crate) async fn get(&self, tenant_id: &str) -> Result<MetaCredentials, Error> {
        if let Some(known) = self.remembered(tenant_id) {
            return Ok(known);
        }
        let read = self.secrets.meta(&self.prefix, tenant_id).await?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(tenant_id.to_owned(), (Instant::now(), read.clone()));
        Ok(read)
    }

    /// The token was refused: the next send reads it anew.
    pub(crate) fn forget(&self, tenant_id: &str) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(tenant_id);
    }

    fn remembered(&self, tenant_id: &str) -> Option<MetaCredentials> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, credentials) = known.get(tenant_id)?;
        (since.elapsed() < FRESH).then(|| credentials.clone())
    }
}
