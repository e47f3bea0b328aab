//! Each command that the README names is one that the programs know.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result};

use crate::programs;

fn readme() -> Result<String> {
    Ok(fs::read_to_string(tests::install::workspace_root().join("README.md"))?)
}

/// The program's commands as the README has them, in blocks of code and between backticks: a line's words without its comment, its
/// pipes and its redirections.
fn commands(readme: &str) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    let mut in_block = false;
    for line in readme.lines() {
        if line.starts_with("```") {
            in_block = !in_block;
        } else if in_block {
            all.extend(line.strip_prefix("operate ").map(str::to_owned));
        } else {
            let inline = line.split('`').skip(1).step_by(2);
            all.extend(inline.filter_map(|code| code.strip_prefix("operate ")).map(str::to_owned));
        }
    }
    all.iter().map(|text| words(text)).collect()
}

fn words(text: &str) -> Vec<String> {
    let end = text.find([';', '#', '|', '>']).unwrap_or(text.len());
    let text = text[..end]
        .replace("$(output DeadLetterQueueUrl)", "http://127.0.0.1:1/dead")
        .replace("$(output QueueUrl)", "http://127.0.0.1:1/queue")
        .replace("$DEAD", "http://127.0.0.1:1/dead")
        .replace("$DISPATCH_QUEUE_URL", "http://127.0.0.1:1/queue");
    text.split_whitespace().map(|word| word.trim_matches(['"', '[', ']']).to_owned()).collect()
}

#[test]
fn every_operate_command_of_the_readme_is_one_with_arguments_that_it_takes() -> Result<()> {
    let commands = commands(&readme()?);
    assert!(commands.len() > 30, "{commands:?}");
    // It is not run: the arguments are judged, and then there is no database.
    let nowhere = [("DB_URL", "nowhere"), ("DB_SECRET_ARN", ""), ("AWS_ENDPOINT_URL", "http://127.0.0.1:1")];
    let mut judged = BTreeSet::new();
    for words in commands.into_iter().filter(|words| words.len() > 1 || words[0] == "gates" || words[0] == "check") {
        if !judged.insert(words.clone()) || matches!(&*words[0], "dead-letters" | "redrive") && words.len() < 3 {
            continue;
        }
        let arguments: Vec<&str> = words.iter().map(String::as_str).collect();
        let output = programs::run("operate", &arguments, &nowhere, b"sample-secret")?;
        let said = String::from_utf8_lossy(&output.stderr);
        assert_ne!(output.status.code(), Some(2), "operate {}: {said}", words.join(" "));
    }
    Ok(())
}

#[test]
fn every_bare_name_of_an_operate_command_in_the_readme_is_in_its_help() -> Result<()> {
    let help = String::from_utf8(programs::run("operate", &["--help"], &[], b"")?.stdout)?;
    let known: BTreeSet<&str> =
        help.lines().filter_map(|line| line.strip_prefix("  ")).filter_map(|line| line.split(' ').next()).collect();
    for words in commands(&readme()?) {
        assert!(known.contains(words[0].as_str()), "operate {}", words.join(" "));
    }
    Ok(())
}

#[test]
fn every_example_alarm_and_output_that_the_readme_and_the_workflows_name_is_there() -> Result<()> {
    let root = tests::install::workspace_root();
    let template = fs::read_to_string(root.join("template.yaml"))?;
    let deploy = fs::read_to_string(root.join(".github/workflows/deploy.yml"))?;
    let readme = readme()?;
    for text in [&readme, &deploy] {
        for rest in text.split("--example ").skip(1) {
            let name: String = rest.chars().take_while(|it| it.is_ascii_alphanumeric() || *it == '_').collect();
            let at = root.join("tests/examples");
            let is_there = name.is_empty() || at.join(format!("{name}.rs")).is_file() || at.join(&name).is_dir();
            assert!(is_there, "example {name}");
        }
        let outputs = text.split("$(output ").skip(1).filter_map(|rest| rest.split(')').next());
        let keys = text.split("OutputKey=='").skip(1).filter_map(|rest| rest.split('\'').next());
        let (_, of_template) = template.split_once("\nOutputs:\n").context("outputs")?;
        for name in outputs.chain(keys).filter(|name| *name != "$1") {
            assert!(
                of_template.contains(&format!("\n  {name}:\n")) || of_template.starts_with(&format!("  {name}:\n")),
                "output {name}"
            );
        }
    }
    let named: BTreeSet<&str> = readme.split('`').skip(1).step_by(2).filter(|it| it.ends_with("Alarm")).collect();
    assert!(named.len() >= 7, "{named:?}");
    for alarm in named {
        assert!(template.contains(&format!("\n  {alarm}:\n    Type: AWS::CloudWatch::Alarm\n")), "{alarm}");
    }
    Ok(())
}
