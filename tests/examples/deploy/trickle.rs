//! Orders that come while the stack is updated.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use tests::simulator::EventQuery;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::api::Api;
use crate::stage::Stage;
use crate::tenant::Tenant;

/// Between two orders.
const PAUSE: Duration = Duration::from_millis(250);
/// How long all of them may take to Meta after the last.
const DELIVERY: Duration = Duration::from_mins(1);

/// Orders, one after the other, until [`stop`](Self::stop).
pub(crate) struct Trickle {
    over: watch::Sender<bool>,
    posted: JoinHandle<Result<BTreeSet<String>>>,
}

impl Trickle {
    /// Begins.
    pub(crate) fn start(api: Api, tenant: Arc<Tenant>) -> Self {
        let (over, until) = watch::channel(false);
        Self { over, posted: tokio::spawn(post(api, tenant, until)) }
    }

    /// Ends, and waits until each is at Meta, once. Gives how many there were; an error where one was not accepted at its first post.
    pub(crate) async fn stop(self, stage: &Stage) -> Result<usize> {
        self.over.send_replace(true);
        let posted = self.posted.await??;
        ensure!(!posted.is_empty(), "nothing was posted meanwhile");
        let taken = |event_id: &String| stage.simulator.events(&EventQuery::id(event_id));
        let all = async || posted.iter().all(|it| !taken(it).is_empty());
        stage.until("every order of the update at Meta", DELIVERY, all).await?;
        let repeated = posted.iter().filter(|it| taken(it).iter().any(|event| event.duplicates > 0)).count();
        ensure!(repeated == 0, "{repeated} of {} orders reached Meta more than once", posted.len());
        Ok(posted.len())
    }
}

async fn post(api: Api, tenant: Arc<Tenant>, over: watch::Receiver<bool>) -> Result<BTreeSet<String>> {
    let mut ticks = interval(PAUSE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut posted = BTreeSet::new();
    while !*over.borrow() {
        ticks.tick().await;
        posted.insert(tenant.order(&api, &format!("UPDATE-{}", posted.len()), &json!({})).await?);
    }
    Ok(posted)
}
