//! What each platform's bodies become. The fixtures are our own, in the platforms' shapes; a directory of captured bodies can be
//! named in `WEBHOOK_SAMPLES` (`<platform>-<event>.json`), and each of them is read too.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use lambda_http::http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use shared::db::connections::Connection;
use shared::domain::country::Country;
use shared::domain::order::{Amount, Ignored, OrderState, Rejected};
use shared::intake::{self, Read};
use shared::platforms::{Context, Delivery, Platform};
use tests::webhook::{self, Question, connection};

use crate::sales::all_wanted;

/// Some time after every time in the fixtures: 2026-01-20 00:00 UTC.
const RECEIVED_AT: i64 = 1_768_867_200;

fn headers(platform: Platform, file: &Path) -> Result<HeaderMap> {
    let all = webhook::headers_by_name(platform, file).into_iter();
    all.map(|(name, value)| Ok((HeaderName::from_bytes(name.as_bytes())?, HeaderValue::from_str(&value)?))).collect()
}

fn answer(platform: Platform, file: &Path) -> Result<Value> {
    let body = std::fs::read(file)?;
    let headers = headers(platform, file)?;
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

/// The places of a body's texts and numbers, as JSON pointers. Names have no `/` and no `~`.
fn leaves(body: &Value, at: &str, found: &mut BTreeSet<String>) {
    match body {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| leaves(value, &format!("{at}/{name}"), found)),
        Value::Array(all) => all.iter().enumerate().for_each(|(index, it)| leaves(it, &format!("{at}/{index}"), found)),
        _ => drop(found.insert(at.to_owned())),
    }
}

/// Each text of each platform's sales in turn with a NUL, which no text of Postgres holds.
#[test]
fn nothing_that_the_database_cannot_hold_is_recorded_of_a_sale() -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/webhooks");
    let context = Context { received_at_s: RECEIVED_AT, country: Country::parse("BR") };
    let mut sales = 0;
    for folder in files(&folder)? {
        let platform = Platform::parse(&stem(&folder)?).context("a platform")?;
        let connection = Connection { optional_events: all_wanted(), ..connection("tnt_1", "shop", platform) };
        let mut seen = BTreeSet::new();
        for file in files(&folder)? {
            let Ok(body) = serde_json::from_slice::<Value>(&std::fs::read(&file)?) else { continue };
            let headers = headers(platform, &file)?;
            let read = |body: &str| intake::read(&connection, &Delivery::new(&headers, "", body.as_bytes()), &context);
            if !matches!(read(&body.to_string()), Read::Sales(_)) {
                continue;
            }
            let mut places = BTreeSet::new();
            leaves(&body, "", &mut places);
            for place in places.into_iter().filter(|place| seen.insert(place.clone())) {
                let mut body = body.clone();
                let value = body.pointer_mut(&place).with_context(|| place.clone())?;
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                *value = format!("{text}\0x").into();
                let read = read(&body.to_string());
                let recorded = format!("{read:?}");
                ensure!(!recorded.contains("\\0") && !recorded.contains("\\u0000"), "{place} {body}: {recorded}");
                sales += usize::from(matches!(read, Read::Sales(_)));
            }
        }
    }
    ensure!(sales > 500, "{sales} sales");
    Ok(())
}
