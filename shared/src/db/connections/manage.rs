//! What an operator does to connections. Each change raises the version, so that a function that remembers the connection as it was
//! finds out with its next write.

use deadpool_postgres::{Client, Transaction};
use serde::Serialize;

use super::super::Error;
use super::super::audit::{Entry, audited};
use super::settings::{Refused, Settings};
use super::token::Token;
use crate::domain::order::{Amount, EventName, Trigger};
use crate::ids;
use crate::platforms::Platform;

/// How long the former path is taken after a rotation, in days, unless somebody says otherwise.
pub const OVERLAP_DAYS: u16 = 7;

/// Makes a connection with this path. Gives its id.
pub async fn make(
    mut client: Client,
    tenant_id: &str,
    platform: Platform,
    settings: &Settings,
    token: &Token,
) -> Result<Result<String, Refused>, Error> {
    const SQL: &str = "
        insert into connections (tenant_id, id, platform, label, path_hash, amount, order_id_slot, shop, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, clock(), clock())";
    if let Err(refused) = settings.check(platform) {
        return Ok(Err(refused));
    }
    let change = client.transaction().await?;
    if !lock(&change, tenant_id).await? {
        return Ok(Err(Refused::NoTenant));
    }
    let id = ids::new_id();
    if let Some(refused) = taken_shop(&change, tenant_id, &id, platform, settings.shop.as_deref()).await? {
        return Ok(Err(refused));
    }
    let (platform, amount) = (platform.as_str(), settings.amount.as_str());
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 8] =
        [&tenant_id, &id, &platform, &settings.label, &token.hash(), &amount, &settings.order_id_slot, &settings.shop];
    change.execute(SQL, &values).await?;
    change.commit().await?;
    Ok(Ok(id))
}

/// Changes what a connection is set to. `change` gets what it is set to now.
pub async fn change(
    mut client: Client,
    tenant_id: &str,
    id: &str,
    change: &(dyn Fn(Settings) -> Settings + Sync),
) -> Result<Result<(), Refused>, Error> {
    const READ: &str = "
        select platform, label, amount, order_id_slot, shop from connections
        where tenant_id = $1 and id = $2 and revoked_at is null";
    const WRITE: &str = "
        update connections set label = $3, amount = $4, order_id_slot = $5, shop = $6, version = version + 1, updated_at = clock()
        where tenant_id = $1 and id = $2";
    let work = client.transaction().await?;
    if !lock(&work, tenant_id).await? {
        return Ok(Err(Refused::NoTenant));
    }
    let Some(row) = work.query_opt(READ, &[&tenant_id, &id]).await? else { return Ok(Err(Refused::NoConnection)) };
    let inconsistent = |column| Error::Inconsistent { table: "connections", column };
    let platform = Platform::parse(row.try_get("platform")?).ok_or_else(|| inconsistent("platform"))?;
    let settings = change(Settings {
        label: row.try_get("label")?,
        amount: Amount::parse(row.try_get("amount")?).ok_or_else(|| inconsistent("amount"))?,
        order_id_slot: row.try_get("order_id_slot")?,
        shop: row.try_get("shop")?,
    });
    if let Err(refused) = settings.check(platform) {
        return Ok(Err(refused));
    }
    if let Some(refused) = taken_shop(&work, tenant_id, id, platform, settings.shop.as_deref()).await? {
        return Ok(Err(refused));
    }
    let amount = settings.amount.as_str();
    work.execute(WRITE, &[&tenant_id, &id, &settings.label, &amount, &settings.order_id_slot, &settings.shop]).await?;
    work.commit().await?;
    Ok(Ok(()))
}

/// Holds the tenant, so that two connections are not made at once. Whether there is such a tenant, and it is not retired.
async fn lock(change: &Transaction<'_>, tenant_id: &str) -> Result<bool, Error> {
    const SQL: &str = "select from tenants where id = $1 and status::text <> 'retired' for no key update";
    Ok(change.query_opt(SQL, &[&tenant_id]).await?.is_some())
}

/// Another connection in force of the same platform and shop, where shops number their orders by themselves.
async fn taken_shop(
    change: &Transaction<'_>,
    tenant_id: &str,
    id: &str,
    platform: Platform,
    shop: Option<&str>,
) -> Result<Option<Refused>, Error> {
    const SQL: &str = "
        select from connections
        where tenant_id = $1 and id <> $2 and platform = $3 and shop is not distinct from $4 and revoked_at is null limit 1";
    if !platform.ids_are_per_shop()
        || change.query_opt(SQL, &[&tenant_id, &id, &platform.as_str(), &shop]).await?.is_none()
    {
        return Ok(None);
    }
    let whose = shop.map_or_else(|| "without a shop's name".to_owned(), |shop| format!("for the shop {shop}"));
    Ok(Some(Refused::ShopTaken { platform: platform.as_str(), whose }))
}

