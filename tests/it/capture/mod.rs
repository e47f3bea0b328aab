//! What stands around a click: who comes, what the visitor said, whose page it is, where a link leads, and how much is too much.

mod consent;
mod cookies;
mod cors;
mod denied_orders;
mod limits;
mod redirect;
mod redirect_hosts;
mod visitors;

use anyhow::{Context, Result};
use serde_json::Value;
use tests::seed::Seeded;
use tests::world::World;

const FBP: &str = "fb.2.1700000000000.1234567890";
const OTHER_FBP: &str = "fb.2.1700000000000.9999999999";
const FBC: &str = "fb.2.1700000000000.IwAR0-Sample_1";
/// A page of the seeded funnel.
const PAGE: &str = "https://loja.example.com.br";

/// Lets a tenant's funnel lead to a checkout.
pub(crate) async fn checkout(world: &World, tenant: &Seeded, domain: &str, slot: &str) -> Result<()> {
    let sql = format!(
        "insert into funnel_checkouts (tenant_id, funnel_id, domain, platform, slot)
         values ('{}', '{}', '{domain}', 'other', '{slot}')",
        tenant.id, tenant.funnel_id
    );
    world.execute(&sql).await
}

/// Every click of a tenant, oldest first.
async fn clicks_of(world: &World, tenant: &Seeded) -> Result<Vec<Value>> {
    let sql = "select coalesce(jsonb_agg(to_jsonb(c) order by c.created_at, c.id), '[]')::text from clicks c where tenant_id = $1";
    Ok(serde_json::from_str(&world.text(sql, &[&tenant.id]).await?.context("a list")?)?)
}

/// `reason visits` of a tenant's funnel today, by reason.
async fn uncounted(world: &World, tenant: &Seeded) -> Result<String> {
    let sql = "select coalesce(string_agg(concat_ws(' ', reason, visits), ', ' order by reason), '') from (
                   select reason, sum(visits) as visits from unrecorded_visits
                   where tenant_id = $1 and funnel_id = $2 and day = (clock() at time zone 'UTC')::date group by reason
               ) it";
    world.text(sql, &[&tenant.id, &tenant.funnel_id]).await?.context("a list")
}

/// Runs statements on the seeded tenant's funnel.
async fn set_funnel(world: &World, columns: &str) -> Result<()> {
    world.execute(&format!("update funnels set {columns} where id = '{}'", world.tenant.funnel_id)).await
}
