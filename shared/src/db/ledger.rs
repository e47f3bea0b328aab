//! The ledger: every sale that was accepted is in exactly one state, and the counts add up to what came in.

use deadpool_postgres::Client;
use serde::Serialize;
use time::Date;
use tokio_postgres::Row;
use utoipa::ToSchema;

use super::Error;

/// How many sales are in a state for a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = LedgerEntry)]
pub struct Entry {
    /// `sent`, `pending`, `parked`, `held`, `quarantined`, `expired`, `duplicate`, `ignored`, `rejected`; `missing` would be a
    /// loss.
    pub state: String,
    /// Why, for a state that needs a reason.
    pub reason: Option<String>,
    /// Sales that were accepted, purged ones included.
    pub sales: i64,
}

/// A tenant's sales that came between two days (UTC, both included; open where `None`), by state and reason.
pub async fn ledger(
    client: &Client,
    tenant_id: &str,
    since: Option<Date>,
    until: Option<Date>,
) -> Result<Vec<Entry>, Error> {
    const SQL: &str = "
        select state, reason, sales from ledger($1, coalesce($2::date, '-infinity'), coalesce($3::date, 'infinity'))
        order by state, reason nulls first";
    let statement = client.prepare_cached(SQL).await?;
    let rows = client.query(&statement, &[&tenant_id, &since, &until]).await?;
    entries(&rows)
}

/// The statement of [`tallied`], for who measures or explains it.
pub const TALLIED: &str = "select state, reason, sales from tallied_ledger($1) order by state, reason nulls first";

/// A tenant's ledger of all days, out of the counts: the same as [`ledger()`] gives, at the same cost however many sales there are.
pub async fn tallied(client: &Client, tenant_id: &str) -> Result<Vec<Entry>, Error> {
    let statement = client.prepare_cached(TALLIED).await?;
    entries(&client.query(&statement, &[&tenant_id]).await?)
}

fn entries(rows: &[Row]) -> Result<Vec<Entry>, Error> {
    rows.iter()
        .map(|row| {
            Ok(Entry { state: row.try_get("state")?, reason: row.try_get("reason")?, sales: row.try_get("sales")? })
        })
        .collect()
}

/// Something that must not be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// What is wrong, in words.
    pub rule: String,
    /// With which event.
    pub event_id: Option<String>,
}

/// What must not be, of one tenant: empty when its ledger is sound.
pub async fn faults(client: &Client, tenant_id: &str) -> Result<Vec<Fault>, Error> {
    const SQL: &str = "select rule, event_id from ledger_faults($1) order by rule, event_id";
    let statement = client.prepare_cached(SQL).await?;
    let rows = client.query(&statement, &[&tenant_id]).await?;
    rows.iter().map(|row| Ok(Fault { rule: row.try_get("rule")?, event_id: row.try_get("event_id")? })).collect()
}

/// The ids of all tenants, in order.
pub async fn tenants(client: &Client) -> Result<Vec<String>, Error> {
    let statement = client.prepare_cached("select id from tenants order by id").await?;
    client.query(&statement, &[]).await?.iter().map(|row| Ok(row.try_get(0)?)).collect()
}
