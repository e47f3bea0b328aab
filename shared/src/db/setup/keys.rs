//! API keys, as they are made.

use deadpool_postgres::Client;

use super::super::Error;
use super::super::connections::{NoRandom, new_secret};
use super::super::keys;
use crate::ids;

/// A new API key, `trk_<tenant>_<secret>`: to be shown once. Not printable by itself.
pub struct NewKey {
    text: String,
    hash: String,
}

impl NewKey {
    /// With 160 random bits.
    ///
    /// # Errors
    /// If the system gives no random bytes.
    pub fn new(tenant_id: &str) -> Result<Self, NoRandom> {
        let secret = new_secret()?;
        Ok(Self { text: format!("trk_{tenant_id}_{secret}"), hash: keys::hash(&secret) })
    }

    /// The hash of its secret part, as it is stored.
    pub(super) fn hash(&self) -> &str {
        &self.hash
    }

    /// The text, for the one who is to have it.
    pub fn reveal(&self) -> &str {
        &self.text
    }
}

/// Puts a new key in place of all that are in force: they end now. Gives its id; none where there is no such tenant, or it is
/// retired. Of two at once the one that is recorded last stays.
pub async fn rotate(mut client: Client, tenant_id: &str, key: &NewKey) -> Result<Option<String>, Error> {
    const LOCK: &str = "select from tenants where id = $1 and status::text <> 'retired' for no key update";
    const END: &str = "update api_keys set revoked_at = clock() where tenant_id = $1 and revoked_at is null";
    const ADD: &str = "
        insert into api_keys (tenant_id, id, secret_hash, label, created_at) values ($1, $2, $3, 'rotated', clock())";
    let change = client.transaction().await?;
    if change.query_opt(LOCK, &[&tenant_id]).await?.is_none() {
        return Ok(None);
    }
    let id = ids::new_id();
    change.execute(END, &[&tenant_id]).await?;
    change.execute(ADD, &[&tenant_id, &id, &key.hash()]).await?;
    change.commit().await?;
    Ok(Some(id))
}
