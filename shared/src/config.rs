//! Every environment variable, read here alone; what is wrong is reported all at once.
//!
//! | variable | who | meaning |
//! |---|---|---|
//! | `DB_URL` | all | Postgres URL; wins over the secret (local runs, tests) |
//! | `DB_SECRET_ARN` | all | Secrets Manager: a bare URL, `{"DB_URL": ...}`, or RDS's own form |
//! | `DB_HOST` | all | the database's host, where the secret leaves it out: one that RDS looks after has username and password alone |
//! | `DB_PORT` | all | its port likewise, default 5432 |
//! | `DB_NAME` | all | the database's name likewise, default `postgres` |
//! | `DB_CA_FILE` | all | PEM file of the certificate authorities for Postgres, instead of RDS's and the public ones |
//! | `DISPATCH_QUEUE_URL` | order, sweep | SQS queue of the dispatcher |
//! | `SECRETS_PREFIX` | order, dispatch, setup | prefix of tenants' secrets, default `track/` |
//! | `BODY_KEY_SECRET_ARN` | order, setup | the secret of the key of kept bodies; without it none is kept |
//! | `ADMIN_TOKEN_SECRET_ARN` | setup | the operator's token |
//! | `META_GRAPH_URL` | dispatch, setup | default `https://graph.facebook.com` |
//! | `META_API_VERSION` | dispatch, setup | default `v26.0` |
//! | `PUBLIC_URL` | setup | the deployment's own base URL |
//! | `TRUSTED_PROXY_HOPS` | click, setup | own proxies before API Gateway, default 0 |
//! | `METRICS_NAMESPACE` | click, dispatch, sweep | CloudWatch's namespace of the functions' metrics; without it none is told |
//! | `RETENTION_DAYS` | sweep | days that personal data is kept: 8 to 3650, default 90 |

use std::fmt;

use crate::metrics::Metrics;

/// Where the database URL comes from.
#[derive(Clone, PartialEq, Eq)]
pub enum DbSource {
    /// The URL itself.
    Url(String),
    /// The id or ARN of a secret in Secrets Manager.
    Secret(String),
}

/// The URL holds a password, so it is never printed.
impl fmt::Debug for DbSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(_) => f.write_str("Url(..)"),
            Self::Secret(id) => f.debug_tuple("Secret").field(id).finish(),
        }
    }
}

/// What is wrong with the environment: one line a variable.
#[derive(Debug, PartialEq, Eq)]
pub struct Error(pub Vec<String>);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "configuration: {}", self.0.join("; "))
    }
}

impl std::error::Error for Error {}

/// Reads variables and collects what is wrong with them.
pub struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    errors: Vec<String>,
}

impl<'a> Reader<'a> {
    /// Reads through `lookup`. An empty variable is as good as none.
    pub fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { lookup, errors: Vec::new() }
    }

    fn get(&self, name: &str) -> Option<String> {
        (self.lookup)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    fn required(&mut self, name: &str) -> String {
        self.get(name).unwrap_or_else(|| {
            self.errors.push(format!("{name} is not set"));
            String::new()
        })
    }

    fn number(&mut self, name: &str, default: usize, max: usize) -> usize {
        match self.get(name).map(|value| value.parse::<usize>()) {
            None => default,
            Some(Ok(value)) if value <= max => value,
            Some(_) => {
                self.errors.push(format!("{name} must be a whole number up to {max}"));
                default
            }
        }
    }

    fn url(&mut self, name: &str, default: Option<&str>) -> String {
        let Some(value) = self.get(name).or_else(|| default.map(str::to_owned)) else {
            self.errors.push(format!("{name} is not set"));
            return String::new();
        };
        match url::Url::parse(&value) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.host_str().is_some() => {}
            _ => self.errors.push(format!("{name} must be an http or https URL")),
        }
        value.trim_end_matches('/').to_owned()
    }

    /// `DB_URL`, else `DB_SECRET_ARN`.
    pub fn db(&mut self) -> Db {
        let source = match (self.get("DB_URL"), self.get("DB_SECRET_ARN")) {
            (Some(url), _) => DbSource::Url(url),
            (None, Some(secret)) => DbSource::Secret(secret),
            (None, None) => {
                self.errors.push("neither DB_URL nor DB_SECRET_ARN is set".into());
                DbSource::Url(String::new())
            }
        };
        let port = self.get("DB_PORT").map(|it| it.parse());
        if matches!(port, Some(Err(_) | Ok(0))) {
            self.errors.push("DB_PORT must be a TCP port".into());
        }
        let port = port.and_then(Result::ok);
        let place = Place { host: self.get("DB_HOST"), port, name: self.get("DB_NAME") };
        Db { source, place, ca_file: self.get("DB_CA_FILE") }
    }

    /// `DISPATCH_QUEUE_URL`.
    pub fn queue_url(&mut self) -> String {
        self.url("DISPATCH_QUEUE_URL", None)
    }

    /// `SECRETS_PREFIX`.
    pub fn secrets_prefix(&mut self) -> String {
        self.get("SECRETS_PREFIX").unwrap_or_else(|| "track/".into())
    }

    /// `BODY_KEY_SECRET_ARN`.
    pub fn body_key_secret(&self) -> Option<String> {
        self.get("BODY_KEY_SECRET_ARN")
    }

    /// `METRICS_NAMESPACE`, for the metrics of this function.
    pub fn metrics(&self, function: &'static str) -> Metrics {
        Metrics::new(self.get("METRICS_NAMESPACE"), function)
    }

    /// `META_GRAPH_URL` and `META_API_VERSION`.
    pub fn meta(&mut self) -> Meta {
        let graph_url = self.url("META_GRAPH_URL", Some("https://graph.facebook.com"));
        let version = self.get("META_API_VERSION").unwrap_or_else(|| "v26.0".into());
        let number = version.strip_prefix('v').and_then(|it| it.split_once('.'));
        let digits = |it: &str| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit());
        if !number.is_some_and(|(major, minor)| digits(major) && digits(minor)) {
            self.errors.push("META_API_VERSION must look like v26.0".into());
        }
        Meta { graph_url, version }
    }

    /// `TRUSTED_PROXY_HOPS`.
    pub fn trusted_proxy_hops(&mut self) -> usize {
        self.number("TRUSTED_PROXY_HOPS", 0, 10)
    }

    /// `ADMIN_TOKEN_SECRET_ARN`.
    pub fn admin_token_secret(&mut self) -> String {
        self.required("ADMIN_TOKEN_SECRET_ARN")
    }

    /// `PUBLIC_URL`, if it is known.
    pub fn public_url(&mut self) -> Option<String> {
        self.get("PUBLIC_URL").is_some().then(|| self.url("PUBLIC_URL", None))
    }

    /// `RETENTION_DAYS`. Events live for 7 days, so less than 8 would purge what is still to be sent.
    pub fn retention_days(&mut self) -> u16 {
        const DAYS: std::ops::RangeInclusive<u16> = 8..=3650;
        match self.get("RETENTION_DAYS").map(|value| value.parse::<u16>()) {
            None => 90,
            Some(Ok(days)) if DAYS.contains(&days) => days,
            Some(_) => {
                let (least, most) = (DAYS.start(), DAYS.end());
                self.errors.push(format!("RETENTION_DAYS must be a whole number from {least} to {most}"));
                90
            }
        }
    }

    /// What was read, if nothing was wrong.
    pub fn finish<T>(self, value: T) -> Result<T, Error> {
        if self.errors.is_empty() { Ok(value) } else { Err(Error(self.errors)) }
    }
}

