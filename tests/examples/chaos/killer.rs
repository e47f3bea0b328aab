//! Who is killed, at which moment.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tests::chaos::{Blow, Crash, Part, Schedule, Strike};
use tests::net::wait_until;
use tests::progress::Progress;
use tests::runtime_api::usage;
use tests::trap::{Hold, Line};
use tokio::time::{Instant, sleep};

use crate::fleet::Slot;
use crate::stage::Stage;

/// How long a strike waits for its moment before it falls at any.
const MOMENT: Duration = Duration::from_secs(3);
/// How often the lines are looked at meanwhile.
const LOOK: Duration = Duration::from_millis(1);
/// How long Postgres may take to come back.
const RECOVERY: Duration = Duration::from_mins(1);
/// How often it is started: what the killed one leaves may still end.
const STARTS: u32 = 20;
/// The first byte of what Postgres answers to a statement that ran (`BindComplete`), not to one that was only prepared.
const RAN: Hold = Hold::AnswersBeginning(b'2');

/// What became of one kind of blow.
#[derive(Clone, Copy, Default)]
pub(crate) struct Counts {
    /// Processes killed.
    pub(crate) kills: usize,
    /// Those of them that were killed in the moment that was meant.
    pub(crate) in_their_moment: usize,
}

/// Strikes as the schedule says.
pub(crate) async fn strike(
    stage: &Stage,
    schedule: &Schedule,
    progress: &Progress,
) -> Result<BTreeMap<String, Counts>> {
    let mut struck: BTreeMap<String, Counts> = BTreeMap::new();
    for (number, strike) in schedule.strikes.iter().enumerate() {
        sleep(Duration::from_millis(strike.after_ms)).await;
        let in_its_moment =
            blow(stage, strike).await.with_context(|| format!("strike {}: {}", number + 1, strike.blow))?;
        let counts = struck.entry(strike.blow.to_string()).or_default();
        counts.kills += 1;
        counts.in_their_moment += usize::from(in_its_moment);
        if (number + 1) % 20 == 0 {
            progress.say(format!("  {} kills, {} orders", number + 1, stage.shared.books.count()));
        }
    }
    Ok(struck)
}

async fn blow(stage: &Stage, strike: &Strike) -> Result<bool> {
    let slots = |part| stage.shared.fleet(part).slots();
    match strike.blow {
        Blow::Anytime(part) => any(slots(part), strike.choice).await.map(|()| true),
        Blow::BeforeStatement(part) => at_a_statement(slots(part), Hold::Requests, strike.choice).await,
        Blow::AfterStatement(part) => at_a_statement(slots(part), RAN, strike.choice).await,
        Blow::BeforeRecord => at_the_record(slots(Part::Dispatch), Hold::Requests, strike.choice).await,
        Blow::AfterRecord => at_the_record(slots(Part::Dispatch), RAN, strike.choice).await,
        Blow::Postgres(crash) => postgres(stage, crash, strike.choice).await.map(|()| true),
    }
}

/// The chosen environment, or the next one that lives.
async fn any(slots: &[Slot], choice: usize) -> Result<()> {
    let in_order = || slots.iter().cycle().skip(choice % slots.len()).take(slots.len());
    wait_until("an environment that lives", Duration::from_secs(30), || async { in_order().any(Slot::kill) }).await
}

async fn at_a_statement(slots: &[Slot], what: Hold, choice: usize) -> Result<bool> {
    let Some(slot) = caught(slots, |slot| &slot.postgres, what).await else {
        return any(slots, choice).await.map(|()| false);
    };
    let lived = slot.kill();
    slot.postgres.cut();
    if lived { Ok(true) } else { any(slots, choice).await.map(|()| false) }
}

/// Waits for an answer of Meta, keeps it back until the line to Postgres is set, and strikes at what is said there next.
async fn at_the_record(slots: &[Slot], what: Hold, choice: usize) -> Result<bool> {
    let Some(slot) = caught(slots, |slot| &slot.meta, Hold::Answers).await else {
        return any(slots, choice).await.map(|()| false);
    };
    slot.postgres.hold(what);
    slot.meta.release();
    let in_its_moment = within(MOMENT, || slot.postgres.is_held()).await;
    let lived = slot.kill();
    slot.postgres.cut();
    slot.meta.cut();
    if lived { Ok(in_its_moment) } else { any(slots, choice).await.map(|()| false) }
}

/// The first environment whose line holds something; the lines of the others go on.
async fn caught(slots: &[Slot], line: impl Fn(&Slot) -> &Line, what: Hold) -> Option<&Slot> {
    for slot in slots {
        line(slot).hold(what);
    }
    let mut found = None;
    within(MOMENT, || {
        found = slots.iter().position(|slot| line(slot).is_held());
        found.is_some()
    })
    .await;
    for (index, slot) in slots.iter().enumerate() {
        if found != Some(index) {
            line(slot).release();
        }
    }
    slots.get(found?)
}

async fn within(limit: Duration, mut holds: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + limit;
    while !holds() {
        if Instant::now() >= end {
            return false;
        }
        sleep(LOOK).await;
    }
    true
}

async fn postgres(stage: &Stage, crash: Crash, choice: usize) -> Result<()> {
    let client = stage.shared.connect().await?;
    let own: i32 = client.query_one("select pg_backend_pid()", &[]).await?.try_get(0)?;
    match crash {
        Crash::Session => {
            let sql = "select pid from pg_stat_activity
                       where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend' order by pid";
            let sessions = client.query(sql, &[]).await?;
            let pid: i32 = match sessions.get(choice % sessions.len().max(1)) {
                Some(row) => row.try_get(0)?,
                None => own,
            };
            kill("KILL", u32::try_from(pid)?)?;
        }
        Crash::Killed | Crash::Immediate => {
            let server = usage::parent(u32::try_from(own)?)?;
            kill(if crash == Crash::Killed { "KILL" } else { "QUIT" }, server)?;
            start_again(stage).await?;
        }
    }
    // The session that was killed may be the one that answers last.
    wait_until("Postgres", RECOVERY, || async { answers(stage).await }).await
}

async fn answers(stage: &Stage) -> bool {
    let Ok(client) = stage.shared.connect().await else { return false };
    client.batch_execute("select 1").await.is_ok()
}

async fn start_again(stage: &Stage) -> Result<()> {
    let mut started = stage.cluster.restart().await;
    for _ in 1..STARTS {
        if started.is_ok() {
            break;
        }
        sleep(Duration::from_millis(300)).await;
        started = stage.cluster.restart().await;
    }
    started.context("start Postgres again")
}

fn kill(signal: &str, pid: u32) -> Result<()> {
    let status = Command::new("/bin/sh").args(["-c", &format!("kill -{signal} {pid}")]).status()?;
    ensure!(status.success(), "kill -{signal} {pid}: {status}");
    Ok(())
}
