//! The audit: each change is one row of who, what, when and from where, and none of it is a secret.

use anyhow::{Context, Result};
use lambda_http::http::Method;
use serde_json::{Value, json};
use tests::request::SOURCE_IP;
use tests::world::World;

use crate::programs;

async fn audit(world: &World, token: &str, tenant: &str) -> Result<Vec<Value>> {
    let path = format!("/v1/tenants/{tenant}/audit?limit=100");
    let page = world.setup_as(token, Method::GET, &path, &Value::Null).await?.expect(200)?;
    assert_eq!(page["next"], Value::Null);
    Ok(page["audit"].as_array().context("a list")?.clone())
}

#[tokio::test]
async fn every_change_from_the_session_to_the_end_is_one_row_with_who_made_it() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    let whole = world.entered("told");
    world.enter(&session, &whole).await?.expect(200)?;
    world
        .enter(&session, &json!({"locale": "pt-BR", "meta": {"app_secret": "sample-app-secret"}}))
        .await?
        .expect(200)?;
    world.act(&session, "provision", &json!({"rotate": ["api_key", "connection"]})).await?.expect(200)?;
    world.act(&session, "provision", &json!({"rotate": ["api_key", "connection"]})).await?.expect(200)?;
    world.act(&session, "test-event", &json!({"test_event_code": "TEST1"})).await?.expect(200)?;
    world.act(&session, "activate", &Value::Null).await?.expect(200)?;
    let renewed = world.operate(Method::POST, &session.path("link"), &Value::Null).await?.expect(200)?;
    let tenant = format!("tnt_{}", session.id);
    let (admin_id, admin) = world.key(&tenant, &["admin"]).await?;
    let by_key = |method, path: &str, body: Value| {
        let (world, admin, path) = (&world, &admin, format!("/v1/tenants/{tenant}/{path}"));
        async move { world.setup_as(admin, method, &path, &body).await?.expect(200) }
    };
    by_key(Method::PUT, "meta", json!({"access_token": whole["meta"]["access_token"]})).await?;
    by_key(Method::POST, "release", Value::Null).await?;
    for act in ["suspend", "suspend", "activate"] {
        world.operate(Method::POST, &format!("/v1/tenants/{tenant}/{act}"), &Value::Null).await?.expect(200)?;
    }
    by_key(Method::DELETE, &format!("keys/{admin_id}"), Value::Null).await?;
    world.operate(Method::POST, &format!("/v1/tenants/{tenant}/rotate-key"), &Value::Null).await?.expect(200)?;
    world.operate(Method::POST, &format!("/v1/tenants/{tenant}/retire"), &Value::Null).await?.expect(200)?;

    let told = audit(&world, &world.admin_token, &tenant).await?;
    let (link, key) = (format!("link:{}", session.id), format!("key:{admin_id}"));
    let said: Vec<(&str, &str)> = told
        .iter()
        .rev()
        .map(|it| (it["who"].as_str().unwrap_or_default(), it["act"].as_str().unwrap_or_default()))
        .collect();
    let wanted = [
        ("operator", "session.created"),
        (&link, "session.patched"),
        (&link, "session.patched"),
        (&link, "session.provisioned"),
        (&link, "session.provisioned"),
        (&link, "keys.rotated"),
        (&link, "connection.rotated"),
        (&link, "session.test_event_sent"),
        (&link, "session.provisioned"),
        (&link, "tenant.activated"),
        ("operator", "session.link_renewed"),
        ("operator", "key.created"),
        (&key, "tenant.meta_replaced"),
        (&key, "tenant.released"),
        ("operator", "tenant.suspended"),
        ("operator", "tenant.activated"),
        (&key, "key.revoked"),
        ("operator", "keys.rotated"),
        ("operator", "tenant.retired"),
    ];
    assert_eq!(said, wanted);
    let of = |act: &str| told.iter().find(|it| it["act"] == act).context("told");
    assert_eq!(of("session.patched")?["detail"], json!({"fields": ["locale", "meta.app_secret"]}));
    assert_eq!(of("key.created")?["detail"], json!({"scopes": ["admin"]}));
    assert_eq!((&of("key.created")?["subject"], &of("key.revoked")?["subject"]), (&json!(admin_id), &json!(admin_id)));
    assert_eq!(of("tenant.suspended")?["detail"], json!({"before": "active", "after": "suspended"}));
    assert_eq!(of("tenant.retired")?["detail"], json!({"before": "active", "after": "retired"}));
    assert!(told.iter().all(|it| it["ip"] == SOURCE_IP && it["at"].is_i64()));
    let rows = world.text("select string_agg(a::text, ' ') from audit a", &[]).await?.context("rows")?;
    for secret in [
        whole["meta"]["access_token"].as_str().context("a token")?,
        "sample-app-secret",
        "sample-hottok",
        renewed["session_token"].as_str().and_then(|it| it.rsplit('_').next()).context("a link")?,
        "Loja Exemplo",
    ] {
        assert!(!rows.contains(secret), "{secret}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_refused_or_changes_nothing_is_not_told() -> Result<()> {
    let world = World::new().await?;
    let path = |rest: &str| format!("/v1/tenants/{}/{rest}", world.tenant.id);
    let post = |rest: &str, body: Value| {
        let (world, path) = (&world, path(rest));
        async move { world.operate(Method::POST, &path, &body).await }
    };
    post("replay", Value::Null).await?.expect(200)?;
    post("activate", Value::Null).await?.expect(200)?;
    post("keys", json!({"label": "x"})).await?.expect_problem(422)?;
    post("suspend", json!({"x": 1})).await?.expect_problem(422)?;
    world.operate(Method::DELETE, &path("keys/nobodys"), &Value::Null).await?.expect_problem(404)?;
    world.operate(Method::PUT, &path("meta"), &json!({"access_token": "sample-wrong"})).await?.expect_problem(422)?;
    assert_eq!(world.count("select count(*) from audit", &[]).await?, 0);
    world.fill("q", 2).await?;
    world.execute("update conversions set state = 'quarantined', reason = 'refused'; update dispatch_attempts set status = 'failed', finished_at = clock(), answer = 'data'").await?;
    post("replay", Value::Null).await?.expect(200)?;
    let told = audit(&world, &world.admin_token, &world.tenant.id).await?;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["detail"], json!({"event_id": null, "may_be_there": false, "replayed": 2}));
    Ok(())
}

