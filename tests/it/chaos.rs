//! The chaos program, in a short run.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::programs;

#[test]
fn nothing_is_lost_and_nothing_is_stuck_when_processes_are_killed() -> Result<()> {
    let arguments = ["--kills", "8", "--seed", "4", "--orders", "80", "--windows", "1"];
    let output = programs::run("chaos", &arguments, &[], b"")?;
    let said = String::from_utf8(output.stdout)?;
    ensure!(output.status.success(), "{}\n{said}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    let summary: Value = serde_json::from_str(said.lines().last().context("a last line")?)?;
    let number = |key: &str| summary[key].as_u64().with_context(|| format!("{key} of {summary}"));
    assert_eq!((number("kills")?, number("seed")?), (8, 4));
    assert_eq!((number("lost")?, number("stuck")?), (0, 0));
    assert!(number("accepted")? <= number("orders")? && number("sent")? <= number("accepted")?, "{summary}");
    // Both tenants' orders went at last, under the kills and before.
    assert!(number("orders")? > 80 && number("sent")? > 80, "{summary}");
    for key in ["p50_ms_alone", "p50_ms_beside_dead", "p99_ms_alone", "p99_ms_beside_dead"] {
        ensure!(summary["healthy"][key].is_u64(), "{key} of {summary}");
    }
    number("duplicate_sends")?;
    Ok(())
}

#[test]
fn chaos_refuses_unknown_arguments_with_its_usage() -> Result<()> {
    let output = programs::run("chaos", &["--kill", "3"], &[], b"")?;
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr)?.contains("--kills N"));
    Ok(())
}
