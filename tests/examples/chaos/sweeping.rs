//! The schedule that invokes `sweep`: each second, where production's is each minute.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tests::chaos::Part;
use tokio::time::sleep;

use crate::stage::Shared;

const EACH: Duration = Duration::from_secs(1);

/// Sweeps until it is aborted. One that failed or was killed is the next one's to make good.
pub(crate) async fn sweep(shared: Arc<Shared>) {
    while !shared.over.load(Ordering::SeqCst) {
        drop(shared.fleet(Part::Sweep).invoke(b"{}").await);
        sleep(EACH).await;
    }
}
