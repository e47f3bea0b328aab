//! What keeps sends back, the reset, and the replay.

use anyhow::Result;
use serde_json::{json, to_value};
use shared::db::audit::Entry;
use shared::db::gates::{self, Gate};
use shared::db::replay::{self, Replayed, Which};
use shared::domain::access::Act;

use crate::database::{Database, plain, unknown};
use crate::said::{Said, at, table};

/// The most gates shown at once.
const MOST_GATES: i64 = 1000;

/// Shows a tenant's gate, or all that keep something back.
pub(crate) async fn gates(database: &Database, tenant: Option<&str>) -> Result<Said> {
    if let Some(tenant) = tenant {
        let gate = database.gate(tenant).await?;
        return Ok(Said::well(told(&gate), to_value(&gate)?));
    }
    let kept = database.0.run(|client| async move { gates::closed(&client, MOST_GATES).await }).await.map_err(plain)?;
    let text = if kept.is_empty() {
        "Nothing is kept back.".to_owned()
    } else {
        kept.iter().map(told).collect::<Vec<_>>().join("\n\n")
    };
    Ok(Said::well(text, to_value(&kept)?))
}

/// Opens a tenant's gate.
pub(crate) async fn release(database: &Database, tenant: &str) -> Result<Said> {
    let entry = &Entry::by_program(Act::Released, tenant);
    let released = database.0.run(|client| async move { gates::release(&client, tenant, Some(entry)).await }).await;
    let Some(released) = released.map_err(plain)? else { anyhow::bail!(unknown(tenant)) };
    let before = &released.before;
    tracing::warn!(
        tenant.id = tenant,
        breaker = before.breaker,
        failures = before.failures,
        parked = before.parked_reason,
        hastened = released.hastened,
        "breaker reset by the operator"
    );
    let text = format!(
        "Before:\n{}\n\nNow nothing keeps its sends back; {} waiting attempts were made due. The next sweep wakes the dispatcher, \
         within a minute.",
        told(before),
        released.hastened
    );
    Ok(Said::well(text, to_value(&released)?))
}

/// Puts quarantined events back until none is left that can be.
pub(crate) async fn replay(
    database: &Database,
    tenant: &str,
    event_id: Option<&str>,
    may_be_there: bool,
) -> Result<Said> {
    database.gate(tenant).await?;
    let which = event_id.map_or(Which::All, Which::Event);
    let mut all = Replayed::default();
    loop {
        let entry = &Entry::by_program(Act::EventsReplayed, event_id.unwrap_or(tenant));
        let told = Some(entry);
        let run =
            database.0.run(|client| async move { replay::replay(&client, tenant, which, may_be_there, told).await });
        let step = run.await.map_err(plain)?;
        all = Replayed { replayed: all.replayed + step.replayed, ..step };
        // Another replay holds what is left.
        if !step.more || step.replayed == 0 {
            break;
        }
    }
    tracing::info!(tenant.id = tenant, replayed = all.replayed, may_be_there, "quarantined events put back");
    let mut said = Said::well(put_back(&all), json!(all));
    if event_id.is_some() && all.replayed == 0 {
        said.sound = false;
    }
    Ok(said)
}

fn put_back(all: &Replayed) -> String {
    if (all.replayed, all.too_old, all.unclear) == (0, 0, 0) {
        return "Nothing of it is quarantined.".to_owned();
    }
    let mut lines = vec![format!("{} put back to be sent; the next sweep wakes the dispatcher.", all.replayed)];
    if all.unclear > 0 {
        lines.push(format!(
            "{} left: Meta may have them. Look in Events Manager, then run it with --may-be-there.",
            all.unclear
        ));
    }
    if all.too_old > 0 {
        lines.push(format!("{} left: older than the 7 days that Meta takes.", all.too_old));
    }
    if all.more {
        lines.push("Some are being put back by somebody else at this moment.".to_owned());
    }
    lines.join("\n")
}

fn told(gate: &Gate) -> String {
    let time = |value: Option<i64>| value.map_or_else(|| "-".to_owned(), at);
    let word = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    let cooldown = gate.cooldown_s.map_or_else(|| "-".to_owned(), |seconds| format!("{seconds} s"));
    let rows = [
        ("tenant", format!("{} ({})", gate.tenant_id, gate.tenant_status)),
        ("breaker", format!("{}, {} failed sends in a row", gate.breaker, gate.failures)),
        ("opened at", format!("{}, cool-down {cooldown}", time(gate.opened_at))),
        ("parked", format!("{}, since {}", word(&gate.parked_reason), time(gate.parked_at))),
        ("next try at", time(gate.probe_at)),
        ("throttled until", time(gate.throttled_until)),
        ("refused alike", format!("{} as {}", gate.refused_count, word(&gate.refused_as))),
        ("waiting", format!("{}, the first can go until {}", gate.waiting, time(gate.nearest_deadline))),
    ];
    let rows: Vec<Vec<String>> = rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect();
    table(&["", ""], &rows).trim_start().to_owned()
}
