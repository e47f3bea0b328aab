//! The platforms' own secrets: what a checkout signs a connection's deliveries with, or sends along as a token.

use serde::{Deserialize, Serialize};

use super::{Error, Secrets};
use crate::platforms::Secret;

/// What the secret `<prefix><tenant>/connections/<id>` holds: one, or several while one is replaced.
#[derive(Serialize, Deserialize)]
struct Kept {
    secrets: Vec<String>,
}

/// The most secrets of a connection at once.
const MOST: usize = 5;

fn name(prefix: &str, tenant_id: &str, connection_id: &str) -> String {
    format!("{prefix}{tenant_id}/connections/{connection_id}")
}

impl Secrets {
    /// A connection's secrets, never empty ones. None at all where none was entered yet, or what is there cannot be read: then nothing
    /// is authentic, and what comes is kept until it is repaired.
    pub async fn connection(&self, prefix: &str, tenant_id: &str, connection_id: &str) -> Result<Vec<Secret>, Error> {
        let id = name(prefix, tenant_id, connection_id);
        let text = match self.text(&id).await {
            Ok(text) => text,
            Err(Error::Missing(_) | Error::Malformed(..)) => {
                tracing::warn!(tenant.id = tenant_id, connection.id = connection_id, "no secret of the platform");
                return Ok(Vec::new());
            }
            Err(error) => return Err(error),
        };
        let secrets = read(&text);
        if secrets.is_empty() {
            tracing::warn!(
                tenant.id = tenant_id,
                connection.id = connection_id,
                "the platform's secret is not readable"
            );
        }
        Ok(secrets)
    }

    /// Keeps a connection's secret in place of those before, or, while the platform replaces it, in front of them.
    ///
    /// # Errors
    /// If it is empty, or Secrets Manager does not take it.
    pub async fn put_connection(
        &self,
        prefix: &str,
        tenant_id: &str,
        connection_id: &str,
        secret: &str,
        keep_former: bool,
    ) -> Result<(), Error> {
        let id = name(prefix, tenant_id, connection_id);
        let secret =
            Secret::new(secret).ok_or_else(|| Error::Malformed(id.clone(), "an empty secret proves nothing"))?;
        let former = if keep_former { self.connection(prefix, tenant_id, connection_id).await? } else { Vec::new() };
        let mut secrets = vec![secret.as_str().to_owned()];
        for former in former.iter().map(Secret::as_str) {
            if secrets.len() < MOST && !secrets.iter().any(|it| it == former) {
                secrets.push(former.to_owned());
            }
        }
        let text = serde_json::to_string(&Kept { secrets }).map_err(|_| Error::Malformed(id.clone(), "not a text"))?;
        self.put(&id, &text).await
    }
}

fn read(text: &str) -> Vec<Secret> {
    let kept: Kept = serde_json::from_str(text).unwrap_or(Kept { secrets: Vec::new() });
    kept.secrets.iter().filter_map(|text| Secret::new(text)).take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_or_several_secrets_are_read_and_empty_ones_are_none() {
        let texts = |text: &str| read(text).iter().map(|it| it.as_str().to_owned()).collect::<Vec<_>>();
        assert_eq!(texts(r#"{"secrets":["one"," two "]}"#), ["one", "two"]);
        assert_eq!(texts(r#"{"secrets":[""," ","one"]}"#), ["one"]);
        for text in ["", "one", "[]", "{}", r#"{"secrets":"one"}"#, r#"{"secrets":[]}"#, r#"{"secrets":[""]}"#] {
            assert_eq!(texts(text), [""; 0], "{text}");
        }
    }
}
