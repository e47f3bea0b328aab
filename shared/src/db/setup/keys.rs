//! API keys: made, listed, ended.

use deadpool_postgres::{Client, Transaction};
use serde::Serialize;
use tokio_postgres::Row;
use utoipa::ToSchema;

use super::super::audit::{self, Entry, audited};
use super::super::connections::{NoRandom, new_secret};
use super::super::{Error, keys};
use crate::domain::access::{Scope, Scopes};
use crate::ids;
use crate::keyset::{Cursor, Page};

/// The most keys of a tenant that are in force: each request with a new key is held against all of them.
pub const MOST: i64 = 50;

/// A new API key, `trk_<tenant>_<secret>`: to be shown once. Not printable by itself.
pub struct NewKey {
    /// Its id.
    pub id: String,
    /// For people.
    pub label: String,
    /// What it may do.
    pub scopes: Scopes,
    text: String,
    hash: String,
}

impl NewKey {
    /// With 160 random bits.
    ///
    /// # Errors
    /// If the system gives no random bytes.
    pub fn new(tenant_id: &str, label: &str, scopes: Scopes) -> Result<Self, NoRandom> {
        let secret = new_secret()?;
        Ok(Self {
            id: ids::new_id(),
            label: label.to_owned(),
            scopes,
            text: format!("trk_{tenant_id}_{secret}"),
            hash: keys::hash(&secret),
        })
    }

    /// The hash of its secret part, as it is stored.
    pub(super) fn hash(&self) -> &str {
        &self.hash
    }

    /// Its last characters, by which people tell it from others.
    pub fn last4(&self) -> &str {
        self.text.get(self.text.len().saturating_sub(4)..).unwrap_or_default()
    }

    /// The text, for the one who is to have it.
    pub fn reveal(&self) -> &str {
        &self.text
    }
}

const LOCK: &str = "select from tenants where id = $1 and status::text <> 'retired' for no key update";

/// Writes a key. Gives when it was made, Unix seconds; none where the tenant has too many.
async fn add(change: &Transaction<'_>, tenant_id: &str, key: &NewKey) -> Result<Option<i64>, Error> {
    // Safe to run again: the id is made by the caller.
    const ADD: &str = "
        insert into api_keys (tenant_id, id, secret_hash, label, scopes, last4, created_at)
        select $1, $2, $3, $4, $5, $6, clock()
        where (select count(*) from api_keys where tenant_id = $1 and revoked_at is null and id <> $2) < $7
        on conflict (tenant_id, id) do update set label = excluded.label
        returning extract(epoch from created_at)::bigint";
    let row = change
        .query_opt(ADD, &[&tenant_id, &key.id, &key.hash(), &key.label, &key.scopes.words(), &key.last4(), &MOST])
        .await?;
    row.map(|row| Ok(row.try_get(0)?)).transpose()
}

/// What became of a new key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    /// It is in force since this time, Unix seconds.
    At(i64),
    /// No such tenant, or it is retired.
    NoTenant,
    /// The tenant has [`MOST`] keys in force.
    TooMany,
}

/// Makes a further key.
pub async fn create(mut client: Client, tenant_id: &str, key: &NewKey, entry: &Entry) -> Result<Created, Error> {
    let change = client.transaction().await?;
    if change.query_opt(LOCK, &[&tenant_id]).await?.is_none() {
        return Ok(Created::NoTenant);
    }
    let Some(created_at) = add(&change, tenant_id, key).await? else { return Ok(Created::TooMany) };
    audit::write(&change, tenant_id, entry).await?;
    change.commit().await?;
    Ok(Created::At(created_at))
}

