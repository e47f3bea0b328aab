//! What a million clicks and a million conversions cost, and what is paid by the month.

use std::fmt::Write as _;

use anyhow::Result;

use super::cloud::Outcome;
use super::facts::{self, CLICK, EVENT, ORDER, SEND};
use super::prices::{self as p, HOURS, Price};
use super::service::Services;
use super::settings::{Settings, parameter};

/// How much of the ACU that are paid is used: Aurora keeps some room.
const ACU_USED: f64 = 0.5;
/// Cores of an ACU, as for the simulation.
const ACU_CORES: f64 = 0.25;
const GB: f64 = 1e9;
const MILLION: f64 = 1e6;
/// Bytes of an I/O that writes Aurora's log.
const IO_BYTES: f64 = 4096.0;
/// Messages of one request to SQS, at the most.
const SQS_BATCH: f64 = 10.0;
/// Requests of Lambda's five idle pollers in a month, each waiting 20 s.
const POLLS: f64 = 5.0 * 3.0 * 60.0 * HOURS;
/// What Meta's answer and TLS add to what NAT carries of an event.
const NAT_BESIDE: f64 = 1.5;
/// Metrics that API Gateway keeps of each route (AWS, HTTP API metrics).
const ROUTE_METRICS: f64 = 6.0;
/// Metrics that functions tell in their logs: `shared::metrics`, `Matched` by four stages.
const TOLD_METRICS: f64 = 12.0;
/// Secrets of the stack: database, operator's token, key of kept bodies.
const STACK_SECRETS: f64 = 3.0;
/// Secrets of a seller: Meta's token, one checkout's secret.
const SELLER_SECRETS: f64 = 2.0;

/// A line of the first table.
#[derive(Clone, Debug, PartialEq)]
pub struct Used {
    /// What is paid for.
    pub what: String,
    /// Its price.
    pub price: Price,
    /// Units for a million clicks, and for a million conversions.
    pub units: [f64; 2],
}

/// A line of the second.
#[derive(Clone, Debug, PartialEq)]
pub struct Monthly {
    /// What is paid for.
    pub what: String,
    /// Its price.
    pub price: Price,
    /// Units of a month.
    pub units: f64,
}

/// Both tables.
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    /// By use.
    pub used: Vec<Used>,
    /// By the month.
    pub monthly: Vec<Monthly>,
}

/// By the template's text, with what a run of the base load needed.
pub fn of(template: &str, settings: &Settings, services: &Services, base: &Outcome) -> Result<Cost> {
    let memory = settings.memory_mb / 1024.0;
    let arm = parameter(template, "Architecture")? == "arm64";
    let lambda = if arm { p::GB_SECONDS_ARM } else { p::GB_SECONDS_X86 };
    let kept_logs = parameter(template, "LogRetentionDays")?.parse::<f64>()? / 30.0;
    let kept_rows = parameter(template, "RetentionDays")?.parse::<f64>()? / 30.0;
    // Dispatchers of an order, and sends of an event: each message's tenant is another one at worst.
    let runs = f64::from(base.invocations) / f64::from(base.sent.max(1));
    let billed = base.billed.map(|seconds| (seconds * 1000.0).ceil() / 1000.0);
    let requests = 1.0 + 2.0 * runs * (base.messages / SQS_BATCH).ceil();
    let server = [services.click.server, services.order.server + services.look.server + services.event.server];
    let logs = [
        facts::logged(CLICK),
        facts::logged(ORDER)
            + runs * facts::logged(facts::Bytes { logged: 0.0, lines: 0.0, ..SEND })
            + SEND.logged
            + SEND.lines * facts::LINE,
    ];
    let with_access = logs.map(|bytes| bytes + facts::access());
    let written = [CLICK.written, ORDER.written + EVENT.written];
    let stored = [CLICK.stored, ORDER.stored + EVENT.stored];
    let out = [CLICK.answered, ORDER.answered + facts::EVENT_TO_META];
    let used = |what: &str, price, units: [f64; 2]| Used { what: what.to_owned(), price, units };
    let acu = server.map(|seconds| seconds * MILLION / 3600.0 / ACU_CORES / ACU_USED);
    Ok(Cost {
        used: vec![
            used("HTTP API", p::API_REQUESTS, [1.0, 1.0]),
            used("Lambda, requests", p::INVOCATIONS, [1.0, 1.0 + runs]),
            used(
                &format!("Lambda, {:.0} MB on {}", settings.memory_mb, if arm { "arm64" } else { "x86_64" }),
                lambda,
                [billed[0], billed[1] + runs * billed[2]].map(|seconds| seconds * memory * MILLION),
            ),
            used("SQS", p::MESSAGES, [0.0, requests]),
            used("CloudWatch, logs collected", p::LOGS, with_access.map(|bytes| bytes * MILLION / GB)),
            used("CloudWatch, logs kept", p::LOGS_KEPT, with_access.map(|bytes| bytes * MILLION / GB * kept_logs)),
            used("Aurora, time", p::ACU_HOURS, acu),
            used("Aurora, I/O", p::AURORA_IO, written.map(|bytes| bytes / IO_BYTES)),
            used("Aurora, rows kept", p::AURORA_STORAGE, stored.map(|bytes| bytes * MILLION / GB * kept_rows)),
            used("data to the internet", p::DATA_OUT, out.map(|bytes| bytes * MILLION / GB)),
            used("NAT gateway, data (in a VPC)", p::NAT_GB, [0.0, facts::EVENT_TO_META * NAT_BESIDE * MILLION / GB]),
        ],
        monthly: monthly(template, settings),
    })
}

