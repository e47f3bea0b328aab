//! Logins: who came in to the pages, by the hash of a cookie's value.

use deadpool_postgres::Client;

use super::connections::{NoRandom, new_secret};
use super::{Error, keys};

/// What somebody came in with. `hash` is the hash of its secret part, as it was compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// The operator's token.
    Operator {
        /// Of the whole token.
        hash: String,
    },
    /// The link of a setup session.
    Link {
        /// The session.
        session_id: String,
        /// Of the link's secret.
        hash: String,
    },
    /// A tenant's API key.
    Key {
        /// The tenant.
        tenant_id: String,
        /// The key.
        key_id: String,
        /// Of the key's secret.
        hash: String,
    },
}

/// The value of a cookie: to be given once. Not printable by itself.
pub struct Cookie {
    text: String,
    hash: String,
}

impl Cookie {
    /// With 160 random bits.
    ///
    /// # Errors
    /// If the system gives no random bytes.
    pub fn new() -> Result<Self, NoRandom> {
        let text = new_secret()?;
        Ok(Self { hash: keys::hash(&text), text })
    }

    /// The text, for the browser.
    pub fn reveal(&self) -> &str {
        &self.text
    }
}

/// Remembers a login for so many hours in place of the browser's former one, and lets go of those whose time is over.
pub async fn start(
    client: &Client,
    cookie: &Cookie,
    credential: &Credential,
    hours: u16,
    former: Option<&str>,
) -> Result<(), Error> {
    const SQL: &str = "
        with gone as (
            delete from logins
            where token_hash = $7 or token_hash = any(array(select token_hash from logins where expires_at <= clock() order by expires_at limit 100
                                         for update skip locked)))
        insert into logins (token_hash, tenant_id, kind, subject, credential_hash, created_at, expires_at)
        values ($1, $2, $3, $4, $5, clock(), clock() + $6::float8 * interval '1 hour')
        on conflict (token_hash) do nothing";
    let (kind, tenant_id, subject, hash) = match credential {
        Credential::Operator { hash } => ("operator", None, None, hash),
        Credential::Link { session_id, hash } => ("link", None, Some(session_id), hash),
        Credential::Key { tenant_id, key_id, hash } => ("key", Some(tenant_id), Some(key_id), hash),
    };
    let statement = client.prepare_cached(SQL).await?;
    client
        .execute(
            &statement,
            &[&cookie.hash, &tenant_id, &kind, &subject, hash, &f64::from(hours), &former.map(keys::hash)],
        )
        .await?;
    Ok(())
}

/// What somebody came in with, by a cookie's value. Whether that is still in force is not known here: whoever looks it up compares
/// its hash.
pub async fn find(client: &Client, cookie: &str) -> Result<Option<Credential>, Error> {
    const SQL: &str = "
        select kind, tenant_id, subject, credential_hash from logins where token_hash = $1 and expires_at > clock()";
    let statement = client.prepare_cached(SQL).await?;
    let Some(row) = client.query_opt(&statement, &[&keys::hash(cookie)]).await? else { return Ok(None) };
    let inconsistent = |column| Error::Inconsistent { table: "logins", column };
    let text = |column: &'static str| row.try_get::<_, Option<String>>(column)?.ok_or_else(|| inconsistent(column));
    let hash = text("credential_hash")?;
    Ok(Some(match text("kind")?.as_str() {
        "operator" => Credential::Operator { hash },
        "link" => Credential::Link { session_id: text("subject")?, hash },
        "key" => Credential::Key { tenant_id: text("tenant_id")?, key_id: text("subject")?, hash },
        _ => return Err(inconsistent("kind")),
    }))
}

/// Ends a login.
pub async fn end(client: &Client, cookie: &str) -> Result<(), Error> {
    let statement = client.prepare_cached("delete from logins where token_hash = $1").await?;
    client.execute(&statement, &[&keys::hash(cookie)]).await?;
    Ok(())
}
