//! Pixel and token, asked of Meta without sending anything; and the test event.

use anyhow::Result;
use serde_json::{Value, json};
use tests::simulator::{Answer as Said, EventQuery, Fault, GraphError};
use tests::world::World;

use super::{codes, errors};

fn says(error: GraphError) -> Fault {
    Fault::standing(Said::Error(error))
}

#[tokio::test]
async fn a_token_is_asked_of_meta_when_it_is_entered_and_no_event_is_sent() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    let whole = world.entered("asked");
    let seen = world.enter(&session, &whole).await?.expect(200)?;
    assert_eq!((&seen["issues"], &seen["meta"]["verdict"]), (&json!([]), &json!("ready")));
    let asked = world.simulator.requests();
    assert_eq!(asked.len(), 1);
    assert_eq!((asked[0].method.as_str(), asked[0].token_in_url, asked[0].taken), ("GET", false, 0));
    world.enter(&session, &json!({"business": {"name": "Outra"}})).await?.expect(200)?;
    assert_eq!(world.simulator.request_count(), 1, "nothing of Meta's changed");
    Ok(())
}

#[tokio::test]
async fn what_meta_says_of_pixel_and_token_is_an_issue_until_it_is_repaired() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    let whole = world.entered("verdicts");
    world.enter(&session, &whole).await?.expect(200)?;
    let wrong = world.enter(&session, &json!({"meta": {"access_token": "sample-wrong"}})).await?.expect(200)?;
    assert_eq!((errors(&wrong), &wrong["step"]), (vec!["token_refused".to_owned()], &json!("meta")));
    let token = json!({"meta": {"access_token": whole["meta"]["access_token"]}});
    assert_eq!(world.enter(&session, &token).await?.expect(200)?["issues"], json!([]));
    let elsewhere = world.enter(&session, &json!({"meta": {"pixel_id": "999"}})).await?.expect(200)?;
    assert_eq!(errors(&elsewhere), ["pixel_not_shared"]);
    let nothing =
        world.enter(&session, &json!({"meta": {"pixel_id": null, "access_token": null}})).await?.expect(200)?;
    assert_eq!(errors(&nothing), ["pixel_missing", "token_missing"]);
    let shape = world.enter(&session, &json!({"meta": {"pixel_id": "../me"}})).await?.expect(200)?;
    assert_eq!(errors(&shape), ["pixel_shape", "token_missing"]);
    assert_eq!(world.enter(&session, &json!({"meta": whole["meta"]})).await?.expect(200)?["issues"], json!([]));
    Ok(())
}

#[tokio::test]
async fn a_token_that_may_not_read_the_pixel_is_proven_by_a_test_event() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    world.simulator.fault(says(GraphError::new(400, 100, "(#100) Missing permissions")));
    let seen = world.enter(&session, &world.entered("sends")).await?.expect(200)?;
    assert_eq!((codes(&seen, "warning"), errors(&seen)), (vec!["token_unproven".to_owned()], vec![]));
    world.simulator.clear_faults();
    let sent = world.act(&session, "test-event", &json!({"test_event_code": "TEST1"})).await?.expect(200)?;
    assert_eq!(sent["taken"], true, "{sent}");
    assert_eq!(world.see(&session).await?["issues"], json!([]));
    world.simulator.fault(says(GraphError::new(400, 100, "(#100) Missing permissions")));
    world.act(&session, "activate", &Value::Null).await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn meta_that_does_not_answer_leaves_a_warning_and_stops_nobody() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    world.simulator.fault(Fault::standing(Said::Reset));
    let seen = world.enter(&session, &world.entered("away")).await?.expect(200)?;
    assert_eq!((codes(&seen, "warning"), errors(&seen)), (vec!["meta_unchecked".to_owned()], vec![]));
    world.simulator.clear_faults();
    let made = world.act(&session, "activate", &Value::Null).await?.expect(200)?;
    assert_eq!(
        (&made["tenant"]["status"], codes(&made, "warning").contains(&"meta_unchecked".to_owned())),
        (&json!("active"), false)
    );
    Ok(())
}

#[tokio::test]
async fn an_app_secret_goes_along_as_its_proof() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    let whole = world.entered("proof");
    world.simulator.app_secret(whole["meta"]["pixel_id"].as_str().unwrap_or_default(), Some("sample-app-secret"));
    assert_eq!(errors(&world.enter(&session, &whole).await?.expect(200)?), ["token_refused"]);
    let seen = world.enter(&session, &json!({"meta": {"app_secret": "sample-app-secret"}})).await?.expect(200)?;
    assert_eq!(seen["issues"], json!([]));
    assert_eq!(
        world.act(&session, "test-event", &json!({"test_event_code": "TEST1"})).await?.expect(200)?["taken"],
        true
    );
    Ok(())
}

