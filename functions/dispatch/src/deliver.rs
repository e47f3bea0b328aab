//! From claimed attempts to what became of each: one request, split only when Meta refuses what is in it, and each answer
//! recorded before the next request goes.

use std::time::{Duration, Instant};

use shared::db;
use shared::db::dispatch::{self, Claim, Claimed, Done, Outcome, Record, Recorded, Refused};
use shared::domain::conversion::State as Stands;
use shared::domain::delivery::gate::Verdict;
use shared::domain::delivery::{self, Event, Fate, Meaning, Ruling, Send};
use shared::ids;
use shared::meta::Reply;
use shared::secrets::{self, MetaCredentials};
use shared::telemetry;

use crate::receipts::Receipts;
use crate::{State, logs};

/// What must be left of the invocation for one more request and its record.
const ONE_REQUEST: Duration = Duration::from_secs(15);
/// What must be left of it to try a record once more: an answer that is not recorded is sent again.
const ONE_RECORD: Duration = Duration::from_secs(3);
/// Between two tries of a record.
const PAUSE: Duration = Duration::from_millis(500);

/// A tenant's attempts in this invocation.
pub(crate) struct Delivery<'a> {
    pub(crate) state: &'a State,
    pub(crate) tenant_id: &'a str,
    /// When the invocation ends.
    pub(crate) deadline: Instant,
}

