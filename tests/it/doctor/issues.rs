//! Issues from when they are found until they are over.

use anyhow::Result;
use lambda_http::http::Method;
use serde_json::{Value, json};
use tests::simulator::{Answer as Said, Fault, GraphError};
use tests::world::World;

use super::{codes, examine, list, order, path};

#[tokio::test]
async fn a_tenant_that_is_well_has_no_issue_and_what_cannot_be_known_is_named() -> Result<()> {
    let world = World::new().await?;
    let examined = examine(&world).await?;
    assert_eq!((&examined["issues"], &examined["meta"]["verdict"]), (&json!([]), &json!("ready")));
    assert!(examined["not_known"].as_array().is_some_and(|it| it.contains(&json!("token_expiry"))));
    assert_eq!(world.simulator.requests().last().map(|it| it.taken), Some(0), "nothing was sent");
    Ok(())
}

#[tokio::test]
async fn an_issue_is_open_until_it_is_not_found_any_more_and_comes_back_as_another() -> Result<()> {
    let world = World::new().await?;
    world.simulator.pixel(&world.tenant.pixel_id, "sample-renewed");
    let first = examine(&world).await?;
    assert_eq!(codes(&first), ["token_refused"]);
    let again = examine(&world).await?;
    assert_eq!(again["issues"][0]["id"], first["issues"][0]["id"], "the same issue, seen again");

    world.simulator.fault(Fault::standing(Said::Reset));
    assert_eq!(codes(&examine(&world).await?), ["token_refused"], "a Meta that is away proves no repair");
    assert_eq!(codes(&list(&world, "state=open").await?), ["token_refused"]);
    world.simulator.clear_faults();
    world.simulator.pixel(&world.tenant.pixel_id, &world.tenant.access_token);
    assert_eq!(codes(&examine(&world).await?), [""; 0]);
    let over = list(&world, "state=ended").await?;
    assert!(over["issues"][0]["ended_at"].is_i64(), "{over}");
    assert_eq!(list(&world, "state=open").await?["issues"], json!([]));

    world.simulator.pixel(&world.tenant.pixel_id, "sample-renewed");
    let back = examine(&world).await?;
    assert_ne!(back["issues"][0]["id"], first["issues"][0]["id"]);
    assert_eq!(codes(&list(&world, "").await?), ["token_refused"; 2]);
    Ok(())
}

#[tokio::test]
async fn an_event_that_meta_refused_is_told_with_meta_s_reason_in_the_reader_s_language() -> Result<()> {
    let world = World::new().await?;
    order(&world, "1001").await?;
    let refused = GraphError::new(400, 100, "Invalid parameter").with_subcode(2_804_010);
    world.simulator.fault(Fault::standing(Said::Error(refused)));
    world.dispatch_now().await?;
    world.simulator.clear_faults();
    let examined = examine(&world).await?;
    let issue = &examined["issues"][0];
    assert_eq!(
        (&issue["code"], &issue["severity"], &issue["area"]),
        (&json!("events_refused"), &json!("error"), &json!("delivery"))
    );
    assert_eq!(
        issue["detail"],
        json!({"events": "1", "most": "1", "refusal": "100/2804010", "said": "Invalid parameter"})
    );
    assert!(issue["message"].as_str().is_some_and(|it| it.ends_with("its currency is missing.")), "{issue}");
    let portuguese = list(&world, "locale=pt-BR").await?;
    assert!(portuguese["issues"][0]["message"].as_str().is_some_and(|it| it.ends_with("falta a moeda.")));
    Ok(())
}

#[tokio::test]
async fn examinations_at_once_leave_one_issue() -> Result<()> {
    let world = World::new().await?;
    world.simulator.pixel(&world.tenant.pixel_id, "sample-renewed");
    let (a, b, c, d) = tokio::join!(examine(&world), examine(&world), examine(&world), examine(&world));
    for examined in [a?, b?, c?, d?] {
        assert_eq!(codes(&examined), ["token_refused"]);
    }
    assert_eq!(world.count("select count(*) from tenant_issues", &[]).await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_tenant_without_token_or_pixel_is_told_so() -> Result<()> {
    let world = World::new().await?;
    world.execute("update tenants set pixel_id = null").await?;
    assert_eq!(codes(&examine(&world).await?), ["pixel_missing"]);
    let other = tests::seed::rows(&world.db.connect().await?, "tokenless").await?;
    let path = format!("/v1/tenants/{}/doctor", other.id);
    let examined = world.operate(Method::POST, &path, &Value::Null).await?.expect(200)?;
    assert_eq!((codes(&examined), &examined["meta"]), (vec!["token_missing"], &Value::Null));
    Ok(())
}

#[tokio::test]
async fn a_list_has_pages_and_one_tenant_s_issues_alone() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    world
        .execute(&format!(
            "insert into tenant_issues (tenant_id, id, code, severity, subject, first_seen_at, last_seen_at)
             select tenant, 'i' || n, 'other_currency', 'warning', 'C' || n, clock() - (n / 2) * interval '1 minute', clock()
             from unnest(array['{}', '{}']) tenant, generate_series(1, 5) n;
             insert into tenant_issues (tenant_id, id, code, severity, first_seen_at, last_seen_at)
             values ('{0}', 'later', 'of_a_later_release', 'warning', clock(), clock())",
            world.tenant.id, other.id
        ))
        .await?;
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = list(&world, &format!("limit=2{after}")).await?;
        seen.extend(page["issues"].as_array().into_iter().flatten().map(|it| it["subject"].clone()));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(
        seen,
        ["C1", "C3", "C2", "C5", "C4"],
        "the newest first, each once; what this release does not know is left out"
    );
    Ok(())
}

#[tokio::test]
async fn what_is_wrongly_asked_is_refused_and_changes_nothing() -> Result<()> {
    let world = World::new().await?;
    let before = world.contents().await?;
    for query in [
        "state=closed",
        "limit=0",
        "limit=101",
        "limit=x",
        "after=x",
        "after=1",
        "after=-1.a",
        "after=1.é",
        "locale=fr",
    ] {
        world
            .operate(Method::GET, &path(&world, &format!("issues?{query}")), &Value::Null)
            .await?
            .expect_problem(400)?;
    }
    world.operate(Method::POST, &path(&world, "doctor?locale=fr"), &Value::Null).await?.expect_problem(400)?;
    world.operate(Method::POST, &path(&world, "doctor"), &json!({"all": true})).await?.expect_problem(422)?;
    world.operate(Method::GET, &path(&world, "doctor"), &Value::Null).await?.expect_problem(405)?;
    world.operate(Method::POST, &path(&world, "issues"), &Value::Null).await?.expect_problem(405)?;
    for (method, what) in [(Method::POST, "doctor"), (Method::GET, "issues"), (Method::GET, "quality")] {
        world.operate(method, &format!("/v1/tenants/tnt_nobody/{what}"), &Value::Null).await?.expect_problem(404)?;
    }
    assert_eq!(world.contents().await?, before);
    world.execute("update tenants set status = 'retired'").await?;
    world.operate(Method::POST, &path(&world, "doctor"), &Value::Null).await?.expect_problem(410)?;
    Ok(())
}