#[tokio::test]
async fn a_change_and_its_row_are_there_together_or_not_at_all() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    world.enter(&session, &world.entered("both")).await?.expect(200)?;
    world.execute("alter table audit add constraint no_more check (act = 'session.created') not valid").await?;
    let (before, key) = (world.contents().await?, format!("/v1/tenants/{}/keys/{0}-key", world.tenant.id));
    let at = |rest: &str| format!("/v1/tenants/{}/{rest}", world.tenant.id);
    for (method, path, body) in [
        (Method::PATCH, session.path(""), json!({"business": {"name": "Other"}})),
        (Method::POST, session.path("provision"), Value::Null),
        (Method::POST, session.path("link"), Value::Null),
        (Method::POST, at("suspend"), Value::Null),
        (Method::POST, at("retire"), Value::Null),
        (Method::POST, at("rotate-key"), Value::Null),
        (Method::POST, at("release"), Value::Null),
        (Method::POST, at("keys"), json!({"label": "x", "scopes": ["read"]})),
        (Method::DELETE, key, Value::Null),
    ] {
        let answer = world.operate(method.clone(), &path, &body).await?;
        assert_eq!(answer.status, 503, "{method} {path}");
    }
    assert_eq!(world.contents().await?, before);
    assert_eq!(world.see(&session).await?["input"]["business"]["name"], "Loja Exemplo");
    Ok(())
}

#[tokio::test]
async fn a_tenant_sees_its_own_changes_page_by_page_and_no_address_of_the_operator() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    world.key(&other.id, &["read"]).await?;
    let (_, admin) = world.key(&world.tenant.id, &["admin"]).await?;
    let path = |rest: &str| format!("/v1/tenants/{}/{rest}", world.tenant.id);
    for _ in 0..4 {
        world.setup_as(&admin, Method::POST, &path("release"), &Value::Null).await?.expect(200)?;
    }
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = path(&format!("audit?limit=2{after}"));
        let page = world.setup_as(&admin, Method::GET, &page, &Value::Null).await?.expect(200)?;
        seen.extend(page["audit"].as_array().context("a list")?.clone());
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    let acts: Vec<_> = seen.iter().map(|it| (it["act"].as_str().unwrap_or_default(), it["ip"].as_str())).collect();
    let mut wanted = vec![("tenant.released", Some(SOURCE_IP)); 4];
    wanted.push(("key.created", None));
    assert_eq!(acts, wanted);
    Ok(())
}

#[tokio::test]
async fn what_the_operator_does_by_a_program_is_told_too() -> Result<()> {
    let world = World::new().await?;
    let done = programs::run("operate", &["release", &world.tenant.id], &[("DB_URL", world.db.url())], b"")?;
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let told = audit(&world, &world.admin_token, &world.tenant.id).await?;
    assert_eq!(
        (&told[0]["who"], &told[0]["act"], &told[0]["ip"]),
        (&json!("operator"), &json!("tenant.released"), &Value::Null)
    );
    Ok(())
}
