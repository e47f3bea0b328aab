//! What a world's database holds.

use anyhow::{Context, Result};
use serde_json::Value;
use tokio_postgres::types::ToSql;

use super::World;

impl World {
    /// One number.
    pub async fn count(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<i64> {
        Ok(self.client.query_one(sql, params).await.with_context(|| sql.to_owned())?.try_get(0)?)
    }

    /// One text.
    pub async fn text(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Option<String>> {
        Ok(self.client.query_one(sql, params).await.with_context(|| sql.to_owned())?.try_get(0)?)
    }

    /// How many conversions of a tenant stand so (the view `standings`); `why` is the reason, or empty.
    pub async fn standing(&self, tenant_id: &str, state: &str, why: &str) -> Result<i64> {
        let sql = "select count(*) from standings where tenant_id = $1 and state = $2 and coalesce(reason, '') = $3";
        self.count(sql, &[&tenant_id, &state, &why]).await
    }

    /// How many rows each table of a tenant's traffic holds: to show that a refused request changed nothing.
    pub async fn rows(&self) -> Result<String> {
        let sql = "select concat_ws(' ', (select count(*) from clicks), (select count(*) from identities),
                   (select count(*) from orders), (select count(*) from dedupe_registry), (select count(*) from conversions),
                   (select count(*) from dispatch_attempts), (select count(*) from deliveries))";
        self.text(sql, &[]).await?.context("a count")
    }

    /// A click of the seeded tenant, as it is kept.
    pub async fn click_row(&self, answer: &Value) -> Result<Value> {
        let id = answer["click_id"].as_str().context("a click id")?;
        self.row("select to_jsonb(it)::text from clicks it where tenant_id = $1 and id = $2", id).await
    }

    /// A conversion of the seeded tenant, as it is kept.
    pub async fn conversion_row(&self, answer: &Value) -> Result<Value> {
        let id = answer["event_id"].as_str().context("an event id")?;
        self.row("select to_jsonb(it)::text from conversions it where tenant_id = $1 and event_id = $2", id).await
    }

    async fn row(&self, sql: &str, id: &str) -> Result<Value> {
        let row = self.text(sql, &[&self.tenant.id, &id]).await?.context("a row")?;
        Ok(serde_json::from_str(&row)?)
    }

    /// A digest of every row of every table of tenants' data: two are equal when nothing changed.
    pub async fn contents(&self) -> Result<String> {
        let tables = [
            "tenants",
            "funnels",
            "api_keys",
            "clicks",
            "click_aliases",
            "funnel_minutes",
            "unrecorded_visits",
            "identities",
            "orders",
            "dedupe_registry",
            "conversions",
            "dispatch_attempts",
            "deliveries",
            "connections",
            "kept_bodies",
            "tenant_issues",
            "audit",
            "erasures",
        ];
        let rows = tables.map(|table| format!("select '{table}' as kind, it::text as row from {table} it"));
        let sql = format!(
            "select md5(string_agg(kind || row, '|' order by kind, row)) from ({}) every",
            rows.join(" union all ")
        );
        self.text(&sql, &[]).await?.context("a digest")
    }
}
