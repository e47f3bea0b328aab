//! What each platform's bodies become. The fixtures are our own, in the platforms' shapes; a directory of captured bodies can be
//! named in `WEBHOOK_SAMPLES` (`<platform>-<event>.json`), and each of them is read too.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use lambda_http::http::{HeaderMap, HeaderValue};
use serde_json::Value;
use shared::domain::country::Country;
use shared::domain::order::{Amount, Ignored, OrderState, Rejected};
use shared::platforms::{Context, Platform};
use tests::webhook::{self, Question};

/// Some time after every time in the fixtures: 2026-01-20 00:00 UTC.
const RECEIVED_AT: i64 = 1_768_867_200;

fn answer(platform: Platform, file: &Path) -> Result<Value> {
    let body = std::fs::read(file)?;
    let mut headers = HeaderMap::new();
    for (name, value) in webhook::headers_by_name(platform, file) {
        headers.insert(name, HeaderValue::from_str(&value)?);
    }
    let context = Context { received_at_s: RECEIVED_AT, country: Country::parse("BR") };
    Ok(Question { platform, headers: &headers, body: &body, context, amount: Amount::default() }.answer())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.sort();
    Ok(files)
}

fn stem(path: &Path) -> Result<String> {
    Ok(path.file_stem().and_then(|stem| stem.to_str()).context("a name")?.to_owned())
}

#[test]
fn each_platforms_fixtures_are_read_as_they_were_reviewed() -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/webhooks");
    let mut seen = BTreeSet::new();
    for folder in files(&folder)? {
        let word = stem(&folder)?;
        let platform = Platform::parse(&word).with_context(|| format!("{word} is no platform"))?;
        for file in files(&folder)? {
            let answer = answer(platform, &file)?;
            insta::assert_snapshot!(format!("{word}__{}", stem(&file)?), format!("{answer:#}"));
        }
        seen.insert(word);
    }
    let missing: Vec<_> = Platform::WORDS.iter().filter(|word| !seen.contains(**word)).collect();
    ensure!(missing.is_empty(), "without fixtures: {missing:?}");
    Ok(())
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test may be told of more bodies")]
fn every_captured_body_has_an_outcome_of_the_contract() -> Result<()> {
    let Some(folder) = std::env::var_os("WEBHOOK_SAMPLES") else { return Ok(()) };
    for file in files(Path::new(&folder))? {
        let name = stem(&file)?;
        let Some(platform) = name.split_once('-').and_then(|(word, _)| Platform::parse(word)) else { continue };
        if name.ends_with(".source") {
            continue;
        }
        let answer = answer(platform, &file)?;
        let known = |field: &str, words: &[&str]| answer[field].as_str().is_some_and(|word| words.contains(&word));
        match answer["outcome"].as_str() {
            Some("order") => {
                ensure!(known("state", OrderState::WORDS), "{name}: {answer}");
                let is_sale = answer["event_name"] == "Purchase";
                ensure!(!is_sale || (answer["state"] == "paid" && answer["value"].is_string()), "{name}: {answer}");
            }
            Some("ignored") => {
                ensure!(known("reason", Ignored::WORDS) && answer["event_name"].is_null(), "{name}: {answer}");
            }
            Some("rejected") => {
                ensure!(known("reason", Rejected::WORDS) && answer["state"].is_null(), "{name}: {answer}");
            }
            _ => anyhow::bail!("{name}: {answer}"),
        }
        ensure!(answer["event_time"].as_i64().is_none_or(|time| time <= RECEIVED_AT), "{name}: {answer}");
    }
    Ok(())
}

fn tool(arguments: &[&str]) -> Result<std::process::Output> {
    crate::programs::run("webhook", arguments, &[], b"")
}

fn fixture(name: &str) -> String {
    format!("{}/fixtures/webhooks/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn webhook_prints_one_object_and_reads_phones_by_the_tenants_country() -> Result<()> {
    let file = fixture("eduzz/invoice_paid.json");
    let shown = |arguments: &[&str]| -> Result<Value> { Ok(serde_json::from_slice(&tool(arguments)?.stdout)?) };
    let read = shown(&["eduzz", &file, "--country", "BR"])?;
    assert_eq!(
        (&read["outcome"], &read["event_name"], &read["value"]),
        (&"order".into(), &"Purchase".into(), &"301.50".into())
    );
    assert_eq!(read["buyer"]["phone"], "5511955550123");
    assert_eq!(shown(&["eduzz", &file])?["buyer"]["phone"], Value::Null, "no country is made up");
    assert_eq!(shown(&["--amount", "gross", "eduzz", &file])?["reason"], "amount_not_stated");
    Ok(())
}

#[test]
fn webhook_takes_a_header_and_else_what_the_files_name_says() -> Result<()> {
    let file = fixture("shopify/orders_create.json");
    let state = |arguments: &[&str]| -> Result<Value> {
        let answer: Value = serde_json::from_slice(&tool(arguments)?.stdout)?;
        Ok(answer["state"].clone())
    };
    assert_eq!(state(&["shopify", &file])?, "pending");
    assert_eq!(state(&["shopify", &file, "--header", "X-Shopify-Topic: orders/paid"])?, "paid");
    Ok(())
}

#[test]
fn webhook_refuses_an_unknown_platform_and_says_which_file_it_cannot_read() -> Result<()> {
    let output = tool(&["hotmarte", "x.json"])?;
    let said = String::from_utf8(output.stderr)?;
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("\"hotmarte\" is no platform") && said.contains("platforms: hotmart"), "{said}");
    for arguments in
        [&["hotmart"][..], &["hotmart", "a", "b"], &["hotmart", "a", "--country", "XX"], &["hotmart", "a", "--x"]]
    {
        assert_eq!(tool(arguments)?.status.code(), Some(2), "{arguments:?}");
    }
    let output = tool(&["hotmart", "/nowhere/x.json"])?;
    assert!(!output.status.success() && output.stdout.is_empty());
    assert!(String::from_utf8(output.stderr)?.contains("/nowhere/x.json cannot be read"));
    Ok(())
}
