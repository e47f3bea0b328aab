//! Connections: what a checkout platform posts to, `/w/<tenant>.<secret>`, and what its deliveries are read by.

pub mod listed;
pub mod manage;
mod settings;
mod token;

use std::collections::BTreeMap;
use std::time::Duration;

use deadpool_postgres::Client;
use subtle::ConstantTimeEq;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::{Error, keys};
use crate::domain::country::Country;
use crate::domain::order::{Amount, EventName, OptionalEvents, Trigger};
use crate::platforms::Platform;

pub use settings::{Refused, Settings};
pub(in crate::db) use token::new_secret;
pub use token::{NoRandom, Token};

/// A connection that is in force, with what its tenant's deliveries are read by.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The tenant, by the path.
    pub tenant_id: String,
    /// The connection.
    pub id: String,
    /// Grows with each change; a write checks that it is still this one.
    pub version: i32,
    /// Who posts.
    pub platform: Platform,
    /// Which amount of a sale is its value.
    pub amount: Amount,
    /// The tracking slot that gives back the seller's own order id.
    pub order_id_slot: Option<String>,
    /// Which of the tenant's shops it is, where the platform numbers each shop's orders by itself.
    pub shop: Option<String>,
    /// The tenant's country.
    pub country: Option<Country>,
    /// The events beside Purchase that the tenant wants.
    pub optional_events: OptionalEvents,
}

impl Connection {
    /// What stands before `:` and the platform's order id in the key of its orders: `hotmart`, `woocommerce:north`.
    pub fn order_prefix(&self) -> String {
        match &self.shop {
            None => self.platform.as_str().to_owned(),
            Some(shop) => format!("{}:{shop}", self.platform.as_str()),
        }
    }

    /// The platform's order id of a key that is made of it; `None` of a key that is the seller's own id.
    pub fn platforms_id<'k>(&self, order_key: &'k str) -> Option<&'k str> {
        order_key.strip_prefix(&self.order_prefix())?.strip_prefix(':')
    }
}

/// The last part of a path, `<tenant>.<secret>`, as a platform presents it. Not printable.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PresentedPath {
    tenant_id: String,
    secret_hash: String,
}

impl PresentedPath {
    /// Reads `<tenant>.<secret>`; the secret is hashed at once.
    pub fn parse(token: &str) -> Option<Self> {
        let (tenant_id, secret) = token.split_once('.')?;
        let is_word = |text: &str, max: usize| {
            (1..=max).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
        };
        let is_path = is_word(tenant_id, 64) && is_word(secret, 128);
        is_path.then(|| Self { tenant_id: tenant_id.to_owned(), secret_hash: keys::hash(secret) })
    }
}

/// What a path stands for.
#[derive(Clone, Debug)]
pub enum Found {
    /// A connection in force.
    InForce {
        /// The connection.
        connection: Box<Connection>,
        /// How much longer this path is good, where it is the former one.
        left: Option<Duration>,
    },
    /// The connection of a tenant that is retired.
    Retired,
}

/// The statement of [`find`], for who measures or explains it.
pub const FIND: &str = "
    select c.id, c.version, c.platform, c.amount, c.order_id_slot, c.shop, c.path_hash, c.former_path_hash,
           t.status::text as status, t.country, t.optional_events::text as optional_events,
           case when c.path_hash <> $2 then extract(epoch from c.former_path_until - clock())::float8 end as left_s
    from connections c join tenants t on t.id = c.tenant_id
    where c.tenant_id = $1 and c.revoked_at is null
      and (c.path_hash = $2 or c.former_path_hash = $2 and c.former_path_until > clock())";

