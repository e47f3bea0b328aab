//! What IAM said of the requests that were made.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

/// What IAM said of one request.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Judgement {
    /// The ARN of who made it; a function is a session of its role.
    pub principal: String,
    /// As policies name it.
    pub action: String,
    /// The ARN that it was for, or `*`.
    pub resource: String,
    /// Why it was refused: `Deny`, `ImplicitDeny`, or what is wrong with the credentials.
    pub refused: Option<String>,
}

impl Judgement {
    /// The name of the role that made it, of a role's session.
    pub fn role(&self) -> Option<&str> {
        self.principal.split_once(":assumed-role/")?.1.split('/').next()
    }
}

/// Reads the whole lines of a log; none where nothing was judged yet.
pub(super) fn read(log: &Path) -> Result<Vec<Judgement>> {
    let text = match fs::read_to_string(log) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.with_context(|| format!("read {}", log.display()))?,
    };
    let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    whole.map(|line| serde_json::from_str(line).context("read what IAM said")).collect()
}

#[cfg(test)]
mod tests {
    use aws_config::{BehaviorVersion, Region};
    use aws_sdk_secretsmanager::Client;
    use aws_sdk_secretsmanager::config::Credentials;

    use crate::ministack::{CREDENTIALS, MiniStack, REGION};
    use crate::progress::Progress;

    async fn secrets(aws: &MiniStack, (id, key): (&str, &str)) -> Client {
        let credentials = Credentials::new(id, key, None, None, "test");
        let config = aws_config::defaults(BehaviorVersion::latest()).region(Region::new(REGION));
        Client::new(&config.endpoint_url(aws.endpoint()).credentials_provider(credentials).load().await)
    }

    #[tokio::test]
    async fn every_request_is_judged_and_whose_credentials_are_nobodys_is_refused() {
        let aws = MiniStack::start_judged(&Progress::stderr()).await.unwrap();
        let (root, nobody) = (secrets(&aws, CREDENTIALS).await, secrets(&aws, ("AKIANOBODY", "sample")).await);
        root.create_secret().name("sample").secret_string("sample").send().await.unwrap();
        assert!(nobody.get_secret_value().secret_id("sample").send().await.is_err());
        let judged: Vec<_> = aws.judgements().unwrap();
        let said: Vec<_> = judged.iter().map(|it| (it.action.as_str(), it.refused.is_some())).collect();
        assert_eq!(said, [("secretsmanager:CreateSecret", false), ("secretsmanager:GetSecretValue", true)]);
    }
}
