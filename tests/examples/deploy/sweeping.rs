//! The schedule runs the sweep, which wakes what nobody else does.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;
use tests::simulator::{Answer, EventQuery, Fault};

use crate::api::Api;
use crate::journey::DELIVERY;
use crate::stage::Stage;
use crate::tenant::Tenant;

/// A minute until the schedule's next run, one more for the second try's own time, and the delivery.
const SWEEP: Duration = Duration::from_secs(150);

/// An order whose first send Meta fails. Its message is used up by that, so that of all parts only a sweep can wake it again. The tenant
/// gets no other order meanwhile.
pub(crate) async fn begin(stage: &Stage, api: &Api, tenant: &Tenant) -> Result<String> {
    // Standing until an event met it: the doctor's reading of the pixel must not use it up.
    let away = Answer::Http { status: 503, body: "away".into() };
    stage.simulator.fault(Fault::standing(away).for_pixel(&tenant.pixel));
    let event_id = tenant.order(api, "SWEPT-1", &json!({})).await?;
    let pixel = Some(tenant.pixel.as_str());
    let failed = async || {
        let requests = stage.simulator.requests();
        requests.iter().any(|it| it.pixel.as_deref() == pixel && it.events > 0 && it.fault.is_some())
    };
    stage.until("the first send to fail", DELIVERY, failed).await?;
    stage.simulator.clear_faults_of(&tenant.pixel);
    Ok(event_id)
}

/// Waits until it is at Meta all the same.
pub(crate) async fn end(stage: &Stage, event_id: &str) -> Result<()> {
    let taken = async || !stage.simulator.events(&EventQuery::id(event_id)).is_empty();
    stage.until("the sweep to wake the order", SWEEP, taken).await.context("the schedule")
}
