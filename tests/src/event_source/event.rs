//! The event as Lambda sends it, and what the function's answer says of each message.

use std::collections::HashSet;

use anyhow::{Context, Result};
use aws_lambda_events::encodings::Base64Data;
use aws_sdk_sqs::types::{Message, MessageAttributeValue};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// How much of an answer is shown.
const SHOWN: usize = 300;

/// What became of a batch.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The function took all.
    Taken,
    /// It took all but these message ids.
    Partly(HashSet<String>),
    /// It took none, and why.
    Failed(String),
}

impl Outcome {
    /// The messages to delete.
    pub(super) fn taken<'a>(&self, messages: &'a [Message]) -> Vec<&'a Message> {
        let kept = |message: &&Message| match self {
            Self::Taken => true,
            Self::Partly(failed) => !failed.contains(id(message)),
            Self::Failed(_) => false,
        };
        messages.iter().filter(kept).collect()
    }

    /// Why some come back; `None` when none does.
    pub(super) fn reason(&self) -> Option<&str> {
        match self {
            Self::Taken => None,
            Self::Partly(_) => Some("named in batchItemFailures"),
            Self::Failed(reason) => Some(reason),
        }
    }
}

/// The answer of a function with `ReportBatchItemFailures`. Unknown fields are its own business.
#[derive(Deserialize)]
struct Answer {
    #[serde(default, rename = "batchItemFailures")]
    failures: Option<Vec<Failure>>,
}

#[derive(Deserialize)]
struct Failure {
    #[serde(rename = "itemIdentifier")]
    id: Option<String>,
}

/// What the answer says of the batch. Lambda takes a null or empty answer, or none named in it, for success; an answer
/// that is not JSON, an id that is absent, null, empty or not of this batch for the failure of the whole batch.
pub(super) fn outcome(status: u16, function_error: bool, answer: &str, messages: &[Message]) -> Outcome {
    let shown: String = answer.chars().take(SHOWN).collect();
    if status != 200 || function_error {
        return Outcome::Failed(format!("the function failed ({status}) {shown}"));
    }
    if answer.trim().is_empty() {
        return Outcome::Taken;
    }
    let Ok(value) = serde_json::from_str::<Value>(answer) else {
        return Outcome::Failed(format!("the function's answer is not JSON: {shown}"));
    };
    if value.get("errorType").is_some() {
        return Outcome::Failed(format!("the function failed {shown}"));
    }
    let answer = match serde_json::from_value::<Option<Answer>>(value) {
        Ok(answer) => answer.and_then(|answer| answer.failures).unwrap_or_default(),
        Err(error) => return Outcome::Failed(format!("the function's answer: {error}")),
    };
    let known: HashSet<&str> = messages.iter().map(id).collect();
    let mut failed = HashSet::new();
    for Failure { id } in answer {
        match id {
            Some(id) if known.contains(id.as_str()) => failed.insert(id),
            other => return Outcome::Failed(format!("no message of the batch has the itemIdentifier {other:?}")),
        };
    }
    if failed.is_empty() { Outcome::Taken } else { Outcome::Partly(failed) }
}

/// The queue's ARN, by its URL's last two parts.
pub(super) fn arn(queue_url: &str, region: &str) -> Result<String> {
    let mut parts = queue_url.rsplit('/');
    let (name, account) = parts.next().zip(parts.next()).with_context(|| format!("not a queue's URL: {queue_url}"))?;
    Ok(format!("arn:aws:sqs:{region}:{account}:{name}"))
}

/// The event of these messages.
pub(super) fn event(messages: &[Message], arn: &str, region: &str) -> Value {
    let records: Vec<Value> = messages.iter().map(|message| record(message, arn, region)).collect();
    json!({ "Records": records })
}

fn record(message: &Message, arn: &str, region: &str) -> Value {
    let attributes: Map<String, Value> = message
        .attributes
        .iter()
        .flatten()
        .map(|(name, value)| (name.as_str().to_owned(), value.as_str().into()))
        .collect();
    let own: Map<String, Value> =
        message.message_attributes.iter().flatten().map(|(name, value)| (name.clone(), attribute(value))).collect();
    let mut record = json!({
        "messageId": id(message),
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": attributes,
        "messageAttributes": own,
        "md5OfBody": message.md5_of_body,
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": region,
    });
    if let Some(md5) = &message.md5_of_message_attributes {
        record["md5OfMessageAttributes"] = md5.as_str().into();
    }
    record
}

