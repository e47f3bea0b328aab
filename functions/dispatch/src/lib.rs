//! The dispatcher: SQS wakes it, the outbox says what to send, and what became of each attempt is recorded. It has the tenants' tokens and
//! speaks with Meta, so it makes the doctor's daily examinations too.

mod credentials;
mod deliver;
mod examine;
mod logs;
mod receipts;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use shared::db::{self, Db};
use shared::meta::{Client, MAX_EVENTS};
use shared::metrics::Metrics;
use shared::queue::Message;
use shared::secrets::Secrets;
use shared::telemetry;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use deliver::Delivery;

/// How many events may be in memory at once, over all tenants of an invocation: some 2 KB each, 20 KB at the most. Each
/// tenant's first claim has its place, and only one whose first send went through gets more: slow and dead ones keep nobody
/// waiting.
const EVENTS_AT_ONCE: u32 = 8_000;

/// How long one tenant is served in an invocation: a large backlog must not hold each dispatcher that one of its orders wakes.
/// What is left is woken by sweep, within a minute.
const TURN: Duration = Duration::from_secs(20);

/// What the function holds between invocations.
pub struct State {
    /// The database.
    pub db: Db,
    /// Where the time from order to Meta is told.
    pub metrics: Metrics,
    meta: Client,
    credentials: credentials::Cache,
    events_a_request: u32,
    places: Arc<Semaphore>,
}

impl State {
    /// Tenants' tokens are the secrets `<secrets_prefix><tenant>/meta`.
    pub fn new(db: Db, meta: Client, secrets: Secrets, secrets_prefix: String) -> Self {
        Self {
            db,
            metrics: Metrics::default(),
            meta,
            credentials: credentials::Cache::new(secrets, secrets_prefix),
            events_a_request: MAX_EVENTS,
            places: Arc::new(Semaphore::new(EVENTS_AT_ONCE as usize)),
        }
    }

    /// With fewer events a request than Meta takes: to measure what the many save. At least 1.
    #[must_use]
    pub fn with_events_a_request(self, events: u32) -> Self {
        Self { events_a_request: events.clamp(1, MAX_EVENTS), ..self }
    }
}

/// Sends what is due of every tenant that the batch names.
///
/// The answer names the records that are not ours (redrive takes them to the dead-letter queue) and those of tenants
/// whose attempts could not be claimed or recorded; the others are done, whatever Meta said. No request starts that might
/// not end before `deadline`: what is left is given back, and sweep wakes it. Examinations come after the sends, and their records are
/// never named: sweep asks again for one that came to nothing.
pub async fn handle(state: &Arc<State>, event: SqsEvent, deadline: Instant) -> SqsBatchResponse {
    let mut failures = Vec::new();
    let mut tenants: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut patients = BTreeSet::new();
    for record in event.records {
        let id = record.message_id.clone().unwrap_or_default();
        match parse(&record) {
            Some(Message::Dispatch { tenant_id, .. }) => tenants.entry(tenant_id).or_default().push(id),
            Some(Message::Examine { tenant_id }) => {
                patients.insert(tenant_id);
            }
            None => {
                tracing::error!(message.id = id, "a record that is not ours");
                failures.push(id);
            }
        }
    }
    let mut work = JoinSet::new();
    let first = first_claim(state, tenants.len());
    for (tenant_id, records) in tenants {
        let state = Arc::clone(state);
        work.spawn(async move {
            let done = drain(&state, &tenant_id, first, deadline).await;
            (tenant_id, records, done)
        });
    }
    while let Some(joined) = work.join_next().await {
        match joined {
            Ok((_, _, Ok(()))) => {}
            Ok((tenant_id, records, Err(error))) => {
                tracing::error!(tenant.id = tenant_id, error = telemetry::chain(&error), "attempts not recorded");
                failures.extend(records);
            }
            // The lease runs out and sweep wakes the tenant; the runtime has logged the panic.
            Err(error) => tracing::error!(%error, "a tenant's dispatch ended early"),
        }
    }
    examine::all(state, patients, deadline).await;
    batch_response(failures)
}

/// One record by itself: a body that is not ours fails nobody else's.
fn parse(record: &SqsMessage) -> Option<Message> {
    serde_json::from_str(record.body.as_deref()?).ok()
}

/// Sends what is due until nothing is, until the tenant's turn or the time is up, or until Meta takes nothing: then the rest
/// waits for the next wake-up, so that a tenant whose sends fail does not go through all of its events at once.
async fn drain(state: &State, tenant_id: &str, first: u32, deadline: Instant) -> Result<(), db::Error> {
    let delivery = Delivery { state, tenant_id, deadline };
    let mut limit = first;
    let start = Instant::now();
    while start.elapsed() < TURN {
        // Never closed, so it is always given.
        let Ok(mut places) = state.places.acquire_many(limit).await else { return Ok(()) };
        if !delivery.has_time() {
            return Ok(());
        }
        let claim = state
            .db
            .run(|client| async move { db::dispatch::claim(&client, tenant_id, i64::from(limit)).await })
            .await?;
        let count = claim.attempts.len();
        // A probe takes few along, whatever waits behind it.
        let may_be_more = claim.probe || count == limit as usize;
        drop(places.split((limit as usize).saturating_sub(count)));
        if count == 0 || !delivery.run(claim).await? || !may_be_more {
            return Ok(());
        }
        limit = state.events_a_request;
    }
    Ok(())
}

/// How many events each of so many tenants may claim at first.
fn first_claim(state: &State, tenants: usize) -> u32 {
    let share = EVENTS_AT_ONCE / u32::try_from(tenants).unwrap_or(u32::MAX).max(1);
    share.clamp(1, state.events_a_request)
}

fn batch_response(failures: Vec<String>) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    // An empty id would fail the whole batch (AWS, Handling errors for an SQS event source).
    response.batch_item_failures = failures
        .into_iter()
        .filter(|id| !id.is_empty())
        .map(|id| {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = id;
            failure
        })
        .collect();
    response
}
