//! The dispatcher's queue: messages that say whose event is due, or who is to be examined. They wake; the truth is in the database.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A message of the queue: ids alone, no personal data. The type carries its version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", deny_unknown_fields)]
pub enum Message {
    /// An event of a tenant is due.
    #[serde(rename = "dispatch.v1")]
    Dispatch {
        /// The tenant.
        tenant_id: String,
        /// The event.
        event_id: String,
    },
    /// The doctor's examination of a tenant is due.
    #[serde(rename = "doctor.v1")]
    Examine {
        /// The tenant.
        tenant_id: String,
    },
}

impl Message {
    /// Whose it is.
    pub fn tenant_id(&self) -> &str {
        match self {
            Self::Dispatch { tenant_id, .. } | Self::Examine { tenant_id } => tenant_id,
        }
    }
}

/// SQS did not take a message. The pending attempt in the database stands for it, and sweep wakes it.
#[derive(Debug, Error)]
#[error("SQS: {0}")]
pub struct Error(String);

/// Sends to one queue. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Queue {
    client: Client,
    url: String,
}

/// How many messages SQS takes in one request.
const BATCH: usize = 10;

impl Queue {
    /// The queue at `url`.
    pub fn new(config: &aws_config::SdkConfig, url: impl Into<String>) -> Self {
        Self { client: Client::new(config), url: url.into() }
    }

    /// Sends one wake-up. The tenant is the message group, so that SQS's fair queues keep one tenant's flood from
    /// delaying the others.
    pub async fn send(&self, message: &Message) -> Result<(), Error> {
        let request = self.client.send_message().queue_url(&self.url);
        let request = request.message_group_id(message.tenant_id()).message_body(body(message)?);
        // Boxed: the SDK's futures are large, and nested deep enough to overflow the compiler's own limits.
        Box::pin(request.send()).await.map_err(|error| Error(DisplayErrorContext(&error).to_string()))?;
        Ok(())
    }

    /// Sends many wake-ups, ten a request; gives how many SQS took. A request that fails does not keep the others back; it is
    /// an error only where SQS took none at all.
    pub async fn send_all(&self, messages: &[Message]) -> Result<usize, Error> {
        let (mut taken, mut failure) = (0, None);
        for batch in messages.chunks(BATCH) {
            match self.send_ten(batch).await {
                Ok(count) => taken += count,
                Err(error) => failure = Some(error),
            }
        }
        match failure {
            Some(error) if taken == 0 => Err(error),
            _ => Ok(taken),
        }
    }

    async fn send_ten(&self, batch: &[Message]) -> Result<usize, Error> {
        let entries =
            batch.iter().enumerate().map(|(index, message)| entry(index, message)).collect::<Result<Vec<_>, _>>()?;
        let request = self.client.send_message_batch().queue_url(&self.url).set_entries(Some(entries));
        let answer = Box::pin(request.send()).await.map_err(|error| Error(DisplayErrorContext(&error).to_string()))?;
        Ok(answer.successful().len())
    }
}

fn entry(index: usize, message: &Message) -> Result<SendMessageBatchRequestEntry, Error> {
    SendMessageBatchRequestEntry::builder()
        .id(index.to_string())
        .message_group_id(message.tenant_id())
        .message_body(body(message)?)
        .build()
        .map_err(|error| Error(error.to_string()))
}

fn body(message: &Message) -> Result<String, Error> {
    serde_json::to_string(message).map_err(|error| Error(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_tagged_with_its_version() {
        let message = Message::Dispatch { tenant_id: "t".into(), event_id: "e".into() };
        let json = serde_json::to_string(&message).unwrap();
        assert_eq!(json, r#"{"type":"dispatch.v1","tenant_id":"t","event_id":"e"}"#);
        assert_eq!(serde_json::from_str::<Message>(&json).unwrap(), message);
        let message = Message::Examine { tenant_id: "t".into() };
        let json = serde_json::to_string(&message).unwrap();
        assert_eq!(json, r#"{"type":"doctor.v1","tenant_id":"t"}"#);
        assert_eq!(serde_json::from_str::<Message>(&json).unwrap(), message);
    }

    #[test]
    fn what_is_not_ours_is_not_read() {
        for body in
            ["", "{}", "null", r#"{"type":"dispatch.v2","tenant_id":"t","event_id":"e"}"#, r#"{"type":"dispatch.v1"}"#]
        {
            assert!(serde_json::from_str::<Message>(body).is_err(), "{body}");
        }
    }
}
