//! What a tenant is set to, on its page.

use anyhow::{Result, ensure};
use lambda_http::http::Method;
use serde_json::json;

use super::Desk;
use super::tenant::seller;

#[tokio::test]
async fn a_seller_replaces_the_token_and_chooses_what_is_sent() -> Result<()> {
    let desk = Desk::new().await?;
    let (at, _) = seller(&desk, "pt-BR").await?;
    desk.goto(&format!("{at}/settings")).await?;
    desk.look("tenant-settings").await?;
    desk.page.fill("[name=access_token]", "not-a-token").await?;
    desk.send("[name=access_token]").await?;
    ensure!(desk.words().await?.contains("A Meta recusa este token"), "{}", desk.words().await?);
    let token = desk.world().entered("tenant")["meta"]["access_token"].as_str().unwrap_or_default().to_owned();
    desk.page.fill("[name=access_token]", &token).await?;
    desk.send("[name=access_token]").await?;
    ensure!(desk.words().await?.contains("A Meta aceitou o token"), "{}", desk.words().await?);

    desk.page.eval("document.querySelector('[name=abandoned]').checked = true").await?;
    desk.page.eval("document.querySelector('[name=pending]').checked = true").await?;
    desk.page.fill("[name=pending_name]", "Purchase").await?;
    desk.send("[name=pending_name]").await?;
    ensure!(desk.words().await?.contains("só para o primeiro pagamento"), "{}", desk.words().await?);
    desk.page.eval("document.querySelector('[name=abandoned]').checked = true").await?;
    desk.page.eval("document.querySelector('[name=pending]').checked = true").await?;
    desk.page.fill("[name=pending_name]", "PixGerado").await?;
    desk.send("[name=pending_name]").await?;
    let kept = "document.querySelector('[name=pending_name]').value + ' ' + document.querySelector('[name=abandoned]').checked";
    assert_eq!(desk.page.text(kept).await?, "PixGerado true");
    let id = at.rsplit('/').next().unwrap_or_default();
    let stored = desk.world().text("select optional_events::text from tenants where id = $1", &[&id]).await?;
    assert_eq!(stored.as_deref(), Some(r#"{"pending": "PixGerado", "abandoned": "Lead"}"#));
    ensure!(!desk.words().await?.contains("Suspender"), "which is the operator's");
    Ok(())
}

#[tokio::test]
async fn the_operator_suspends_goes_on_and_retires_after_a_second_thought() -> Result<()> {
    let desk = Desk::new().await?;
    let (at, key) = seller(&desk, "en").await?;
    desk.page.follow("document.querySelector('form[action=\"/setup/logout\"] button').click()").await?;
    desk.goto("/setup").await?;
    desk.page.fill("[name=token]", &desk.world().admin_token).await?;
    desk.send("[name=token]").await?;
    desk.goto(&format!("{at}/settings")).await?;
    desk.look("tenant-settings-operator").await?;
    desk.press("Suspend: hold its events back").await?;
    ensure!(desk.words().await?.contains("events wait"), "{}", desk.words().await?);
    desk.press("Go on: send what waits").await?;
    ensure!(desk.words().await?.contains("events are sent"), "{}", desk.words().await?);
    let unsure = "document.querySelector('[name=sure]').required = false";
    desk.page.eval(unsure).await?;
    desk.page.eval("document.querySelectorAll('details').forEach(it => it.open = true)").await?;
    desk.press("Retire for good").await?;
    ensure!(desk.words().await?.contains("Tick the box"), "{}", desk.words().await?);
    desk.page.eval("document.querySelectorAll('details').forEach(it => it.open = true)").await?;
    desk.page.eval("document.querySelector('[name=sure]').checked = true").await?;
    desk.press("Retire for good").await?;
    let told = desk.words().await?;
    ensure!(told.contains("for good") && !told.contains("Retire this seller"), "{told}");
    desk.look("tenant-settings-retired").await?;
    let id = at.rsplit('/').next().unwrap_or_default();
    desk.world().setup_as(&key, Method::GET, &format!("/v1/tenants/{id}"), &json!(null)).await?.expect_problem(410)?;
    Ok(())
}

#[tokio::test]
async fn a_checkout_is_set_otherwise_on_its_page() -> Result<()> {
    let desk = Desk::new().await?;
    let (at, _) = seller(&desk, "en").await?;
    desk.goto(&format!("{at}/connections")).await?;
    desk.page.eval("document.querySelectorAll('details').forEach(it => it.open = true)").await?;
    desk.look("tenant-connection-settings").await?;
    desk.page.fill("[name=label]", "The course").await?;
    desk.page.fill("[name=order_id_slot]", "a b").await?;
    desk.send("[name=label]").await?;
    ensure!(desk.words().await?.contains("cannot be so"), "{}", desk.words().await?);
    desk.page.eval("document.querySelectorAll('details').forEach(it => it.open = true)").await?;
    desk.page.fill("[name=label]", "The course").await?;
    desk.send("[name=label]").await?;
    let told = desk.words().await?;
    ensure!(told.contains("Saved") && told.contains("Hotmart · The course"), "{told}");
    Ok(())
}
