//! API keys: `trk_<tenant>_<secret>`. Only a hash of the secret is kept.

use deadpool_postgres::Client;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio_postgres::types::Type;

use super::Error;
use crate::domain::country::Country;

/// A key as a caller presents it. Not printable.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PresentedKey {
    /// The tenant that it names.
    pub tenant_id: String,
    secret_hash: String,
}

impl PresentedKey {
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
}

/// The statement of [`find`], for who measures or explains it.
pub const FIND: &str = "
    select k.id, k.secret_hash, t.country,
           exists (select from connections c
                   where c.tenant_id = $1 and c.revoked_at is null and c.order_id_slot is not null) as shares_orders
    from api_keys k join tenants t on t.id = k.tenant_id
    where k.tenant_id = $1 and k.revoked_at is null";

/// The key in force that was presented, if there is one. Compares in constant time against each of the tenant's keys.
pub async fn find(client: &Client, presented: &PresentedKey) -> Result<Option<Key>, Error> {
    let rows = client.query_typed(FIND, &[(&presented.tenant_id, Type::TEXT)]).await?;
    let mut found = None;
    for row in rows {
        let stored: &str = row.try_get("secret_hash")?;
        if bool::from(stored.as_bytes().ct_eq(presented.secret_hash.as_bytes())) {
            let country: Option<&str> = row.try_get("country")?;
            found = Some(Key {
                tenant_id: presented.tenant_id.clone(),
                id: row.try_get("id")?,
                country: country.and_then(Country::parse),
                shares_orders: row.try_get("shares_orders")?,
            });
        }
    }
    Ok(found)
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
