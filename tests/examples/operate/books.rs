//! The ledger, its check, and the receipts.

use anyhow::Result;
use serde_json::{json, to_value};
use shared::db::{ledger, receipts};
use time::Date;

use crate::database::{Database, plain};
use crate::said::{Said, at, table};

/// The most receipts shown.
const MOST_RECEIPTS: i64 = 50;

/// Shows a tenant's sales by state and reason.
pub(crate) async fn ledger(
    database: &Database,
    tenant: &str,
    since: Option<Date>,
    until: Option<Date>,
) -> Result<Said> {
    database.gate(tenant).await?;
    let run = database.0.run(|client| async move { ledger::ledger(&client, tenant, since, until).await });
    let entries = run.await.map_err(plain)?;
    let total: i64 = entries.iter().map(|it| it.sales).sum();
    let mut rows: Vec<Vec<String>> = entries
        .iter()
        .map(|it| vec![it.state.clone(), it.reason.clone().unwrap_or_default(), it.sales.to_string()])
        .collect();
    rows.push(vec!["all".to_owned(), String::new(), total.to_string()]);
    Ok(Said::well(table(&["state", "reason", "sales"], &rows), json!({"entries": entries, "sales": total})))
}

/// What must not be, of a tenant or of all.
pub(crate) async fn check(database: &Database, tenant: Option<&str>) -> Result<Said> {
    let tenants = match tenant {
        Some(tenant) => vec![database.gate(tenant).await?.tenant_id],
        None => database.0.run(|client| async move { ledger::tenants(&client).await }).await.map_err(plain)?,
    };
    let (mut rows, mut found) = (Vec::new(), Vec::new());
    for tenant in &tenants {
        let run = database.0.run(|client| async move { ledger::faults(&client, tenant).await });
        for fault in run.await.map_err(plain)? {
            rows.push(vec![tenant.clone(), fault.rule.clone(), fault.event_id.clone().unwrap_or_default()]);
            found.push(json!({"tenant_id": tenant, "rule": fault.rule, "event_id": fault.event_id}));
        }
    }
    let text = if rows.is_empty() {
        format!(
            "Sound: {} checked.",
            if tenants.len() == 1 { "1 tenant".into() } else { format!("{} tenants", tenants.len()) }
        )
    } else {
        table(&["tenant", "rule", "event"], &rows)
    };
    Ok(Said { text, sound: found.is_empty(), json: json!({"tenants": tenants.len(), "faults": found}) })
}

/// The last requests to Meta, or those of one event.
pub(crate) async fn receipts(database: &Database, tenant: &str, event_id: Option<&str>) -> Result<Said> {
    database.gate(tenant).await?;
    let run = database.0.run(|client| async move { receipts::list(&client, tenant, event_id, MOST_RECEIPTS).await });
    let all = run.await.map_err(plain)?;
    if all.is_empty() {
        return Ok(Said::well("No request was made.", json!([])));
    }
    let number = |value: Option<i32>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|it| {
            vec![
                at(it.sent_at),
                it.pixel_id.clone(),
                format!("{}/{}", number(it.events_received), it.events),
                format!("{} ms", it.took_ms),
                it.answer.clone(),
                number(it.http_status),
                format!("{}/{}", number(it.error_code), number(it.error_subcode)),
                it.fbtrace_id.clone().unwrap_or_else(|| "-".to_owned()),
                it.body_sha256.clone(),
                it.error_message.clone().unwrap_or_default(),
            ]
        })
        .collect();
    let head =
        ["sent at", "pixel", "received", "took", "answer", "HTTP", "error", "trace", "body SHA-256", "Meta says"];
    Ok(Said::well(table(&head, &rows), to_value(&all)?))
}