#[tokio::test]
async fn a_test_event_goes_with_its_code_and_meta_s_own_answer_comes_back() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    let bare = world.act(&session, "test-event", &Value::Null).await?;
    bare.expect_problem(422)?;
    let fields: Vec<String> = bare.errors().into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["meta.pixel_id", "meta.access_token", "test_event_code"]);
    let whole = world.entered("event");
    world.enter(&session, &whole).await?.expect(200)?;
    let sent = world.act(&session, "test-event", &json!({"test_event_code": " TEST123 "})).await?.expect(200)?;
    assert_eq!(
        (&sent["taken"], &sent["events_received"], &sent["http_status"]),
        (&json!(true), &json!(1), &json!(200))
    );
    assert!(sent["fbtrace_id"].is_string());
    let taken = world.simulator.events(&EventQuery::id(sent["event_id"].as_str().unwrap_or_default()));
    assert_eq!((taken.len(), taken[0].test_event_code.as_deref()), (1, Some("TEST123")));
    assert_eq!(taken[0].event_name, "TrackAiTest", "no Purchase that nobody made");
    assert_eq!(world.see(&session).await?["live"]["test_event"], sent);

    world
        .simulator
        .fault(Fault::once(Said::Error(GraphError::new(400, 190, "Error validating access token").with_subcode(463))));
    let refused = world.act(&session, "test-event", &json!({"test_event_code": "TEST123"})).await?.expect(200)?;
    assert_eq!(
        (&refused["taken"], &refused["error_code"], &refused["error_subcode"]),
        (&json!(false), &json!(190), &json!(463))
    );
    assert_eq!(refused["error_message"], "Error validating access token");
    assert_eq!(errors(&world.see(&session).await?), ["token_refused"]);
    Ok(())
}

#[tokio::test]
async fn an_app_secret_that_is_taken_out_goes_along_no_longer() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    let mut whole = world.entered("mistyped");
    world.simulator.app_secret(whole["meta"]["pixel_id"].as_str().unwrap_or_default(), Some("sample-app-secret"));
    whole["meta"]["app_secret"] = json!("sample-of-another-app");
    assert_eq!(errors(&world.enter(&session, &whole).await?.expect(200)?), ["token_refused"]);
    world.simulator.app_secret(whole["meta"]["pixel_id"].as_str().unwrap_or_default(), None);
    world.enter(&session, &json!({"meta": {"app_secret": null}})).await?.expect(200)?;
    let secrets = shared::secrets::Secrets::new(&world.sdk);
    let kept = secrets.meta(tests::world::SECRETS_PREFIX, &format!("tnt_{}", session.id)).await?;
    assert_eq!((Some(kept.access_token.as_str()), kept.app_secret), (whole["meta"]["access_token"].as_str(), None));
    Ok(())
}

#[tokio::test]
async fn what_a_test_event_has_proven_holds_while_pixel_and_token_stay_and_no_longer() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    let whole = world.entered("proven");
    let unreadable = || says(GraphError::new(400, 100, "Unsupported get request").with_subcode(33));
    world.simulator.fault(unreadable());
    assert_eq!(errors(&world.enter(&session, &whole).await?.expect(200)?), ["pixel_not_shared"]);
    let until = shared::clock::Clock::SYSTEM.now_s() + 3600;
    let code = json!({"meta": {"test_event_code": "TEST1", "test_event_code_until": until}});
    world.enter(&session, &code).await?.expect(200)?;
    world.simulator.clear_faults();
    world.act(&session, "test-event", &Value::Null).await?.expect(200)?;
    world.simulator.fault(unreadable());
    let no_code = json!({"meta": {"test_event_code": null, "test_event_code_until": null}});
    assert_eq!(world.enter(&session, &no_code).await?.expect(200)?["issues"], json!([]), "the test code is none of it");

    world.simulator.clear_faults();
    let other = world.entered("unproven");
    world.enter(&session, &json!({"meta": other["meta"]})).await?.expect(200)?;
    world.simulator.fault(unreadable());
    let refused = world.act(&session, "activate", &Value::Null).await?;
    assert_eq!(
        refused.errors(),
        [("meta.pixel_id".to_owned(), "pixel_not_shared".to_owned())],
        "no test event went to it"
    );
    Ok(())
}
