//! The dead-letter queue: what is in it and why, and the way back. Bodies are never shown: one that is not ours may hold anything.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName as Attribute, QueueAttributeName};
use serde::Serialize;
use serde_json::{Value, json};
use shared::queue;

use crate::said::{Said, at, table};

/// The most messages looked at or moved in one run.
const MOST: usize = 10_000;
/// How many are listed.
const LISTED: usize = 100;
/// How long a message that is looked at is kept from others, in seconds.
const HIDDEN_S: i32 = 60;

/// A dead letter as it is shown.
#[derive(Serialize)]
struct Letter {
    message_id: String,
    received: Option<u32>,
    sent_at: Option<i64>,
    bytes: usize,
    ours: bool,
    /// The ids of ours, or why it is not ours.
    what: String,
}

/// Lists what is in a queue, and gives it back.
pub(crate) async fn dead_letters(url: &str) -> Result<Said> {
    let client = Client::new(&shared::aws::sdk_config());
    let about = about(&client, url).await?;
    let messages = Box::pin(take(&client, url, LISTED)).await?;
    give_back(&client, url, &messages).await;
    let letters: Vec<Letter> = messages.iter().map(letter).collect();
    let rows: Vec<Vec<String>> = letters
        .iter()
        .map(|it| {
            let received = it.received.map_or_else(|| "-".to_owned(), |count| count.to_string());
            vec![it.message_id.clone(), received, it.sent_at.map_or_else(|| "-".to_owned(), at), it.what.clone()]
        })
        .collect();
    let text = if rows.is_empty() {
        "No dead letter is to be had.".to_owned()
    } else {
        format!("{}\n{} shown of about {about}", table(&["message", "received", "sent at", "what"], &rows), rows.len())
    };
    Ok(Said::well(text, json!({"about": about, "letters": letters})))
}

/// Moves what is ours from one queue to the other, at least once: sent there first, then deleted here. A wake-up that comes
/// twice sends nothing twice. What is not ours stays.
pub(crate) async fn redrive(from: &str, to: &str) -> Result<Said> {
    let client = Client::new(&shared::aws::sdk_config());
    let (mut moved, mut left) = (0_usize, Vec::new());
    let mut seen = BTreeSet::new();
    while moved + left.len() < MOST {
        let fresh = Box::pin(receive_fresh(&client, from, &mut seen)).await?;
        if fresh.is_empty() {
            break;
        }
        for message in fresh {
            match read(&message) {
                Ok(ours) => {
                    Box::pin(move_one(&client, from, to, &message, ours.tenant_id())).await?;
                    moved += 1;
                }
                Err(_) => left.push(message),
            }
        }
    }
    give_back(&client, from, &left).await;
    tracing::info!(moved, left = left.len(), "dead letters moved");
    let left = left.len();
    let stays = if left == 0 {
        String::new()
    } else {
        format!(" {left} left: not ours, and they would come back; see dead-letters.")
    };
    Ok(Said::well(format!("{moved} moved.{stays}"), json!({"moved": moved, "not_ours": left})))
}

async fn move_one(client: &Client, from: &str, to: &str, message: &Message, tenant_id: &str) -> Result<()> {
    let body = message.body().unwrap_or_default();
    let send = client.send_message().queue_url(to).message_group_id(tenant_id).message_body(body);
    send.send().await.map_err(said)?;
    let receipt = message.receipt_handle().context("a message without a receipt handle")?;
    client.delete_message().queue_url(from).receipt_handle(receipt).send().await.map_err(said)?;
    Ok(())
}

/// Up to `most` messages, each once.
async fn take(client: &Client, url: &str, most: usize) -> Result<Vec<Message>> {
    let (mut taken, mut seen) = (Vec::new(), BTreeSet::new());
    while taken.len() < most {
        let fresh = receive_fresh(client, url, &mut seen).await?;
        if fresh.is_empty() {
            break;
        }
        taken.extend(fresh);
    }
    Ok(taken)
}

