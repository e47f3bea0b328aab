//! Who comes in, and how it ends.

use anyhow::{Context, Result, ensure};
use lambda_http::http::Method;
use lambda_http::http::header::{LOCATION, RETRY_AFTER, SET_COOKIE};
use lambda_http::{Body, Request, Response};
use serde_json::{Value, json};
use shared::platforms::Platform;
use tests::request;
use tests::world::World;

use super::Desk;

/// A form that is sent by a page of ours.
fn form(path: &str, body: &str) -> Request {
    let form = request::with_header(request::post(path, body), "sec-fetch-site", "same-origin");
    request::with_header(form, "content-type", "application/x-www-form-urlencoded")
}

fn as_cookie(request: Request, cookie: &str) -> Request {
    request::with_header(request, "cookie", cookie)
}

fn header(response: &Response<Body>, name: lambda_http::http::HeaderName) -> &str {
    response.headers().get(name).and_then(|it| it.to_str().ok()).unwrap_or_default()
}

/// Logs in, and gives the cookie.
async fn log_in(world: &World, token: &str) -> Result<String> {
    let response = setup::handle(&world.setup, &form("/setup/login", &format!("token={token}"))).await;
    assert_eq!(response.status(), 303);
    let set = header(&response, SET_COOKIE);
    ensure!(set.contains("; Path=/;") && set.contains("; HttpOnly; SameSite=Strict; Secure"), "{set}");
    Ok(set.split(';').next().context("a cookie")?.to_owned())
}

async fn get(world: &World, path: &str, cookie: &str) -> Response<Body> {
    setup::handle(&world.setup, &as_cookie(request::new(Method::GET, path, ""), cookie)).await
}

#[tokio::test]
async fn the_operator_logs_in_and_out() -> Result<()> {
    let world = World::new().await?;
    let cookie = log_in(&world, &world.admin_token).await?;
    ensure!(cookie.starts_with("__Host-login="), "{cookie}");
    assert_eq!(get(&world, "/setup/sessions", &cookie).await.status(), 200);
    let out = setup::handle(&world.setup, &as_cookie(form("/setup/logout", ""), &cookie)).await;
    assert_eq!((out.status().as_u16(), header(&out, LOCATION)), (303, "/setup"));
    ensure!(header(&out, SET_COOKIE).starts_with("__Host-login=; Path=/; Max-Age=0;"));
    let after = get(&world, "/setup/sessions", &cookie).await;
    assert_eq!((after.status().as_u16(), header(&after, LOCATION)), (303, "/setup/login?to=%2Fsetup%2Fsessions"));
    Ok(())
}

#[tokio::test]
async fn a_login_ends_when_what_it_was_made_with_does() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    let page = format!("/setup/sessions/{}/business", session.id);
    let cookie = log_in(&world, &session.token).await?;
    assert_eq!(get(&world, &page, &cookie).await.status(), 200);
    world.operate(Method::POST, &session.path("link"), &Value::Null).await?.expect(200)?;
    assert_eq!(get(&world, &page, &cookie).await.status(), 404, "another link took its place");
    assert_eq!(get(&world, "/setup", &cookie).await.status(), 200, "which is the login again");
    let operator = log_in(&world, &world.admin_token).await?;
    world.execute("update logins set expires_at = clock()").await?;
    assert_eq!(get(&world, "/setup/sessions", &operator).await.status(), 303, "its time is over");
    log_in(&world, &world.admin_token).await?;
    let left: i64 = world.db.connect().await?.query_one("select count(*) from logins", &[]).await?.get(0);
    assert_eq!(left, 1, "logins that are over are deleted by the next one");
    Ok(())
}

