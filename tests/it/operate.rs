//! The operator's program, as an operator runs it.

mod checkouts;
mod readme;

use std::process::Output;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::request;
use tests::world::World;

use crate::programs;

/// Runs it over the world's database and local AWS.
fn operate(world: &World, arguments: &[&str]) -> Result<Output> {
    operate_with(world, arguments, b"")
}

/// The same, with this on its standard input.
fn operate_with(world: &World, arguments: &[&str], input: &[u8]) -> Result<Output> {
    let environment = [
        ("DB_URL", world.db.url()),
        ("AWS_ENDPOINT_URL", world.sdk.endpoint_url().context("an endpoint")?),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", "us-east-1"),
        ("DISPATCH_QUEUE_URL", &world.queue_url),
        ("SECRETS_PREFIX", tests::world::SECRETS_PREFIX),
        ("BODY_KEY_SECRET_ARN", tests::world::BODY_KEY),
        ("PUBLIC_URL", "https://track.example.com/"),
    ];
    programs::run("operate", arguments, &environment, input)
}

/// What it answers for scripts, with this exit code.
fn json_of(world: &World, arguments: &[&str], code: i32) -> Result<Value> {
    let output = operate(world, &[arguments, &["--json"]].concat())?;
    ensure!(output.status.code() == Some(code), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// What it answers for people.
fn text_of(world: &World, arguments: &[&str]) -> Result<String> {
    let output = operate(world, arguments)?;
    ensure!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

async fn placed(world: &World, order_id: &str) -> Result<String> {
    let order =
        json!({"order_id": order_id, "value": 97, "currency": "BRL", "customer": {"email": "maria@example.com"}});
    let placed = world.post_order(&order).await?.expect(202)?;
    Ok(placed["event_id"].as_str().context("event_id")?.to_owned())
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_is_wrong() -> Result<()> {
    for (arguments, wrong) in [
        (&[][..], "no command"),
        (&["dance"], "unknown command dance"),
        (&["release"], "which tenant?"),
        (&["gates", "t", "u"], "the command does not take u"),
        (&["gates", "--fast"], "unknown option --fast"),
        (&["gates", "--since", "2026-01-01"], "the command does not take --since"),
        (&["ledger", "t", "--since"], "--since takes a value"),
        (&["ledger", "t", "--until", "31/12/2026"], "--until takes a day such as 2026-11-24"),
        (&["check", "--may-be-there"], "the command does not take --may-be-there"),
        (&["dead-letters"], "dead-letters wants --queue"),
        (&["dead-letters", "--queue", "letters"], "--queue takes a queue's URL"),
        (&["redrive", "--from", "http://q/1"], "redrive wants --to"),
        (&["connect", "t"], "which platform?"),
        (&["connect", "t", "cartpanda"], "unknown platform cartpanda: one of hotmart kiwify"),
        (&["connect", "t", "hotmart", "--amount", "all"], "--amount takes one of price gross net"),
        (&["connect", "t", "hotmart", "--secret", "x", "--secret-from-stdin"], "not both"),
        (&["rotate-connection", "t"], "which connection?"),
        (&["rotate-connection", "t", "c", "--overlap-days", "91"], "--overlap-days takes a whole number up to 90"),
        (&["platform-secret", "t", "c"], "platform-secret wants --secret-from-stdin"),
        (&["optional-events", "t"], "optional-events wants triggers, or none"),
        (&["optional-events", "t", "paid"], "paid: must be one of pending"),
        (&["optional-events", "t", "pending=Purchase"], "Purchase is for a first payment alone"),
        (&["optional-events", "t", "pending", "pending=Lead"], "pending stands there twice"),
        (&["bodies", "t", "--secret", "x"], "the command does not take --secret"),
        (&["redrive", "--from", "http://q/1", "--to", "http://q/1"], "the same queue"),
    ] {
        let output = programs::run("operate", arguments, &[("DISPATCH_QUEUE_URL", "")], b"")?;
        let said = String::from_utf8(output.stderr)?;
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(said.contains(wrong) && said.contains("usage: operate"), "{arguments:?}: {said}");
    }
    let help = programs::run("operate", &["--help"], &[], b"")?;
    assert!(help.status.success() && help.stdout.starts_with(b"usage: operate"));
    Ok(())
}

#[tokio::test]
async fn a_tenant_that_does_not_exist_or_a_database_that_is_away_is_said_plainly() -> Result<()> {
    let world = World::new().await?;
    for command in
        ["gates", "release", "replay", "ledger", "check", "receipts", "connections", "bodies", "replay-bodies"]
    {
        let output = operate(&world, &[command, "nobody"])?;
        assert_eq!(output.status.code(), Some(1), "{command}");
        assert!(String::from_utf8(output.stderr)?.contains("there is no tenant nobody"), "{command}");
    }
    let away = [("DB_URL", "postgres://u:hunter2@127.0.0.1:1/x")];
    let output = programs::run("operate", &["gates"], &away, b"")?;
    let said = String::from_utf8(output.stderr)?;
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("no connection to Postgres") && !said.contains("hunter2"), "{said}");
    Ok(())
}

#[tokio::test]
async fn a_gate_is_shown_and_reset_with_one_log_line_and_what_waited_goes() -> Result<()> {
    let world = World::new().await?;
    placed(&world, "1").await?;
    assert_eq!(text_of(&world, &["gates"])?, "Nothing is kept back.\n");
    world
        .execute(
            "update dispatch_attempts set due_at = now() + interval '1 hour';
             insert into delivery_gates (tenant_id, breaker, failures, opened_at, cooldown_s, probe_at)
             select id, 'open', 10, now(), 60, now() + interval '1 minute' from tenants",
        )
        .await?;
    let tenant = world.tenant.id.as_str();
    let all = json_of(&world, &["gates"], 0)?;
    assert_eq!(
        (&all[0]["tenant_id"], &all[0]["breaker"], &all[0]["waiting"]),
        (&json!(tenant), &json!("open"), &json!(1))
    );
    assert!(text_of(&world, &["gates", tenant])?.contains("open, 10 failed sends in a row"));
    let released = operate(&world, &["release", tenant])?;
    assert!(released.status.success());
    let log = String::from_utf8(released.stderr)?;
    assert_eq!(log.lines().filter(|line| line.contains("breaker reset by the operator")).count(), 1, "{log}");
    assert!(String::from_utf8(released.stdout)?.contains("1 waiting attempts were made due"));
    sweep::sweep(&world.sweep).await?;
    world.run_dispatch().await?;
    assert_eq!(json_of(&world, &["ledger", tenant], 0)?["entries"][0]["state"], "sent");
    Ok(())
}

#[tokio::test]
async fn the_ledger_is_shown_and_checked_for_one_tenant_or_all() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    let event_id = placed(&world, "1").await?;
    let theirs = json!({"order_id": "1", "value": 1, "currency": "BRL", "customer": {"email": "maria@example.com"}});
    let theirs = request::with_key(request::post("/v1/orders", &theirs.to_string()), &other.api_key);
    world.send_order(&theirs).await?.expect(202)?;
    let tenant = world.tenant.id.as_str();
    let ledger = json_of(&world, &["ledger", tenant], 0)?;
    assert_eq!(ledger, json!({"entries": [{"state": "pending", "reason": null, "sales": 1}], "sales": 1}));
    assert_eq!(json_of(&world, &["ledger", tenant, "--until", "2020-01-01"], 0)?["sales"], 0);
    assert!(text_of(&world, &["ledger", tenant, "--since", "2020-01-01"])?.contains("pending"));
    assert_eq!(text_of(&world, &["check"])?, "Sound: 2 tenants checked.\n");

    world.execute(&format!("delete from dispatch_attempts where tenant_id = '{tenant}'")).await?;
    let fault =
        json!({"tenant_id": tenant, "rule": "a waiting conversion has no attempt to come", "event_id": event_id});
    assert_eq!(json_of(&world, &["check"], 1)?, json!({"tenants": 2, "faults": [fault]}));
    assert_eq!(json_of(&world, &["check", tenant], 1)?["faults"], json!([fault]));
    assert_eq!(json_of(&world, &["check", &other.id], 0)?["faults"], json!([]));
    Ok(())
}

#[tokio::test]
async fn quarantined_events_are_put_back_and_those_that_meta_may_have_only_when_told_to() -> Result<()> {
    let world = World::new().await?;
    let (data, unclear) = (placed(&world, "data").await?, placed(&world, "unclear").await?);
    world
        .execute(&format!(
            "update conversions set state = 'quarantined', reason = case event_id when '{data}' then 'data' else 'unclear' end;
             update dispatch_attempts set status = 'failed', finished_at = now(), answer = 'data'"
        ))
        .await?;
    let tenant = world.tenant.id.as_str();
    let said = text_of(&world, &["replay", tenant])?;
    assert!(said.contains("1 put back") && said.contains("1 left: Meta may have them"), "{said}");
    assert_eq!(json_of(&world, &["replay", tenant, &unclear], 1)?["unclear"], 1);
    let put_back = json!({"replayed": 1, "too_old": 0, "unclear": 0, "more": false});
    assert_eq!(json_of(&world, &["replay", tenant, &unclear, "--may-be-there"], 0)?, put_back);
    assert_eq!(text_of(&world, &["replay", tenant])?, "Nothing of it is quarantined.\n");
    assert_eq!(json_of(&world, &["check", tenant], 0)?["faults"], json!([]));
    Ok(())
}

#[tokio::test]
async fn receipts_are_shown_of_the_tenant_or_of_one_event() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    let (first, second) = (placed(&world, "1").await?, placed(&world, "2").await?);
    let tenant = world.tenant.id.as_str();
    assert_eq!(text_of(&world, &["receipts", tenant])?, "No request was made.\n");
    world
        .execute(&format!(
            "insert into receipts (tenant_id, id, send_id, pixel_id, sent_at, took_ms, events, body_bytes, body_sha256, answer,
                 fbtrace_id)
             values ('{tenant}', 'r1', 'r1', '1', now() - interval '1 minute', 5, 1, 9, 'abc', 'accepted', 'A1'),
                    ('{tenant}', 'r2', 'r2', '1', now(), 5, 1, 9, 'def', 'unclear', null),
                    ('{other}', 'r1', 'r1', '2', now(), 5, 1, 9, 'ghi', 'accepted', 'B1');
             update dispatch_attempts set receipt_id = case event_id when '{first}' then 'r1' else 'r2' end",
            other = other.id
        ))
        .await?;
    let ids = |all: &Value| all.as_array().map(|all| all.iter().map(|it| it["id"].clone()).collect::<Vec<_>>());
    assert_eq!(ids(&json_of(&world, &["receipts", tenant], 0)?), Some(vec![json!("r2"), json!("r1")]));
    assert_eq!(ids(&json_of(&world, &["receipts", tenant, &second], 0)?), Some(vec![json!("r2")]));
    let said = text_of(&world, &["receipts", tenant, &first])?;
    assert!(said.contains("A1") && said.contains("abc") && !said.contains("ghi"), "{said}");
    Ok(())
}

