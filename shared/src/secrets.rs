//! Secrets Manager: the database's URL, each tenant's credentials at Meta, and what its checkouts sign with.

mod platform;
mod put;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::{DisplayErrorContext, SdkError};
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::config::Place;

/// Why a secret is not to be had. No variant holds a secret's value.
#[derive(Debug, Error)]
pub enum Error {
    /// No such secret, or it is marked for deletion.
    #[error("the secret {0} does not exist")]
    Missing(String),
    /// It is there, but holds something else.
    #[error("the secret {0} is not in a form that is understood: {1}")]
    Malformed(String, &'static str),
    /// Secrets Manager did not answer, or refused us.
    #[error("Secrets Manager: {0}")]
    Unavailable(String),
}

/// Which of a secret's versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// The one in force.
    Current,
    /// The one that a rotation is about to put in force; as a rule there is none.
    Pending,
}

impl Version {
    /// What Secrets Manager calls it.
    const fn stage(self) -> &'static str {
        match self {
            Self::Current => "AWSCURRENT",
            Self::Pending => "AWSPENDING",
        }
    }
}

/// Reads secrets. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Secrets {
    client: Client,
}

impl Secrets {
    /// A client of the account and region of `config`.
    pub fn new(config: &aws_config::SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }

    /// The text of a secret, by name or ARN.
    pub async fn text(&self, id: &str) -> Result<String, Error> {
        self.version(id, Version::Current).await
    }

    async fn version(&self, id: &str, version: Version) -> Result<String, Error> {
        // Boxed: the SDK's futures are large.
        let request = Box::pin(self.client.get_secret_value().secret_id(id).version_stage(version.stage()).send());
        let answer = request.await.map_err(|error| unread(id, &error))?;
        answer.secret_string().map(str::to_owned).ok_or(Error::Malformed(id.to_owned(), "binary, not text"))
    }

    /// The database URL in this version of a secret, in one of the three forms of [`db_url`].
    pub async fn db_url(&self, id: &str, version: Version, place: &Place) -> Result<String, Error> {
        let text = self.version(id, version).await?;
        db_url(&text, place).map_err(|why| Error::Malformed(id.to_owned(), why))
    }

    /// A tenant's credentials at Meta, in the secret `<prefix><tenant>/meta`.
    pub async fn meta(&self, prefix: &str, tenant_id: &str) -> Result<MetaCredentials, Error> {
        let id = format!("{prefix}{tenant_id}/meta");
        let text = self.text(&id).await?;
        let credentials: MetaCredentials =
            serde_json::from_str(&text).map_err(|_| Error::Malformed(id.clone(), "want {\"access_token\": ...}"))?;
        if credentials.access_token.trim().is_empty() || credentials.access_token.contains(char::is_control) {
            return Err(Error::Malformed(id, "the access_token is empty or no token"));
        }
        Ok(credentials)
    }

    /// Keeps a tenant's credentials at Meta, in place of those before.
    pub async fn put_meta(&self, prefix: &str, tenant_id: &str, credentials: &MetaCredentials) -> Result<(), Error> {
        let id = format!("{prefix}{tenant_id}/meta");
        let text = serde_json::to_string(credentials).map_err(|_| Error::Malformed(id.clone(), "not a text"))?;
        self.put(&id, &text).await
    }
}

fn unread(id: &str, error: &SdkError<GetSecretValueError>) -> Error {
    match error.as_service_error() {
        Some(GetSecretValueError::ResourceNotFoundException(_) | GetSecretValueError::InvalidRequestException(_)) => {
            Error::Missing(id.to_owned())
        }
        _ => unavailable(error),
    }
}

fn unavailable<E: std::error::Error + Send + Sync + 'static>(error: &SdkError<E>) -> Error {
    Error::Unavailable(DisplayErrorContext(error).to_string())
}

/// What a tenant's secret holds. Not printable.
#[derive(Clone, Serialize, Deserialize)]
pub struct MetaCredentials {
    /// Goes into the Authorization header, never into a URL or a log.
    pub access_token: String,
    /// The secret of the token's app, where that app demands a proof with each call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_secret: Option<String>,
}

