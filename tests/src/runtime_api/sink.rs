//! An SQS that takes every message and keeps none, and a Secrets Manager with one secret: to measure the caller alone.
//!
//! The local AWS that the tests use is a Python program and would be the slowest part of a load run on one machine. This
//! answers `SendMessage` and `GetSecretValue` of the AWS JSON protocol, so the function signs, sends and reads as ever.

use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

use super::http::Connection;

/// A listening sink. Dropping it closes it to new connections; those that are open end with their clients.
#[derive(Debug)]
pub struct Sink {
    port: u16,
    taken: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Sink {
    /// Listens on a free port of 127.0.0.1. Every secret that it is asked for is `secret`.
    pub fn start(secret: &str) -> io::Result<Self> {
        let secret: Arc<str> = serde_json::json!({"Name": "sample", "SecretString": secret}).to_string().into();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let (taken, over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (count, until) = (Arc::clone(&taken), Arc::clone(&over));
        let accepting = thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if until.load(Ordering::Acquire) {
                    return;
                }
                let (count, secret) = (Arc::clone(&count), Arc::clone(&secret));
                // A client that breaks off has its own error to show.
                thread::spawn(move || drop(answer_each(stream, &count, &secret)));
            }
        });
        Ok(Self { port, taken, over, accepting: Some(accepting) })
    }

    /// For `AWS_ENDPOINT_URL`.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// For `DISPATCH_QUEUE_URL`.
    pub fn queue_url(&self) -> String {
        format!("{}/000000000000/dispatch", self.endpoint())
    }

    /// How many messages came.
    pub fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

fn answer_each(stream: TcpStream, taken: &AtomicU64, secret: &str) -> io::Result<()> {
    let mut connection = Connection::new(stream)?;
    let mut answer = Vec::new();
    while let Some(request) = connection.read()? {
        answer.clear();
        if request.head.contains("AmazonSQS.SendMessage\r\n") {
            let number = taken.fetch_add(1, Ordering::Relaxed);
            // The digest is not the message's: the Rust SDK does not look at it.
            let body = format!(
                r#"{{"MessageId":"00000000-0000-4000-8000-{number:012x}","MD5OfMessageBody":"00000000000000000000000000000000"}}"#
            );
            write(&mut answer, "200 OK", &body)?;
        } else if request.head.contains("secretsmanager.GetSecretValue\r\n") {
            write(&mut answer, "200 OK", secret)?;
        } else {
            write(&mut answer, "400 Bad Request", r#"{"__type":"InvalidAction"}"#)?;
        }
        connection.write(&answer)?;
    }
    Ok(())
}

fn write(answer: &mut Vec<u8>, status: &str, body: &str) -> io::Result<()> {
    let length = body.len();
    write!(
        answer,
        "HTTP/1.1 {status}\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::queue::{Message, Queue};
    use shared::secrets::Secrets;

    #[tokio::test]
    async fn the_sdk_takes_it_for_aws() {
        let sink = Sink::start("a secret").unwrap();
        let sdk = crate::world::sdk_config(&sink.endpoint()).await;
        let queue = Queue::new(&sdk, sink.queue_url());
        let message = Message::Dispatch { tenant_id: "t".into(), event_id: "e".into() };
        queue.send(&message).await.unwrap();
        queue.send(&message).await.unwrap();
        assert_eq!(sink.taken(), 2);
        assert_eq!(Secrets::new(&sdk).text("any").await.unwrap(), "a secret");
    }
}
