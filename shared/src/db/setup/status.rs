//! A tenant as its operator sees and sets it.

use std::collections::BTreeMap;

use deadpool_postgres::Client;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::Error;
use super::super::audit::{Entry, audited};

/// A tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Tenant {
    /// Its id.
    pub id: String,
    /// In the deployment.
    pub slug: String,
    /// For people.
    pub name: String,
    /// provisioning, active, suspended or retired.
    pub status: String,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// The pixel.
    pub pixel_id: Option<String>,
    /// Until when a test code is on; Unix seconds.
    pub test_event_code_until: Option<i64>,
    /// The events beside Purchase that it wants: what causes one, with the event's name.
    pub optional_events: BTreeMap<String, String>,
    /// API keys in force.
    pub keys_in_force: i64,
    /// Unix seconds.
    pub created_at: i64,
}

/// A tenant, and the session that made it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The tenant.
    pub tenant: Tenant,
    /// Its session, if it is still kept.
    pub session_id: Option<String>,
    /// When the doctor was last done with it; Unix seconds.
    pub examined_at: Option<i64>,
    /// The database's time; Unix seconds.
    pub now_s: i64,
}

/// A tenant by its id.
pub async fn show(client: &Client, tenant_id: &str) -> Result<Option<Shown>, Error> {
    const SQL: &str = "
        select t.id, t.slug, t.name, t.status::text as status, t.country, t.currency, t.pixel_id,
               case when t.test_event_code_until > clock() then extract(epoch from t.test_event_code_until)::bigint end as test_until,
               t.optional_events::text as optional_events,
               (select count(*) from api_keys k where k.tenant_id = t.id and k.revoked_at is null) as keys_in_force,
               extract(epoch from t.created_at)::bigint as created_at,
               (select s.id from setup_sessions s where s.tenant_id = t.id order by s.updated_at desc limit 1) as session_id,
               extract(epoch from t.examined_at)::bigint as examined_at,
               extract(epoch from clock())::bigint as now_s
        from tenants t where t.id = $1";
    let statement = client.prepare_cached(SQL).await?;
    let Some(row) = client.query_opt(&statement, &[&tenant_id]).await? else { return Ok(None) };
    let tenant = Tenant {
        id: row.try_get("id")?,
        slug: row.try_get("slug")?,
        name: row.try_get("name")?,
        status: row.try_get("status")?,
        country: row.try_get("country")?,
        currency: row.try_get("currency")?,
        pixel_id: row.try_get("pixel_id")?,
        test_event_code_until: row.try_get("test_until")?,
        optional_events: serde_json::from_str(row.try_get("optional_events")?).unwrap_or_default(),
        keys_in_force: row.try_get("keys_in_force")?,
        created_at: row.try_get("created_at")?,
    };
    let examined_at = row.try_get("examined_at")?;
    Ok(Some(Shown { tenant, session_id: row.try_get("session_id")?, examined_at, now_s: row.try_get("now_s")? }))
}

/// The status before and after a change; `None` where there is no such tenant. What the doctor found is looked at again within the minute.
async fn change(
    client: &Client,
    tenant_id: &str,
    status: &str,
    from: &[&str],
    entry: &Entry,
) -> Result<Option<(String, String)>, Error> {
    const SQL: &str = concat!(
        "
        with before as materialized (
            select id, status::text as status from tenants where id = $1 for no key update
        ), changed as (
            update tenants t set status = $2::text::tenant_status, examine_at = clock(), updated_at = clock()
            from before where t.id = before.id and before.status = any ($3::text[]) and before.status <> $2
            returning t.status::text as status
        ), ",
        audited!(
            "$1",
            "$4",
            "jsonb_build_object('before', (select status from before), 'after', changed.status)",
            "changed"
        ),
        "
        select status as before, coalesce((select status from changed), status) as after from before"
    );
    let statement = client.prepare_cached(SQL).await?;
    let row = client.query_opt(&statement, &[&tenant_id, &status, &from, &entry.text()]).await?;
    row.map(|row| Ok((row.try_get("before")?, row.try_get("after")?))).transpose()
}

/// Sets a tenant active if it has one of these statuses. Gives its status before and after.
pub async fn activate(
    client: &Client,
    tenant_id: &str,
    from: &[&str],
    entry: &Entry,
) -> Result<Option<(String, String)>, Error> {
    change(client, tenant_id, "active", from, entry).await
}

/// Suspends or retires a tenant. One that is retired stays so. Gives its status before and after.
pub async fn set_status(
    client: &Client,
    tenant_id: &str,
    status: &str,
    entry: &Entry,
) -> Result<Option<(String, String)>, Error> {
    change(client, tenant_id, status, &["provisioning", "active", "suspended"], entry).await
}

/// Sets a tenant's pixel, and has it examined within the minute. Whether there is such a tenant.
pub async fn set_pixel(client: &Client, tenant_id: &str, pixel_id: &str) -> Result<bool, Error> {
    const SQL: &str = "update tenants set pixel_id = $2, examine_at = clock(), updated_at = clock() where id = $1";
    let statement = client.prepare_cached(SQL).await?;
    Ok(client.execute(&statement, &[&tenant_id, &pixel_id]).await? > 0)
}