/// The connection in force of a path, if there is one.
///
/// It is looked up by the secret's hash, so that a tenant that does not exist costs what a wrong secret costs; what was found is
/// compared in constant time.
pub async fn find(client: &Client, presented: &PresentedPath) -> Result<Option<Found>, Error> {
    let arguments: [(&(dyn tokio_postgres::types::ToSql + Sync), Type); 2] =
        [(&presented.tenant_id, Type::TEXT), (&presented.secret_hash, Type::TEXT)];
    let rows = client.query_typed(FIND, &arguments).await?;
    let mut found = None;
    for row in rows {
        if is_of(&row, presented)? {
            found = Some(row);
        }
    }
    let Some(row) = found else { return Ok(None) };
    if row.try_get::<_, &str>("status")? == "retired" {
        return Ok(Some(Found::Retired));
    }
    let left: Option<f64> = row.try_get("left_s")?;
    let left = left.map(|left| Duration::try_from_secs_f64(left).unwrap_or_default());
    Ok(Some(Found::InForce { connection: Box::new(read(&presented.tenant_id, &row)?), left }))
}

fn is_of(row: &Row, presented: &PresentedPath) -> Result<bool, Error> {
    let now: &str = row.try_get("path_hash")?;
    let former: Option<&str> = row.try_get("former_path_hash")?;
    let is = |stored: &str| bool::from(stored.as_bytes().ct_eq(presented.secret_hash.as_bytes()));
    Ok(is(now) | former.is_some_and(is))
}

/// A connection in force by its id.
pub async fn by_id(client: &Client, tenant_id: &str, id: &str) -> Result<Option<Connection>, Error> {
    const SQL: &str = "
        select c.id, c.version, c.platform, c.amount, c.order_id_slot, c.shop, t.country, t.optional_events::text as optional_events
        from connections c join tenants t on t.id = c.tenant_id
        where c.tenant_id = $1 and c.id = $2 and c.revoked_at is null and t.status::text <> 'retired'";
    let statement = client.prepare_cached(SQL).await?;
    client.query_opt(&statement, &[&tenant_id, &id]).await?.map(|row| read(tenant_id, &row)).transpose()
}

fn read(tenant_id: &str, row: &Row) -> Result<Connection, Error> {
    let inconsistent = |column| Error::Inconsistent { table: "connections", column };
    let country: Option<&str> = row.try_get("country")?;
    Ok(Connection {
        tenant_id: tenant_id.to_owned(),
        id: row.try_get("id")?,
        version: row.try_get("version")?,
        platform: Platform::parse(row.try_get("platform")?).ok_or_else(|| inconsistent("platform"))?,
        amount: Amount::parse(row.try_get("amount")?).ok_or_else(|| inconsistent("amount"))?,
        order_id_slot: row.try_get("order_id_slot")?,
        shop: row.try_get("shop")?,
        country: country.and_then(Country::parse),
        optional_events: optional_events(row.try_get("optional_events")?),
    })
}

/// Reads `{"pending": "AddPaymentInfo"}`. What is no trigger or no name causes nothing; [`manage`] writes none.
fn optional_events(text: &str) -> OptionalEvents {
    let named: BTreeMap<String, String> = serde_json::from_str(text).unwrap_or_default();
    let named = named.iter().filter_map(|(trigger, name)| Some((Trigger::parse(trigger)?, EventName::parse(name)?)));
    named.fold(OptionalEvents::default(), |events, (trigger, name)| events.with(trigger, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_tenant_a_dot_and_a_secret() {
        let path = PresentedPath::parse("tnt_1-x.abc").unwrap();
        assert_eq!((path.tenant_id.as_str(), path.secret_hash), ("tnt_1-x", keys::hash("abc")));
        for token in
            ["", ".", "a", "a.", ".b", "a.b.c", "a b.c", "a.b\0", "a.b%20", "ä.b", &format!("a.{}", "x".repeat(129))]
        {
            assert!(PresentedPath::parse(token).is_none(), "{token}");
        }
    }

    #[test]
    fn optional_events_are_read_and_a_word_of_no_meaning_causes_nothing() {
        let wanted = OptionalEvents::default().with(Trigger::Pending, EventName::parse("AddPaymentInfo").unwrap());
        assert_eq!(optional_events(r#"{"pending": "AddPaymentInfo", "danced": "Lead", "refused": "a|b"}"#), wanted);
        assert_eq!(optional_events(r#"{"pending": 1}"#), OptionalEvents::default());
    }
}
