//! Secrets: in Secrets Manager, and nowhere else.

use anyhow::Result;
use lambda_http::http::Method;
use serde_json::{Value, json};
use shared::secrets::{Error, Secrets};
use tests::heard::Heard;
use tests::simulator::{Answer, Fault, GraphError};
use tests::world::{SECRETS_PREFIX, World};
use tracing::Level;

/// Every row of every table, as text.
const EVERYTHING: &str = "
    select string_agg(query_to_xml(format('select * from %I', table_name), true, false, '')::text, '')
    from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'";

#[tokio::test]
async fn a_secret_is_in_secrets_manager_and_in_no_row_no_answer_and_no_log() -> Result<()> {
    let world = World::new().await?;
    let (heard, guard) = Heard::listen(Level::INFO);
    let session = world.session().await?;
    let whole = world.entered("quiet");
    let mut answers = vec![world.enter(&session, &whole).await?.expect(200)?];
    answers.push(world.enter(&session, &json!({"meta": {"app_secret": "sample-app-secret"}})).await?.expect(200)?);
    let made = world.act(&session, "provision", &Value::Null).await?.expect(200)?;
    world.simulator.fault(Fault::once(Answer::Error(GraphError::new(400, 190, "Error validating access token"))));
    answers.push(world.act(&session, "test-event", &json!({"test_event_code": "TEST1"})).await?.expect(200)?);
    answers.push(world.act(&session, "activate", &Value::Null).await?.expect(200)?);
    answers.push(world.see(&session).await?);
    let tenant = format!("tnt_{}", session.id);
    answers.push(world.operate(Method::GET, &format!("/v1/tenants/{tenant}"), &Value::Null).await?.expect(200)?);
    drop(guard);

    let token = whole["meta"]["access_token"].as_str().unwrap_or_default();
    let secrets = Secrets::new(&world.sdk);
    let kept = secrets.meta(SECRETS_PREFIX, &tenant).await?;
    assert_eq!((kept.access_token.as_str(), kept.app_secret.as_deref()), (token, Some("sample-app-secret")));
    let connection = made["connection"]["id"].as_str().unwrap_or_default();
    assert_eq!(secrets.connection(SECRETS_PREFIX, &tenant, connection).await?.len(), 1);

    let shown =
        |value: &Value| value.as_str().unwrap_or_default().rsplit(['_', '.']).next().unwrap_or_default().to_owned();
    let (key, path, link) =
        (shown(&made["api_key"]["key"]), shown(&made["connection"]["url"]), shown(&json!(session.token)));
    let rows = world.text(EVERYTHING, &[]).await?.unwrap_or_default();
    assert!(rows.contains("loja-quiet"), "the rows are looked at");
    let log = heard.text()?;
    assert!(log.contains("provisioned"), "the log is listened to: {log}");
    for secret in [token, "sample-app-secret", "sample-hottok", &key, &path, &link, &world.admin_token] {
        assert!(secret.len() >= 10, "{secret}");
        assert!(!rows.contains(secret), "{secret} is in a row");
        assert!(!log.contains(secret), "{secret} is in a log");
        assert!(answers.iter().all(|answer| !answer.to_string().contains(secret)), "{secret} is in an answer");
    }
    Ok(())
}

#[tokio::test]
async fn while_secrets_manager_is_away_a_secret_is_503_and_nothing_changes() -> Result<()> {
    let mut world = World::new().await?;
    let session = world.session().await?;
    let before = world.see(&session).await?;
    let away = Secrets::new(&tests::world::sdk_config("http://127.0.0.1:9").await);
    let kept = std::mem::replace(&mut world.setup.secrets, away);
    let whole = world.entered("away");
    world.enter(&session, &json!({"meta": whole["meta"]})).await?.expect_problem(503)?;
    world.enter(&session, &json!({"checkout": whole["checkout"]})).await?.expect_problem(503)?;
    assert_eq!(world.see(&session).await?, before);
    world.enter(&session, &json!({"business": whole["business"]})).await?.expect(200)?;
    world.setup.secrets = kept;
    world.enter(&session, &whole).await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn the_name_of_a_secret_that_somebody_deleted_is_used_again() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    let whole = world.entered("again");
    world.enter(&session, &whole).await?.expect(200)?;
    let made = world.act(&session, "provision", &Value::Null).await?.expect(200)?;
    let tenant = format!("tnt_{}", session.id);
    let connection = made["connection"]["id"].as_str().unwrap_or_default();
    let (meta, checkout) =
        (format!("{SECRETS_PREFIX}{tenant}/meta"), format!("{SECRETS_PREFIX}{tenant}/connections/{connection}"));
    let console = aws_sdk_secretsmanager::Client::new(&world.sdk);
    for id in [&meta, &checkout] {
        console.delete_secret().secret_id(id).recovery_window_in_days(30).send().await?;
    }
    let secrets = Secrets::new(&world.sdk);
    assert!(matches!(secrets.meta(SECRETS_PREFIX, &tenant).await, Err(Error::Missing(_))));
    let path = format!("/v1/tenants/{tenant}");
    let token = &whole["meta"]["access_token"];
    world.operate(Method::PUT, &format!("{path}/meta"), &json!({"access_token": token})).await?.expect(200)?;
    let secret = json!({"secret": "sample-hottok-again", "keep_former": true});
    world.operate(Method::PUT, &format!("{path}/connections/{connection}/secret"), &secret).await?.expect(200)?;
    assert_eq!(secrets.meta(SECRETS_PREFIX, &tenant).await?.access_token, token.as_str().unwrap_or_default());
    let kept = secrets.text(&checkout).await?;
    assert_eq!(kept, r#"{"secrets":["sample-hottok-again"]}"#, "the deleted one signs nothing any more");
    Ok(())
}
