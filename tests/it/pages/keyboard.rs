//! The wizard by the keyboard alone.

use anyhow::{Result, ensure};

use super::Desk;

#[tokio::test]
async fn a_step_is_entered_and_sent_by_the_keyboard_alone() -> Result<()> {
    let desk = Desk::new().await?;
    let session = desk.world().session().await?;
    desk.goto(&format!("/setup/open#{}", session.token)).await?;
    desk.page.until("location.pathname.endsWith('/business')").await?;
    desk.page.press("Tab").await?;
    assert_eq!(desk.page.text("document.activeElement.className").await?, "skip", "first the way past the navigation");
    desk.page.press("Enter").await?;
    assert_eq!(desk.page.text("document.activeElement.id").await?, "main");
    let steps = desk.page.eval("document.querySelectorAll('.steps a').length").await?.as_u64().unwrap_or_default();
    for _ in 0..=steps {
        desk.page.press("Tab").await?;
    }
    let at = || desk.page.text("document.activeElement.name ?? ''");
    assert_eq!(at().await?, "name");
    desk.page.write("Loja Exemplo").await?;
    desk.page.press("Tab").await?;
    assert_eq!(at().await?, "slug");
    let suggested = desk.page.text("document.activeElement.value").await?;
    assert_eq!(suggested, "loja-exemplo", "the short name is suggested");
    desk.page.press("Tab").await?;
    assert_eq!(at().await?, "country");
    desk.page.write("Braz").await?;
    desk.page.press("Tab").await?;
    desk.page.write("BRL").await?;
    desk.page.press("Enter").await?;
    desk.page.until("location.pathname.endsWith('/funnel')").await?;
    let input = &desk.world().see(&session).await?["input"]["business"];
    ensure!(input["name"] == "Loja Exemplo" && input["country"] == "BR" && input["currency"] == "BRL", "{input}");
    Ok(())
}

#[tokio::test]
async fn what_has_the_focus_is_seen() -> Result<()> {
    let desk = Desk::new().await?;
    desk.goto("/setup").await?;
    for tag in ["INPUT", "BUTTON"] {
        // A browser gives the focus by itself only with the page's first picture.
        desk.page.until(&format!("document.activeElement.tagName === '{tag}'")).await?;
        let outline = desk.page.text("getComputedStyle(document.activeElement).outlineStyle").await?;
        assert_eq!(outline, "solid", "{}", desk.page.text("document.activeElement.outerHTML").await?);
        desk.page.press("Tab").await?;
    }
    Ok(())
}