/// Puts a new key in place of all that are in force: they end now. Whether there is such a tenant, and it is not retired. Of two at
/// once the one that is recorded last stays.
pub async fn rotate(mut client: Client, tenant_id: &str, key: &NewKey, entry: &Entry) -> Result<bool, Error> {
    const END: &str =
        "update api_keys set revoked_at = clock() where tenant_id = $1 and revoked_at is null and id <> $2";
    let change = client.transaction().await?;
    if change.query_opt(LOCK, &[&tenant_id]).await?.is_none() {
        return Ok(false);
    }
    change.execute(END, &[&tenant_id, &key.id]).await?;
    add(&change, tenant_id, key).await?;
    audit::write(&change, tenant_id, entry).await?;
    change.commit().await?;
    Ok(true)
}

/// A key that was ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = RevokedKey)]
pub struct Revoked {
    /// Its id.
    pub id: String,
    /// Since when; Unix seconds.
    pub revoked_at: i64,
    /// How many keys of the tenant are in force now.
    pub keys_in_force: i64,
}

/// Ends a key now, also the last one. One that was ended stays so. None where the tenant has no such key.
pub async fn revoke(client: &Client, tenant_id: &str, key_id: &str, entry: &Entry) -> Result<Option<Revoked>, Error> {
    const SQL: &str = concat!(
        "with ended as (
            update api_keys set revoked_at = clock() where tenant_id = $1 and id = $2::text and revoked_at is null
            returning id, revoked_at
        ), ",
        audited!("$1", "$3", "'{}'", "ended"),
        "
        select k.id, extract(epoch from coalesce(ended.revoked_at, k.revoked_at))::bigint as revoked_at,
               (select count(*) from api_keys o where o.tenant_id = $1 and o.revoked_at is null and o.id <> $2) as keys_in_force
        from api_keys k left join ended on true where k.tenant_id = $1 and k.id = $2"
    );
    let statement = client.prepare_cached(SQL).await?;
    let Some(row) = client.query_opt(&statement, &[&tenant_id, &key_id, &entry.text()]).await? else {
        return Ok(None);
    };
    let keys_in_force = row.try_get("keys_in_force")?;
    Ok(Some(Revoked { id: row.try_get("id")?, revoked_at: row.try_get("revoked_at")?, keys_in_force }))
}

/// A key as it is shown: not what proves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// For people.
    pub label: String,
    /// The words of what it may do.
    #[schema(value_type = Vec<Scope>)]
    pub scopes: Vec<&'static str>,
    /// The last characters of its text; unknown of the oldest keys.
    pub last4: Option<String>,
    /// Unix seconds.
    pub created_at: i64,
    /// Since when it is no more; Unix seconds.
    pub revoked_at: Option<i64>,
}

/// The statement of [`list`], for who measures or explains it.
pub const LIST: &str = "
    select id, label, scopes, last4, extract(epoch from created_at)::bigint as created_at,
           (extract(epoch from created_at) * 1000000)::bigint as at_us, extract(epoch from revoked_at)::bigint as revoked_at
    from api_keys k
    where tenant_id = $1 and (created_at, id) < (timestamptz 'epoch' + $2::bigint * interval '1 microsecond', $3::text)
    order by k.created_at desc, k.id desc limit $4";

/// A page of a tenant's keys, the newest first, ended ones too.
pub async fn list(client: &Client, tenant_id: &str, page: &Page) -> Result<(Vec<Listed>, Option<Cursor>), Error> {
    let statement = client.prepare_cached(LIST).await?;
    let (at_us, id) = page.before();
    let rows = client.query(&statement, &[&tenant_id, &at_us, &id, &page.one_more()]).await?;
    page.cut(&rows, listed, |row| Ok(Cursor::new(row.try_get("at_us")?, row.try_get("id")?)))
}

fn listed(row: &Row) -> Result<Listed, Error> {
    Ok(Listed {
        id: row.try_get("id")?,
        label: row.try_get("label")?,
        scopes: keys::scopes(row)?.words(),
        last4: row.try_get("last4")?,
        created_at: row.try_get("created_at")?,
        revoked_at: row.try_get("revoked_at")?,
    })
}