#[tokio::test]
async fn a_seller_sees_nothing_of_another_one_and_none_of_the_operators_pages() -> Result<()> {
    let world = World::new().await?;
    let (one, other) = (world.session().await?, world.session().await?);
    let cookie = log_in(&world, &one.token).await?;
    let acts = [
        "",
        "/business",
        "/funnel",
        "/meta",
        "/checkout",
        "/other_senders",
        "/snippet",
        "/test_order",
        "/active",
        "/live?step=snippet",
    ];
    for act in acts {
        assert_eq!(get(&world, &format!("/setup/sessions/{}{act}", other.id), &cookie).await.status(), 404, "{act}");
    }
    for act in ["/business", "/test_order", "/provision", "/test-event", "/activate", "/link"] {
        let path = format!("/setup/sessions/{}{act}", other.id);
        let mine = setup::handle(&world.setup, &as_cookie(form(&path, "name=x"), &cookie)).await;
        assert_eq!(mine.status(), 404, "{act}");
        let nobodys = setup::handle(&world.setup, &form(&path, "name=x")).await;
        assert_eq!((nobodys.status().as_u16(), header(&nobodys, LOCATION)), (303, "/setup/login"), "{act}");
    }
    assert_eq!(get(&world, "/setup/sessions", &cookie).await.status(), 404);
    assert_eq!(setup::handle(&world.setup, &as_cookie(form("/setup/sessions", ""), &cookie)).await.status(), 404);
    assert_eq!(world.see(&other).await?["input"], json!({}), "nothing was entered");
    Ok(())
}

#[tokio::test]
async fn what_is_no_token_is_refused_in_words_and_leads_nowhere() -> Result<()> {
    let world = World::new().await?;
    for body in [
        "",
        "token=",
        "token=x",
        "token=sst_x_y",
        "token=%00",
        "token=trk_a_b",
        "x=1",
        "token=sst_a_0123456789012345678901234567890123456789",
    ] {
        let response = setup::handle(&world.setup, &form("/setup/login", body)).await;
        assert_eq!(response.status(), 401, "{body}");
        ensure!(response.headers().get(SET_COOKIE).is_none(), "{body}");
    }
    let away = format!("token={}&to=https://elsewhere.example.com/", world.admin_token);
    for to in
        [away.as_str(), &away.replace("https:", ""), &away.replace("https://elsewhere.example.com/", "/setup/%5C%5Cx")]
    {
        let response = setup::handle(&world.setup, &form("/setup/login", to)).await;
        assert_eq!(header(&response, LOCATION), "/setup", "{to}");
    }
    Ok(())
}

#[tokio::test]
async fn wrong_tokens_at_the_login_count_as_everywhere_and_who_is_logged_in_goes_on() -> Result<()> {
    let world = World::new().await?;
    let (session, other) = (world.session().await?, world.session().await?);
    let cookie = log_in(&world, &session.token).await?;
    let stale = log_in(&world, &other.token).await?;
    world.operate(Method::POST, &other.path("link"), &Value::Null).await?.expect(200)?;
    for _ in 0..30 {
        let page = get(&world, &format!("/setup/sessions/{}/business", other.id), &stale).await;
        assert_eq!(page.status(), 404, "a login that is over is no guess");
        let page = get(&world, &format!("/setup/tenants/tnt_{}", other.id), &stale).await;
        assert_eq!(page.status(), 303, "nor is it on a tenant's page");
        setup::handle(&world.setup, &form("/setup/login", "token=")).await;
    }
    assert_eq!(world.count("select count(*) from wrong_tokens", &[]).await?, 0);
    let forged = other.token.replace(&other.id, &session.id);
    for number in 0..10 {
        for token in [format!("guess-{number}"), forged.clone()] {
            let refused = setup::handle(&world.setup, &form("/setup/login", &format!("token={token}"))).await;
            assert_eq!(refused.status(), 401, "{number} {token}");
        }
    }
    for token in [&world.admin_token, &forged, &session.token] {
        let refused = setup::handle(&world.setup, &form("/setup/login", &format!("token={token}"))).await;
        assert_eq!((refused.status().as_u16(), refused.headers().contains_key(RETRY_AFTER)), (429, true));
    }
    let page = get(&world, &format!("/setup/sessions/{}/business", session.id), &cookie).await;
    assert_eq!(page.status(), 200, "a login is no token");
    Ok(())
}

