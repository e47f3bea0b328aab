//! The developer's programs, as a person runs them.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// An example of this package: `cargo test` has built it beside the test.
fn program(name: &str) -> Result<Command> {
    let test = std::env::current_exe()?;
    let profile = test.parent().and_then(|deps| deps.parent()).context("the profile's folder")?;
    let path: PathBuf = profile.join("examples").join(name);
    ensure!(path.exists(), "{} is not built: run the tests with `cargo test --workspace`", path.display());
    Ok(Command::new(path))
}

/// Runs one to its end.
pub(crate) fn run(name: &str, arguments: &[&str], environment: &[(&str, &str)], input: &[u8]) -> Result<Output> {
    let mut child = program(name)?
        .args(arguments)
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut stdin = child.stdin.take().context("stdin")?;
    let input = input.to_vec();
    // A program that does not read its input may end before it is written.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output()?;
    writer.join().ok().context("the writer")?;
    Ok(output)
}

fn lines(name: &str, input: &str) -> Result<Vec<Value>> {
    let output = run(name, &[], &[], input.as_bytes())?;
    ensure!(output.status.success(), "{name}: {}", output.status);
    String::from_utf8(output.stdout)?.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

#[test]
fn normalize_answers_each_line_with_a_line_in_order() -> Result<()> {
    let input = "\
{\"id\":1,\"field\":\"em\",\"value\":\" Maria@Example.com \"}
{\"id\":\"two\",\"field\":\"ph\",\"value\":\"(11) 98765-4321\",\"country\":\"BR\"}
{\"id\":3,\"field\":\"ph\",\"value\":\"(11) 98765-4321\"}
{\"id\":4,\"field\":\"currency\",\"value\":\"brl\"}
not json
{\"id\":6,\"field\":\"ct\",\"value\":\"São Paulo\"}
";
    let answers = lines("normalize", input)?;
    assert_eq!(answers.len(), 6);
    assert_eq!(answers[0]["sha256"], "10ef04a5a1acd81d18a0c61fdd354a063da07223720a1d8760aa5c2afa5e8ee0");
    assert_eq!(answers[1]["id"], "two");
    assert_eq!(answers[1]["sha256"], "029c7290f14c4516673508635f0519db95f7daf42057fd0e4ad1de84c5408a66");
    assert_eq!(answers[2], serde_json::json!({"id": 3, "sha256": null}));
    assert_eq!(answers[3], serde_json::json!({"id": 4, "sent": "BRL"}));
    assert!(answers[4]["error"].is_string());
    assert_eq!(answers[5]["sha256"].as_array().map(Vec::len), Some(2));
    Ok(())
}

#[test]
fn fbc_answers_what_the_click_function_would_keep() -> Result<()> {
    let input = "\
{\"id\":1,\"host\":\"www.loja.com.br\",\"query\":{\"fbclid\":\"New\"},\"cookies\":{\"_fbc\":\"fb.2.1700000000000.Old\"},\"now_ms\":1800000000000}
{\"id\":2,\"host\":\"loja.com.br\",\"query\":{\"fbclid\":\"Old\"},\"cookies\":{\"_fbc\":\"fb.2.1700000000000.Old.AQYBAQIA\"},\"now_ms\":1800000000000}
{\"id\":3,\"host\":\"example.com\",\"query\":{},\"cookies\":{\"_fbp\":\"fb.1.1700000000000.42\"},\"now_ms\":1800000000000}
";
    let answers = lines("fbc", input)?;
    assert_eq!(answers[0]["fbc"], "fb.2.1800000000000.New");
    assert_eq!(answers[1]["fbc"], "fb.2.1700000000000.Old.AQYBAQIA");
    assert_eq!(answers[2], serde_json::json!({"id": 3, "fbc": null, "fbp": "fb.1.1700000000000.42"}));
    Ok(())
}

#[tokio::test]
async fn migrate_applies_what_is_missing_and_names_it() -> Result<()> {
    let db = tests::world::empty_db().await?;
    let output = run("migrate", &[], &[("DB_URL", db.url())], b"")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8(output.stdout)?.starts_with("V1__init\n"));
    let again = run("migrate", &[], &[("DB_URL", db.url())], b"")?;
    assert!(again.status.success() && again.stdout.is_empty());
    Ok(())
}

#[test]
fn migrate_says_what_is_wrong_with_the_url_without_showing_it() -> Result<()> {
    let output = run("migrate", &[], &[("DB_URL", "postgres://u:hunter2@127.0.0.1:1/x")], b"")?;
    let said = String::from_utf8(output.stderr)?;
    assert!(
        !output.status.success() && said.contains("no connection to Postgres") && !said.contains("hunter2"),
        "{said}"
    );
    Ok(())
}

#[test]
fn dev_refuses_unknown_arguments_with_its_usage() -> Result<()> {
    let output = run("dev", &["--twice"], &[], b"")?;
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr)?.contains("usage: cargo dev"));
    Ok(())
}

#[test]
fn dev_says_when_its_port_is_taken() -> Result<()> {
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    let port = taken.local_addr()?.port().to_string();
    let output = run("dev", &["--once", "--port", &port], &[], b"")?;
    let said = String::from_utf8(output.stderr)?;
    assert!(!output.status.success() && said.contains(&format!("port {port} of 127.0.0.1 is taken")), "{said}");
    Ok(())
}

#[test]
fn dev_wants_pixel_and_token_together() -> Result<()> {
    let output = run("dev", &["--once"], &[("META_PIXEL_ID", "1")], b"")?;
    let said = String::from_utf8(output.stderr)?;
    assert!(!output.status.success() && said.contains("META_ACCESS_TOKEN"), "{said}");
    Ok(())
}
