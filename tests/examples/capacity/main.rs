//! What breaks first as the load grows, which parameter answers it, and what it costs.
//!
//! ```text
//! cargo run -p tests --example capacity --                     # 1, 10 and 100 times the base load
//!     [--clicks 20] [--orders 2] [--burst 5] [--tenants 50]    # the base load, a second outside of bursts
//!     [--cores N --max-connections N]                          # a database of one's own in Aurora's place
//!     [--seed 1]
//! cargo run -p tests --example capacity -- --cost              # the README's tables of cost
//! cargo run --release -p tests --example capacity -- --measure [--workers 6] [--seconds 4] [--pairs 3] [--tolerance 35]
//! ```
//!
//! It simulates arrivals, Lambda's environments, the database's connections and cores, the queue and the dispatchers: see
//! `tests::capacity`. The settings are the defaults of `template.yaml`.
//!
//! `--measure` measures the times that the simulation goes by, with the functions in this program and a real Postgres whose commits
//! wait for the disk; then it lets some environments ask as fast as they can, and compares what is seen with what the simulation says of
//! the same on this machine: rate, and what half and 99 of 100 wait. It ends with 1 if one of them is off by more than
//! `--tolerance` percent. Times of the functions themselves are a release build's alone.
//!
//! The last line is one JSON object.
#![expect(clippy::print_stdout, reason = "a program for people and scripts")]

mod bed;
mod check;
mod measure;
mod options;
mod told;

use anyhow::{Context, Result, ensure};
use tests::capacity::{self, Load, Services, Settings, cloud, cost, judge};

use options::Options;

/// How many times the base load is looked at.
const FACTORS: [f64; 3] = [1.0, 10.0, 100.0];
/// As long as it takes to rise, be quiet, burst, and be quiet again.
const SECONDS: f64 = 40.0;
/// Of the base load, for the cost: two bursts.
const COST_SECONDS: f64 = 120.0;

fn main() -> Result<()> {
    let options = Options::read(std::env::args().skip(1))?;
    let path = tests::install::workspace_root().join("template.yaml");
    let template = std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    let settings = options.over(Settings::of_template(&template)?);
    if options.cost {
        price(&template, &settings, &options)
    } else if options.measure {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let sound = runtime.block_on(check::run(&options))?;
        ensure!(sound, "the simulation is off by more than {} %", options.tolerance);
        Ok(())
    } else {
        simulate(&settings, &options);
        Ok(())
    }
}

fn simulate(settings: &Settings, options: &Options) {
    let services = Services::default();
    let verdicts: Vec<_> = FACTORS
        .into_iter()
        .map(|factor| {
            let load: Load = options.load.times(factor);
            (factor, load, judge(settings, &services, load, SECONDS, options.seed))
        })
        .collect();
    print!("{}", capacity::rows(&verdicts));
    println!("\n{}", told::verdicts(&verdicts));
}

fn price(template: &str, settings: &Settings, options: &Options) -> Result<()> {
    let services = Services::default();
    let base = cloud::run(settings, &services, options.load, COST_SECONDS, options.seed, false);
    let cost = cost::of(template, settings, &services, &base)?;
    print!("{}", cost.tables());
    println!("\n{}", told::cost(&cost));
    Ok(())
}
