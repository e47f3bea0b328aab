//! SQS -> function, with the semantics of Lambda's event source mapping (AWS, "Using Lambda with Amazon SQS" and
//! "Handling errors for an SQS event source in Lambda").

mod event;

use std::time::Duration;

use anyhow::{Context, Result, bail};
use aws_sdk_sqs::{
    Client,
    types::{DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName},
};
use tokio::{sync::watch, task::JoinSet, time::sleep};

use self::event::Outcome;
use super::{net, progress::Progress};

/// The most messages of a batch, where no batching window is set.
const BATCH: i32 = 10;

/// How long one question to the queue waits for a message, seconds. It also bounds how long a stop takes.
const WAIT: i32 = 1;

/// How long to wait before the next try when the queue cannot be read.
const PAUSE: Duration = Duration::from_secs(1);

/// From which queue to which function.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The client that reads the queue.
    pub sqs: Client,
    /// The queue's URL; its last two parts are the account and the name.
    pub queue_url: String,
    /// The region in the messages' `eventSourceARN` and `awsRegion`.
    pub region: String,
    /// Where the event is posted: [`Watch::invoke_url`](super::lambda::Watch::invoke_url).
    pub invoke_url: String,
    /// How long the function may take for a batch (`Timeout`).
    pub timeout: Duration,
    /// Batches in the function at the same time (`MaximumConcurrency`).
    pub concurrency: usize,
    /// Who hears of what went wrong.
    pub progress: Progress,
}

/// A running mapping. Dropping it stops it after the batches in hand.
#[derive(Debug)]
pub struct EventSource {
    stop: watch::Sender<bool>,
    workers: JoinSet<()>,
}

impl EventSource {
    /// Starts polling in the background of the current runtime.
    pub fn start(settings: &Settings) -> Result<Self> {
        let (stop, stopped) = watch::channel(false);
        let mut workers = JoinSet::new();
        for _ in 0..settings.concurrency.max(1) {
            let worker = Worker::new(settings.clone())?;
            workers.spawn(worker.run(stopped.clone()));
        }
        Ok(Self { stop, workers })
    }

    /// Takes no more messages, and returns when the batches in hand are done.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.workers.join_next().await.is_some() {}
    }
}

impl Drop for EventSource {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        self.workers.detach_all();
    }
}

/// One batch at a time.
struct Worker {
    settings: Settings,
    http: reqwest::Client,
    arn: String,
}

impl Worker {
    fn new(settings: Settings) -> Result<Self> {
        let http = net::http_client()?;
        let arn = event::arn(&settings.queue_url, &settings.region)?;
        Ok(Self { settings, http, arn })
    }

    async fn run(self, stop: watch::Receiver<bool>) {
        // The question to the queue is not broken off: a message that comes in that moment would be lost from sight.
        while !*stop.borrow() {
            if let Err(error) = self.turn().await {
                self.settings.progress.say(format!("{}: {error:#}", self.arn));
                sleep(PAUSE).await;
            }
        }
    }

    /// Receives a batch, hands it to the function and deletes what the function took. What it did not take is seen
    /// again after the queue's visibility timeout, and goes to the dead-letter queue as the queue says.
    async fn turn(&self) -> Result<()> {
        let messages = self.receive().await.context("read the queue")?;
        if messages.is_empty() {
            return Ok(());
        }
        let outcome = self.invoke(&messages).await.unwrap_or_else(|error| Outcome::Failed(format!("{error:#}")));
        let taken = outcome.taken(&messages);
        if let Some(reason) = outcome.reason() {
            let left = messages.len() - taken.len();
            self.settings.progress.say(format!("{left} of {} messages come back: {reason}", messages.len()));
        }
        self.delete(&taken).await.context("delete the messages that were taken")
    }

    async fn receive(&self) -> Result<Vec<Message>> {
        let answer = self.settings.sqs.receive_message().queue_url(&self.settings.queue_url);
        let answer = answer
            .max_number_of_messages(BATCH)
            .wait_time_seconds(WAIT)
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .message_attribute_names("All")
            .send()
            .await?;
        Ok(answer.messages.unwrap_or_default())
    }

    async fn invoke(&self, messages: &[Message]) -> Result<Outcome> {
        let body = event::event(messages, &self.arn, &self.settings.region).to_string();
        let answer = self
            .http
            .post(&self.settings.invoke_url)
            .body(body)
            .timeout(self.settings.timeout)
            .send()
            .await
            .context("call the function")?;
        let status = answer.status();
        let error = answer.headers().contains_key("x-amz-function-error");
        let text = answer.text().await.context("read the function's answer")?;
        Ok(event::outcome(status.as_u16(), error, &text, messages))
    }

    async fn delete(&self, taken: &[&Message]) -> Result<()> {
        if taken.is_empty() {
            return Ok(());
        }
        let mut entries = Vec::new();
        for (number, message) in taken.iter().enumerate() {
            let entry = DeleteMessageBatchRequestEntry::builder().id(number.to_string());
            entries.push(entry.set_receipt_handle(message.receipt_handle.clone()).build()?);
        }
        let request = self.settings.sqs.delete_message_batch().queue_url(&self.settings.queue_url);
        let answer = request.set_entries(Some(entries)).send().await?;
        if let Some(failed) = answer.failed.first() {
            bail!("{}: {}", failed.code, failed.message.as_deref().unwrap_or_default());
        }
        Ok(())
    }
}
