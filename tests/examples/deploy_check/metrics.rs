//! Metrics and alarms against the functions' log lines.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::checks::Check;
use tests::template::{Template, listed, referred};

/// Each metric counts a line that the function logs, and each alarm of ours watches a metric that is counted.
pub(crate) fn check(template: &Template, functions: &Path) -> Result<Check> {
    let (mut faults, mut counted) = (Vec::new(), BTreeSet::new());
    for (id, filter) in template.of_type("AWS::Logs::MetricFilter") {
        let Some(message) = logged(&filter["FilterPattern"]) else {
            faults.push(format!("{id}: FilterPattern is not {{ $.fields.message = \"..\" }}, as the functions log"));
            continue;
        };
        match function_of(template, &filter["LogGroupName"]) {
            Some(function) if sources(&functions.join(function).join("src"))?.contains(&format!("\"{message}\"")) => {}
            Some(function) => faults.push(format!("{id}: {function} never logs {message:?}")),
            None => faults.push(format!("{id}: its log group is no function's")),
        }
        for metric in listed(&filter["MetricTransformations"]) {
            if metric["DefaultValue"] != 0 {
                faults.push(format!("{id}: without DefaultValue: 0 a quiet minute is no data"));
            }
            counted.insert((metric["MetricNamespace"].to_string(), metric["MetricName"].as_str()));
        }
    }
    for (id, alarm) in template.of_type("AWS::CloudWatch::Alarm") {
        // One metric, or several that are added up.
        let watched: Vec<&Value> = match alarm["Metrics"].as_array() {
            None => vec![alarm],
            Some(all) => all.iter().map(|it| &it["MetricStat"]["Metric"]).filter(|it| !it.is_null()).collect(),
        };
        for metric in watched {
            let named = (metric["Namespace"].to_string(), metric["MetricName"].as_str());
            if !named.0.starts_with("\"AWS/") && !counted.contains(&named) {
                faults.push(format!("{id}: nothing counts {named:?}"));
            }
        }
    }
    let shown = shown(template)?;
    let told = sources(functions)?;
    for name in &shown {
        let is_counted = counted.iter().any(|(_, counted)| *counted == Some(name));
        if !is_counted && !told.contains(&format!("\"{name}\"")) {
            faults.push(format!("the dashboard shows {name}, which nobody tells of"));
        }
    }
    let what = format!(
        "{} metrics, each of a line that its function logs; {} on the dashboard, each told of",
        counted.len(),
        shown.len()
    );
    Ok(Check { what, faults })
}

/// The metrics of our own that the dashboard shows.
fn shown(template: &Template) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for (id, dashboard) in template.of_type("AWS::CloudWatch::Dashboard") {
        let body = dashboard["DashboardBody"]["Fn::Sub"].as_str().unwrap_or_default();
        let body: Value = serde_json::from_str(body).with_context(|| format!("{id}: its body is not JSON"))?;
        let widgets = body["widgets"].as_array().into_iter().flatten();
        for metric in widgets.flat_map(|it| it["properties"]["metrics"].as_array().into_iter().flatten()) {
            let is_ours = metric[0].as_str().is_some_and(|it| it.starts_with("TrackAI/"));
            names.extend(metric[1].as_str().filter(|_| is_ours).map(str::to_owned));
        }
    }
    Ok(names)
}

/// The message that a filter on the functions' JSON lines looks for.
fn logged(pattern: &Value) -> Option<&str> {
    pattern.as_str()?.strip_prefix("{ $.fields.message = \"")?.strip_suffix("\" }")
}

/// The function that writes to a log group.
fn function_of<'a>(template: &'a Template, group: &Value) -> Option<&'a str> {
    let writes = |it: &Value| referred(&it["LoggingConfig"]["LogGroup"]) == referred(group);
    template.functions().into_iter().find_map(|(id, it)| writes(it).then_some(id))
}

/// All Rust below a folder.
fn sources(path: &Path) -> Result<String> {
    let mut text = String::new();
    for entry in fs::read_dir(path).with_context(|| format!("read {}", path.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            text.push_str(&sources(&path)?);
        } else if path.extension().is_some_and(|it| it == "rs") {
            text.push_str(&fs::read_to_string(&path)?);
        }
    }
    Ok(text)
}
