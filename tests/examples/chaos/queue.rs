//! SQS to the dispatchers, with all that SQS reserves to itself: messages come twice, late, in any order, and again.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context, Result};
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message};
use fastrand::Rng;
use serde_json::{Value, json};
use tests::chaos::Part;
use tests::ministack::REGION;
use tests::net::wait_until;
use tests::runtime_api::worker::Outcome;
use tokio::time::sleep;

use crate::stage::Shared;

/// The most messages of a batch.
const BATCH: i32 = 10;
/// How long one question to the queue waits, in seconds.
const WAIT: i32 = 1;
/// How long to wait when the queue cannot be read.
const PAUSE: Duration = Duration::from_millis(500);

/// Longer than any invocation.
const LONGEST: Duration = Duration::from_mins(3);

/// What happens to one batch.
#[derive(Default)]
struct Mischief {
    /// It goes to two dispatchers at once.
    twice: bool,
    /// It is not deleted, and so comes again.
    kept: bool,
    /// It waits, and later ones overtake it.
    late: Duration,
}

impl Mischief {
    fn draw(rng: &mut Rng) -> Self {
        let late = if rng.u8(0..100) < 10 { rng.u64(100..1500) } else { 0 };
        Self { twice: rng.u8(0..100) < 15, kept: rng.u8(0..100) < 10, late: Duration::from_millis(late) }
    }
}

/// Polls until it is aborted: one of the pollers.
pub(crate) async fn poll(shared: Arc<Shared>, seed: u64) {
    let mut rng = Rng::with_seed(seed);
    while !shared.over.load(Ordering::SeqCst) {
        shared.batches.fetch_add(1, Ordering::SeqCst);
        let turned = !shared.paused.load(Ordering::SeqCst) && turn(&shared, &mut rng).await.is_ok();
        shared.batches.fetch_sub(1, Ordering::SeqCst);
        if !turned {
            sleep(PAUSE).await;
        }
    }
}

/// Lets what is in hand end, and forgets every message, as if it had grown too old.
pub(crate) async fn empty(shared: &Shared) -> Result<()> {
    shared.paused.store(true, Ordering::SeqCst);
    let idle = || async { shared.batches.load(Ordering::SeqCst) == 0 && shared.fleet(Part::Dispatch).is_idle() };
    wait_until("the batches in hand to end", LONGEST, idle).await?;
    shared.sqs.purge_queue().queue_url(&shared.queue_url).send().await.context("empty the queue")?;
    shared.paused.store(false, Ordering::SeqCst);
    Ok(())
}

async fn turn(shared: &Arc<Shared>, rng: &mut Rng) -> Result<()> {
    let request = shared.sqs.receive_message().queue_url(&shared.queue_url);
    let answer = request.max_number_of_messages(BATCH).wait_time_seconds(WAIT).send().await?;
    let mut messages = answer.messages.unwrap_or_default();
    if messages.is_empty() {
        return Ok(());
    }
    let mut mischief = Mischief::default();
    if shared.mischief.load(Ordering::SeqCst) {
        rng.shuffle(&mut messages);
        mischief = Mischief::draw(rng);
    }
    let event = event(&messages).to_string().into_bytes();
    sleep(mischief.late).await;
    if mischief.twice {
        let (shared, event) = (Arc::clone(shared), event.clone());
        // What it answers is nobody's business: the other one decides what is deleted.
        tokio::spawn(async move { drop(shared.fleet(Part::Dispatch).invoke(&event).await) });
    }
    let outcome = shared.fleet(Part::Dispatch).invoke(&event).await?;
    match failures(&outcome) {
        Some(failed) if !mischief.kept => delete(shared, &messages, &failed).await,
        // None was taken: they come again.
        _ => Ok(()),
    }
}

/// The ids that the dispatcher did not take; none when it took nothing.
fn failures(outcome: &Outcome) -> Option<HashSet<String>> {
    let Outcome::Answered(answer) = outcome else { return None };
    let answer: Value = serde_json::from_slice(answer).ok()?;
    let failed = answer["batchItemFailures"].as_array()?;
    failed.iter().map(|it| it["itemIdentifier"].as_str().map(str::to_owned)).collect()
}

async fn delete(shared: &Shared, messages: &[Message], failed: &HashSet<String>) -> Result<()> {
    let mut entries = Vec::new();
    for (number, message) in messages.iter().enumerate() {
        if failed.contains(message.message_id.as_deref().unwrap_or_default()) {
            continue;
        }
        let entry = DeleteMessageBatchRequestEntry::builder().id(number.to_string());
        entries.push(entry.set_receipt_handle(message.receipt_handle.clone()).build()?);
    }
    if !entries.is_empty() {
        shared.sqs.delete_message_batch().queue_url(&shared.queue_url).set_entries(Some(entries)).send().await?;
    }
    Ok(())
}

fn event(messages: &[Message]) -> Value {
    let records: Vec<Value> = messages
        .iter()
        .map(|message| {
            json!({
                "messageId": message.message_id, "receiptHandle": message.receipt_handle, "body": message.body,
                "attributes": {}, "messageAttributes": {}, "eventSource": "aws:sqs", "awsRegion": REGION,
                "eventSourceARN": format!("arn:aws:sqs:{REGION}:000000000000:chaos"),
            })
        })
        .collect();
    json!({ "Records": records })
}
