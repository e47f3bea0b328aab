//! The dispatcher: SQS wakes it, the outbox says what to send, and what became of each attempt is recorded.

mod credentials;
mod deliver;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use shared::db::{self, Db};
use shared::meta::Client;
use shared::queue::Message;
use shared::secrets::Secrets;
use shared::telemetry;
use tokio::task::JoinSet;

use deliver::Delivery;

/// What the function holds between invocations.
pub struct State {
    /// The database.
    pub db: Db,
    meta: Client,
    credentials: credentials::Cache,
}

impl State {
    /// Tenants' tokens are the secrets `<secrets_prefix><tenant>/meta`.
    pub fn new(db: Db, meta: Client, secrets: Secrets, secrets_prefix: String) -> Self {
        Self { db, meta, credentials: credentials::Cache::new(secrets, secrets_prefix) }
    }
}

/// Sends what is due of every tenant that the batch names.
///
/// The answer names the records that are not ours (redrive takes them to the dead-letter queue) and those of tenants
/// whose attempts could not be claimed or recorded; the others are done, whatever Meta said. No request starts that might
/// not end before `deadline`: what is left is given back, and sweep wakes it.
pub async fn handle(state: &Arc<State>, event: SqsEvent, deadline: Instant) -> SqsBatchResponse {
    let mut failures = Vec::new();
    let mut tenants: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for record in event.records {
        let id = record.message_id.clone().unwrap_or_default();
        match parse(&record) {
            Some(Message::Dispatch { tenant_id, .. }) => tenants.entry(tenant_id).or_default().push(id),
            None => {
                tracing::error!(message.id = id, "a record that is not ours");
                failures.push(id);
            }
        }
    }
    let mut work = JoinSet::new();
    for (tenant_id, records) in tenants {
        let state = Arc::clone(state);
        work.spawn(async move {
            let done = drain(&state, &tenant_id, deadline).await;
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
    batch_response(failures)
}

/// One record by itself: a body that is not ours fails nobody else's.
fn parse(record: &SqsMessage) -> Option<Message> {
    serde_json::from_str(record.body.as_deref()?).ok()
}

/// Sends what is due until nothing is, or until the time is up: a batch that was not full was the last.
async fn drain(state: &State, tenant_id: &str, deadline: Instant) -> Result<(), db::Error> {
    let delivery = Delivery { state, tenant_id, deadline };
    while delivery.has_time() {
        let limit = shared::meta::MAX_EVENTS;
        let count = i64::try_from(limit).unwrap_or(i64::MAX);
        let claimed =
            state.db.run(|client| async move { db::dispatch::claim(&client, tenant_id, count).await }).await?;
        let full = claimed.len() == limit;
        delivery.run(claimed).await?;
        if !full {
            return Ok(());
        }
    }
    Ok(())
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
