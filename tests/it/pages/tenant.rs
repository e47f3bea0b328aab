//! A tenant's pages: keys, people, changes.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::request;
use tests::world::wake_up;

use super::Desk;

/// A seller who is live, logged in by the link. Gives where the pages are, and the API key.
pub(super) async fn seller(desk: &Desk, lang: &str) -> Result<(String, String)> {
    let world = desk.world();
    let session = world.session().await?;
    world.enter(&session, &world.entered("tenant")).await?.expect(200)?;
    let made = world.act(&session, "activate", &Value::Null).await?.expect(200)?;
    desk.goto(&format!("/setup?lang={lang}")).await?;
    desk.goto(&format!("/setup/open#{}", session.token)).await?;
    desk.page.until("location.pathname.startsWith('/setup/tenants/')").await?;
    let key = made["api_key"]["key"].as_str().context("a key")?.to_owned();
    Ok((desk.path().await?, key))
}

#[tokio::test]
async fn a_key_is_made_shown_once_used_to_log_in_and_ended() -> Result<()> {
    let desk = Desk::new().await?;
    let (at, _) = seller(&desk, "en").await?;
    desk.goto(&format!("{at}/keys")).await?;
    desk.page.fill("[name=label]", "Reports <1>").await?;
    desk.page
        .eval("document.querySelectorAll('[name=scopes]').forEach(it => it.checked = it.value === 'read')")
        .await?;
    desk.send("[name=label]").await?;
    let shown = desk.words().await?;
    let key = shown.split_whitespace().find(|it| it.starts_with("trk_tnt_")).context("a key")?.to_owned();
    ensure!(shown.contains("Reports <1>"), "{shown}");
    desk.look("tenant-keys").await?;
    desk.goto(&format!("{at}/keys")).await?;
    ensure!(!desk.words().await?.contains(&key), "it is shown once");

    let other = Desk::at(std::sync::Arc::clone(&desk.site)).await?;
    other.goto("/setup").await?;
    other.page.fill("[name=token]", &key).await?;
    other.send("[name=token]").await?;
    assert_eq!(other.path().await?, at);
    other.goto(&format!("{at}/keys")).await?;
    other.page.fill("[name=label]", "Mine").await?;
    other.send("[name=label]").await?;
    ensure!(other.words().await?.contains("not yours to do"), "a key that reads changes nothing");

    let script = "[...document.querySelectorAll('tr')].find(it => it.innerText.includes('Reports')).querySelector('button').click()";
    desk.page.follow(script).await?;
    other.goto(&at).await?;
    assert_eq!(other.path().await?, "/setup/login", "it ended");
    desk.goto(&format!("{at}/changes")).await?;
    let told = desk.words().await?;
    ensure!(told.contains("API key made") && told.contains("API key ended") && told.contains("Went live"), "{told}");
    desk.look("tenant-changes").await?;
    Ok(())
}

#[tokio::test]
async fn a_person_is_found_exported_and_erased_with_a_receipt() -> Result<()> {
    let desk = Desk::new().await?;
    let (at, key) = seller(&desk, "pt-BR").await?;
    let world = desk.world();
    let body =
        json!({"order_id": "1001", "value": "97.00", "currency": "BRL", "customer": {"email": "maria@example.com"}});
    world.send_order(&request::with_key(request::post("/v1/orders", &body.to_string()), &key)).await?.expect(202)?;
    desk.goto(&format!("{at}/people")).await?;
    desk.page.fill("[name=who]", "not anybody").await?;
    desk.press("Procurar").await?;
    ensure!(desk.words().await?.contains("Informe um e-mail"));
    desk.page.fill("[name=who]", "Maria@Example.com").await?;
    desk.press("Procurar").await?;
    desk.look("tenant-people-found").await?;
    ensure!(desk.words().await?.contains("Apagar para sempre"), "{}", desk.words().await?);
    let exported = "fetch(location.pathname, { method: 'POST', body: new URLSearchParams({ who: 'maria@example.com', act: 'export' }) })
        .then(it => it.json()).then(it => JSON.stringify(it))";
    ensure!(desk.page.text(exported).await?.contains("1001"));
    desk.press("Apagar para sempre").await?;
    ensure!(desk.words().await?.contains("Recibo"), "{}", desk.words().await?);
    desk.look("tenant-people-erased").await?;
    desk.page.fill("[name=who]", "maria@example.com").await?;
    desk.press("Procurar").await?;
    ensure!(desk.words().await?.contains("Nada está guardado desta pessoa"));
    let asked = desk.site.seen("maria");
    assert_eq!(asked.len(), 0, "whom it is about stands in no address");
    desk.goto(&format!("{at}/changes")).await?;
    ensure!(desk.words().await?.contains("Dados de uma pessoa apagados"));
    Ok(())
}

/// The URL of the webhook that a page shows once.
async fn webhook(desk: &Desk) -> Result<String> {
    let shown = desk.words().await?;
    let url = shown.split_whitespace().find(|it| it.contains("/w/tnt_")).context("a URL")?;
    Ok(url.trim_start_matches(tests::site::TRACK).to_owned())
}

