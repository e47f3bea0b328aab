//! A message that is not ours goes to the dead letters.

use std::time::Duration;

use anyhow::{Context, Result};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::Value;

use crate::stage::Stage;

/// How long five receives and the redrive may take.
const REDRIVE: Duration = Duration::from_secs(45);
/// What a message waits for its next receive in this run. The template's 720 s times five would be an hour; that number itself is held
/// to the function's time-out by `deploy_check`.
const VISIBILITY_S: &str = "1";
const POISON: &str = "no message of ours";

/// Sends it, and waits until it is put aside. The queue is as the template has it but for that time, which is given back.
pub(crate) async fn run(stage: &Stage, outputs: &Value) -> Result<()> {
    let url = |name: &str| outputs[name].as_str().with_context(|| format!("the output {name}"));
    let (queue, dead) = (url("QueueUrl")?, url("DeadLetterQueueUrl")?);
    let sqs = Client::new(&stage.sdk);
    let attribute = QueueAttributeName::VisibilityTimeout;
    let had = sqs.get_queue_attributes().queue_url(queue).attribute_names(attribute.clone()).send().await?;
    let had = had.attributes().and_then(|all| all.get(&attribute)).context("the queue's visibility time-out")?.clone();
    let set = async |seconds: &str| {
        let request = sqs.set_queue_attributes().queue_url(queue).attributes(attribute.clone(), seconds);
        request.send().await.context("set the visibility time-out")
    };
    set(VISIBILITY_S).await?;
    sqs.send_message().queue_url(queue).message_body(POISON).send().await.context("send the poison")?;
    let aside = async || {
        let received = sqs.receive_message().queue_url(dead).visibility_timeout(0).send().await;
        received.is_ok_and(|it| it.messages().iter().any(|message| message.body() == Some(POISON)))
    };
    stage.until("the poison among the dead letters", REDRIVE, aside).await?;
    set(&had).await?;
    Ok(())
}
