//! What must hold between the template and the code. Each check is of both ways: nothing missing, nothing over.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use shared::db::dispatch::LEASE_S;

use crate::metrics;
use tests::template::{Template, listed, referred};

/// AWS, Using Lambda with Amazon SQS: the queue's visibility time-out is at least six times the function's.
const VISIBILITY: u64 = 6;

/// API Gateway ends an HTTP API's integration then, in seconds.
const GATEWAY_S: u64 = 30;

/// Local alone: in a deployed function's configuration it would be a password that anyone who may list functions reads.
const LOCAL: &str = "DB_URL";

/// What was checked, and what is wrong.
pub(crate) struct Check {
    /// In a few words, with a count.
    pub(crate) what: String,
    /// One line each; none is well.
    pub(crate) faults: Vec<String>,
}

/// All of them. An error where there is nothing to compare with.
pub(crate) fn all(template: &Template, root: &Path) -> Result<Vec<Check>> {
    let functions = folders(&root.join("functions"))?;
    let config = root.join("shared/src/config.rs");
    let source = fs::read_to_string(&config).with_context(|| format!("read {}", config.display()))?;
    let documented = variable_table(&source, &functions)?;
    Ok(vec![
        one_resource_each(template, &functions),
        routes(template, &router(root)?),
        variables(template, &documented),
        told(root, &documented)?,
        time_outs(template)?,
        roles(template),
        access_logs(template),
        database_port(template),
        metrics::check(template, &root.join("functions"))?,
    ])
}

/// What an access log may hold: neither the path, which of a webhook holds its secret, nor an address, which is personal data.
const LOGGED: [&str; 7] =
    ["requestId", "routeKey", "status", "responseLatency", "integrationLatency", "integrationStatus", "error.message"];

/// The API logs those alone.
fn access_logs(template: &Template) -> Check {
    let mut faults = Vec::new();
    let mut named = BTreeSet::new();
    for (id, stage) in template.of_type("AWS::ApiGatewayV2::Stage") {
        let format = stage["AccessLogSettings"]["Format"].as_str().unwrap_or_default();
        for name in format.split("$context.").skip(1).filter_map(|it| it.split('"').next()) {
            named.insert(name);
            if !LOGGED.contains(&name) {
                faults.push(format!("{id}: its access log has $context.{name}"));
            }
        }
    }
    if named.is_empty() {
        faults.push("no access log was found".to_owned());
    }
    Check { what: format!("{} things in the access log, no path and no address", named.len()), faults }
}

/// The database that the template makes listens where its security group lets the functions in.
fn database_port(template: &Template) -> Check {
    let ports: Vec<&Value> = template.of_type("AWS::RDS::DBCluster").map(|(_, cluster)| &cluster["Port"]).collect();
    let groups = template.of_type("AWS::EC2::SecurityGroup").map(|(_, group)| &group["SecurityGroupIngress"]);
    let rules: Vec<&Value> = groups.filter_map(Value::as_array).flatten().collect();
    let mut faults = Vec::new();
    if ports.is_empty() || rules.is_empty() {
        faults.push("no cluster, or no way to it, was found".to_owned());
    }
    for rule in rules {
        if !ports.iter().all(|port| port.is_number() && [&rule["FromPort"], &rule["ToPort"]] == [*port, *port]) {
            faults.push(format!(
                "the functions are let in at {}, and the cluster listens at {ports:?}",
                rule["FromPort"]
            ));
        }
    }
    Check { what: "the database's port is open to the functions".to_owned(), faults }
}

fn folders(path: &Path) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(path).with_context(|| format!("read {}", path.display()))? {
        let entry = entry?;
        if entry.path().join("Cargo.toml").is_file() {
            names.insert(entry.file_name().to_string_lossy().into_owned());
        }
    }
    ensure!(!names.is_empty(), "{} holds no function", path.display());
    Ok(names)
}

/// Folder, logical id, binary and the end of the deployed name are one word.
fn one_resource_each(template: &Template, folders: &BTreeSet<String>) -> Check {
    let resources: BTreeSet<String> = template.functions().into_keys().map(str::to_owned).collect();
    let mut faults = differences(folders, &resources, "folder in functions/", "resource in the template");
    for (id, it) in template.functions() {
        if template.binary(id) != Some(id) {
            faults.push(format!("{id}: BuildProperties.Binary is {:?}", template.binary(id)));
        }
        let name = it["FunctionName"]["Fn::Sub"].as_str().unwrap_or_default();
        if name != format!("${{AWS::StackName}}-{id}") {
            faults.push(format!("{id}: FunctionName is {name:?}, not the stack's name and its own"));
        }
    }
    Check { what: format!("{} function folders, each with its resource, binary and name", folders.len()), faults }
}

