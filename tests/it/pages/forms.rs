//! What comes to the pages that no page of ours has sent.

use anyhow::{Result, ensure};
use lambda_http::http::Method;
use lambda_http::http::header::{ALLOW, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use lambda_http::{Body, Request, Response};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use shared::db::keys;
use tests::request;
use tests::world::World;
use tests::world::seller::Session;
use tokio::runtime::Builder;

/// Somebody who is logged in with a session's link.
async fn logged_in(world: &World) -> Result<(Session, String)> {
    let session = world.session().await?;
    let (_, secret) = session.token.rsplit_once('_').unwrap_or_default();
    let cookie = "0123456789012345678901234567890123456789";
    world
        .execute(&format!(
            "insert into logins (token_hash, kind, subject, credential_hash, created_at, expires_at)
             values ('{}', 'link', '{}', '{}', clock(), clock() + interval '1 hour')",
            keys::hash(cookie),
            session.id,
            keys::hash(secret)
        ))
        .await?;
    Ok((session, format!("__Host-login={cookie}")))
}

fn form(path: &str, body: &[u8], cookie: &str) -> Request {
    let form =
        request::with_header(request::post_bytes(path, body), "content-type", "application/x-www-form-urlencoded");
    request::with_header(form, "cookie", cookie)
}

fn ours(path: &str, body: &[u8], cookie: &str) -> Request {
    request::with_header(form(path, body, cookie), "sec-fetch-site", "same-origin")
}

#[tokio::test]
async fn a_form_that_another_site_sends_is_refused_and_changes_nothing() -> Result<()> {
    let world = World::new().await?;
    let (session, cookie) = logged_in(&world).await?;
    let path = format!("/setup/sessions/{}/business", session.id);
    let from = |headers: &[(&'static str, &str)]| {
        headers
            .iter()
            .fold(form(&path, b"name=Forged", &cookie), |it, (name, value)| request::with_header(it, name, value))
    };
    let refused = [
        from(&[]),
        from(&[("origin", "https://elsewhere.example.com")]),
        from(&[("origin", "null")]),
        from(&[("origin", "http://track.example.com")]),
        from(&[("sec-fetch-site", "cross-site")]),
        from(&[("sec-fetch-site", "same-site"), ("origin", "https://track.example.com")]),
        from(&[("sec-fetch-site", "none")]),
    ];
    for request in refused {
        let response = setup::handle(&world.setup, &request).await;
        assert_eq!(response.status(), 403, "{:?}", request.headers());
    }
    assert_eq!(world.see(&session).await?["input"], json!({}));
    for request in [from(&[("origin", "https://track.example.com")]), from(&[("sec-fetch-site", "same-origin")])] {
        assert_eq!(setup::handle(&world.setup, &request).await.status(), 303);
    }
    assert_eq!(world.see(&session).await?["input"]["business"]["name"], "Forged");
    Ok(())
}

#[tokio::test]
async fn what_was_entered_is_shown_as_text_whatever_it_is() -> Result<()> {
    let world = World::new().await?;
    let (session, cookie) = logged_in(&world).await?;
    let path = format!("/setup/sessions/{}/business", session.id);
    let body = b"name=%3Cscript%3Ealert(1)%3C%2Fscript%3E%22%27&slug=%22%3E%3Cimg+src%3Dx%3E&country=%22%3E%3Cb%3E&currency=%26lt%3B";
    assert_eq!(setup::handle(&world.setup, &ours(&path, body, &cookie)).await.status(), 303);
    let page = text(setup::handle(&world.setup, &with_cookie(&path, &cookie)).await);
    for raw in ["<script>alert", "<img src=x", "\"><b>"] {
        ensure!(!page.contains(raw), "{raw} in {page}");
    }
    ensure!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    Ok(())
}

#[tokio::test]
async fn a_secret_is_kept_and_never_in_a_page_again() -> Result<()> {
    let world = World::new().await?;
    let (session, cookie) = logged_in(&world).await?;
    let token = "sample-secret-token-1";
    let meta = format!("/setup/sessions/{}/meta", session.id);
    let body = format!("pixel_id=1000000000000001&access_token={token}&app_secret=");
    assert_eq!(setup::handle(&world.setup, &ours(&meta, body.as_bytes(), &cookie)).await.status(), 303);
    let page = text(setup::handle(&world.setup, &with_cookie(&meta, &cookie)).await);
    ensure!(page.contains("leave empty to keep it") && !page.contains(token));
    let set_at = world.see(&session).await?["input"]["meta"]["access_token"]["set_at"].clone();
    let again = ours(&meta, b"pixel_id=1000000000000002&access_token=", &cookie);
    assert_eq!(setup::handle(&world.setup, &again).await.status(), 303);
    let seen = world.see(&session).await?;
    assert_eq!(seen["input"]["meta"]["access_token"]["set_at"], set_at, "an empty field keeps it");
    assert_eq!(seen["input"]["meta"]["pixel_id"], "1000000000000002");
    let too_long = format!("pixel_id=1000000000000003&access_token={}", "x".repeat(2001));
    let refused = setup::handle(&world.setup, &ours(&meta, too_long.as_bytes(), &cookie)).await;
    assert_eq!(refused.status(), 422);
    ensure!(!text(refused).contains("xxxx"), "nor is one that was refused");
    assert_eq!(world.see(&session).await?["input"]["meta"]["pixel_id"], "1000000000000002", "nothing was saved");
    Ok(())
}

#[tokio::test]
async fn every_page_is_private_and_loads_nothing_from_elsewhere() -> Result<()> {
    let world = World::new().await?;
    let (session, cookie) = logged_in(&world).await?;
    for path in ["/setup/login".to_owned(), "/setup/nothing".to_owned(), format!("/setup/sessions/{}/meta", session.id)]
    {
        let response = setup::handle(&world.setup, &with_cookie(&path, &cookie)).await;
        let headers = response.headers().clone();
        let header = |name: &str| headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default().to_owned();
        let policy = header(CONTENT_SECURITY_POLICY.as_str());
        ensure!(
            policy.starts_with("default-src 'none'") && !policy.contains("unsafe") && !policy.contains("http"),
            "{policy}"
        );
        ensure!(policy.contains("frame-ancestors 'none'"));
        assert_eq!(header("cache-control"), "no-store", "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "same-origin", "{path}");
        let page = text(response);
        ensure!(
            !page.contains(" style=") && !page.contains("<script>") && !page.contains(" onclick"),
            "{path}: {page}"
        );
    }
    let style = setup::handle(&world.setup, &request::new(Method::GET, "/setup/assets/style.css?x", "")).await;
    assert_eq!(style.headers()["cache-control"], "public, max-age=31536000, immutable");
    Ok(())
}

#[tokio::test]
async fn the_language_is_the_chosen_one_then_the_browser_s() -> Result<()> {
    let world = World::new().await?;
    let asked = |path: &str, name: &'static str, value: &str| {
        request::with_header(request::new(Method::GET, path, ""), name, value)
    };
    let cases = [
        (request::new(Method::GET, "/setup", ""), "en"),
        (asked("/setup", "accept-language", "pt-BR,pt;q=0.9,en;q=0.8"), "pt-BR"),
        (asked("/setup", "accept-language", "fr, en-GB;q=0.7, pt;q=0.3"), "en"),
        (asked("/setup", "accept-language", "de"), "en"),
        (asked("/setup?lang=pt-BR", "accept-language", "en"), "pt-BR"),
        (asked("/setup", "cookie", "lang=pt-BR"), "pt-BR"),
        (asked("/setup?lang=en", "cookie", "lang=pt-BR"), "en"),
        (asked("/setup?lang=xx", "cookie", "lang=%00"), "en"),
    ];
    for (request, lang) in cases {
        let page = text(setup::handle(&world.setup, &request).await);
        ensure!(page.contains(&format!("<html lang=\"{lang}\">")), "{:?} {:?}", request.uri(), request.headers());
    }
    Ok(())
}

#[tokio::test]
async fn another_method_or_type_is_refused_in_a_page() -> Result<()> {
    let world = World::new().await?;
    let (session, cookie) = logged_in(&world).await?;
    let path = format!("/setup/sessions/{}/business", session.id);
    let put = request::new(Method::PUT, &path, "");
    let refused = setup::handle(&world.setup, &put).await;
    assert_eq!((refused.status().as_u16(), refused.headers()[ALLOW].to_str()?), (405, "GET, POST"));
    let mut json = ours(&path, b"{}", &cookie);
    json.headers_mut().insert(CONTENT_TYPE, "application/json".parse()?);
    assert_eq!(setup::handle(&world.setup, &json).await.status(), 415);
    json.headers_mut().remove(CONTENT_TYPE);
    assert_eq!(setup::handle(&world.setup, &json).await.status(), 415);
    let large = vec![b'x'; 65 * 1024];
    assert_eq!(setup::handle(&world.setup, &ours(&path, &large, &cookie)).await.status(), 413);
    let head = setup::handle(&world.setup, &{
        let mut head = with_cookie(&path, &cookie);
        *head.method_mut() = Method::HEAD;
        head
    })
    .await;
    assert_eq!(head.status(), 200);
    Ok(())
}

#[test]
fn no_form_on_any_page_is_our_fault() -> Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let world = runtime.block_on(World::new())?;
    let (session, cookie) = runtime.block_on(logged_in(&world))?;
    runtime.block_on(world.enter(&session, &world.entered("pages")))?.expect(200)?;
    runtime.block_on(world.act(&session, "provision", &Value::Null))?.expect(200)?;
    let steps = [
        "business",
        "funnel",
        "meta",
        "checkout",
        "other_senders",
        "snippet",
        "test_order",
        "active",
        "provision",
        "test-event",
        "activate",
        "live",
        "link",
        "x",
        "",
    ];
    let path = prop_oneof![
        8 => prop::sample::select(steps.to_vec()).prop_map({ let id = session.id.clone(); move |step| format!("/setup/sessions/{id}/{step}") }),
        1 => "/setup[a-z/%.0-9]{0,30}",
        1 => prop::sample::select(vec!["/setup/login".to_owned(), "/setup/open".to_owned(), "/setup/sessions?after=1_x".to_owned(), "/setup/sessions".to_owned()]),
    ];
    let name = prop::sample::select(vec![
        "name",
        "slug",
        "country",
        "currency",
        "domains",
        "requires_consent",
        "pixel_id",
        "access_token",
        "app_secret",
        "platform",
        "amount",
        "secret",
        "shop",
        "order_id_slot",
        "purchase",
        "test_event_code",
        "rotate",
        "token",
        "to",
        "locale",
    ]);
    let value = prop_oneof![
        3 => "\\PC{0,20}",
        1 => Just("\0".to_owned()),
        1 => prop::sample::select(vec!["hotmart", "api", "woocommerce", "off", "BR", "BRL", "price", "api_key", "connection", "TEST1"]).prop_map(str::to_owned),
    ];
    let fields = prop::collection::vec((name, value), 0..6).prop_map(|fields| {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in fields {
            form.append_pair(name, &value);
        }
        form.finish().into_bytes()
    });
    let body = prop_oneof![6 => fields, 1 => prop::collection::vec(any::<u8>(), 0..60)];
    let method = prop::sample::select(vec![Method::POST, Method::POST, Method::GET, Method::HEAD]);
    let mut runner = TestRunner::new(Config { cases: 200, failure_persistence: None, ..Config::default() });
    runner.run(&(method, path, body), |(method, path, body)| {
        let mut request = ours(&path, &body, &cookie);
        *request.method_mut() = method.clone();
        let status = runtime.block_on(setup::handle(&world.setup, &request)).status();
        prop_assert!(!status.is_server_error(), "{method} {path} {}: {status}", String::from_utf8_lossy(&body));
        Ok(())
    })?;
    Ok(())
}

fn with_cookie(path: &str, cookie: &str) -> Request {
    request::with_header(request::new(Method::GET, path, ""), "cookie", cookie)
}

fn text(response: Response<Body>) -> String {
    match response.into_body() {
        Body::Text(text) => text,
        _ => String::new(),
    }
}
