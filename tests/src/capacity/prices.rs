//! AWS's list prices, in US dollars, of us-east-1, without free tiers and volume discounts.
//!
//! AWS's pricing pages, whose addresses stand beside, fill their figures in by a script, so they were not read there but where others
//! quote them, in pages of February to June 2026. Not found quoted, and so assumed, is what Aurora takes for storage; the 0.10 for
//! fair queueing stands in one page alone. Look at AWS's own before you rely on one. Another region's go here.

/// The region.
pub const REGION: &str = "us-east-1";
/// The month of the prices.
pub const DATE: &str = "June 2026";
/// Hours of a month, as AWS's own examples count it.
pub const HOURS: f64 = 730.0;

/// A price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Price {
    /// Dollars.
    pub dollars: f64,
    /// For what.
    pub unit: &'static str,
    /// Where AWS has its own.
    pub page: &'static str,
}

const fn price(dollars: f64, unit: &'static str, page: &'static str) -> Price {
    Price { dollars, unit, page }
}

const API: &str = "aws.amazon.com/api-gateway/pricing";
const LAMBDA: &str = "aws.amazon.com/lambda/pricing";
const SQS: &str = "aws.amazon.com/sqs/pricing";
const CLOUDWATCH: &str = "aws.amazon.com/cloudwatch/pricing";
const AURORA: &str = "aws.amazon.com/rds/aurora/pricing";
const SECRETS: &str = "aws.amazon.com/secrets-manager/pricing";
const VPC: &str = "aws.amazon.com/vpc/pricing";
const EC2: &str = "aws.amazon.com/ec2/pricing/on-demand";

/// HTTP API, the first 300 million of a month.
pub const API_REQUESTS: Price = price(1.00, "million requests", API);
/// Lambda.
pub const INVOCATIONS: Price = price(0.20, "million requests", LAMBDA);
/// Lambda on arm64.
pub const GB_SECONDS_ARM: Price = price(0.000_013_333_4, "GB-second", LAMBDA);
/// Lambda on `x86_64`.
pub const GB_SECONDS_X86: Price = price(0.000_016_666_7, "GB-second", LAMBDA);
/// SQS, a standard queue whose messages have groups: 0.40, and 0.10 for fair queueing.
pub const MESSAGES: Price = price(0.50, "million requests", SQS);
/// CloudWatch Logs, collection.
pub const LOGS: Price = price(0.50, "GB", CLOUDWATCH);
/// CloudWatch Logs, storage.
pub const LOGS_KEPT: Price = price(0.03, "GB-month", CLOUDWATCH);
/// CloudWatch, the first 10,000 metrics.
pub const METRIC: Price = price(0.30, "metric-month", CLOUDWATCH);
/// CloudWatch, an alarm of a minute's resolution, for each metric that it looks at.
pub const ALARM: Price = price(0.10, "alarm metric-month", CLOUDWATCH);
/// CloudWatch.
pub const DASHBOARD: Price = price(3.00, "dashboard-month", CLOUDWATCH);
/// Aurora Serverless v2, Standard.
pub const ACU_HOURS: Price = price(0.12, "ACU-hour", AURORA);
/// Aurora Standard, of 4 KB where it writes its log.
pub const AURORA_IO: Price = price(0.20, "million I/O", AURORA);
/// Aurora Standard.
pub const AURORA_STORAGE: Price = price(0.10, "GB-month", AURORA);
/// Secrets Manager.
pub const SECRET: Price = price(0.40, "secret-month", SECRETS);
/// NAT gateway, to be there.
pub const NAT_HOURS: Price = price(0.045, "hour", VPC);
/// NAT gateway, in both directions.
pub const NAT_GB: Price = price(0.045, "GB", VPC);
/// Data to the internet, the first 10 TB.
pub const DATA_OUT: Price = price(0.09, "GB", EC2);
