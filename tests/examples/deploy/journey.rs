//! What the stack is for: click, order, queue, dispatcher, Meta.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lambda_http::http::Method;
use serde_json::{Value, json};
use tests::simulator::EventQuery;

use crate::api::Api;
use crate::outcome::Outcome;
use crate::stage::Stage;
use crate::tenant::Tenant;

/// How long an event may take to Meta.
pub(crate) const DELIVERY: Duration = Duration::from_secs(30);

/// Sends a click and an order, waits until Meta has the event, and holds its story to what Meta has.
pub(crate) async fn run(stage: &Stage, api: &Api, tenant: &Tenant, outcome: &mut Outcome) -> Result<()> {
    let click = json!({
        "url": "https://www.loja.example.com.br/curso?fbclid=IwAR0-Deployed_Click&utm_source=meta",
        "fbp": "fb.1.1700000000000.1234567890",
    });
    let click = api.ask("", Method::POST, &format!("/v1/funnels/{}/clicks", tenant.funnel), &click).await?;
    let event_id = tenant.order(api, "DEPLOY-1", &json!({"click_id": click["click_id"]})).await?;
    outcome.event_id = Some(event_id.clone());
    let story = async || {
        let path = format!("/v1/orders/{event_id}");
        api.ask(&tenant.api_key, Method::GET, &path, &Value::Null).await
    };
    stage
        .until("Meta to take the event", DELIVERY, async || story().await.is_ok_and(|it| it["state"] == "sent"))
        .await?;
    let told = story().await?;
    let attempt = told["attempts"].as_array().and_then(|all| all.last()).context("an attempt")?;
    outcome.events_received = attempt["events_received"].as_i64();
    let taken = stage.simulator.events(&EventQuery::id(&event_id));
    ensure!(outcome.events_received == Some(1) && taken.len() == 1, "Meta has {} of it: {told}", taken.len());
    ensure!(told["match"]["stage"] == "click", "it was not matched to its click: {told}");
    Ok(())
}
