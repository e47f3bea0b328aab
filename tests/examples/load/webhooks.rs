//! How long a checkout waits for its answer.

use std::time::Duration;

use anyhow::Result;
use tests::runtime_api::Function;
use tests::runtime_api::deliveries::{self, Deliveries};
use tests::runtime_api::sink::Sink;

use crate::bed::Bed;
use crate::fleet::Fleet;
use crate::{Options, WARM_UP, line, median, rounded};

/// The longest that 99 of 100 deliveries may wait, in milliseconds.
pub(crate) const P99_MS: f64 = 500.0;

/// Delivers with as many environments at once; the median of each phase's 99th percentile, in milliseconds.
pub(crate) async fn p99_ms(order: &std::path::Path, bed: &Bed, options: &Options) -> Result<f64> {
    let sink = Sink::start(&deliveries::secret())?;
    deliveries::connect(&bed.client, &bed.tenant).await?;
    let function = Function::new("order", order)?
        .env("DB_URL", bed.db.url())
        .env("DISPATCH_QUEUE_URL", sink.queue_url())
        .env("AWS_ENDPOINT_URL", sink.endpoint());
    let new = |seed| Deliveries::new(&bed.tenant, options.rows, seed);
    let mut fleet = Fleet::start(&function, options.environments, new)?;
    println!("\nwebhook: {} environments", options.environments);
    fleet.run(WARM_UP * options.environments as u64, Duration::from_mins(1), bed.postgres)?;
    println!("  functions/s  p50 ms  p95 ms  p99 ms | functions  stub  postgres  others | server us");
    let mut all = Vec::new();
    for _ in 0..options.pairs {
        let phase = fleet.run(options.webhooks, Duration::from_secs(options.seconds), bed.postgres)?;
        println!("  {}", line(&phase));
        all.push(phase.percentile(0.99).as_secs_f64() * 1000.0);
    }
    Ok(rounded(median(all)))
}
