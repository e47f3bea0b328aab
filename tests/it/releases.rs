//! A version is one in all places.

use std::fs;

use anyhow::{Context, Result};

#[test]
fn the_newest_heading_of_the_changelog_is_the_version() -> Result<()> {
    let root = tests::install::workspace_root();
    let changes = fs::read_to_string(root.join(".github/CHANGELOG.md"))?;
    let newest = changes.lines().find_map(|line| line.strip_prefix("## ")).context("a heading")?;
    assert_eq!(newest, env!("CARGO_PKG_VERSION"));
    Ok(())
}

/// As the workflow reads it.
#[test]
fn the_workflow_finds_the_version_in_the_one_line_that_has_it() -> Result<()> {
    let root = tests::install::workspace_root();
    let manifest = fs::read_to_string(root.join("Cargo.toml"))?;
    let lines: Vec<&str> = manifest.lines().filter(|line| line.starts_with("version = \"")).collect();
    assert_eq!(lines, [format!("version = \"{}\"", env!("CARGO_PKG_VERSION"))]);
    Ok(())
}

#[test]
fn no_workflow_knows_a_key_of_aws() -> Result<()> {
    for entry in fs::read_dir(tests::install::workspace_root().join(".github/workflows"))? {
        let text = fs::read_to_string(entry?.path())?;
        assert!(!text.contains("aws-access-key-id") && !text.contains("secrets."), "a long-lived key");
    }
    Ok(())
}
