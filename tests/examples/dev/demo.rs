//! The main job once: a click, an order, and what Meta took.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tests::net::wait_until;

use crate::stack::Stack;
use crate::unexpected;

/// A documentation address (RFC 5737) as the visitor's.
const VISITOR: &str = "203.0.113.7";
const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
/// The functions start at their first request.
const REQUEST_LIMIT: Duration = Duration::from_mins(2);
const DISPATCH_LIMIT: Duration = Duration::from_mins(2);

/// The event that Meta took.
pub(crate) struct Taken {
    event_id: String,
    match_stage: String,
    events_received: i64,
    /// For a person.
    pub(crate) story: String,
}

impl Taken {
    /// The last line of `--once`.
    pub(crate) fn json(&self, elapsed: Duration) -> String {
        let seconds = (elapsed.as_secs_f64() * 10.0).round() / 10.0;
        format!(
            r#"{{"event_id":{},"match_stage":{},"events_received":{},"seconds":{seconds}}}"#,
            json!(self.event_id),
            json!(self.match_stage),
            self.events_received
        )
    }
}

/// Sends a click and an order, and waits until Meta has the event.
pub(crate) async fn run(stack: &Stack) -> Result<Taken> {
    let funnel = &stack.tenant.funnel_id;
    let click = json!({
        "url": format!("https://www.loja.example.com/curso?fbclid={}&utm_source=meta&utm_campaign=demo", "IwAR0-Demo_Click"),
        "fbp": "fb.1.1700000000000.1234567890",
    });
    let click = post(stack, &format!("/v1/funnels/{funnel}/clicks"), &click).await?;
    let order = json!({
        "order_id": "DEMO-1", "value": 97.0, "currency": "BRL",
        "customer": {"email": "maria@example.com", "phone": "+1 650 555 0123", "first_name": "Maria", "country": "BR"},
        "click": {"click_id": click["click_id"]},
        "items": [{"id": "course", "quantity": 1, "price": 97.0}],
    });
    let placed = post(stack, "/v1/orders", &order).await?;
    let event_id = placed["event_id"].as_str().context("the order's event_id")?.to_owned();
    wait_until("Meta to take the event", DISPATCH_LIMIT, || async {
        told(stack, &event_id).await.is_ok_and(|told| told["state"] != "pending")
    })
    .await?;
    let told = told(stack, &event_id).await?;
    let events_received =
        told["attempts"].as_array().and_then(|all| all.last()).and_then(|it| it["events_received"].as_i64());
    let Some(events_received) = events_received.filter(|_| told["state"] == "sent") else {
        return unexpected("the event was not taken", 200, &told.to_string());
    };
    let took = stack.meta.took(&event_id)?.unwrap_or_else(|| "(in Meta's Events Manager)".into());
    let story = format!(
        "click  {click}\norder  {placed}\n\nWhat Meta took:\n{took}\n\nThe order's story:\n{}\n",
        serde_json::to_string_pretty(&told)?
    );
    let match_stage = told["match"]["stage"].as_str().unwrap_or_default().to_owned();
    Ok(Taken { event_id, match_stage, events_received, story })
}

async fn post(stack: &Stack, path: &str, body: &Value) -> Result<Value> {
    let request = stack
        .http
        .post(stack.url(path))
        .header("content-type", "application/json")
        .header("user-agent", AGENT)
        .header("x-forwarded-for", VISITOR)
        .header("authorization", format!("Bearer {}", stack.tenant.api_key))
        .body(body.to_string());
    answer(request, path).await
}

async fn told(stack: &Stack, event_id: &str) -> Result<Value> {
    let path = format!("/v1/orders/{event_id}");
    let request = stack.http.get(stack.url(&path)).header("authorization", format!("Bearer {}", stack.tenant.api_key));
    answer(request, &path).await
}

async fn answer(request: reqwest::RequestBuilder, path: &str) -> Result<Value> {
    let response = request.timeout(REQUEST_LIMIT).send().await.with_context(|| path.to_owned())?;
    let status = response.status();
    let text = response.text().await?;
    if !status.is_success() {
        return unexpected(path, status.as_u16(), &text);
    }
    serde_json::from_str(&text).with_context(|| format!("{path} did not answer JSON: {text}"))
}
