//! Who may do what: the operator, who has a session's link, and nobody else.

use anyhow::Result;
use lambda_http::http::Method;
use serde_json::{Value, json};
use tests::request;
use tests::world::{Answer, World, db_config};

/// Every route that wants a token, with a body that it takes.
fn routes(session: &str, tenant: &str) -> Vec<(Method, String, Value)> {
    let of = |action: &str| format!("/v1/setup/sessions/{session}{action}");
    let tenants = |act: &str| format!("/v1/tenants/{tenant}{act}");
    let mut all = vec![
        (Method::POST, "/v1/setup/sessions".to_owned(), json!({})),
        (Method::GET, of(""), Value::Null),
        (Method::PATCH, of(""), json!({"business": {"name": "Loja"}})),
        (Method::POST, of("/link"), Value::Null),
        (Method::POST, of("/provision"), Value::Null),
        (Method::POST, of("/test-event"), json!({"test_event_code": "TEST1"})),
        (Method::POST, of("/activate"), Value::Null),
        (Method::GET, tenants(""), Value::Null),
        (Method::PUT, tenants("/meta"), json!({"access_token": "x"})),
    ];
    all.extend(
        ["/keys", "/audit", "/connections", "/bodies", "/quarantine"]
            .map(|list| (Method::GET, tenants(list), Value::Null)),
    );
    all.push((Method::POST, tenants("/keys"), json!({"label": "x", "scopes": ["read"]})));
    all.push((Method::DELETE, tenants("/keys/x"), Value::Null));
    all.push((Method::POST, tenants("/connections"), json!({"platform": "hotmart"})));
    all.push((Method::POST, tenants("/connections/x/rotate"), Value::Null));
    all.push((Method::POST, tenants("/connections/x/revoke"), Value::Null));
    all.push((Method::PUT, tenants("/connections/x/secret"), json!({"secret": "x"})));
    all.push((Method::POST, tenants("/bodies/replay"), Value::Null));
    let acts = ["/suspend", "/retire", "/activate", "/rotate-key", "/release", "/replay"];
    all.extend(acts.map(|act| (Method::POST, tenants(act), Value::Null)));
    all
}

