//! Which of AWS's calls a binary can make: the linker keeps of the SDK what the code calls, and no more.
//!
//! Each client that is linked leaves its endpoint in the binary, `https://<service>-fips.…`, and each operation what it puts into the
//! header `x-amz-target`, such as `AmazonSQS.SendMessage`.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use crate::python::Venv;

/// Operations of a service.
#[derive(Clone, Debug, Deserialize)]
struct Service {
    target: Option<String>,
    operations: Vec<String>,
}

/// All operations of services, by the service's name in endpoints and in IAM's actions.
#[derive(Clone, Debug)]
pub struct Operations(BTreeMap<String, Service>);

impl Operations {
    /// Those of these services, as botocore in `venv` knows them.
    pub fn of(services: &BTreeSet<String>, venv: &Venv) -> Result<Self> {
        let script = include_str!("calls/operations.py");
        let output = Command::new(venv.program("python")).args(["-I", "-c", script]).args(services).output()?;
        ensure!(output.status.success(), "botocore: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).map(Self).context("read what botocore knows")
    }

    /// The IAM actions of the calls that a binary can make. An error where it has a client whose calls cannot be told.
    pub fn actions(&self, binary: &[u8]) -> Result<BTreeSet<String>> {
        let mut actions = BTreeSet::new();
        for service in linked(binary) {
            let Some(it) = self.0.get(&service) else { bail!("nothing is known of {service}") };
            let target =
                it.target.as_ref().with_context(|| format!("which calls of {service} it makes cannot be told"))?;
            for at in positions(binary, format!("{target}.").as_bytes()) {
                let name = it.longest(&binary[at..]);
                actions.extend(name.map(|name| format!("{service}:{}", single(name))));
            }
        }
        Ok(actions)
    }
}

impl Service {
    /// The operation whose name begins here. Texts stand side by side in a binary, so the longest one is meant.
    fn longest(&self, text: &[u8]) -> Option<&str> {
        let begins = self.operations.iter().filter(|name| text.starts_with(name.as_bytes()));
        begins.max_by_key(|name| name.len()).map(String::as_str)
    }
}

/// IAM judges a batch of SQS's by the single action.
fn single(operation: &str) -> &str {
    operation.strip_suffix("Batch").unwrap_or(operation)
}

/// The services of which a binary has a client.
pub fn linked(binary: &[u8]) -> BTreeSet<String> {
    const START: &[u8] = b"https://";
    let ends = |it: &u8| !(it.is_ascii_lowercase() || it.is_ascii_digit() || *it == b'-');
    let names = positions(binary, START).map(|at| {
        let rest = &binary[at..];
        let length = rest.iter().position(ends).unwrap_or(rest.len());
        String::from_utf8_lossy(&rest[..length]).into_owned()
    });
    names.filter_map(|name| name.strip_suffix("-fips").map(str::to_owned)).collect()
}

/// Where in `text` each `part` ends.
fn positions<'a>(text: &'a [u8], part: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let found = text.windows(part.len()).enumerate().filter(move |(_, window)| *window == part);
    found.map(move |(at, _)| at + part.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operations() -> Operations {
        let sqs = ["SendMessage", "SendMessageBatch", "DeleteQueue"].map(str::to_owned).into();
        let s3 = Service { target: None, operations: vec!["PutObject".to_owned()] };
        let sqs = Service { target: Some("AmazonSQS".to_owned()), operations: sqs };
        Operations([("sqs".to_owned(), sqs), ("s3".to_owned(), s3)].into())
    }

    #[test]
    fn what_a_binary_can_call_is_told_from_texts_that_stand_side_by_side() {
        let actions = |binary: &str| operations().actions(binary.as_bytes()).unwrap().into_iter().collect::<Vec<_>>();
        let linked = "..https://sqs-fips..amazonaws.com..";
        assert_eq!(actions("AmazonSQS.SendMessage without its client"), [""; 0]);
        assert_eq!(actions(&format!("{linked}AmazonSQS.Else")), [""; 0]);
        assert_eq!(actions(&format!("{linked}AmazonSQS.SendMessageBatchrequest")), ["sqs:SendMessage"]);
        let both = format!("AmazonSQS.DeleteQueueAmazonSQS.SendMessageevent{linked}");
        assert_eq!(actions(&both), ["sqs:DeleteQueue", "sqs:SendMessage"]);
    }

    #[test]
    fn a_client_whose_calls_cannot_be_told_is_an_error_and_not_nothing() {
        for binary in ["https://s3-fips.dualstack.", "https://dynamodb-fips."] {
            assert!(operations().actions(binary.as_bytes()).is_err(), "{binary}");
        }
    }
}
