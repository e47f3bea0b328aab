//! What the function reads in Secrets Manager: the platforms' own secrets, and the key of kept bodies.

use shared::intake::seal::BodyKey;
use shared::platforms::Secret;
use shared::secrets::{Error, Secrets};
use tokio::sync::OnceCell;

/// Secrets Manager, and what in it is this function's.
pub struct Vault {
    secrets: Secrets,
    prefix: String,
    body_key_id: Option<String>,
    /// Boxed: a key is large, and most environments never need it.
    body_key: OnceCell<Box<BodyKey>>,
}

impl Vault {
    /// Reads nothing yet. `prefix` begins the names of tenants' secrets; `body_key_id` is the secret of the key of kept bodies,
    /// without which none is kept.
    pub fn new(secrets: Secrets, prefix: String, body_key_id: Option<String>) -> Self {
        Self { secrets, prefix, body_key_id, body_key: OnceCell::new() }
    }

    /// The secrets of a connection's platform.
    pub(crate) async fn platform(&self, tenant_id: &str, connection_id: &str) -> Result<Vec<Secret>, Error> {
        self.secrets.connection(&self.prefix, tenant_id, connection_id).await
    }

    /// The key of kept bodies, read once.
    pub(crate) async fn body_key(&self) -> Result<Option<&BodyKey>, Error> {
        let Some(id) = &self.body_key_id else { return Ok(None) };
        let key = self.body_key.get_or_try_init(|| async {
            let text = self.secrets.text(id).await?;
            let key = BodyKey::of(&text);
            key.map(Box::new).map_err(|_| Error::Malformed(id.clone(), "want 32 characters or more"))
        });
        Ok(Some(key.await?))
    }
}
