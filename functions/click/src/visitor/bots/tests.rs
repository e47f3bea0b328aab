//! The tables say what the list says.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::Command;

use isbot::Bots;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::Value;

use super::knows;

/// The list as its crate matches it, with what is added to it.
fn list() -> Bots {
    let mut bots = Bots::default();
    bots.append(&["^meta-external", "^facebookcatalog", "^whatsapp/"]);
    bots
}

/// Where the sources of `isbot` are.
fn folder() -> PathBuf {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--filter-platform", "host-tuple"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let isbot = packages.iter().find(|it| it["name"] == "isbot").unwrap();
    Path::new(isbot["manifest_path"].as_str().unwrap()).parent().unwrap().to_owned()
}

/// The agents of one of its fixtures: a JSON array, or one a line.
fn agents(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|_| text.lines().map(str::to_owned).collect())
}

#[test]
fn each_agent_that_isbot_is_tested_with_is_judged_as_isbot_judges_it() {
    let (bots, mut known, mut unknown) = (list(), 0, 0);
    for file in std::fs::read_dir(folder().join("fixtures")).unwrap() {
        for agent in agents(&file.unwrap().path()) {
            assert_eq!(knows(&agent), bots.is_bot(&agent), "{agent}");
            *(if knows(&agent) { &mut known } else { &mut unknown }) += 1;
        }
    }
    assert!(known > 10_000 && unknown > 100_000, "{known} known, {unknown} unknown");
}

const AROUND: [&str; 10] =
    ["bot", "FDM/7", "fdm\u{a0}\u{663}", "ptst\u{2003}", "daumoa 1", "WhatsApp/2 a", "Mozilla/5.0 (", ")", " ", "\n"];

/// What agents are made of: the list's own words without what only an expression has, in part or whole, and what stands around them.
fn pieces() -> impl Strategy<Value = String> {
    let patterns = std::fs::read_to_string(folder().join("src/bot_regex_patterns.txt")).unwrap();
    let word = |pattern: &str| pattern.replace(['^', '$', '\\', '+', '?'], "");
    let words: Vec<String> = patterns.lines().map(word).collect();
    prop_oneof![
        2 => prop::sample::select(words.clone()),
        2 => prop::sample::select(words).prop_flat_map(|it| (0..=it.len()).prop_map(move |end| it[..end].to_owned())),
        2 => prop::sample::select(&AROUND[..]).prop_map(str::to_owned),
        1 => "\\PC{0,2}",
    ]
}

#[test]
fn any_text_is_judged_as_isbot_judges_it() {
    let (bots, known) = (list(), Cell::new(0));
    let agent = prop::collection::vec((pieces(), any::<bool>()), 0..4).prop_map(|pieces| {
        pieces.into_iter().map(|(piece, loud)| if loud { piece.to_uppercase() } else { piece }).collect::<String>()
    });
    TestRunner::new(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })
        .run(&agent, |agent| {
            known.set(known.get() + u32::from(bots.is_bot(&agent)));
            prop_assert_eq!(knows(&agent), bots.is_bot(&agent), "{}", agent);
            Ok(())
        })
        .unwrap();
    assert!((1000..3500).contains(&known.get()), "of both kinds, not {known:?} known");
}
