//! Tenants' tokens, remembered for a while.

use std::time::Duration;

use shared::clock::Clock;
use shared::memory::Memory;
use shared::secrets::{Error, MetaCredentials, Secrets};

/// How long a token is used before it is read again.
const FRESH: Duration = Duration::from_mins(5);

/// Reads and remembers credentials.
pub(crate) struct Cache {
    secrets: Secrets,
    prefix: String,
    known: Memory<String, MetaCredentials>,
}

impl Cache {
    /// Nothing known yet.
    pub(crate) fn new(secrets: Secrets, prefix: String) -> Self {
        Self { secrets, prefix, known: Memory::default() }
    }

    /// A tenant's credentials.
    pub(crate) async fn get(&self, tenant_id: &str) -> Result<MetaCredentials, Error> {
        if let Some(known) = self.known.get(tenant_id, Clock::SYSTEM.now_ms()) {
            return Ok(known);
        }
        self.read(tenant_id).await
    }

    /// A tenant's credentials as they are kept now.
    pub(crate) async fn read(&self, tenant_id: &str) -> Result<MetaCredentials, Error> {
        let read = self.secrets.meta(&self.prefix, tenant_id).await?;
        self.known.put(tenant_id.to_owned(), read.clone(), Clock::SYSTEM.now_ms(), FRESH);
        Ok(read)
    }

    /// The token was refused: the next send reads it anew.
    pub(crate) fn forget(&self, tenant_id: &str) {
        self.known.forget(tenant_id);
    }
}