fn monthly(template: &str, settings: &Settings) -> Vec<Monthly> {
    let count = |text: &str| {
        #[expect(clippy::cast_precision_loss, reason = "lines of the template")]
        let count = template.matches(text).count() as f64;
        count
    };
    let line = |what: &str, price, units| Monthly { what: what.to_owned(), price, units };
    let metrics = count("Type: AWS::Logs::MetricFilter") + TOLD_METRICS;
    // An alarm on an expression is paid for each metric in it.
    let alarms = count("Type: AWS::CloudWatch::Alarm") + (count("MetricStat:") - 1.0).max(0.0);
    let secrets = STACK_SECRETS + SELLER_SECRETS * f64::from(settings.tenants);
    vec![
        line(
            &format!("Aurora at AuroraMinCapacity ({} ACU)", settings.aurora_min),
            p::ACU_HOURS,
            settings.aurora_min * HOURS,
        ),
        line(&format!("secrets of the stack and of {} sellers", settings.tenants), p::SECRET, secrets),
        line("metrics of functions and log filters", p::METRIC, metrics),
        line("detailed metrics of the API's routes", p::METRIC, count("Type: HttpApi,") * ROUTE_METRICS),
        line("alarms", p::ALARM, alarms),
        line("dashboard", p::DASHBOARD, count("Type: AWS::CloudWatch::Dashboard")),
        line("idle pollers of the queue", p::MESSAGES, POLLS / MILLION),
        line("NAT gateway (in a VPC, one)", p::NAT_HOURS, HOURS),
    ]
}

impl Cost {
    /// Dollars for a million clicks, and for a million conversions.
    pub fn totals(&self) -> [f64; 2] {
        [0, 1].map(|of| self.used.iter().map(|it| it.units[of] * it.price.dollars).sum())
    }

    /// Dollars of a month.
    pub fn month(&self) -> f64 {
        self.monthly.iter().map(|it| it.units * it.price.dollars).sum()
    }

    /// As the README has it.
    pub fn tables(&self) -> String {
        let mut text = format!(
            "| by use, {}, USD, {} | price | a million clicks | a million conversions |\n|---|---|---|---|\n",
            p::REGION,
            p::DATE
        );
        // Writing to a String cannot fail.
        for it in &self.used {
            let [clicks, conversions] = it.units.map(|units| units * it.price.dollars);
            let _ = writeln!(
                text,
                "| {} | {} per {} | {clicks:.2} | {conversions:.2} |",
                it.what, it.price.dollars, it.price.unit
            );
        }
        let [clicks, conversions] = self.totals();
        let _ = writeln!(text, "| **together** | | **{clicks:.2}** | **{conversions:.2}** |");
        text.push_str("\n| by the month | price | units | USD |\n|---|---|---|---|\n");
        for it in &self.monthly {
            let units = (it.units * 100.0).round() / 100.0;
            let _ = writeln!(
                text,
                "| {} | {} per {} | {units} | {:.2} |",
                it.what,
                it.price.dollars,
                it.price.unit,
                it.units * it.price.dollars
            );
        }
        let _ = writeln!(text, "| **together** | | | **{:.2}** |", self.month());
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capacity::{Load, cloud};

    const TEMPLATE: &str = include_str!("../../../template.yaml");

    fn cost(template: &str) -> Cost {
        let settings = Settings::of_template(template).unwrap();
        let services = Services::default();
        let base = cloud::run(&settings, &services, Load::BASE, 60.0, 1, false);
        of(template, &settings, &services, &base).unwrap()
    }

    #[test]
    fn the_templates_settings_make_the_cost() {
        let as_it_is = cost(TEMPLATE);
        let [clicks, conversions] = as_it_is.totals();
        assert!(clicks > 1.2 && conversions > clicks, "{clicks} {conversions}");
        let more_memory = cost(&TEMPLATE.replace("MemorySize: 256", "MemorySize: 1024"));
        let lambda = |cost: &Cost| cost.used.iter().find(|it| it.what.starts_with("Lambda, 1")).map(|it| it.units[0]);
        assert!(lambda(&more_memory).is_some() && lambda(&as_it_is).is_none());
        let x86 = cost(&TEMPLATE.replacen("Default: arm64", "Default: x86_64", 1));
        assert!(x86.totals()[0] > clicks);
        let longer = cost(&TEMPLATE.replacen("Default: 90\n", "Default: 360\n", 1));
        assert!(longer.totals()[1] > conversions);
        let larger = cost(&TEMPLATE.replacen("Default: 0.5\n", "Default: 2\n", 1));
        assert!((larger.month() - as_it_is.month() - 1.5 * HOURS * 0.12).abs() < 1e-6);
    }

    #[test]
    fn each_table_ends_in_the_sum_of_its_lines() {
        let tables = cost(TEMPLATE).tables();
        let cell = |row: &str, from_end: usize| -> f64 {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            cells[cells.len() - 1 - from_end].trim_matches('*').parse().unwrap()
        };
        for table in tables.split("\n\n") {
            let rows: Vec<&str> = table.lines().skip(2).collect();
            let (last, rows) = rows.split_last().unwrap();
            let sum: f64 = rows.iter().map(|row| cell(row, 1)).sum();
            assert!((sum - cell(last, 1)).abs() < 0.06, "{table}");
        }
    }
}
