//! Holds template.yaml against the code that it deploys: `cargo run -p tests --example deploy_check [-- TEMPLATE]`.
//!
//! Prints a line a check, with what is wrong below it. Ends with 0 when nothing is. Needs no AWS account.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a developer's program")]

mod checks;
mod metrics;

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use tests::install;
use tests::process::Plan;
use tests::progress::Progress;
use tests::python::{SAM, Venv};
use tests::template::Template;

use self::checks::Check;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("deploy_check: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all is well.
fn run() -> Result<bool> {
    let root = install::workspace_root();
    let path = match env::args_os().nth(1) {
        Some(path) => PathBuf::from(path).canonicalize()?,
        None => root.join("template.yaml"),
    };
    let sam = Venv::of(&SAM, &Progress::stderr())?;
    let mut well = report(&validated(&path, &sam));
    let template = Template::read(&path, &sam)?;
    for check in checks::all(&template, &root)? {
        well &= report(&check);
    }
    Ok(well)
}

/// `sam validate --lint`: SAM's translation and cfn-lint's rules, as on a machine without an account.
fn validated(path: &PathBuf, sam: &Venv) -> Check {
    let plan = Plan::new("sam-validate", sam.program("sam"))
        .args(["validate", "--lint", "--template-file"])
        .args([path])
        .directory(install::workspace_root())
        .env("SAM_CLI_TELEMETRY", "0")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env_remove("AWS_PROFILE")
        .env_remove("AWS_DEFAULT_PROFILE");
    let faults = plan.run().err().map(|error| format!("{error:#}"));
    Check { what: "sam validate --lint".into(), faults: faults.into_iter().collect() }
}

fn report(check: &Check) -> bool {
    println!("{} {}", if check.faults.is_empty() { "ok  " } else { "FAIL" }, check.what);
    for fault in &check.faults {
        println!("     {fault}");
    }
    check.faults.is_empty()
}
