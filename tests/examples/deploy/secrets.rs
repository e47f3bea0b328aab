//! The secrets that a deploy needs before it, looked at before it: a stack without them is made, and answers nothing.

use anyhow::{Result, bail};
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::DisplayErrorContext;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use serde_json::Value;

/// The shortest operator's token.
const TOKEN: usize = 32;

/// A parameter of the template that takes a secret's ARN.
struct Kind {
    parameter: &'static str,
    /// Without a default.
    required: bool,
    /// What makes its text.
    text: &'static str,
    /// What is wrong with a text; never the text.
    fault: fn(&str) -> Option<&'static str>,
}

const KINDS: [Kind; 3] = [
    Kind { parameter: "DatabaseSecretArn", required: false, text: URL, fault: database },
    Kind { parameter: "MigrationDatabaseSecretArn", required: false, text: URL, fault: database },
    Kind { parameter: "AdminTokenSecretArn", required: true, text: r#""$(openssl rand -hex 32)""#, fault: token },
];

const URL: &str = "'postgres://USER:PASSWORD@HOST:5432/DATABASE?sslmode=verify-full'";

/// RDS's own secret may leave the host to the parameter `DatabaseHost`.
fn database(text: &str) -> Option<&'static str> {
    let text = text.trim();
    let is_url = |text: &str| text.starts_with("postgres://") || text.starts_with("postgresql://");
    let json: Value = serde_json::from_str(text).unwrap_or_default();
    let is_named = json["DB_URL"].as_str().is_some_and(is_url);
    let is_rds = json["username"].is_string() && json["password"].is_string();
    (!is_url(text) && !is_named && !is_rds)
        .then_some("want a postgres:// URL, {\"DB_URL\": ...} or {username, password, host, port, dbname}")
}

fn token(text: &str) -> Option<&'static str> {
    let text = text.trim();
    let is_ours = ["sst_", "trk_"].iter().any(|start| text.starts_with(start));
    (text.len() < TOKEN || is_ours).then_some("want 32 characters or more, not beginning with sst_ or trk_")
}

/// What a look found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Parameters with the ARNs of their secrets.
    pub(crate) arns: Vec<(String, String)>,
    /// What is missing or of no use, each with its name and what to do.
    pub(crate) faults: Vec<String>,
}

/// Looks for the secrets: pairs of a parameter and a name or ARN.
pub(crate) async fn look(client: &Client, wanted: &[(String, String)]) -> Result<Found> {
    let mut found = Found::default();
    for kind in KINDS.iter().filter(|kind| kind.required) {
        if !wanted.iter().any(|(parameter, _)| parameter == kind.parameter) {
            found.faults.push(format!("{} is not given, and has no default", kind.parameter));
        }
    }
    for (parameter, secret) in wanted {
        let Some(kind) = KINDS.iter().find(|kind| kind.parameter == parameter) else {
            bail!("{parameter} is no parameter of the template that takes a secret");
        };
        match one(client, kind, secret).await {
            Ok(arn) => found.arns.push((parameter.clone(), arn)),
            Err(fault) => found.faults.push(fault),
        }
    }
    Ok(found)
}

/// The ARN of a secret that will do, or what is wrong and what to do.
async fn one(client: &Client, kind: &Kind, secret: &str) -> Result<String, String> {
    let make = || format!("aws secretsmanager create-secret --name {secret} --secret-string {}", kind.text);
    let answer = match client.get_secret_value().secret_id(secret).send().await {
        Ok(answer) => answer,
        Err(error) => {
            return Err(match error.as_service_error() {
                Some(GetSecretValueError::ResourceNotFoundException(_)) => {
                    format!("the secret {secret} ({}) is missing: {}", kind.parameter, make())
                }
                _ => {
                    format!("the secret {secret} ({}) cannot be read: {}", kind.parameter, DisplayErrorContext(&error))
                }
            });
        }
    };
    match (kind.fault)(answer.secret_string().unwrap_or_default()) {
        Some(fault) => Err(format!("the secret {secret} ({}) is of no use: {fault}", kind.parameter)),
        None => answer.arn().map(str::to_owned).ok_or_else(|| format!("the secret {secret} has no ARN")),
    }
}