/// Where a database is, for a secret that does not say so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Host name or address.
    pub host: Option<String>,
    /// TCP port; 5432 unless it is said.
    pub port: Option<u16>,
    /// Name of the database; `postgres` unless it is said.
    pub name: Option<String>,
}

/// How to reach Postgres.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Db {
    /// The URL or where it is kept.
    pub source: DbSource,
    /// What the secret may leave out.
    pub place: Place,
    /// A PEM file of certificate authorities.
    pub ca_file: Option<String>,
}

/// How to reach Meta's Graph API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// Base URL without a trailing slash.
    pub graph_url: String,
    /// `v26.0`.
    pub version: String,
}

/// The process's environment.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_wrong_is_reported_at_once_and_no_value_is_shown() {
        let lookup = |name: &str| match name {
            "META_GRAPH_URL" => Some("ftp://secret".to_owned()),
            "META_API_VERSION" => Some("26".to_owned()),
            "TRUSTED_PROXY_HOPS" => Some("many".to_owned()),
            _ => None,
        };
        let mut reader = Reader::new(&lookup);
        let _ =
            (reader.db(), reader.queue_url(), reader.meta(), reader.trusted_proxy_hops(), reader.admin_token_secret());
        let error = reader.finish(()).unwrap_err();
        assert_eq!(error.0.len(), 6, "{error}");
        assert!(!error.to_string().contains("secret\""));
    }

    #[test]
    fn the_url_wins_over_the_secret_and_neither_is_printed() {
        let lookup = |name: &str| (name == "DB_URL" || name == "DB_SECRET_ARN").then(|| format!("{name}-value"));
        let mut reader = Reader::new(&lookup);
        let db = reader.db();
        assert_eq!(db.source, DbSource::Url("DB_URL-value".into()));
        assert!(!format!("{db:?}").contains("DB_URL-value"));
    }

    #[test]
    fn what_the_secret_leaves_out_is_read_and_a_port_must_be_one() {
        let read = |port: &'static str| {
            let lookup = move |name: &str| match name {
                "DB_SECRET_ARN" => Some("arn".to_owned()),
                "DB_HOST" => Some("db.example.com".to_owned()),
                "DB_PORT" => Some(port.to_owned()),
                _ => None,
            };
            let mut reader = Reader::new(&lookup);
            let db = reader.db();
            reader.finish(db.place)
        };
        let place = |port| Place { host: Some("db.example.com".into()), port, name: None };
        assert_eq!((read(""), read("5433")), (Ok(place(None)), Ok(place(Some(5433)))));
        for port in ["0", "65536", "-1", "x"] {
            assert_eq!(read(port).unwrap_err().0, ["DB_PORT must be a TCP port"], "{port}");
        }
    }

    #[test]
    fn defaults_are_metas() {
        let mut reader = Reader::new(&|_| None);
        assert_eq!(reader.meta(), Meta { graph_url: "https://graph.facebook.com".into(), version: "v26.0".into() });
    }

    #[test]
    fn personal_data_is_kept_from_8_days_to_10_years_and_nothing_else_is_taken_for_a_number_of_days() {
        let days = |value: &str| {
            let lookup = |_: &str| Some(value.to_owned());
            let mut reader = Reader::new(&lookup);
            let days = reader.retention_days();
            reader.finish(days)
        };
        for (value, wanted) in [("", 90), ("8", 8), (" 30 ", 30), ("3650", 3650)] {
            assert_eq!(days(value), Ok(wanted), "{value:?}");
        }
        for value in ["0", "7", "-8", "3651", "90.5", "90 days", "65536", "forever"] {
            let error = days(value).unwrap_err();
            assert_eq!(error.0, ["RETENTION_DAYS must be a whole number from 8 to 3650"], "{value:?}");
        }
    }
}