fn attribute(value: &MessageAttributeValue) -> Value {
    let mut attribute = json!({
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": value.data_type,
    });
    if let Some(text) = &value.string_value {
        attribute["stringValue"] = text.as_str().into();
    }
    if let Some(bytes) = &value.binary_value {
        let mut data = Base64Data::default();
        data.0 = bytes.as_ref().to_vec();
        attribute["binaryValue"] = json!(data);
    }
    attribute
}

fn id(message: &Message) -> &str {
    message.message_id.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use aws_sdk_sqs::primitives::Blob;

    use super::*;

    fn batch() -> Vec<Message> {
        ["m1", "m2"].map(|id| Message::builder().message_id(id).body(format!("body of {id}")).build()).into()
    }

    fn taken(status: u16, answer: &str) -> Vec<String> {
        let batch = batch();
        let outcome = outcome(status, false, answer, &batch);
        outcome.taken(&batch).into_iter().map(|message| id(message).to_owned()).collect()
    }

    #[test]
    fn an_answer_that_names_no_message_takes_the_whole_batch() {
        for answer in ["", "null", "{}", r#"{"batchItemFailures":null}"#, r#"{"batchItemFailures":[]}"#] {
            assert_eq!(taken(200, answer), ["m1", "m2"], "{answer}");
        }
    }

    #[test]
    fn a_named_message_comes_back_and_the_others_are_taken() {
        assert_eq!(taken(200, r#"{"batchItemFailures":[{"itemIdentifier":"m1"}]}"#), ["m2"]);
    }

    #[test]
    fn an_id_that_is_unknown_empty_null_or_absent_fails_the_whole_batch() {
        for failure in [r#"{"itemIdentifier":"m9"}"#, r#"{"itemIdentifier":""}"#, r#"{"itemIdentifier":null}"#, "{}"] {
            let answer = format!(r#"{{"batchItemFailures":[{{"itemIdentifier":"m1"}},{failure}]}}"#);
            assert!(taken(200, &answer).is_empty(), "{failure}");
        }
    }

    #[test]
    fn a_failed_function_takes_nothing() {
        assert!(taken(500, "{}").is_empty());
        assert!(taken(200, r#"{"errorType":"E","errorMessage":"no"}"#).is_empty());
        assert!(taken(200, "not json").is_empty());
        assert_eq!(outcome(200, true, "{}", &batch()).taken(&batch()).len(), 0);
    }

    #[test]
    fn a_record_has_the_fields_that_lambda_sends() {
        let number = MessageAttributeValue::builder().data_type("Number").string_value("7").build().unwrap();
        let bytes = Blob::new(b"hello");
        let bytes = MessageAttributeValue::builder().data_type("Binary").binary_value(bytes).build().unwrap();
        let message = Message::builder()
            .message_id("m1")
            .receipt_handle("handle")
            .body("{}")
            .md5_of_body("99914b932bd37a50b983c5e7c90ae93b")
            .attributes(aws_sdk_sqs::types::MessageSystemAttributeName::ApproximateReceiveCount, "1")
            .message_attributes("n", number)
            .message_attributes("b", bytes)
            .build();
        let arn = arn("http://127.0.0.1:4566/000000000000/dispatch", "us-east-1").unwrap();
        assert_eq!(
            event(&[message], &arn, "us-east-1"),
            json!({"Records": [{
                "messageId": "m1",
                "receiptHandle": "handle",
                "body": "{}",
                "attributes": {"ApproximateReceiveCount": "1"},
                "messageAttributes": {
                    "b": {
                        "binaryValue": "aGVsbG8=", "stringListValues": [], "binaryListValues": [], "dataType": "Binary"
                    },
                    "n": {"stringValue": "7", "stringListValues": [], "binaryListValues": [], "dataType": "Number"}
                },
                "md5OfBody": "99914b932bd37a50b983c5e7c90ae93b",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:dispatch",
                "awsRegion": "us-east-1",
            }]})
        );
    }
}
