//! What there is at the end, gathered from the callers, the simulator and the database.

use std::collections::BTreeMap;

use anyhow::Result;
use tests::chaos::{Evidence, Part, Sale, Standing, Taken, Verdict};
use tests::progress::Progress;
use tests::simulator::EventQuery;
use tokio_postgres::Client;

use crate::stage::Stage;
use crate::time::Drained;

/// How many of a kind are shown.
const SHOWN: usize = 20;

/// All of it.
pub(crate) async fn evidence(stage: &Stage, drained: &Drained) -> Result<Evidence> {
    let shared = &stage.shared;
    let client = shared.connect().await?;
    let mut evidence = Evidence {
        posted: shared.books.posted(),
        taken: taken(stage),
        standings: standings(&client).await?,
        stuck: drained.stuck,
        faults: shared.books.all_wrong(),
        ..Evidence::default()
    };
    // A sweep fails while Postgres is away, and the next one makes it good; the others always have an answer.
    for part in [Part::Order, Part::Dispatch] {
        evidence.faults.extend(shared.fleet(part).ills());
    }
    for tenant in &shared.tenants {
        let sql = "select coalesce(sum(sales), 0)::bigint from ledger($1, current_date - 1, current_date + 1)";
        let sum: i64 = client.query_one(sql, &[&tenant.id]).await?.try_get(0)?;
        evidence.ledger.insert(tenant.id.clone(), sum);
        for row in client.query("select rule, event_id from ledger_faults($1)", &[&tenant.id]).await? {
            let (rule, event_id): (&str, &str) = (row.try_get(0)?, row.try_get(1)?);
            evidence.faults.push(format!("{}: {rule}: {event_id}", tenant.id));
        }
    }
    Ok(evidence)
}

fn taken(stage: &Stage) -> BTreeMap<Sale, Taken> {
    let mut taken: BTreeMap<Sale, Taken> = BTreeMap::new();
    for event in stage.shared.simulator.events(&EventQuery::default()) {
        let tenant = stage.shared.tenants.iter().find(|it| it.pixel_id == event.pixel);
        // One that no tenant or no order of ours has would be a fault too, and shows as an event of nobody.
        let sale = (tenant.map(|it| it.id.clone()).unwrap_or_default(), event.event_id.unwrap_or_default());
        let it = taken.entry(sale).or_default();
        it.times += 1;
        it.duplicates += i64::from(event.duplicates);
    }
    taken
}

async fn standings(client: &Client) -> Result<BTreeMap<Sale, Standing>> {
    let sql = "select s.tenant_id, s.event_id, s.state, s.reason,
                      (select count(*) from deliveries d where d.tenant_id = s.tenant_id and d.event_id = s.event_id)
               from standings s";
    let rows = client.query(sql, &[]).await?;
    rows.iter()
        .map(|row| {
            let standing = Standing { state: row.try_get(2)?, reason: row.try_get(3)?, deliveries: row.try_get(4)? };
            Ok(((row.try_get(0)?, row.try_get(1)?), standing))
        })
        .collect()
}

/// Says what was found.
pub(crate) fn tell(evidence: &Evidence, verdict: &Verdict, progress: &Progress) {
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    for standing in evidence.standings.values() {
        *states.entry(&standing.state).or_default() += 1;
    }
    let states: Vec<String> = states.iter().map(|(state, count)| format!("{count} {state}")).collect();
    let answers: i64 = evidence.posted.iter().map(|it| it.answers).sum();
    let unknown: i64 = evidence.posted.iter().map(|it| it.unknown).sum();
    let silent = evidence.posted.iter().filter(|it| it.event_id.is_none()).count();
    progress.say(format!(
        "  {} orders: {} accepted, {silent} given up; {answers} answers 2xx, {unknown} posts without one; the ledgers add up to {}",
        verdict.orders,
        verdict.accepted,
        evidence.ledger.values().sum::<i64>()
    ));
    progress.say(format!(
        "  conversions: {}; {} duplicate sends, all inside 48 hours",
        states.join(", "),
        verdict.duplicate_sends
    ));
    for (tenant_id, event_id) in verdict.lost.iter().take(SHOWN) {
        let standing = evidence.standings.get(&(tenant_id.clone(), event_id.clone()));
        progress.say(format!("LOST {event_id} of {tenant_id}: {standing:?}"));
    }
    for fault in verdict.faults.iter().take(SHOWN) {
        progress.say(format!("FAULT {fault}"));
    }
}
