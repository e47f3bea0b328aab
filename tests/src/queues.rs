//! Queues as the template makes them.

use anyhow::{Context, Result};
use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::json;

/// Makes the queue `name` with its dead letters, to which a message goes that was received five times. A message that was
/// received is seen again after `visibility_s` seconds. Gives the URLs of both.
pub async fn with_dead_letters(sdk: &SdkConfig, name: &str, visibility_s: u32) -> Result<(String, String)> {
    let sqs = Client::new(sdk);
    let dead = sqs.create_queue().queue_name(format!("{name}-dead")).send().await?.queue_url.context("its URL")?;
    let attributes =
        sqs.get_queue_attributes().queue_url(&dead).attribute_names(QueueAttributeName::QueueArn).send().await?;
    let arn = attributes.attributes().and_then(|all| all.get(&QueueAttributeName::QueueArn)).context("its ARN")?;
    let redrive = json!({ "deadLetterTargetArn": arn, "maxReceiveCount": 5 }).to_string();
    let queue = sqs
        .create_queue()
        .queue_name(name)
        .attributes(QueueAttributeName::RedrivePolicy, redrive)
        .attributes(QueueAttributeName::VisibilityTimeout, visibility_s.to_string())
        .send()
        .await?;
    Ok((queue.queue_url.context("its URL")?, dead))
}
