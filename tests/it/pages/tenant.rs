//! A tenant's pages: keys, people, changes.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::request;

use super::Desk;

/// A seller who is live, logged in by the link. Gives where the pages are, and the API key.
async fn seller(desk: &Desk, lang: &str) -> Result<(String, String)> {
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
