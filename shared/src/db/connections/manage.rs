//! What an operator does to connections. Each change raises the version, so that a function that remembers the connection as it was
//! finds out with its next write.

use deadpool_postgres::{Client, Transaction};

use super::super::Error;
use super::super::audit::{self, Entry, audited};
use super::settings::{Refused, Settings};
use super::token::Token;
use crate::domain::order::{Amount, EventName, Trigger};
use crate::platforms::Platform;

/// How long the former path is taken after a rotation, in days, unless somebody says otherwise.
pub const OVERLAP_DAYS: u16 = 7;

/// The longest overlap of two paths, in days.
pub const OVERLAP_MOST: u16 = 90;

/// A connection that is to be made.
pub struct New<'a> {
    /// Its id.
    pub id: &'a str,
    /// Who posts.
    pub platform: Platform,
    /// What it is set to.
    pub settings: &'a Settings,
    /// Its path.
    pub token: &'a Token,
}

/// Makes a connection.
pub async fn make(
    mut client: Client,
    tenant_id: &str,
    new: &New<'_>,
    entry: Option<&Entry>,
) -> Result<Result<(), Refused>, Error> {
    // Safe to run again: the id is made by the caller.
    const SQL: &str = "
        insert into connections (tenant_id, id, platform, label, path_hash, amount, order_id_slot, shop, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, clock(), clock())
        on conflict (tenant_id, id) do nothing";
    let New { id, platform, settings, token } = *new;
    if let Err(refused) = settings.check(platform) {
        return Ok(Err(refused));
    }
    let change = client.transaction().await?;
    if !lock(&change, tenant_id).await? {
        return Ok(Err(Refused::NoTenant));
    }
    if let Some(refused) = taken_shop(&change, tenant_id, id, platform, settings.shop.as_deref()).await? {
        return Ok(Err(refused));
    }
    let (platform, amount) = (platform.as_str(), settings.amount.as_str());
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 8] =
        [&tenant_id, &id, &platform, &settings.label, &token.hash(), &amount, &settings.order_id_slot, &settings.shop];
    change.execute(SQL, &values).await?;
    told(&change, tenant_id, entry).await?;
    change.commit().await?;
    Ok(Ok(()))
}

async fn told(change: &Transaction<'_>, tenant_id: &str, entry: Option<&Entry>) -> Result<(), Error> {
    match entry {
        Some(entry) => audit::write(change, tenant_id, entry).await,
        None => Ok(()),
    }
}