#[tokio::test]
async fn a_mistyped_secret_is_seen_repaired_and_costs_no_sale() -> Result<()> {
    let desk = Desk::new().await?;
    let (at, _) = seller(&desk, "en").await?;
    desk.goto(&format!("{at}/connections")).await?;
    desk.press("Make a new URL").await?;
    let path = webhook(&desk).await?;
    desk.look("tenant-connections-url").await?;
    desk.page.fill("[name=secret]", "mistyped").await?;
    desk.send("[name=secret]").await?;
    ensure!(desk.words().await?.contains("The secret is kept"), "{}", desk.words().await?);
    let now_s = shared::clock::Clock::SYSTEM.now_s().to_string();
    let body = include_str!("../../fixtures/webhooks/hotmart/purchase_approved.json").replace("1767225", &now_s[..7]);
    let post = request::with_header(request::post(&path, &body), "x-hotmart-hottok", "sample-hottok");
    desk.world().send_order(&post).await?.expect_problem(401)?;
    desk.goto(&format!("{at}/connections")).await?;
    ensure!(desk.words().await?.contains("this secret does not prove"), "{}", desk.words().await?);
    desk.look("tenant-connections").await?;
    desk.page.fill("[name=secret]", "sample-hottok").await?;
    desk.send("[name=secret]").await?;
    desk.goto(&format!("{at}/bodies")).await?;
    desk.look("tenant-bodies").await?;
    desk.press("Read all again").await?;
    let told = desk.words().await?;
    ensure!(told.contains("Taken\n1") && told.contains("Nothing is waiting here"), "{told}");
    let sales = desk.world().count("select count(*) from conversions", &[]).await?;
    assert_eq!(sales, 1);
    Ok(())
}

#[tokio::test]
async fn a_further_checkout_is_connected_and_ended() -> Result<()> {
    let desk = Desk::new().await?;
    let (at, _) = seller(&desk, "pt-BR").await?;
    desk.goto(&format!("{at}/connections")).await?;
    desk.page.eval("document.querySelector('[name=platform]').required = false").await?;
    desk.send("[name=platform]").await?;
    ensure!(desk.words().await?.contains("Escolha uma plataforma"), "{}", desk.words().await?);
    desk.enter(&json!({"platform": "kiwify"})).await?;
    desk.send("[name=platform]").await?;
    let path = webhook(&desk).await?;
    desk.world().send_order(&request::new(lambda_http::http::Method::GET, &path, "")).await?.expect(200)?;
    let end = "[...document.querySelectorAll('section')].find(it => it.innerText.includes('Kiwify')).querySelector('.danger').click()";
    desk.page.follow(end).await?;
    desk.world().send_order(&request::new(lambda_http::http::Method::GET, &path, "")).await?.expect_problem(404)?;
    ensure!(desk.words().await?.contains("encerrada"));
    Ok(())
}

#[tokio::test]
async fn an_event_that_meta_may_have_is_looked_at_before_it_goes_again() -> Result<()> {
    let desk = Desk::new().await?;
    let (at, key) = seller(&desk, "en").await?;
    let world = desk.world();
    let body =
        json!({"order_id": "1001", "value": "97.00", "currency": "BRL", "customer": {"email": "maria@example.com"}});
    world.send_order(&request::with_key(request::post("/v1/orders", &body.to_string()), &key)).await?.expect(202)?;
    world
        .execute(
            "update conversions set state = 'quarantined', reason = 'unclear';
             update dispatch_attempts set status = 'failed', answer = 'unclear', finished_at = now(), unclear_since = now()",
        )
        .await?;
    desk.goto(&format!("{at}/quarantine")).await?;
    desk.press("Look first").await?;
    ensure!(desk.path().await?.contains("/events/"), "{}", desk.path().await?);
    ensure!(desk.words().await?.contains("Meta does not have it"), "{}", desk.words().await?);
    desk.goto(&format!("{at}/quarantine")).await?;
    desk.press("Put all back").await?;
    ensure!(desk.words().await?.contains("Nothing was put back"), "{}", desk.words().await?);
    assert_eq!(world.text("select state from conversions", &[]).await?.as_deref(), Some("quarantined"));
    Ok(())
}

#[tokio::test]
async fn a_quarantined_event_is_shown_with_metas_words_and_put_back() -> Result<()> {
    let desk = Desk::new().await?;
    let (at, key) = seller(&desk, "en").await?;
    let world = desk.world();
    let body =
        json!({"order_id": "1001", "value": "97.00", "currency": "BRL", "customer": {"email": "maria@example.com"}});
    world.send_order(&request::with_key(request::post("/v1/orders", &body.to_string()), &key)).await?.expect(202)?;
    let good = world.text("select user_data::text from conversions", &[]).await?.context("user data")?;
    world.execute("update conversions set user_data = '{\"em\": [\"plain\"]}'").await?;
    world.dispatch_bodies(&[&wake_up(at.rsplit('/').next().context("a tenant")?)]).await;
    desk.goto(&format!("{at}/quarantine")).await?;
    desk.look("tenant-quarantine").await?;
    ensure!(desk.words().await?.contains("1001"), "{}", desk.words().await?);
    world.execute(&format!("update conversions set user_data = '{good}'")).await?;
    desk.press("Put back").await?;
    ensure!(desk.words().await?.contains("No event is in quarantine"), "{}", desk.words().await?);
    world.dispatch_bodies(&[&wake_up(at.rsplit('/').next().context("a tenant")?)]).await;
    assert_eq!(world.text("select state from conversions", &[]).await?.as_deref(), Some("sent"));
    desk.look("tenant-quarantine-empty").await
}