/// The local router's routes, in API Gateway's syntax.
fn router(root: &Path) -> Result<BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root)
        .output()
        .context("run cargo metadata")?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let Some(router) = metadata["metadata"]["lambda"]["watch"]["router"].as_object() else {
        bail!("Cargo.toml has no [workspace.metadata.lambda.watch.router]")
    };
    let mut routes = BTreeSet::new();
    for (path, to) in router {
        let path = greedy(path);
        match to {
            Value::String(function) => {
                routes.insert(format!("ANY {path} -> {function}"));
            }
            Value::Array(methods) => {
                for it in methods {
                    let (Some(method), Some(function)) = (it["method"].as_str(), it["function"].as_str()) else {
                        bail!("the router's {path}: want method and function")
                    };
                    routes.insert(format!("{} {path} -> {function}", method.to_uppercase()));
                }
            }
            _ => bail!("the router's {path} is neither a function nor a list"),
        }
    }
    Ok(routes)
}

/// `/setup/{*rest}` of the local router is `/setup/{rest+}` at API Gateway.
fn greedy(path: &str) -> String {
    let segments =
        path.split('/').map(|segment| match segment.strip_prefix("{*").and_then(|it| it.strip_suffix('}')) {
            Some(name) => format!("{{{name}+}}"),
            None => segment.to_owned(),
        });
    segments.collect::<Vec<_>>().join("/")
}

fn routes(template: &Template, router: &BTreeSet<String>) -> Check {
    let faults = differences(router, &template.routes(), "route of the local router", "route in the template");
    Check { what: format!("{} routes, the same locally and at API Gateway", router.len()), faults }
}

/// The variables that `shared::config` documents, by function: rows of "| `NAME` | who | meaning |".
fn variable_table(source: &str, functions: &BTreeSet<String>) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let mut table: BTreeMap<String, BTreeSet<String>> =
        functions.iter().map(|it| (it.clone(), BTreeSet::new())).collect();
    let rows = source.lines().filter_map(|line| line.strip_prefix("//! | `"));
    for row in rows {
        let mut cells = row.split('|').map(str::trim);
        let (Some(name), Some(who)) = (cells.next().and_then(|it| it.strip_suffix('`')), cells.next()) else {
            bail!("the table of shared/src/config.rs: cannot read {row:?}")
        };
        for function in who_of(who, functions).with_context(|| format!("the table's row of {name}"))? {
            table.entry(function).or_default().insert(name.to_owned());
        }
    }
    ensure!(table.values().any(|it| !it.is_empty()), "shared/src/config.rs documents no variable");
    Ok(table)
}

/// `all`, `all but a, b`, or `a, b`.
fn who_of(who: &str, functions: &BTreeSet<String>) -> Result<BTreeSet<String>> {
    let named = |list: &str| -> Result<BTreeSet<String>> {
        let names: BTreeSet<String> =
            list.split(',').map(|it| it.trim().to_owned()).filter(|it| it != "none").collect();
        match names.iter().find(|it| !functions.contains(*it)) {
            Some(name) => bail!("{name:?} is no function"),
            None => Ok(names),
        }
    };
    match who.strip_prefix("all but ") {
        Some(except) => Ok(functions - &named(except)?),
        None if who == "all" => Ok(functions.clone()),
        None => named(who),
    }
}

/// The README's table and `.env.example` have each variable.
fn told(root: &Path, documented: &BTreeMap<String, BTreeSet<String>>) -> Result<Check> {
    let names: BTreeSet<&String> = documented.values().flatten().collect();
    let mut faults = Vec::new();
    for file in ["README.md", ".env.example"] {
        let text = fs::read_to_string(root.join(file)).with_context(|| format!("read {file}"))?;
        let rows = text.lines().filter(|line| line.starts_with("| `") || line.contains('='));
        let words: BTreeSet<&str> =
            rows.flat_map(|line| line.split(|it: char| !it.is_ascii_alphanumeric() && it != '_')).collect();
        faults.extend(
            names.iter().filter(|it| !words.contains(it.as_str())).map(|it| format!("{file} does not tell of {it}")),
        );
    }
    Ok(Check { what: format!("{} variables, each told of in README.md and .env.example", names.len()), faults })
}

fn variables(template: &Template, documented: &BTreeMap<String, BTreeSet<String>>) -> Check {
    let (mut faults, mut count) = (Vec::new(), 0);
    for (function, wanted) in documented {
        let wanted: BTreeSet<String> = wanted.iter().filter(|it| *it != LOCAL).cloned().collect();
        let given = template.properties(function)["Environment"]["Variables"].as_object();
        let given = given.into_iter().flatten().map(|(name, _)| name.clone()).collect();
        let missing =
            differences(&wanted, &given, "variable that shared::config documents", "variable in the template");
        faults.extend(missing.into_iter().map(|fault| format!("{function}: {fault}")));
        count += wanted.len();
    }
    Check { what: format!("{count} variables, each given to the functions that read it"), faults }
}

