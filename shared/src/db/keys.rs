//! API keys: `trk_<tenant>_<secret>`. Only a hash of the secret is kept.

use deadpool_postgres::Client;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::Error;
use crate::domain::access::Scopes;
use crate::domain::country::Country;

/// A key as a caller presents it. Not printable.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PresentedKey {
    /// The tenant that it names.
    pub tenant_id: String,
    secret_hash: String,
}

impl PresentedKey {
    /// One that was presented before, by the hash that was remembered of its secret.
    pub fn remembered(tenant_id: String, secret_hash: String) -> Self {
        Self { tenant_id, secret_hash }
    }

    /// The hash of its secret part.
    pub fn hash(&self) -> &str {
        &self.secret_hash
    }

    /// Whether a text claims to be a key.
    pub fn is_meant(text: &str) -> bool {
        text.starts_with("trk_")
    }

    /// Reads `trk_<tenant>_<secret>`; the secret is hashed at once.
    pub fn parse(token: &str) -> Option<Self> {
        let (tenant_id, secret) = token.strip_prefix("trk_")?.rsplit_once('_')?;
        let is_word = |text: &str, max: usize| {
            (1..=max).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
        };
        if !is_word(tenant_id, 64) || !is_word(secret, 128) {
            return None;
        }
        Some(Self { tenant_id: tenant_id.to_owned(), secret_hash: hash(secret) })
    }
}

/// The hash of a key's secret part as it is stored: lower-case hex SHA-256. The secret has 128 random bits or
/// more, so a slow hash would add nothing.
pub fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

/// A key that is in force, with what its tenant's requests need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The tenant.
    pub tenant_id: String,
    /// The key's id.
    pub id: String,
    /// The tenant's country, for phones without a country code.
    pub country: Option<Country>,
    /// Whether a connection tells of the same orders under the seller's own ids.
    pub shares_orders: bool,
    /// What the key may do. They never change, so that what is remembered of them holds.
    pub scopes: Scopes,
}

/// The statement of [`find`], for who measures or explains it.
pub const FIND: &str = "
    select k.id, k.secret_hash, k.scopes, t.country,
           exists (select from connections c
                   where c.tenant_id = $1 and c.revoked_at is null and c.order_id_slot is not null) as shares_orders
    from api_keys k join tenants t on t.id = k.tenant_id
    where k.tenant_id = $1 and k.revoked_at is null";

/// The key in force that was presented, if there is one. Compares in constant time against each of the tenant's keys.
pub async fn find(client: &Client, presented: &PresentedKey) -> Result<Option<Key>, Error> {
    let Some(row) = presented_of(client.query_typed(FIND, &[(&presented.tenant_id, Type::TEXT)]).await?, presented)?
    else {
        return Ok(None);
    };
    let country: Option<&str> = row.try_get("country")?;
    Ok(Some(Key {
        tenant_id: presented.tenant_id.clone(),
        id: row.try_get("id")?,
        country: country.and_then(Country::parse),
        shares_orders: row.try_get("shares_orders")?,
        scopes: scopes(&row)?,
    }))
}

/// The row of the key that was presented, in the time of all.
fn presented_of(rows: Vec<Row>, presented: &PresentedKey) -> Result<Option<Row>, Error> {
    let mut found = None;
    for row in rows {
        let stored: &str = row.try_get("secret_hash")?;
        if bool::from(stored.as_bytes().ct_eq(presented.secret_hash.as_bytes())) {
            found = Some(row);
        }
    }
    Ok(found)
}

/// The scopes in a row.
pub(super) fn scopes(row: &Row) -> Result<Scopes, Error> {
    let words: Vec<&str> = row.try_get("scopes")?;
    Ok(Scopes::of(words))
}

/// A key that is in force, with what says what its holder may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The tenant.
    pub tenant_id: String,
    /// The tenant's status.
    pub status: String,
    /// The key's id.
    pub id: String,
    /// What it may do.
    pub scopes: Scopes,
}

/// The statement of [`held`], for who measures or explains it.
pub const HELD: &str = "
    select k.id, k.secret_hash, k.scopes, t.status::text as status
    from api_keys k join tenants t on t.id = k.tenant_id
    where k.tenant_id = $1 and k.revoked_at is null";

/// The same for who is about to look at or change a tenant: the key in force that was presented, and its tenant's status.
pub async fn held(client: &Client, presented: &PresentedKey) -> Result<Option<Held>, Error> {
    let rows = client.query_typed(HELD, &[(&presented.tenant_id, Type::TEXT)]).await?;
    let Some(row) = presented_of(rows, presented)? else { return Ok(None) };
    let tenant_id = presented.tenant_id.clone();
    Ok(Some(Held { tenant_id, status: row.try_get("status")?, id: row.try_get("id")?, scopes: scopes(&row)? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tenant_of_a_key_may_hold_underscores_its_secret_not() {
        let key = PresentedKey::parse("trk_tnt_1_abc").unwrap();
        assert_eq!((key.tenant_id.as_str(), key.secret_hash), ("tnt_1", hash("abc")));
    }

    #[test]
    fn what_is_no_key_is_none() {
        for token in [
            "",
            "trk_",
            "trk_a",
            "trk_a_",
            "trk__b",
            "sk_a_b",
            "trk_a b_c",
            "trk_a_b\0",
            &format!("trk_a_{}", "x".repeat(129)),
        ] {
            assert!(PresentedKey::parse(token).is_none(), "{token}");
        }
    }
}
