//! Arguments.

const USAGE: &str = "\
usage: cargo run -p tests --example deploy [-- --without FUNCTION:ACTION]
       cargo run -p tests --example deploy -- --check PARAMETER=SECRET...

Builds template.yaml with the SAM CLI, deploys it to a local AWS that enforces its policies, and does everything through it. The last line
is one JSON object, the exit code 0 only if all of it held and nothing was refused.

  --without FUNCTION:ACTION    takes an action from the role of a function before, say click:secretsmanager:GetSecretValue:
                               then it has to fail
  --check PARAMETER=SECRET...  only looks whether the secrets are there that a deploy needs, by name or ARN, in the account of the
                               environment's credentials. Prints PARAMETER=ARN for each, or what is missing and how to make it, and
                               ends with 1 where anything is. Parameters: AdminTokenSecretArn; DatabaseSecretArn, unless the stack
                               makes the database; MigrationDatabaseSecretArn, where another role may change the schema";

/// A right that is taken away.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Right {
    /// The function's logical id.
    pub(crate) function: String,
    /// The action, as its policy names it.
    pub(crate) action: String,
}

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Options {
    /// All of it, without this right.
    Deploy(Option<Right>),
    /// Only whether these secrets are there: parameter, and name or ARN.
    Check(Vec<(String, String)>),
}

impl Options {
    /// Reads the arguments.
    ///
    /// # Errors
    /// The usage, with what is wrong.
    pub(crate) fn read(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let arguments: Vec<String> = arguments.collect();
        match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            [] => Ok(Self::Deploy(None)),
            ["--without", right] => match right.split_once(':') {
                Some((function, action)) if action.contains(':') => {
                    Ok(Self::Deploy(Some(Right { function: function.to_owned(), action: action.to_owned() })))
                }
                _ => Err(format!("--without takes FUNCTION:ACTION\n\n{USAGE}")),
            },
            ["--check", wanted @ ..] if !wanted.is_empty() => {
                let pairs = wanted.iter().map(|it| it.split_once('=').filter(|(_, secret)| !secret.is_empty()));
                let pairs: Option<Vec<_>> = pairs.collect();
                let pairs = pairs.ok_or_else(|| format!("--check takes PARAMETER=SECRET\n\n{USAGE}"))?;
                Ok(Self::Check(pairs.into_iter().map(|(name, secret)| (name.to_owned(), secret.to_owned())).collect()))
            }
            _ => Err(USAGE.to_owned()),
        }
    }
}
