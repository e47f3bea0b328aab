//! What the doctor looks at, counted in one statement.

use deadpool_postgres::Client;

use super::super::Error;
use crate::domain::doctor::{Facts, LATE_S};

/// The most clicks, and the most deliveries of a week and of the four weeks before, that are looked at: the newest. A share of 2,000 is
/// known to within two percent, and 100,000 would cost fifty times as much to no use. It stands in the statement.
pub const SAMPLE: i64 = 2000;

/// The statement of [`facts`], for who measures or explains it. Every part is an index's range with a limit, or lookups by key.
pub const FACTS: &str = include_str!("facts.sql");

/// All that the rules look at; `None` where there is no such tenant.
pub async fn facts(client: &Client, tenant_id: &str) -> Result<Option<Facts>, Error> {
    let statement = client.prepare_cached(FACTS).await?;
    #[expect(clippy::cast_precision_loss, reason = "two hours in seconds")]
    let late_s = LATE_S as f64;
    let Some(row) = client.query_opt(&statement, &[&tenant_id, &late_s]).await? else { return Ok(None) };
    let text: &str = row.try_get(0)?;
    let facts = serde_json::from_str(text).map_err(|_| Error::Inconsistent { table: "tenants", column: "facts" })?;
    Ok(Some(facts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statement_takes_no_more_than_its_sample_of_each() {
        assert_eq!(FACTS.matches(&format!("limit {SAMPLE}\n")).count(), 3);
        assert_eq!(FACTS.matches(&format!(">= {SAMPLE} then")).count(), 2);
    }
}