/// Up to ten messages that were not seen before; none when the queue has nothing else now.
async fn receive_fresh(client: &Client, url: &str, seen: &mut BTreeSet<String>) -> Result<Vec<Message>> {
    let mut messages = receive(client, url).await?;
    messages.retain(|it| seen.insert(it.message_id().unwrap_or_default().to_owned()));
    Ok(messages)
}

async fn receive(client: &Client, url: &str) -> Result<Vec<Message>> {
    let request = client
        .receive_message()
        .queue_url(url)
        .max_number_of_messages(10)
        .visibility_timeout(HIDDEN_S)
        // A short look at each of SQS's servers: without a wait some are left out.
        .wait_time_seconds(1)
        .message_system_attribute_names(Attribute::All);
    Ok(request.send().await.map_err(said)?.messages.unwrap_or_default())
}

/// Makes messages visible again at once. One that cannot be comes back by itself.
async fn give_back(client: &Client, url: &str, messages: &[Message]) {
    for message in messages {
        let request = client.change_message_visibility().queue_url(url).visibility_timeout(0);
        drop(request.set_receipt_handle(message.receipt_handle.clone()).send().await);
    }
}

async fn about(client: &Client, url: &str) -> Result<u64> {
    let name = QueueAttributeName::ApproximateNumberOfMessages;
    let request = client.get_queue_attributes().queue_url(url).attribute_names(name.clone());
    let answer = request.send().await.map_err(said)?;
    let count = answer.attributes().and_then(|all| all.get(&name)).and_then(|count| count.parse().ok());
    count.context("SQS does not say how many messages there are")
}

fn said<E: std::error::Error + 'static>(error: E) -> anyhow::Error {
    anyhow::anyhow!("SQS: {}", DisplayErrorContext(error))
}

fn letter(message: &Message) -> Letter {
    let attribute = |name: Attribute| message.attributes().and_then(|all| all.get(&name));
    let what = match read(message) {
        Ok(queue::Message::Dispatch { tenant_id, event_id }) => {
            Ok(format!("ours: tenant {}, event {}", bounded(&tenant_id), bounded(&event_id)))
        }
        Ok(queue::Message::Examine { tenant_id }) => Ok(format!("ours: tenant {}, examination", bounded(&tenant_id))),
        Err(why) => Err(format!("not ours: {why}")),
    };
    Letter {
        message_id: message.message_id().unwrap_or_default().to_owned(),
        received: attribute(Attribute::ApproximateReceiveCount).and_then(|it| it.parse().ok()),
        sent_at: attribute(Attribute::SentTimestamp).and_then(|it| it.parse::<i64>().ok()).map(|ms| ms / 1000),
        bytes: message.body().map_or(0, str::len),
        ours: what.is_ok(),
        what: what.unwrap_or_else(|why| why),
    }
}

/// The message, or why it is not ours: by its form, without a word of what is in it.
fn read(message: &Message) -> Result<queue::Message, String> {
    let body = message.body().unwrap_or_default();
    if let Ok(ours) = serde_json::from_str(body) {
        return Ok(ours);
    }
    let bytes = body.len();
    Err(match serde_json::from_str::<Value>(body) {
        Err(_) => format!("{bytes} bytes that are not JSON"),
        Ok(Value::Object(fields)) => match fields.get("type").and_then(Value::as_str) {
            Some(ours @ ("dispatch.v1" | "doctor.v1")) => {
                format!("{ours} with other fields than its own, {bytes} bytes")
            }
            Some(other) if is_a_name(other) => format!("of the unknown type {other}, {bytes} bytes"),
            _ => format!("JSON without a type, {bytes} bytes"),
        },
        Ok(_) => format!("JSON, but no object, {bytes} bytes"),
    })
}

/// Whether a text can be a message's type, and so nothing personal.
fn is_a_name(text: &str) -> bool {
    let of_names = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || matches!(it, b'.' | b'_' | b'-');
    (1..=32).contains(&text.len()) && text.bytes().all(of_names) && text.bytes().any(|it| it.is_ascii_lowercase())
}

fn bounded(text: &str) -> String {
    text.chars().filter(|it| !it.is_control()).take(100).collect()
}
