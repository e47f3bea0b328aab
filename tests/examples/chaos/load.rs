//! Callers: each posts its order until it has an answer or gives up.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use lambda_http::http::Method;
use serde_json::{Value, json};
use shared::clock::Clock;
use tests::chaos::{Part, Posted, Schedule};
use tests::request;
use tests::runtime_api::worker::Outcome;
use tests::seed::Seeded;
use tokio::task::JoinSet;
use tokio::time::{interval, sleep};

use crate::stage::Shared;

/// How often a caller posts before it gives up.
const TRIES: u32 = 10;
/// How long it waits after the first try; after the others as many times longer.
const WAIT: Duration = Duration::from_millis(150);
/// What a strike takes beside its pause, on average.
const BLOW_MS: u64 = 500;

/// An answer of the order function, as API Gateway would pass it on.
struct Answer {
    status: u16,
    body: Value,
}

/// Posts the schedule's orders, spread over the time that the strikes take.
pub(crate) async fn post(shared: &Arc<Shared>, schedule: &Schedule) -> Result<()> {
    let whole = schedule.pauses_ms() + BLOW_MS * schedule.strikes.len() as u64;
    let pause = whole / schedule.orders.len().max(1) as u64;
    let mut ticks = interval(Duration::from_millis(pause.clamp(20, 1000)));
    let mut callers = JoinSet::new();
    for (number, plan) in schedule.orders.iter().enumerate() {
        ticks.tick().await;
        let tenant = shared.tenants.get(plan.tenant).context("a tenant")?.clone();
        callers.spawn(order(Arc::clone(shared), tenant, format!("order-{number}"), plan.twice));
    }
    while let Some(ended) = callers.join_next().await {
        ended?;
    }
    Ok(())
}

/// Posts one order, and once more after the answer if it is so planned.
pub(crate) async fn order(shared: Arc<Shared>, tenant: Seeded, order_id: String, twice: bool) {
    let event = event(&tenant, &order_id);
    let mut posted = Posted { tenant_id: tenant.id, order_id, ..Posted::default() };
    until_answered(&shared, &event, &mut posted).await;
    if twice && posted.answers > 0 {
        until_answered(&shared, &event, &mut posted).await;
    }
    shared.books.note(posted);
}

async fn until_answered(shared: &Shared, event: &[u8], posted: &mut Posted) {
    for number in 1..=TRIES {
        match once(shared, event).await {
            Some(answer) if matches!(answer.status, 200 | 202) => return accept(shared, &answer, posted),
            Some(answer) if answer.status < 500 => {
                shared.books.wrong(format!("order {} was refused: {} {}", posted.order_id, answer.status, answer.body));
                return;
            }
            // Whether it was recorded nobody knows.
            Some(_) | None => posted.unknown += 1,
        }
        sleep(WAIT.saturating_mul(number)).await;
    }
}

fn accept(shared: &Shared, answer: &Answer, posted: &mut Posted) {
    let event_id = answer.body["event_id"].as_str().map(str::to_owned);
    if event_id.is_none() || posted.event_id.as_ref().is_some_and(|first| Some(first) != event_id.as_ref()) {
        shared.books.wrong(format!("order {} has an answer without its event_id: {}", posted.order_id, answer.body));
    }
    // New after an answer, or after nothing at all, is never a repeat; a repeat after an answer always is.
    let duplicate = answer.body["duplicate"] == json!(true);
    if (posted.answers > 0 && !duplicate) || (posted.answers == 0 && posted.unknown == 0 && duplicate) {
        shared
            .books
            .wrong(format!("order {} has the wrong word on its being a duplicate: {}", posted.order_id, answer.body));
    }
    posted.answers += 1;
    if posted.event_id.is_none() {
        posted.event_id = event_id;
        posted.answered_at_ms = Clock::SYSTEM.now_ms();
    }
}

/// One post; none when the connection was lost.
async fn once(shared: &Shared, event: &[u8]) -> Option<Answer> {
    match shared.fleet(Part::Order).invoke(event).await {
        Ok(Outcome::Answered(text)) => {
            let answer: Value = serde_json::from_slice(&text).ok()?;
            let status = answer["statusCode"].as_u64().and_then(|it| u16::try_from(it).ok())?;
            let body = answer["body"].as_str().and_then(|it| serde_json::from_str(it).ok()).unwrap_or_default();
            Some(Answer { status, body })
        }
        Ok(Outcome::Failed(_) | Outcome::Died) | Err(_) => None,
    }
}

fn event(tenant: &Seeded, order_id: &str) -> Vec<u8> {
    let body = json!({
        "order_id": order_id, "value": "97.00", "currency": "BRL", "customer": {"email": format!("{order_id}@example.com")},
    });
    let mut event = request::event(&Method::POST, "/v1/orders", &body.to_string());
    event["headers"]["authorization"] = format!("Bearer {}", tenant.api_key).into();
    event.to_string().into_bytes()
}