impl Delivery<'_> {
    /// Whether there is time for one more request.
    pub(crate) fn has_time(&self) -> bool {
        Instant::now() + ONE_REQUEST < self.deadline
    }

    /// Sends what was claimed. Each attempt is recorded, or given back when it was not sent. Gives whether Meta took any.
    pub(crate) async fn run(&self, claim: Claim) -> Result<bool, db::Error> {
        if claim.half_opens() {
            logs::half_open(self.tenant_id);
        }
        let Some(pixel_id) = claim.attempts.first().and_then(|it| it.pixel_id.clone()) else {
            return self.park_unsent(&claim, "no_pixel").await;
        };
        let credentials = match self.state.credentials.get(self.tenant_id).await {
            Ok(credentials) => credentials,
            Err(error) => {
                tracing::warn!(tenant.id = self.tenant_id, %error, "no credentials for Meta");
                return match error {
                    secrets::Error::Missing(_) => self.park_unsent(&claim, "no_token").await,
                    secrets::Error::Malformed(..) => self.park_unsent(&claim, "malformed_token").await,
                    secrets::Error::Unavailable(_) => self.retry_unsent(&claim, "secrets_unavailable").await,
                };
            }
        };
        self.send(&pixel_id, credentials, &claim).await
    }

    async fn send(&self, pixel_id: &str, mut credentials: MetaCredentials, claim: &Claim) -> Result<bool, db::Error> {
        let attempts = &claim.attempts;
        let test_event_code = attempts.first().and_then(|it| it.test_event_code.as_deref());
        let mut send = Send::new(attempts.iter().map(|it| it.unknown).collect());
        if claim.gate.parked.is_some() {
            send = send.of_parked();
        }
        let mut receipts = Receipts::new(pixel_id, attempts.len());
        while let Some(part) = send.next() {
            if !self.has_time() {
                return self.stop(&mut send, receipts, claim).await;
            }
            let events: Vec<&Event> =
                attempts.get(part.clone()).unwrap_or_default().iter().map(|it| &it.event).collect();
            let reply = self.state.meta.send(pixel_id, &credentials, test_event_code, &events).await;
            logs::answered(self.tenant_id, events.len(), &reply.answer);
            receipts.keep(part, &reply);
            if reply.answer.meaning == Meaning::Credentials
                && let Some(repaired) = self.repaired(&credentials).await
            {
                credentials = repaired;
                continue;
            }
            let rulings = send.answered(reply.answer.meaning);
            self.settle(&send, rulings, &mut receipts, claim, &reply).await?;
        }
        Ok(send.has_taken())
    }

    /// Records what an answer settled, and gives back what was not sent after all.
    async fn settle(
        &self,
        send: &Send,
        rulings: Vec<Ruling>,
        receipts: &mut Receipts,
        claim: &Claim,
        reply: &Reply,
    ) -> Result<(), db::Error> {
        if rulings.is_empty() {
            return Ok(());
        }
        let parks = rulings.iter().any(|it| it.fate == Fate::Parked);
        let word = if send.is_parked_as_alike() { "refused_alike" } else { reply.answer.word };
        let is_over = send.next().is_none();
        let verdict = match (send.has_taken(), is_over) {
            (true, _) => Some(Verdict::Taken),
            (false, true) => Some(Verdict::NoneTaken),
            (false, false) => None,
        };
        let refused = if verdict == Some(Verdict::NoneTaken) && !parks { alike(&rulings) } else { None };
        let (mut done, mut given_back, mut waited) = (Vec::new(), Vec::new(), Vec::new());
        for ruling in rulings {
            for event in ruling.events {
                let Some(it) = claim.attempts.get(event) else { continue };
                if ruling.fate == Fate::Sent {
                    waited.push(it.waited_ms + claimed_ms_ago(claim));
                }
                match outcome(it, ruling.fate, reply) {
                    Some(outcome) => done.push(judged(it, outcome, answer(ruling.fate, word), receipts.of(event))),
                    None => given_back.push(it),
                }
            }
        }
        let record = Record {
            done,
            receipts: receipts.take(),
            verdict,
            probe: claim.probe && verdict.is_some(),
            park: parks.then_some(word),
            throttle_s: reply.wait_s,
            refused,
        };
        self.record(&record).await?;
        logs::dwell(&self.state.metrics, &waited);
        // The gate holds them where the tenant is parked or Meta has said when to come back.
        let wait_ms = if parks { 0 } else { delivery::backoff_ms(1, fastrand::f64()) };
        self.release(&given_back, wait_ms, false).await
    }

    /// The invocation's time is up.
    async fn stop(&self, send: &mut Send, mut receipts: Receipts, claim: &Claim) -> Result<bool, db::Error> {
        let (mut done, mut given_back) = (Vec::new(), Vec::new());
        for ruling in send.stopped() {
            for event in ruling.events {
                let Some(it) = claim.attempts.get(event) else { continue };
                if ruling.fate == Fate::GivenBack {
                    given_back.push(it);
                } else {
                    done.push(judged(it, again(it), "data", receipts.of(event)));
                }
            }
        }
        tracing::warn!(tenant.id = self.tenant_id, attempts = given_back.len(), "no time left; given back");
        // Slow refusals are failures too, whenever they end.
        let verdict = (receipts.is_any() && !send.has_taken()).then_some(Verdict::NoneTaken);
        let probe = claim.probe && verdict.is_some();
        let record = Record { done, receipts: receipts.take(), verdict, probe, ..Record::default() };
        self.record(&record).await?;
        self.release(&given_back, 0, claim.probe && !probe).await?;
        if claim.probe && !probe {
            logs::not_probed(self.tenant_id, &claim.gate);
        }
        Ok(send.has_taken())
    }

    /// Nothing was sent, and nothing will be until the tenant is repaired.
    async fn park_unsent(&self, claim: &Claim, reason: &'static str) -> Result<bool, db::Error> {
        let done = claim
            .attempts
            .iter()
            .map(|it| judged(it, Outcome::Again { wait_ms: 0, next_id: ids::new_id() }, reason, None))
            .collect();
        self.record(&Record { done, probe: claim.probe, park: Some(reason), ..Record::default() }).await?;
        Ok(false)
    }

    /// Nothing was sent, for a reason that will pass.
    async fn retry_unsent(&self, claim: &Claim, answer: &'static str) -> Result<bool, db::Error> {
        let done = claim.attempts.iter().map(|it| judged(it, again(it), answer, None)).collect();
        self.record(&Record { done, probe: claim.probe, ..Record::default() }).await?;
        Ok(false)
    }

    /// The tenant's token, if it is another one by now than the one that was refused.
    async fn repaired(&self, refused: &MetaCredentials) -> Option<MetaCredentials> {
        self.state.credentials.forget(self.tenant_id);
        let read = self.state.credentials.get(self.tenant_id).await.ok()?;
        (read.access_token != refused.access_token || read.app_secret != refused.app_secret).then_some(read)
    }

    async fn record(&self, record: &Record) -> Result<(), db::Error> {
        if record.done.is_empty() && record.receipts.is_empty() {
            return Ok(());
        }
        let tenant_id = self.tenant_id;
        let recorded = self.record_in_time(record).await?;
        if recorded.attempts < u64::try_from(record.done.len()).unwrap_or(u64::MAX) {
            // Not after a lost answer of the same record: then the first try has recorded them.
            tracing::warn!(
                tenant.id = tenant_id,
                attempts = record.done.len(),
                recorded = recorded.attempts,
                "some attempts were not ours to record"
            );
        }
        logs::passage(tenant_id, &recorded.before, &recorded.after);
        Ok(())
    }

    /// Tries again while the database is away and there is time: what Meta took and we do not record, we send again.
    async fn record_in_time(&self, record: &Record) -> Result<Recorded, db::Error> {
        let tenant_id = self.tenant_id;
        loop {
            let recorded =
                self.state.db.run(|client| async move { dispatch::record(&client, tenant_id, record).await }).await;
            match recorded {
                Err(error) if error.is_outage() && Instant::now() + ONE_RECORD < self.deadline => {
                    tracing::warn!(tenant.id = tenant_id, error = telemetry::chain(&error), "not recorded; once more");
                    tokio::time::sleep(PAUSE).await;
                }
                other => return other,
            }
        }
    }

    async fn release(&self, unsent: &[&Claimed], wait_ms: i64, probe: bool) -> Result<(), db::Error> {
        if unsent.is_empty() && !probe {
            return Ok(());
        }
        let held: Vec<(String, i64)> = unsent.iter().map(|it| (it.attempt_id.clone(), it.lease_token)).collect();
        let (tenant_id, held) = (self.tenant_id, &held);
        self.state
            .db
            .run(|client| async move { dispatch::release(&client, tenant_id, held, wait_ms, probe).await })
            .await
    }
}