#[tokio::test]
async fn what_is_done_on_a_page_is_told_as_what_is_done_by_the_api() -> Result<()> {
    let world = World::new().await?;
    let operator = log_in(&world, &world.admin_token).await?;
    setup::handle(&world.setup, &as_cookie(form("/setup/sessions", "locale=en"), &operator)).await;
    let session = world.session().await?;
    let seller = log_in(&world, &session.token).await?;
    let path = format!("/setup/sessions/{}", session.id);
    setup::handle(&world.setup, &as_cookie(form(&format!("{path}/business"), "name=Loja"), &seller)).await;
    setup::handle(&world.setup, &as_cookie(form(&format!("{path}/link"), ""), &operator)).await;
    let told = "select string_agg(who || ' ' || act || ' ' || (detail ->> 'fields'), ', ' order by at) from audit where tenant_id = $1";
    let told = world.text(told, &[&format!("tnt_{}", session.id)]).await?;
    let fields = "[\"business.name\"]";
    assert_eq!(told, Some(format!("link:{} session.patched {fields}", session.id)));
    let acts = world.text("select string_agg(act, ' ' order by at) from audit where who = 'operator'", &[]).await?;
    assert_eq!(acts.as_deref(), Some("session.created session.created session.link_renewed"));
    Ok(())
}

#[tokio::test]
async fn the_operator_makes_a_seller_s_link_on_a_page() -> Result<()> {
    let desk = Desk::new().await?;
    desk.goto("/setup/sessions").await?;
    assert_eq!(desk.path().await?, "/setup/login");
    desk.look("operator-0-login").await?;
    desk.page.fill("[name=token]", "wrong").await?;
    desk.send("[name=token]").await?;
    ensure!(desk.words().await?.contains("opens nothing"));
    desk.look("operator-1-refused").await?;
    desk.page.fill("[name=token]", &desk.world().admin_token).await?;
    desk.send("[name=token]").await?;
    desk.page.until("location.pathname === '/setup/sessions'").await?;
    desk.look("operator-2-nobody").await?;
    desk.press("New seller").await?;
    ensure!(desk.words().await?.contains("/setup/open?lang=en#sst_"));
    desk.look("operator-3-link").await?;
    desk.press("Go through it yourself").await?;
    desk.page.until("location.pathname.endsWith('/business')").await?;
    desk.enter(&json!({"name": "Loja <Exemplo>"})).await?;
    desk.send("[name=name]").await?;
    desk.look("operator-4-issues").await?;
    desk.goto("/setup/sessions").await?;
    ensure!(desk.words().await?.contains("Loja <Exemplo>"));
    desk.look("operator-5-sellers").await?;
    desk.press("Log out").await?;
    desk.goto("/setup/sessions").await?;
    assert_eq!(desk.path().await?, "/setup/login");
    assert_eq!(desk.page.errors().len(), 1, "the refused login's own status: {:?}", desk.page.errors());
    Ok(())
}

#[tokio::test]
async fn no_page_of_a_tenant_is_another_one_s() -> Result<()> {
    let world = World::new().await?;
    let (one, other) = (world.session().await?, world.session().await?);
    for (session, name) in [(&one, "one"), (&other, "other")] {
        world.enter(session, &world.entered(name)).await?.expect(200)?;
    }
    let made = world.act(&one, "provision", &Value::Null).await?.expect(200)?;
    world.act(&other, "provision", &Value::Null).await?.expect(200)?;
    let (by_link, by_key) =
        (log_in(&world, &one.token).await?, log_in(&world, made["api_key"]["key"].as_str().context("a key")?).await?);
    let pages =
        ["", "/health", "/keys", "/people", "/changes", "/events", "/quarantine", "/connections", "/bodies", "/import"];
    let settings = ["", "/meta", "/events", "/suspend", "/retire", "/activate"].map(|act| format!("/settings{act}"));
    for page in pages.into_iter().chain(settings.iter().map(String::as_str)) {
        let theirs = format!("/setup/tenants/tnt_{}{page}", other.id);
        for cookie in [&by_link, &by_key] {
            assert_eq!(get(&world, &theirs, cookie).await.status(), 404, "{page}");
            let posted = setup::handle(&world.setup, &as_cookie(form(&theirs, "label=x&scopes=admin"), cookie)).await;
            assert_eq!(posted.status(), 404, "{page}");
        }
        let nobodys = get(&world, &theirs, "").await;
        ensure!(header(&nobodys, LOCATION).starts_with("/setup/login"), "{page}");
    }
    for act in ["suspend", "retire"] {
        let mine = format!("/setup/tenants/tnt_{}/settings/{act}", one.id);
        for cookie in [&by_link, &by_key] {
            let posted = setup::handle(&world.setup, &as_cookie(form(&mine, "sure=on"), cookie)).await;
            assert_eq!(posted.status(), 403, "{act} is the operator's");
        }
    }
    for page in ["", "/health", "/keys", "/settings", "/people", "/changes"] {
        let mine = format!("/setup/tenants/tnt_{}{page}", one.id);
        for cookie in [&by_link, &by_key] {
            assert_eq!(get(&world, &mine, cookie).await.status(), 200, "{page}");
        }
        if !page.is_empty() {
            let posted = setup::handle(&world.setup, &as_cookie(form(&mine, "label=x&scopes=admin"), &by_key)).await;
            ensure!(matches!(posted.status().as_u16(), 403 | 404), "{page}: a key that may not change anything");
        }
    }
    let keys: i64 =
        world.db.connect().await?.query_one("select count(*) from api_keys where label = 'x'", &[]).await?.get(0);
    assert_eq!(keys, 0);
    Ok(())
}

