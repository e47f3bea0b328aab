//! From claimed attempts to what became of each: one request, split only when Meta refuses what is in it, and each answer
//! recorded before the next request goes.

use std::time::{Duration, Instant};

use shared::db;
use shared::db::dispatch::{self, Claimed, Done, Outcome};
use shared::domain::conversion::State as Stands;
use shared::domain::delivery::{self, Event, Said};
use shared::ids;
use shared::meta::Answer;
use shared::secrets::{self, MetaCredentials};

use crate::State;

/// What must be left of the invocation for one more request and its record.
const ONE_REQUEST: Duration = Duration::from_secs(15);

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

    /// Sends what was claimed. Each attempt is recorded, or given back when the time is up.
    pub(crate) async fn run(&self, claimed: Vec<Claimed>) -> Result<(), db::Error> {
        let (mut over, mut fresh) = (Vec::new(), Vec::new());
        for it in claimed {
            match ended(&it) {
                Some(done) => over.push(done),
                None => fresh.push(it),
            }
        }
        self.record(over).await?;
        let Some(first) = fresh.first() else { return Ok(()) };
        let Some(pixel_id) = first.pixel_id.clone() else {
            return self
                .record(fresh.iter().map(|it| done(it, parked(), "no_pixel", &Said::default())).collect())
                .await;
        };
        let credentials = match self.state.credentials.get(self.tenant_id).await {
            Ok(credentials) => credentials,
            Err(error) => {
                tracing::warn!(tenant.id = self.tenant_id, %error, "no credentials for Meta");
                return self.record(fresh.iter().map(|it| without_credentials(it, &error)).collect()).await;
            }
        };
        self.send(&pixel_id, credentials, &fresh).await
    }

    async fn send(&self, pixel_id: &str, mut credentials: MetaCredentials, all: &[Claimed]) -> Result<(), db::Error> {
        let test_event_code = all.first().and_then(|it| it.test_event_code.as_deref());
        // Halves of a refused request, the first half on top.
        let mut parts: Vec<&[Claimed]> = vec![all];
        while let Some(part) = parts.pop() {
            if !self.has_time() {
                parts.push(part);
                return self.release(&attempts(&parts)).await;
            }
            let events: Vec<&Event> = part.iter().map(|it| &it.event).collect();
            let answer = self.state.meta.send(pixel_id, &credentials.access_token, test_event_code, &events).await;
            match &answer {
                Answer::Data(_) if part.len() > 1 => {
                    let (left, right) = part.split_at(part.len() / 2);
                    parts.extend([right, left]);
                    continue;
                }
                Answer::Credentials(_) => {
                    if let Some(repaired) = self.repaired(&credentials).await {
                        credentials = repaired;
                        parts.push(part);
                        continue;
                    }
                    // The same token would be refused for the others too.
                    parts.push(part);
                    log(self.tenant_id, all.len(), &answer);
                    return self.record(attempts(&parts).into_iter().map(|it| judged(it, &answer)).collect()).await;
                }
                _ => {}
            }
            log(self.tenant_id, part.len(), &answer);
            self.record(part.iter().map(|it| judged(it, &answer)).collect()).await?;
        }
        Ok(())
    }

    /// The tenant's token, if it is another one by now than the one that was refused.
    async fn repaired(&self, refused: &MetaCredentials) -> Option<MetaCredentials> {
        self.state.credentials.forget(self.tenant_id);
        let read = self.state.credentials.get(self.tenant_id).await.ok()?;
        (read.access_token != refused.access_token).then_some(read)
    }

    async fn record(&self, done: Vec<Done>) -> Result<(), db::Error> {
        if done.is_empty() {
            return Ok(());
        }
        let (tenant_id, done) = (self.tenant_id, &done);
        let recorded =
            self.state.db.run(|client| async move { dispatch::record(&client, tenant_id, done).await }).await?;
        if recorded < u64::try_from(done.len()).unwrap_or(u64::MAX) {
            // Not after a lost answer of the same record: then the first try has recorded them.
            tracing::warn!(
                tenant.id = tenant_id,
                attempts = done.len(),
                recorded,
                "some attempts were not ours to record"
            );
        }
        Ok(())
    }

    async fn release(&self, unsent: &[&Claimed]) -> Result<(), db::Error> {
        let held: Vec<(String, i64)> = unsent.iter().map(|it| (it.attempt_id.clone(), it.lease_token)).collect();
        tracing::warn!(tenant.id = self.tenant_id, attempts = held.len(), "no time left; given back");
        let (tenant_id, held) = (self.tenant_id, &held);
        self.state.db.run(|client| async move { dispatch::release(&client, tenant_id, held).await }).await
    }
}

/// All attempts of some parts.
fn attempts<'a>(parts: &[&'a [Claimed]]) -> Vec<&'a Claimed> {
    parts.iter().flat_map(|part| part.iter()).collect()
}

/// What an attempt comes to without a send: too old, or unclear for so long that Meta may count a resend twice.
fn ended(it: &Claimed) -> Option<Done> {
    if delivery::is_too_old(it.age_s) {
        return Some(done(it, Outcome::Stop(Stands::Expired), "too_old", &Said::default()));
    }
    let unclear = it.unclear_s.is_some_and(|unclear_s| !delivery::may_resend_unclear(unclear_s));
    unclear.then(|| done(it, Outcome::Stop(Stands::Quarantined), "unclear", &Said::default()))
}

/// What an answer means for one attempt.
fn judged(it: &Claimed, answer: &Answer) -> Done {
    match answer {
        Answer::Accepted(said) => done(it, Outcome::Sent, "accepted", said),
        Answer::Transient(why, said) => done(it, again(it), why, said),
        Answer::Unclear(said) => done(it, again(it), "unclear", said),
        Answer::Credentials(said) => done(it, parked(), "credentials", said),
        Answer::Data(said) => done(it, Outcome::Stop(Stands::Quarantined), "data", said),
    }
}

fn without_credentials(it: &Claimed, error: &secrets::Error) -> Done {
    let said = Said::default();
    match error {
        secrets::Error::Missing(_) => done(it, parked(), "no_token", &said),
        secrets::Error::Malformed(..) => done(it, parked(), "malformed_token", &said),
        secrets::Error::Unavailable(_) => done(it, again(it), "secrets_unavailable", &said),
    }
}

fn again(it: &Claimed) -> Outcome {
    let wait_ms = delivery::backoff_ms(it.number, fastrand::f64());
    Outcome::Retry { state: Stands::Pending, wait_ms, next_id: ids::new_id() }
}

/// Nothing is burnt: the event waits, and one request every now and then finds out whether it was repaired.
fn parked() -> Outcome {
    Outcome::Retry { state: Stands::Parked, wait_ms: delivery::PARKED_MS, next_id: ids::new_id() }
}

fn done(it: &Claimed, outcome: Outcome, answer: &'static str, said: &Said) -> Done {
    Done { attempt_id: it.attempt_id.clone(), lease_token: it.lease_token, outcome, answer, said: said.clone() }
}

fn log(tenant_id: &str, events: usize, answer: &Answer) {
    match answer {
        Answer::Accepted(said) => {
            tracing::info!(tenant.id = tenant_id, events, fbtrace_id = said.fbtrace_id, "sent to Meta");
        }
        Answer::Transient(_, said) | Answer::Unclear(said) | Answer::Credentials(said) | Answer::Data(said) => {
            tracing::warn!(
                tenant.id = tenant_id,
                events,
                http.status = said.http_status,
                error.code = said.code,
                error.subcode = said.subcode,
                fbtrace_id = said.fbtrace_id,
                "Meta did not take the events"
            );
        }
    }
}
