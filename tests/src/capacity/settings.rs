//! What the template sets, what the account allows, and what is assumed of AWS and Meta.

use anyhow::{Context, Result};

use super::spread::Spread;

/// Memory that buys one core, in MB (AWS, Configure Lambda function memory).
const CORE_MB: f64 = 1769.0;
/// Cores of an ACU. AWS says "approximately 2 GiB of memory and corresponding CPU"; its memory classes have 8 GiB a core.
const ACU_CORES: f64 = 0.25;
/// Of these nobody but an administrator may take one (Postgres, `superuser_reserved_connections`).
const KEPT_FOR_ADMINISTRATORS: u32 = 3;

/// Everything that bounds the system.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// `ThrottleRate`: requests a second.
    pub throttle_rate: u32,
    /// `ThrottleBurst`.
    pub throttle_burst: u32,
    /// The most of both that API Gateway takes of an account without a request for more.
    pub throttle_most: u32,
    /// `ClickConcurrency`; 0 for no bound.
    pub click_concurrency: u32,
    /// `OrderConcurrency` likewise.
    pub order_concurrency: u32,
    /// `DispatchConcurrency`.
    pub dispatch_concurrency: u32,
    /// Environments of the account (AWS, Lambda quotas; a young account has fewer).
    pub account_concurrency: u32,
    /// `AuroraMinCapacity`, in ACU.
    pub aurora_min: f64,
    /// `AuroraMaxCapacity`. The simulation takes the cluster as scaled up to it already.
    pub aurora_max: f64,
    /// Cores and `max_connections` of a database of one's own, in Aurora's place.
    pub own_database: Option<(f64, u32)>,
    /// Whether a pooler that gives a connection for a transaction stands before the database, which then sees few.
    pub pooler: bool,
    /// Memory of a function, in MB.
    pub memory_mb: f64,
    /// Messages of an invocation of the dispatcher.
    pub batch: usize,
    /// How long messages are gathered for one, in seconds.
    pub window: f64,
    /// Sellers, each with as many orders.
    pub tenants: u32,
    /// To the database and back, in seconds: another host of the same region.
    pub network: f64,
    /// A message to SQS.
    pub sqs: f64,
    /// Meta's answer.
    pub meta: Spread,
    /// What Lambda itself takes for a new environment.
    pub lambda_start: f64,
    /// CPU time of an environment's first request beside that of later ones: TLS, secrets, statements (`cold_start`'s `first_ms`).
    pub first: f64,
}

impl Settings {
    /// By the parameters' defaults in the text of `template.yaml`.
    pub fn of_template(template: &str) -> Result<Self> {
        let whole = |name: &str| -> Result<u32> {
            let value = parameter(template, name)?;
            value.parse().with_context(|| format!("{name} is {value}"))
        };
        let decimal = |name: &str| -> Result<f64> {
            let value = parameter(template, name)?;
            value.parse().with_context(|| format!("{name} is {value}"))
        };
        Ok(Self {
            throttle_rate: whole("ThrottleRate")?,
            throttle_burst: whole("ThrottleBurst")?,
            throttle_most: 10_000,
            click_concurrency: whole("ClickConcurrency")?,
            order_concurrency: whole("OrderConcurrency")?,
            dispatch_concurrency: whole("DispatchConcurrency")?,
            account_concurrency: 1000,
            aurora_min: decimal("AuroraMinCapacity")?,
            aurora_max: decimal("AuroraMaxCapacity")?,
            own_database: None,
            pooler: false,
            memory_mb: property(template, "MemorySize")?.parse()?,
            batch: property(template, "BatchSize")?.parse()?,
            window: property(template, "MaximumBatchingWindowInSeconds")?.parse()?,
            tenants: 50,
            network: 0.001,
            sqs: 0.010,
            meta: Spread::new(&[(0.0, 0.15), (0.5, 0.3), (0.9, 0.6), (0.99, 2.0), (1.0, 5.0)]),
            lambda_start: 0.1,
            first: 0.03,
        })
    }

    /// The part of a core that a function has.
    pub fn share(&self) -> f64 {
        (self.memory_mb / CORE_MB).min(1.0)
    }

    /// Cores of the database.
    pub fn cores(&self) -> f64 {
        self.own_database.map_or(self.aurora_max * ACU_CORES, |(cores, _)| cores)
    }

    /// Connections that the functions may have. Aurora's default by the most ACU that there may be: 189 at 1, 3,360 at 16, 5,000 at the
    /// most, and 2,000 where the least is 0.5 or 0 (AWS re:Post, Working of max connections for Aurora PostgreSQL Serverless). Between the
    /// first two it is taken as a line.
    pub fn connections(&self) -> u32 {
        if self.pooler {
            return u32::MAX;
        }
        let by_memory = 189.0 + (3360.0 - 189.0) / 15.0 * (self.aurora_max - 1.0);
        let most = if self.aurora_min <= 0.5 { 2000.0 } else { 5000.0 };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 189 and 5,000")]
        let of_aurora = by_memory.min(most) as u32;
        let connections = self.own_database.map_or(of_aurora, |(_, connections)| connections);
        connections.saturating_sub(KEPT_FOR_ADMINISTRATORS)
    }
}

/// The default of one of the template's parameters.
pub fn parameter<'a>(template: &'a str, name: &str) -> Result<&'a str> {
    let (_, after) = template.split_once(&format!("\n  {name}:\n")).with_context(|| format!("no parameter {name}"))?;
    let mut own = after.lines().take_while(|line| line.starts_with("    "));
    let default = own.find_map(|line| line.strip_prefix("    Default: "));
    default.with_context(|| format!("no default of {name}"))
}

/// The value of a property where the template sets it first.
pub fn property<'a>(template: &'a str, name: &str) -> Result<&'a str> {
    let start = format!("{name}: ");
    let mut found = template.lines().filter_map(|line| line.trim_start().strip_prefix(&start));
    found.next().with_context(|| format!("no {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = include_str!("../../../template.yaml");

    #[test]
    fn the_templates_own_settings_are_taken() {
        let settings = Settings::of_template(TEMPLATE).unwrap();
        assert_eq!((settings.throttle_rate, settings.batch, settings.dispatch_concurrency), (1000, 100, 5));
        assert!((settings.share() - 0.1447).abs() < 1e-3, "{}", settings.share());
        let other = TEMPLATE.replace("\n    Default: 1000\n", "\n    Default: 700\n");
        assert_eq!(Settings::of_template(&other).unwrap().throttle_rate, 700);
        assert!(Settings::of_template("").is_err());
    }

    #[test]
    fn connections_are_auroras_default() {
        let settings = Settings::of_template(TEMPLATE).unwrap();
        let of = |aurora_min, aurora_max| Settings { aurora_min, aurora_max, ..settings.clone() }.connections() + 3;
        assert_eq!(
            [of(0.5, 1.0), of(0.5, 8.0), of(0.5, 16.0), of(1.0, 16.0), of(1.0, 64.0)],
            [189, 1668, 2000, 3360, 5000]
        );
    }
}