#[tokio::test]
async fn deliveries_that_stay_unread_do_not_keep_the_others_from_being_read_again() -> Result<()> {
    let world = World::new().await?;
    let connected = world.connect(Platform::Hotmart).await?;
    world
        .execute(&format!(
            "insert into kept_bodies (tenant_id, id, connection_id, digest, reason, received_at, bytes, sealed)
             select '{}', 'body' || n, '{}', encode(sha256(n::text::bytea), 'hex'), 'not_authentic', now() - n * interval '1 second', 1, 'x'
             from generate_series(1, 150) n",
            connected.tenant_id, connected.id
        ))
        .await?;
    let operator = log_in(&world, &world.admin_token).await?;
    let path = format!("/setup/tenants/{}/bodies", world.tenant.id);
    let read_again = async |body: &str| -> Result<String> {
        let response = setup::handle(&world.setup, &as_cookie(form(&path, body), &operator)).await;
        assert_eq!(response.status(), 200);
        let Body::Text(page) = response.into_body() else { anyhow::bail!("a page") };
        Ok(page)
    };
    let first = read_again("x=1").await?;
    let (_, rest) = first.split_once("name=\"after\" value=\"").context("there are more")?;
    let after = rest.split('"').next().context("where to go on")?;
    let second = read_again(&format!("after={after}")).await?;
    ensure!(!second.contains("name=\"after\""), "the second part is the last");
    let looked_at = "select sum((detail ->> 'not_opened')::bigint)::bigint from audit where act = 'bodies.replayed'";
    assert_eq!(world.count(looked_at, &[]).await?, 150, "each once");
    Ok(())
}

#[tokio::test]
async fn a_login_takes_the_place_of_the_one_before_and_an_operator_s_token_may_have_any_sign() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    let former = log_in(&world, &world.admin_token).await?;
    let again = as_cookie(form("/setup/login", &format!("token={}", session.token)), &former);
    let response = setup::handle(&world.setup, &again).await;
    assert_eq!(response.status(), 303);
    assert_eq!(get(&world, "/setup/sessions", &former).await.status(), 303, "the operator's is over");
    let pasted = format!("token=https%3A%2F%2Ftrack.example.com%2Fsetup%2Fopen%3Flang%3Den%23{}", session.token);
    assert_eq!(setup::handle(&world.setup, &form("/setup/login", &pasted)).await.status(), 303, "a whole link");
    aws_sdk_secretsmanager::Client::new(&world.sdk)
        .put_secret_value()
        .secret_id(&world.admin_token)
        .secret_string("sample#operator")
        .send()
        .await?;
    let fresh = world.another_setup()?;
    let response = setup::handle(&fresh, &form("/setup/login", "token=sample%23operator")).await;
    assert_eq!(response.status(), 303, "a sign that begins a fragment");
    Ok(())
}

#[tokio::test]
async fn no_list_takes_a_place_that_it_has_not_given() -> Result<()> {
    let world = World::new().await?;
    let operator = log_in(&world, &world.admin_token).await?;
    for after in ["1_%00", "-9223372036854775808_x", "x", "%00", "1_x"] {
        let page = get(&world, &format!("/setup/sessions?after={after}"), &operator).await;
        assert_eq!(page.status(), 400, "{after}");
    }
    Ok(())
}