#[tokio::test]
async fn without_a_token_in_force_every_route_answers_the_same_401() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    let longer = format!("{}x", world.admin_token);
    let (unknown, of_nobody) = (format!("{}x", world.tenant.api_key), "trk_nobody_abc".to_owned());
    let link = format!("sst_{}_{}", "x".repeat(24), "0".repeat(40));
    let tokens = ["", "x", "sst_", "trk_", &longer, &unknown, &of_nobody, "Bearer"];
    for (number, (method, path, body)) in routes(&session.id, &world.tenant.id).into_iter().enumerate() {
        let address = format!("203.0.113.{number}");
        let bare = request::new(method.clone(), &path, &body.to_string());
        let mut answers = vec![Answer::read(setup::handle(&world.setup, &bare).await)?];
        // A link is another's to a session, and nobody's to a tenant.
        let is_of_a_tenant = path.starts_with("/v1/tenants/") || path == "/v1/setup/sessions";
        for token in tokens.into_iter().chain(is_of_a_tenant.then_some(link.as_str())) {
            answers.push(world.setup_from(&address, token, method.clone(), &path).await?);
        }
        for answer in answers {
            answer.expect_problem(401)?;
            assert_eq!(answer.headers["www-authenticate"], "Bearer");
            assert_eq!(answer.body["title"], "The token is missing or not valid", "{method} {path}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn another_session_s_link_opens_nothing_and_cannot_tell_a_session_from_none() -> Result<()> {
    let world = World::new().await?;
    let (mine, other) = (world.session().await?, world.session().await?);
    let before = world.see(&other).await?;
    let mut forged = mine.token.replace(&mine.id, &other.id);
    for token in [&mine.token, &forged] {
        for (method, path, body) in routes(&other.id, "x").into_iter().filter(|(_, path, _)| path.contains(&other.id)) {
            let is_found_out = path.ends_with("/link") && token != &mine.token;
            let answer = world.setup_as(token, method.clone(), &path, &body).await?;
            answer.expect_problem(if is_found_out { 401 } else { 404 })?;
            let nobodys = world.setup_as(token, method, &path.replace(&other.id, "nobodys"), &body).await?;
            assert_eq!(nobodys.body, answer.body, "{path}");
        }
    }
    assert_eq!(world.see(&other).await?, before);
    forged.truncate(forged.len() - 1);
    world.setup_as(&forged, Method::GET, &other.path(""), &Value::Null).await?.expect_problem(401)
}

#[tokio::test]
async fn the_operator_may_go_on_with_any_session_and_an_unknown_one_is_404() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    let patched =
        world.operate(Method::PATCH, &session.path(""), &json!({"business": {"name": "Loja"}})).await?.expect(200)?;
    assert_eq!(patched["input"]["business"]["name"], "Loja");
    for (method, path, body) in routes("nobodys", "nobody") {
        if path != "/v1/setup/sessions" {
            world.operate(method, &path, &body).await?.expect_problem(404)?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_link_is_over_when_its_time_is_and_a_new_one_takes_its_place() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    world.execute("update setup_sessions set expires_at = clock()").await?;
    let over = world.setup_as(&session.token, Method::GET, &session.path(""), &Value::Null).await?;
    over.expect_problem(410)?;
    let renewed =
        world.operate(Method::POST, &session.path("link"), &json!({"expires_in_days": 2})).await?.expect(200)?;
    let token = renewed["session_token"].as_str().unwrap_or_default();
    assert_eq!(renewed["url"], format!("https://track.example.com/setup/open?lang=en#{token}"));
    world.setup_as(token, Method::GET, &session.path(""), &Value::Null).await?.expect(200)?;
    world.setup_as(&session.token, Method::GET, &session.path(""), &Value::Null).await?.expect_problem(404)?;
    world.execute("update setup_sessions set closed_at = clock()").await?;
    world.setup_as(token, Method::GET, &session.path(""), &Value::Null).await?.expect_problem(410)
}

#[tokio::test]
async fn an_empty_operator_s_token_lets_nobody_in_and_secrets_that_are_away_are_503() -> Result<()> {
    let mut world = World::new().await?;
    let session = world.session().await?;
    let state = |secret: &str, sdk: &aws_config::SdkConfig| -> Result<setup::State> {
        let meta = shared::config::Meta { graph_url: world.simulator.base_url().to_owned(), version: "v26.0".into() };
        let db = shared::db::Db::new(db_config(world.db.url()), None, 1);
        let secrets = shared::secrets::Secrets::new(sdk);
        Ok(setup::State::new(db, secrets, "track/".into(), shared::meta::Client::new(meta)?, None, secret.to_owned()))
    };
    let name = format!("empty-{}", world.tenant.id);
    aws_sdk_secretsmanager::Client::new(&world.sdk).create_secret().name(&name).secret_string("  ").send().await?;
    let empty = state(&name, &world.sdk)?;
    let away = state(&world.admin_token, &tests::world::sdk_config("http://127.0.0.1:9").await)?;
    let missing = state("no-such-secret", &world.sdk)?;
    for (state, status) in [(empty, 401), (away, 503), (missing, 503)] {
        *world.setup = state;
        for token in ["", " ", "x"] {
            let answer = world.setup_as(token, Method::POST, "/v1/setup/sessions", &Value::Null).await?;
            answer.expect_problem(if token.trim().is_empty() { 401 } else { status })?;
        }
        world.see(&session).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_session_s_token_is_kept_as_its_hash_alone() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    let row = world.text("select to_jsonb(s)::text from setup_sessions s", &[]).await?.unwrap_or_default();
    let secret = session.token.rsplit('_').next().unwrap_or_default();
    assert_eq!(secret.len(), 40, "160 random bits");
    assert!(row.contains(&shared::db::keys::hash(secret)) && !row.contains(secret), "{row}");
    Ok(())
}
