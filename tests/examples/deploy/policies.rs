//! Each role allows what its binary can call and what Lambda does in its name, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use tests::calls::{self, Operations};
use tests::sam::Sam;
use tests::template::{Template, listed, referred};

/// What Lambda does as a function's role, without its code.
const LOGS: [&str; 2] = ["logs:CreateLogStream", "logs:PutLogEvents"];
/// The same where a queue is polled for it.
const POLLS: [&str; 3] = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"];
/// The same where it runs in a VPC, or is traced: managed policies of the template, on a condition.
const NETWORK: [&str; 6] = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
];
const TRACES: [&str; 2] = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"];

/// Holds the template's roles to the binaries that were built of it. An error with a line for each action that is over or missing.
pub(crate) fn check(sam: &Sam, template: &Path) -> Result<()> {
    let template = Template::read(template, sam.venv())?;
    let mut binaries = BTreeMap::new();
    for id in template.functions().into_keys() {
        let path = sam.built().with_file_name(id).join("bootstrap");
        binaries.insert(id, fs::read(&path).with_context(|| format!("read {}", path.display()))?);
    }
    let services = binaries.values().flat_map(|it| calls::linked(it)).collect();
    let operations = Operations::of(&services, sam.venv())?;
    let mut faults = Vec::new();
    for (id, binary) in &binaries {
        let mut needed = operations.actions(binary).with_context(|| format!("the binary of {id}"))?;
        if needed.is_empty() {
            faults.push(format!("{id}: no call was found in its binary, which reads a secret at the least"));
        }
        let platform = LOGS.iter().chain(&NETWORK).chain(&TRACES);
        needed.extend(platform.chain(POLLS.iter().filter(|_| polled(&template, id))).map(|it| (*it).to_owned()));
        let allowed = allowed(&template, id);
        faults.extend(allowed.difference(&needed).map(|it| format!("{id} may {it}, and never does")));
        faults.extend(needed.difference(&allowed).map(|it| format!("{id} does {it}, and may not")));
    }
    if faults.is_empty() { Ok(()) } else { bail!("roles and binaries differ:\n{}", faults.join("\n")) }
}

/// The actions of a function's role, also by policies that it has on a condition.
fn allowed(template: &Template, id: &str) -> BTreeSet<String> {
    let role = template.properties(referred(&template.properties(id)["Role"]).unwrap_or_default());
    let managed = listed(&role["ManagedPolicyArns"]).into_iter().flat_map(|it| [it, &it["Fn::If"][1]]);
    let managed = managed.filter_map(referred).map(|id| &template.properties(id)["PolicyDocument"]);
    let policies = listed(&role["Policies"]).into_iter().map(|it| &it["PolicyDocument"]).chain(managed);
    let statements = policies.flat_map(|it| listed(&it["Statement"])).filter(|it| it["Effect"] == "Allow");
    let actions = statements.flat_map(|it| listed(&it["Action"]));
    actions.filter_map(|it| it.as_str().map(str::to_owned)).collect()
}

/// Whether a queue is polled for it.
fn polled(template: &Template, id: &str) -> bool {
    template.of_type("AWS::Lambda::EventSourceMapping").any(|(_, it)| referred(&it["FunctionName"]) == Some(id))
}
