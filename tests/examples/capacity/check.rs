//! The simulation against one point that was measured.

use anyhow::{Context, Result};
use serde_json::json;
use tests::capacity::closed::{self, Point};
use tests::capacity::{Kind, Service, Services, Spread};
use tests::progress::Progress;

use crate::bed::{Bed, Worker};
use crate::measure::{self, Asked, Phase};
use crate::options::Options;
use crate::told;

/// Of the environments' connections and plans, before anything is measured.
const WARM_UP_S: f64 = 1.0;
/// Requests and events whose bytes are counted.
const COUNTED: u32 = 1000;
/// How long the simulated point is looked at.
const SIMULATED_S: f64 = 60.0;

/// One pair: a service's times, and the point.
struct Pair {
    click: Service,
    order: Service,
    point: Phase,
}

/// Measures, simulates and compares. Says whether they agree.
pub(crate) async fn run(options: &Options) -> Result<bool> {
    let progress = Progress::stderr();
    let bed = Bed::start(&progress).await?;
    let cores = u32::try_from(std::thread::available_parallelism()?.get())?;
    let workers: Vec<Worker> = (0..options.workers).map(|seed| bed.worker(seed)).collect();
    let (workers, _) = measure::phase(&bed, workers, Asked::Both, WARM_UP_S).await?;
    let pairs = pairs(&bed, workers, options, cores).await?;
    let services = with_dispatch(&bed, &pairs).await?;
    let bytes = bytes(&bed).await?;

    let mut off = Vec::new();
    println!("  cores left |   measured/s  p50 ms  p99 ms |  simulated/s  p50 ms  p99 ms | off by");
    for pair in &pairs {
        let left = f64::from(cores) - pair.point.cpu[2] / pair.point.seconds;
        let measured = Point::of(pair.point.waits.clone(), pair.point.seconds);
        let own = Services { click: pair.click.clone(), order: pair.order.clone(), ..services.clone() };
        let simulated = closed::run(options.workers, &own, left, SIMULATED_S, options.seed);
        println!("  {left:10.2} | {} | {} | {}", line(&measured), line(&simulated), percents(simulated.off(&measured)));
        off.push((simulated.off(&measured), measured, simulated));
    }
    // The pair in the middle: a machine that others use has better and worse moments.
    off.sort_by(|a, b| worst(a.0).total_cmp(&worst(b.0)));
    let (off, measured, simulated) = off.get(off.len() / 2).context("a pair")?;
    let sound = worst(*off) * 100.0 <= options.tolerance;
    println!("off by {} (at most {} %)\n", percents(*off), options.tolerance);
    println!(
        "{}",
        json!({
            "services": told::services(&services), "bytes": bytes, "workers": options.workers,
            "measured": told::point(measured), "simulated": told::point(simulated), "off": off.map(told::rounded),
            "sound": sound,
        })
    );
    Ok(sound)
}

/// What a request waits for beside CPU is measured with an environment for each core, of which none waits for a core; what CPU it takes
/// with all of them, since beside others at the database's locks and in the caches each takes more.
async fn pairs(bed: &Bed, mut workers: Vec<Worker>, options: &Options, cores: u32) -> Result<Vec<Pair>> {
    let few = usize::try_from(cores.min(options.workers))?;
    let mut pairs = Vec::new();
    for _ in 0..options.pairs {
        let mut services = Vec::new();
        for kind in [Kind::Click, Kind::Order] {
            let rest = workers.split_off(few);
            let (asked, free) = measure::phase(bed, workers, Asked::Only(kind), options.seconds / 2.0).await?;
            workers = asked.into_iter().chain(rest).collect();
            let (asked, loaded) = measure::phase(bed, workers, Asked::Only(kind), options.seconds / 2.0).await?;
            workers = asked;
            let [function, server] = loaded.work();
            services.push(Service { function, server, wait: free.rest() });
        }
        let (back, point) = measure::phase(bed, workers, Asked::Both, options.seconds).await?;
        workers = back;
        let order = services.pop().context("an order")?;
        let click = services.pop().context("a click")?;
        pairs.push(Pair { click, order, point });
    }
    Ok(pairs)
}

/// The times of the first pair, and those of dispatchers.
async fn with_dispatch(bed: &Bed, pairs: &[Pair]) -> Result<Services> {
    let first = pairs.first().context("a pair")?;
    bed.put_off().await?;
    let many = measure::events(bed, 1000, 3000).await?;
    let single = measure::events(bed, 1, 200).await?;
    let service = |[function, server]: [f64; 2], wait| Service { function, server, wait };
    let look = [0, 1].map(|index| (single[index] - many[index]).max(0.0));
    Ok(Services {
        click: first.click.clone(),
        order: first.order.clone(),
        look: service(look, first.click.wait.clone()),
        event: service(many, Spread::fixed(0.0)),
    })
}

async fn bytes(bed: &Bed) -> Result<serde_json::Value> {
    bed.full_pages("off").await?;
    let mut worker = bed.worker(1_000_000);
    worker.send(Kind::Click).await?;
    worker.send(Kind::Order).await?;
    let click = measure::bytes(bed, &mut worker, Kind::Click, COUNTED).await?;
    let order = measure::bytes(bed, &mut worker, Kind::Order, COUNTED).await?;
    bed.put_off().await?;
    let event = measure::event_bytes(bed, 1000).await?;
    bed.full_pages("on").await?;
    Ok(json!({"click": told::bytes(&click), "order": told::bytes(&order), "event": told::bytes(&event)}))
}

fn worst(off: [f64; 3]) -> f64 {
    off.into_iter().fold(0.0, f64::max)
}

fn line(point: &Point) -> String {
    format!("{:12.0} {:7.1} {:7.1}", point.rate, point.p50 * 1000.0, point.p99 * 1000.0)
}

fn percents(off: [f64; 3]) -> String {
    let [rate, half, most] = off.map(|it| it * 100.0);
    format!("rate {rate:.0} %, half {half:.0} %, 99 of 100 {most:.0} %")
}