/// How long ago this process claimed it, in milliseconds.
fn claimed_ms_ago(claim: &Claim) -> i64 {
    i64::try_from(claim.at.elapsed().as_millis()).unwrap_or(i64::MAX)
}

/// Events that were refused alone and all alike: counted over several sends.
fn alike(rulings: &[Ruling]) -> Option<Refused> {
    let mut refusals = rulings.iter().filter_map(|it| match it.fate {
        Fate::Quarantined(refusal) => Some((refusal, it.events.len())),
        _ => None,
    });
    let (with, first) = refusals.next()?;
    refusals
        .try_fold(first, |count, (it, more)| (it == with).then_some(count + more))
        .map(|count| Refused { with, count })
}

/// What a fate comes to for an attempt; none where it was not made.
fn outcome(it: &Claimed, fate: Fate, reply: &Reply) -> Option<Outcome> {
    match fate {
        Fate::Sent => Some(Outcome::Sent),
        Fate::Again | Fate::Undecided => Some(again_after(it, reply.wait_s)),
        Fate::Parked => Some(Outcome::Again { wait_ms: 0, next_id: ids::new_id() }),
        Fate::Quarantined(_) => Some(Outcome::Stop(Stands::Quarantined)),
        Fate::Expired => Some(Outcome::Stop(Stands::Expired)),
        Fate::GivenBack => None,
    }
}

/// The word of an attempt: the answer's own, except where the fate was settled by an earlier answer.
fn answer(fate: Fate, word: &'static str) -> &'static str {
    match fate {
        Fate::Quarantined(_) | Fate::Undecided => "data",
        Fate::Expired => "too_old",
        _ => word,
    }
}

fn again(it: &Claimed) -> Outcome {
    again_after(it, None)
}

/// Meta's own wait, or longer.
fn again_after(it: &Claimed, wait_s: Option<i64>) -> Outcome {
    let backoff_ms = delivery::backoff_ms(it.number, fastrand::f64());
    let wait_ms = wait_s.map_or(backoff_ms, |wait_s| backoff_ms.max(wait_s.saturating_mul(1000)));
    Outcome::Again { wait_ms, next_id: ids::new_id() }
}

fn judged(it: &Claimed, outcome: Outcome, answer: &'static str, receipt_id: Option<&str>) -> Done {
    Done {
        attempt_id: it.attempt_id.clone(),
        lease_token: it.lease_token,
        outcome,
        answer,
        receipt_id: receipt_id.map(str::to_owned),
    }
}