/// Reads a database URL from a secret's text: the URL itself, `{"DB_URL": "..."}`, or the form that RDS writes,
/// `{username, password, host, port, dbname}`. A secret that RDS itself looks after has the first two alone (AWS, Password management with
/// RDS and Secrets Manager): `place` says the rest.
///
/// # Errors
/// What was expected; never the text.
pub fn db_url(text: &str, place: &Place) -> Result<String, &'static str> {
    #[derive(Deserialize)]
    struct Named {
        #[serde(rename = "DB_URL")]
        db_url: String,
    }
    let text = text.trim();
    if is_postgres_url(text) {
        return Ok(text.to_owned());
    }
    if let Ok(named) = serde_json::from_str::<Named>(text) {
        let url = named.db_url.trim();
        return if is_postgres_url(url) { Ok(url.to_owned()) } else { Err("DB_URL is not a postgres:// URL") };
    }
    let rds: Rds = serde_json::from_str(text)
        .map_err(|_| "want a postgres:// URL, {\"DB_URL\": ...} or {username, password, host, port, dbname}")?;
    if rds.host.is_none() && place.host.is_none() {
        return Err("it has no host, as one that RDS looks after: then DB_HOST says where the database is");
    }
    rds.url(place).ok_or("host, username or password is not usable in a URL")
}

fn is_postgres_url(text: &str) -> bool {
    text.starts_with("postgres://") || text.starts_with("postgresql://")
}

#[derive(Deserialize)]
struct Rds {
    username: String,
    password: String,
    host: Option<String>,
    port: Option<Port>,
    dbname: Option<String>,
    sslmode: Option<String>,
}

/// RDS writes the port as a number, hand-made secrets often as a text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Port {
    Number(u16),
    Text(String),
}

impl Rds {
    /// RDS always offers TLS and signs with its own roots, so nothing less than full verification is the default.
    fn url(&self, place: &Place) -> Option<String> {
        let port: u16 = match &self.port {
            None => place.port.unwrap_or(5432),
            Some(Port::Number(port)) => *port,
            Some(Port::Text(text)) => text.trim().parse().ok()?,
        };
        let host = self.host.as_deref().or(place.host.as_deref())?.trim();
        if host.is_empty() || host.contains(['/', '@', '?', '#', '%', ' ', ',']) {
            return None;
        }
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        Some(format!(
            "postgres://{}:{}@{host}:{port}/{}?sslmode={}",
            encoded(&self.username),
            encoded(&self.password),
            encoded(self.dbname.as_deref().or(place.name.as_deref()).unwrap_or("postgres")),
            self.sslmode.as_deref().unwrap_or("verify-full")
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_forms_of_a_database_secret_are_read() {
        let url = "postgres://u:p@db.example.com:5432/track";
        let elsewhere = Place { host: Some("other.example.com".into()), port: Some(1), name: Some("other".into()) };
        assert_eq!(db_url(&format!(" {url}\n"), &elsewhere).as_deref(), Ok(url));
        assert_eq!(db_url(&format!(r#"{{"DB_URL":"{url}"}}"#), &elsewhere).as_deref(), Ok(url));
        for password in ["p@ss/w?rd#", "a%41b", "100%25x", "çé €", "'\"\\"] {
            let rds = serde_json::json!({
                "engine": "postgres", "username": "a%70p", "password": password, "host": "db.example.com", "port": 5433,
                "dbname": "tr%61ck",
            });
            let read = db_url(&rds.to_string(), &elsewhere).unwrap();
            let config: tokio_postgres::Config = read.replace("verify-full", "require").parse().unwrap();
            assert_eq!(config.get_user(), Some("a%70p"));
            assert_eq!(config.get_password(), Some(password.as_bytes()));
            assert_eq!(config.get_ports(), [5433]);
            assert_eq!(config.get_dbname(), Some("tr%61ck"));
        }
    }

    #[test]
    fn a_secret_that_rds_looks_after_is_completed() {
        let secret = r#"{"username": "track", "password": "p"}"#;
        assert!(db_url(secret, &Place::default()).unwrap_err().contains("DB_HOST"));
        let mut place = Place { host: Some("db.example.com".into()), port: None, name: None };
        let of = |rest: &str| Ok(format!("postgres://track:p@db.example.com:{rest}?sslmode=verify-full"));
        assert_eq!(db_url(secret, &place), of("5432/postgres"));
        (place.port, place.name) = (Some(5433), Some("track".into()));
        assert_eq!(db_url(secret, &place), of("5433/track"));
    }

    #[test]
    fn a_secret_in_another_form_is_refused_without_showing_it() {
        for text in ["", "{}", "hunter2", r#"{"DB_URL":"mysql://hunter2"}"#, r#"{"username":"hunter2"}"#] {
            assert!(!db_url(text, &Place::default()).unwrap_err().contains("hunter2"), "{text}");
        }
    }
}
