//! The README's table of platforms says what the adapters say.

use std::fs;

use anyhow::{Context, Result};
use shared::platforms::Platform;

#[test]
fn the_readme_names_each_platform_with_its_slot_and_its_amounts() -> Result<()> {
    let readme = fs::read_to_string(tests::install::workspace_root().join("README.md"))?;
    for word in Platform::WORDS {
        let platform = Platform::parse(word).context("a platform")?;
        let start = format!("| `{word}` | ");
        let row = readme.lines().find(|line| line.starts_with(&start)).with_context(|| format!("no row of {word}"))?;
        let cells: Vec<&str> = row.split(" | ").collect();
        if let Some(slot) = platform.slot() {
            assert_eq!(cells[2], format!("`{slot}`"), "{word}");
        }
        let amounts: Vec<&str> = platform.amounts().iter().map(|amount| amount.as_str()).collect();
        assert_eq!(cells[3], amounts.join(", "), "{word}");
    }
    Ok(())
}
