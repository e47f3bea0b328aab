//! Arguments.

use anyhow::{Context, Result, bail, ensure};
use tests::capacity::{Load, Settings};

/// What was asked for.
pub(crate) struct Options {
    /// The tables of cost.
    pub(crate) cost: bool,
    /// Measures, and checks the simulation against it.
    pub(crate) measure: bool,
    /// The base load.
    pub(crate) load: Load,
    /// The random numbers' seed.
    pub(crate) seed: u64,
    /// Environments of the measured point.
    pub(crate) workers: u32,
    /// Seconds of each phase that is measured.
    pub(crate) seconds: f64,
    /// How often each is measured.
    pub(crate) pairs: u32,
    /// Percent that the simulation may be off.
    pub(crate) tolerance: f64,
    tenants: Option<u32>,
    cores: Option<f64>,
    max_connections: Option<u32>,
}

impl Options {
    /// Reads them.
    pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut it = Self {
            cost: false,
            measure: false,
            load: Load::BASE,
            seed: 1,
            workers: 6,
            seconds: 4.0,
            pairs: 3,
            tolerance: 35.0,
            tenants: None,
            cores: None,
            max_connections: None,
        };
        while let Some(name) = arguments.next() {
            let mut text = || arguments.next().with_context(|| format!("{name} wants a number"));
            match name.as_str() {
                "--cost" => it.cost = true,
                "--measure" => it.measure = true,
                "--clicks" => it.load.clicks = above_0(&name, &text()?)?,
                "--orders" => it.load.orders = above_0(&name, &text()?)?,
                "--burst" => it.load.burst = above_0(&name, &text()?)?,
                "--tenants" => it.tenants = Some(whole(&name, &text()?)?),
                "--cores" => it.cores = Some(above_0(&name, &text()?)?),
                "--max-connections" => it.max_connections = Some(whole(&name, &text()?)?),
                "--seed" => it.seed = whole(&name, &text()?)?.into(),
                "--workers" => it.workers = whole(&name, &text()?)?,
                "--seconds" => it.seconds = above_0(&name, &text()?)?,
                "--pairs" => it.pairs = whole(&name, &text()?)?,
                "--tolerance" => it.tolerance = above_0(&name, &text()?)?,
                _ => bail!("unknown option {name}; see the head of tests/examples/capacity/main.rs"),
            }
        }
        ensure!(!(it.cost && it.measure), "--cost or --measure, not both");
        ensure!(it.cores.is_some() == it.max_connections.is_some(), "--cores and --max-connections go together");
        Ok(it)
    }

    /// The template's settings with what was said otherwise.
    pub(crate) fn over(&self, settings: Settings) -> Settings {
        Settings {
            tenants: self.tenants.unwrap_or(settings.tenants),
            own_database: self.cores.zip(self.max_connections).or(settings.own_database),
            ..settings
        }
    }
}

fn above_0(name: &str, text: &str) -> Result<f64> {
    let number: f64 = text.parse().with_context(|| format!("{name} wants a number, not {text}"))?;
    ensure!(number.is_finite() && number > 0.0, "{name} wants a number above 0, not {text}");
    Ok(number)
}

fn whole(name: &str, text: &str) -> Result<u32> {
    let number: u32 = text.parse().with_context(|| format!("{name} wants a whole number, not {text}"))?;
    ensure!(number > 0, "{name} wants a number above 0");
    Ok(number)
}