#[tokio::test]
async fn dead_letters_are_listed_without_their_bodies_and_what_is_ours_goes_back() -> Result<()> {
    let world = World::new().await?;
    let sqs = aws_sdk_sqs::Client::new(&world.sdk);
    let name = format!("{}-dead", world.tenant.id);
    let dead = sqs.create_queue().queue_name(&name).send().await?.queue_url.context("a URL")?;
    let ours = json!({"type": "dispatch.v1", "tenant_id": world.tenant.id, "event_id": "e1"}).to_string();
    let foreign = json!({"type": "maria@example.com", "email": "maria@example.com"}).to_string();
    let newer = json!({"type": "dispatch.v2", "tenant_id": "t"}).to_string();
    for body in [&ours, &foreign, &newer, "maria@example.com", "[]"] {
        sqs.send_message().queue_url(&dead).message_body(body).send().await?;
    }
    for _ in 0..2 {
        let said = text_of(&world, &["dead-letters", "--queue", &dead])?;
        for what in [
            &format!("ours: tenant {}, event e1", world.tenant.id),
            "not ours: of the unknown type dispatch.v2",
            "not ours: JSON without a type",
            "not ours: 17 bytes that are not JSON",
            "not ours: JSON, but no object",
            "5 shown of about 5",
        ] {
            assert!(said.contains(what), "{what}: {said}");
        }
        assert!(!said.contains("maria"), "{said}");
    }
    // The target is DISPATCH_QUEUE_URL.
    assert_eq!(json_of(&world, &["redrive", "--from", &dead], 0)?, json!({"moved": 1, "not_ours": 4}));
    let letters = json_of(&world, &["dead-letters", "--queue", &dead], 0)?;
    assert_eq!(letters["letters"].as_array().map(|all| all.iter().filter(|it| it["ours"] == true).count()), Some(0));
    let moved = sqs.receive_message().queue_url(&world.queue_url).send().await?.messages.unwrap_or_default();
    assert_eq!(moved.iter().filter_map(|it| it.body.as_deref()).collect::<Vec<_>>(), [ours.as_str()]);
    Ok(())
}

#[tokio::test]
async fn a_queue_that_does_not_exist_is_said_plainly() -> Result<()> {
    let world = World::new().await?;
    let unknown = format!("{}-unknown", world.queue_url);
    let output = operate(&world, &["dead-letters", "--queue", &unknown])?;
    let said = String::from_utf8(output.stderr)?;
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("SQS: "), "{said}");
    Ok(())
}
