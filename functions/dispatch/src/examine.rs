//! The doctor's daily examinations.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use shared::doctor::{self, Credentials};
use shared::domain::setup::Severity;
use shared::telemetry;
use tokio::task::JoinSet;

use crate::State;

/// How long an invocation goes on with them: a Meta that hangs must not keep it from the next sends.
const TIME: Duration = Duration::from_secs(20);
/// What an invocation needs to end.
const SPARE: Duration = Duration::from_secs(5);
/// How many at once: each holds a connection for a moment, twice.
const AT_ONCE: usize = 8;

/// Examines these tenants, as many as the time allows. The others are due again in an hour.
pub(crate) async fn all(state: &Arc<State>, tenants: BTreeSet<String>, deadline: Instant) {
    let Some(end) = deadline.checked_sub(SPARE).map(|last| last.min(Instant::now() + TIME)) else { return };
    let mut left = tenants.len();
    let work = async {
        let mut waiting = tenants.into_iter();
        let mut running = JoinSet::new();
        loop {
            while running.len() < AT_ONCE
                && let Some(tenant_id) = waiting.next()
            {
                let state = Arc::clone(state);
                running.spawn(async move { one(&state, &tenant_id).await });
            }
            // One that panics is the runtime's to log.
            if running.join_next().await.is_none() {
                return;
            }
            left -= 1;
        }
    };
    if tokio::time::timeout_at(end.into(), work).await.is_err() {
        tracing::warn!(left, "examinations left for later");
    }
}

async fn one(state: &State, tenant_id: &str) {
    let credentials = Credentials::of(state.credentials.read(tenant_id).await);
    match doctor::examine(&state.db, &state.meta, credentials, tenant_id).await {
        Ok(Ok(it)) => {
            let errors = it.issues.iter().filter(|it| it.code.severity() == Severity::Error).count();
            tracing::info!(tenant.id = tenant_id, issues = it.issues.len(), errors, "examined");
        }
        Ok(Err(refused)) => tracing::info!(tenant.id = tenant_id, ?refused, "not examined"),
        Err(error) => tracing::error!(tenant.id = tenant_id, error = telemetry::chain(&error), "not examined"),
    }
}