fn time_outs(template: &Template) -> Result<Check> {
    let mut faults = Vec::new();
    let time_out = |id: &str| {
        let timeout = template.number(&template.properties(id)["Timeout"]);
        timeout.with_context(|| format!("{id} has no Timeout in whole seconds"))
    };
    let mut mappings = 0;
    for (id, mapping) in template.of_type("AWS::Lambda::EventSourceMapping") {
        let (Some(function), Some(queue)) = (referred(&mapping["FunctionName"]), referred(&mapping["EventSourceArn"]))
        else {
            bail!("{id} names no function or queue of this template")
        };
        let visibility = template.number(&template.properties(queue)["VisibilityTimeout"]);
        let visibility = visibility.with_context(|| format!("{queue} has no VisibilityTimeout"))?;
        if visibility < VISIBILITY * time_out(function)? {
            faults.push(format!(
                "{queue}: {visibility} s is less than {VISIBILITY} x the {} s of {function}",
                time_out(function)?
            ));
        }
        mappings += 1;
    }
    if mappings == 0 {
        faults.push("no function takes from a queue".into());
    }
    if i64::from(LEASE_S) <= i64::try_from(time_out("dispatch")?)? {
        faults.push(format!("dispatch may run longer than its lease of {LEASE_S} s"));
    }
    let behind_gateway: BTreeSet<String> =
        template.routes().iter().filter_map(|route| Some(route.rsplit_once(" -> ")?.1.to_owned())).collect();
    for function in behind_gateway.iter().filter(|it| template.functions().contains_key(it.as_str())) {
        if time_out(function)? >= GATEWAY_S {
            faults.push(format!("{function}: API Gateway ends the request at {GATEWAY_S} s, before the function does"));
        }
    }
    let what = format!(
        "time-outs: queue {VISIBILITY} x function, function under its lease and under API Gateway's {GATEWAY_S} s"
    );
    Ok(Check { what, faults })
}

/// Each function has a role of its own, no policy of AWS's, and no right over everything, unless AWS knows no resource to name.
fn roles(template: &Template) -> Check {
    let (mut faults, mut users) = (Vec::new(), BTreeMap::new());
    for (id, it) in template.functions() {
        match referred(&it["Role"]) {
            Some(role) => {
                if let Some(other) = users.insert(role, id) {
                    faults.push(format!("{id} and {other} share {role}"));
                }
            }
            None => faults.push(format!("{id}: its role is not in the template")),
        }
    }
    for (id, role) in template.of_type("AWS::IAM::Role") {
        for policy in listed(&role["ManagedPolicyArns"]) {
            if !is_of_the_template(template, policy) {
                faults.push(format!("{id} has the managed policy {policy}: it names no resource of ours"));
            }
        }
        let policies = role["Policies"].as_array().map(Vec::as_slice).unwrap_or_default();
        for statement in policies.iter().flat_map(|it| listed(&it["PolicyDocument"]["Statement"])) {
            if listed(&statement["Resource"]).iter().any(|it| *it == "*") {
                faults.push(format!("{id}: {} on everything", statement["Action"]));
            }
            if listed(&statement["Action"]).iter().any(|it| it.as_str().is_none_or(|it| it.contains('*'))) {
                faults.push(format!("{id}: {} is not a list of named actions", statement["Action"]));
            }
        }
    }
    for (id, policy) in template.of_type("AWS::IAM::ManagedPolicy") {
        for statement in listed(&policy["PolicyDocument"]["Statement"]) {
            for action in listed(&statement["Action"]) {
                let named = action.as_str().unwrap_or_default();
                if statement["Effect"] == "Allow" && !WITHOUT_RESOURCE.contains(&named) {
                    faults.push(format!("{id}: {action} is not one of the actions that know no resource"));
                }
            }
        }
    }
    Check { what: format!("{} roles, one a function, no right over everything", users.len()), faults }
}

/// What Lambda itself does in a role's name where a parameter asks for it: these actions know no resource to name (AWS, Service
/// Authorization Reference).
const WITHOUT_RESOURCE: [&str; 8] = [
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
];

/// A managed policy that the template makes, under a condition that is off unless a parameter says so; or none.
fn is_of_the_template(template: &Template, policy: &Value) -> bool {
    let (wanted, otherwise) = (&policy["Fn::If"][1], &policy["Fn::If"][2]);
    let made = |id: &str| template.of_type("AWS::IAM::ManagedPolicy").any(|(known, _)| known == id);
    policy.is_null() || referred(wanted).is_some_and(made) && otherwise["Ref"] == "AWS::NoValue"
}

fn differences(left: &BTreeSet<String>, right: &BTreeSet<String>, left_is: &str, right_is: &str) -> Vec<String> {
    let missing = left.difference(right).map(|it| format!("{it}: a {left_is}, but no {right_is}"));
    missing.chain(right.difference(left).map(|it| format!("{it}: a {right_is}, but no {left_is}"))).collect()
}