/// Gives a connection a new path; the one before is taken for so many days more. Whether there is such a connection in force.
pub async fn rotate(
    client: &Client,
    tenant_id: &str,
    id: &str,
    token: &Token,
    overlap_days: u16,
    entry: Option<&Entry>,
) -> Result<bool, Error> {
    const SQL: &str = concat!(
        "with changed as (
            update connections
            set former_path_hash = path_hash, former_path_until = clock() + $4::float8 * interval '1 day', path_hash = $3,
                version = version + 1, updated_at = clock()
            where tenant_id = $1 and id = $2 and revoked_at is null returning id
        ), ",
        audited!("$1", "$5", "jsonb_build_object('overlap_days', $4)", "changed"),
        " select count(*) from changed"
    );
    let days = f64::from(overlap_days);
    let row = client.query_one(SQL, &[&tenant_id, &id, &token.hash(), &days, &entry.map(Entry::text)]).await?;
    Ok(row.try_get::<_, i64>(0)? > 0)
}

/// Ends a connection for good. Whether there was such a connection in force.
pub async fn revoke(client: &Client, tenant_id: &str, id: &str) -> Result<bool, Error> {
    const SQL: &str = "
        update connections set revoked_at = clock(), version = version + 1, updated_at = clock()
        where tenant_id = $1 and id = $2 and revoked_at is null";
    Ok(client.execute(SQL, &[&tenant_id, &id]).await? > 0)
}

/// Tells the functions that the platform's own secret is another one. Whether there is such a connection in force.
pub async fn touch(client: &Client, tenant_id: &str, id: &str) -> Result<bool, Error> {
    const SQL: &str = "
        update connections set version = version + 1, updated_at = clock()
        where tenant_id = $1 and id = $2 and revoked_at is null";
    Ok(client.execute(SQL, &[&tenant_id, &id]).await? > 0)
}

/// Sets which events beside Purchase a tenant wants, in place of those before; none ends all. Whether there is such a tenant.
pub async fn set_optional_events(
    client: &Client,
    tenant_id: &str,
    wanted: &[(Trigger, EventName)],
) -> Result<bool, Error> {
    const SQL: &str = "
        with tenant as (
            update tenants set optional_events = $2::text::jsonb, updated_at = clock() where id = $1 returning id
        ), told as (
            update connections c set version = c.version + 1, updated_at = clock()
            from tenant where c.tenant_id = tenant.id and c.revoked_at is null
        )
        select count(*) from tenant";
    let named = wanted.iter().map(|(trigger, name)| (trigger.as_str().to_owned(), name.as_str().into()));
    let events = serde_json::Value::Object(named.collect()).to_string();
    let count: i64 = client.query_one(SQL, &[&tenant_id, &events]).await?.try_get(0)?;
    Ok(count > 0)
}

/// A connection as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// The connection.
    pub id: String,
    /// The platform's word.
    pub platform: String,
    /// For people.
    pub label: String,
    /// The amount's word.
    pub amount: String,
    /// The slot of the seller's own order id.
    pub order_id_slot: Option<String>,
    /// The shop.
    pub shop: Option<String>,
    /// Unix seconds.
    pub created_at: i64,
    /// Until when the former path is taken; Unix seconds.
    pub former_path_until: Option<i64>,
    /// Since when it is no more; Unix seconds.
    pub revoked_at: Option<i64>,
    /// Bodies that are kept of it.
    pub bodies: i64,
}

/// A tenant's connections, the newest first, revoked ones last.
pub async fn list(client: &Client, tenant_id: &str) -> Result<Vec<Listed>, Error> {
    const SQL: &str = "
        select c.id, c.platform, c.label, c.amount, c.order_id_slot, c.shop, extract(epoch from c.created_at)::bigint as created_at,
               case when c.former_path_until > clock() then extract(epoch from c.former_path_until)::bigint end as former_path_until,
               extract(epoch from c.revoked_at)::bigint as revoked_at,
               (select count(*) from kept_bodies k where k.tenant_id = c.tenant_id and k.connection_id = c.id) as bodies
        from connections c where c.tenant_id = $1
        order by c.revoked_at is not null, c.created_at desc, c.id";
    let rows = client.query(SQL, &[&tenant_id]).await?;
    rows.iter()
        .map(|row| {
            Ok(Listed {
                id: row.try_get("id")?,
                platform: row.try_get("platform")?,
                label: row.try_get("label")?,
                amount: row.try_get("amount")?,
                order_id_slot: row.try_get("order_id_slot")?,
                shop: row.try_get("shop")?,
                created_at: row.try_get("created_at")?,
                former_path_until: row.try_get("former_path_until")?,
                revoked_at: row.try_get("revoked_at")?,
                bodies: row.try_get("bodies")?,
            })
        })
        .collect()
}