/// Changes what a connection is set to. `change` gets what it is set to now. What stays as it was is not told of.
pub async fn change(
    mut client: Client,
    tenant_id: &str,
    id: &str,
    change: &(dyn Fn(Settings) -> Settings + Sync),
    entry: Option<&Entry>,
) -> Result<Result<(), Refused>, Error> {
    const READ: &str = "
        select platform, label, amount, order_id_slot, shop from connections
        where tenant_id = $1 and id = $2 and revoked_at is null";
    const WRITE: &str = "
        update connections set label = $3, amount = $4, order_id_slot = $5, shop = $6, version = version + 1, updated_at = clock()
        where tenant_id = $1 and id = $2";
    // The session that made it has it as if it had been entered there: else its next provisioning would bring the former settings back.
    const ENTER: &str = "
        update setup_sessions
        set input = jsonb_set(input, '{checkout}', jsonb_strip_nulls((input -> 'checkout')
                || jsonb_build_object('amount', $3::text, 'order_id_slot', $4::text, 'shop', $5::text))),
            version = version + 1, updated_at = clock()
        where tenant_id = $1 and id || '-' || (input #>> '{checkout,platform}') = $2";
    let work = client.transaction().await?;
    if !lock(&work, tenant_id).await? {
        return Ok(Err(Refused::NoTenant));
    }
    let Some(row) = work.query_opt(READ, &[&tenant_id, &id]).await? else { return Ok(Err(Refused::NoConnection)) };
    let inconsistent = |column| Error::Inconsistent { table: "connections", column };
    let platform = Platform::parse(row.try_get("platform")?).ok_or_else(|| inconsistent("platform"))?;
    let before = Settings {
        label: row.try_get("label")?,
        amount: Amount::parse(row.try_get("amount")?).ok_or_else(|| inconsistent("amount"))?,
        order_id_slot: row.try_get("order_id_slot")?,
        shop: row.try_get("shop")?,
    };
    let settings = change(before.clone());
    if settings == before {
        return Ok(Ok(()));
    }
    if let Err(refused) = settings.check(platform) {
        return Ok(Err(refused));
    }
    if let Some(refused) = taken_shop(&work, tenant_id, id, platform, settings.shop.as_deref()).await? {
        return Ok(Err(refused));
    }
    let amount = settings.amount.as_str();
    work.execute(WRITE, &[&tenant_id, &id, &settings.label, &amount, &settings.order_id_slot, &settings.shop]).await?;
    work.execute(ENTER, &[&tenant_id, &id, &amount, &settings.order_id_slot, &settings.shop]).await?;
    told(&work, tenant_id, entry).await?;
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
            -- Run again after a lost answer, the path is the new one already.
            set former_path_hash = case when path_hash = $3 then former_path_hash else path_hash end, former_path_until = clock() + $4::float8 * interval '1 day', path_hash = $3,
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
pub async fn revoke(client: &Client, tenant_id: &str, id: &str, entry: Option<&Entry>) -> Result<bool, Error> {
    const SQL: &str = concat!(
        "with changed as (
            update connections set revoked_at = clock(), version = version + 1, updated_at = clock()
            where tenant_id = $1 and id = $2 and revoked_at is null returning id
        ), ",
        audited!("$1", "$3", "'{}'", "changed"),
        " select count(*) from changed"
    );
    let row = client.query_one(SQL, &[&tenant_id, &id, &entry.map(Entry::text)]).await?;
    Ok(row.try_get::<_, i64>(0)? > 0)
}

/// Tells the functions that the platform's own secret is another one. Whether there is such a connection in force.
pub async fn touch(client: &Client, tenant_id: &str, id: &str, entry: Option<&Entry>) -> Result<bool, Error> {
    const SQL: &str = concat!(
        "with changed as (
            update connections set version = version + 1, updated_at = clock()
            where tenant_id = $1 and id = $2 and revoked_at is null returning id
        ), ",
        audited!("$1", "$3", "'{}'", "changed"),
        " select count(*) from changed"
    );
    let row = client.query_one(SQL, &[&tenant_id, &id, &entry.map(Entry::text)]).await?;
    Ok(row.try_get::<_, i64>(0)? > 0)
}

/// Sets which events beside Purchase a tenant wants, in place of those before; none ends all. Whether there is such a tenant. What stays as it was is not told of.
pub async fn set_optional_events(
    client: &Client,
    tenant_id: &str,
    wanted: &[(Trigger, EventName)],
    entry: Option<&Entry>,
) -> Result<bool, Error> {
    const SQL: &str = concat!(
        "
        with tenant as materialized (
            select id, optional_events from tenants where id = $1 for no key update
        ), changed as (
            update tenants t set optional_events = $2::text::jsonb, updated_at = clock()
            from tenant where t.id = tenant.id and tenant.optional_events <> $2::text::jsonb returning t.id
        ), told as (
            update connections c set version = c.version + 1, updated_at = clock()
            from changed where c.tenant_id = changed.id and c.revoked_at is null
        ), ",
        audited!("$1", "$3", "jsonb_build_object('optional_events', $2::text::jsonb)", "changed"),
        "
        select count(*) from tenant"
    );
    let named = wanted.iter().map(|(trigger, name)| (trigger.as_str().to_owned(), name.as_str().into()));
    let events = serde_json::Value::Object(named.collect()).to_string();
    let count: i64 = client.query_one(SQL, &[&tenant_id, &events, &entry.map(Entry::text)]).await?.try_get(0)?;
    Ok(count > 0)
}
