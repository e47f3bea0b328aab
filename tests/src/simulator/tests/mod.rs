//! The simulator under test, over real HTTP on the loopback.

mod cases;
mod chances;
mod edge;
mod inspection;
mod line;
mod manners;
mod pixels;
mod program;
mod rules;

use std::io;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{Config, DEMO_PIXEL, DEMO_TOKEN, MovingClock, Simulator};

/// 2026-11-23 12:00 UTC.
const NOW: i64 = 1_795_435_200;

/// SHA-256 of `test@example.com`.
const EMAIL: &str = "973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b";

const EVENTS: &str = "/v26.0/1000000000000001/events";

async fn start() -> (Simulator, MovingClock) {
    let clock = MovingClock::at(NOW);
    let config = Config::demo().with_clock(clock.clock());
    (Simulator::start(config).await.unwrap(), clock)
}

/// A website purchase that breaks no rule and has every field that one judges.
fn purchase(event_id: &str) -> Value {
    json!({
        "event_name": "Purchase",
        "event_time": NOW - 60,
        "event_id": event_id,
        "action_source": "website",
        "event_source_url": "https://shop.example.com/thanks?a=b",
        "referrer_url": "https://example.com/",
        "opt_out": false,
        "data_processing_options": ["LDU"],
        "data_processing_options_country": 1,
        "data_processing_options_state": 1000,
        "customer_segmentation": "new_customer_to_business",
        "user_data": {
            "em": [EMAIL],
            "ph": format!("{EMAIL}.AQQAAQMC"),
            "fn": EMAIL,
            "dobd": EMAIL,
            "external_id": ["user-42"],
            "client_ip_address": "203.0.113.7",
            "client_user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
            "fbc": "fb.1.1795435000123.IwAR2-Test_x",
            "fbp": "fb.2.1795435000123.123456789012345678.AQ",
            "lead_id": 1234
        },
        "custom_data": {
            "currency": "BRL",
            "value": 97.10,
            "order_id": "1001",
            "num_items": 1,
            "content_ids": ["sku-1"],
            "content_type": "product",
            "contents": [{ "id": "sku-1", "quantity": 1, "delivery_category": "home_delivery" }],
            "delivery_category": "home_delivery",
            "anything": { "else": true }
        }
    })
}

struct Reply {
    status: u16,
    text: String,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    fn error(&self) -> (u16, i64, Option<i64>) {
        let error = &self.json()["error"];
        let code = error["code"].as_i64().unwrap();
        (self.status, code, error["error_subcode"].as_i64())
    }
}

/// Everything that the connection gives until its end, raw.
async fn raw(simulator: &Simulator, head: &str, body: &[u8]) -> io::Result<String> {
    Ok(String::from_utf8(raw_bytes(simulator, head, body).await?).unwrap())
}

async fn raw_bytes(simulator: &Simulator, head: &str, body: &[u8]) -> io::Result<Vec<u8>> {
    let address = simulator.base_url().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await?;
    let length = body.len();
    let head = format!("{head}\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body).await?;
    let mut text = Vec::new();
    stream.read_to_end(&mut text).await?;
    Ok(text)
}

/// One exchange. `head` is the request line and any headers.
async fn exchange(simulator: &Simulator, head: &str, body: &[u8]) -> Reply {
    let text = raw(simulator, head, body).await.unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    Reply { status: head.split(' ').nth(1).unwrap().parse().unwrap(), text: body.into() }
}

async fn post_json(simulator: &Simulator, path: &str, headers: &str, body: &Value) -> Reply {
    let head = format!("POST {path} HTTP/1.1\r\nContent-Type: application/json{headers}");
    exchange(simulator, &head, body.to_string().as_bytes()).await
}

fn bearer() -> String {
    format!("\r\nAuthorization: Bearer {DEMO_TOKEN}")
}

async fn send_body(simulator: &Simulator, body: &Value) -> Reply {
    post_json(simulator, EVENTS, &bearer(), body).await
}

async fn send(simulator: &Simulator, events: &[Value]) -> Reply {
    send_body(simulator, &json!({ "data": events })).await
}

#[test]
fn the_demo_pixel_is_the_one_in_the_path() {
    assert!(EVENTS.contains(DEMO_PIXEL));
}
