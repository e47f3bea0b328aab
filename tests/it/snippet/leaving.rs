//! Links and forms to the checkout take the click id along.

use anyhow::{Context, Result};
use url::Url;

use super::{CHECKOUT, SHOP, Stage, assert_quiet, click_id};

fn parameter(url: &str, name: &str) -> Option<String> {
    Url::parse(url).ok()?.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

#[tokio::test]
async fn a_link_to_the_checkout_has_the_click_id_and_the_campaign_once_it_is_used() -> Result<()> {
    let stage = Stage::new().await?;
    let links = format!(
        "<a id=plain href='{CHECKOUT}/pay?off=a%20b&x#top'>buy</a> <a id=below href='http://sub.checkout.example.com/'>x</a>
         <a id=own href='{CHECKOUT}/pay?utm_source=seller&sck=old'>x</a> <a id=other href='http://notcheckout.example.com/'>x</a>
         <a id=mail href='mailto:shop@checkout.example.com'>x</a> <a id=odd href='http://['>x</a> <a id=none>x</a>
         <svg width=50 height=20><a id=svg href='{CHECKOUT}/svg'><rect width=50 height=20></rect></a></svg>"
    );
    stage.page(&format!("{SHOP}/"), &links);
    let page = stage.at(&format!("{SHOP}/?fbclid=IwAR0-Sample_1&utm_source=meta&utm_content=a%26b")).await?;
    let id = click_id(&page).await?;
    let before = page.text("document.body.innerHTML").await?;
    assert!(!before.contains(&id), "nothing is written before");
    page.eval("addEventListener('click', event => event.preventDefault())").await?;
    page.eval("document.querySelectorAll('a').forEach(it => it.dispatchEvent(new MouseEvent('click', {bubbles: true, composed: true, cancelable: true})))").await?;
    let href = async |of: &str| page.text(&format!("document.getElementById('{of}').getAttribute('href')")).await;
    assert_eq!(
        href("plain").await?,
        format!("{CHECKOUT}/pay?off=a%20b&x&utm_source=meta&utm_content=a%26b&sck={id}#top")
    );
    assert_eq!(parameter(&href("below").await?, "sck"), Some(id.clone()));
    assert_eq!(href("own").await?, format!("{CHECKOUT}/pay?utm_source=seller&sck={id}&utm_content=a%26b"));
    assert_eq!(parameter(&href("svg").await?, "sck"), Some(id.clone()));
    for (same, wanted) in [
        ("other", "http://notcheckout.example.com/"),
        ("mail", "mailto:shop@checkout.example.com"),
        ("odd", "http://["),
    ] {
        assert_eq!(href(same).await?, wanted);
    }
    let again = href("plain").await?;
    page.eval("document.getElementById('plain').click()").await?;
    assert_eq!(href("plain").await?, again, "a second use changes nothing");
    assert_eq!(parameter(&page.text("track.decorate('http://pay.example.net/x')").await?, "xcod"), Some(id));
    assert_eq!(page.text("track.decorate('/here')").await?, "/here");
    assert_quiet(&page);
    Ok(())
}

#[tokio::test]
async fn a_link_added_later_and_inside_a_shadow_root_is_met_too_with_every_button() -> Result<()> {
    let stage = Stage::new().await?;
    for button in ["left", "middle", "right"] {
        stage.page(&format!("{SHOP}/"), "<div id=host></div>");
        let page = stage.at(&format!("{SHOP}/?fbclid=IwAR0-Sample_1")).await?;
        let id = click_id(&page).await?;
        page.eval(&format!(
            "document.getElementById('host').attachShadow({{mode: 'open'}}).innerHTML = `<a style='display:block' href='{CHECKOUT}/pay'><b>buy</b></a>`;
             addEventListener('click', event => event.preventDefault())"
        )).await?;
        page.click("#host", button).await?;
        page.until(&format!(
            "document.getElementById('host').shadowRoot.querySelector('a').href == '{CHECKOUT}/pay?sck={id}'"
        ))
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_used_link_arrives_at_the_checkout_with_the_click_id() -> Result<()> {
    let stage = Stage::new().await?;
    stage.page(&format!("{SHOP}/"), &format!("<a id=buy href='{CHECKOUT}/pay?p=1'>buy</a>"));
    let page = stage.at(&format!("{SHOP}/?fbclid=IwAR0-Sample_1")).await?;
    let id = click_id(&page).await?;
    page.follow("document.getElementById('buy').click()").await?;
    assert_eq!(page.text("location.href").await?, format!("{CHECKOUT}/pay?p=1&sck={id}"));
    Ok(())
}

#[tokio::test]
async fn a_form_to_the_checkout_has_the_click_id_however_it_is_sent() -> Result<()> {
    let stage = Stage::new().await?;
    for (method, send) in [
        ("get", "document.getElementById('send').click()"),
        ("get", "document.querySelector('form').submit()"),
        ("post", "document.getElementById('send').click()"),
    ] {
        // A field named `action` hides the form's own property.
        let form = format!(
            "<form method={method} action='{CHECKOUT}/pay?q=1'><input name=action value=buy><input name=utm_source value=seller>
             <button id=send>buy</button></form>"
        );
        stage.page(&format!("{SHOP}/"), &form);
        let page = stage.at(&format!("{SHOP}/?fbclid=IwAR0-Sample_1&utm_source=meta&utm_medium=paid")).await?;
        let id = click_id(&page).await?;
        page.follow(send).await?;
        let url = page.text("location.href").await?;
        assert!(url.starts_with(CHECKOUT), "{url}");
        assert_eq!(parameter(&url, "sck"), Some(id.clone()), "{url}");
        assert_eq!(parameter(&url, "utm_medium").as_deref(), Some("paid"), "{url}");
        let body = stage.site.seen(&format!("{CHECKOUT}/pay")).pop().context("the request")?.body;
        match method {
            "get" => assert_eq!(parameter(&url, "utm_source").as_deref(), Some("seller"), "{url}"),
            _ => assert!(body.contains(&format!("sck={id}")) && body.contains("utm_source=seller"), "{body}"),
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_form_to_elsewhere_is_left_alone() -> Result<()> {
    let stage = Stage::new().await?;
    stage.site.put(&format!("{SHOP}/thanks"), "<title>thanks</title>");
    stage.page(&format!("{SHOP}/"), "<form action='/thanks'><input name=a value=1><button id=send>x</button></form>");
    let page = stage.at(&format!("{SHOP}/?fbclid=IwAR0-Sample_1")).await?;
    page.follow("document.getElementById('send').click()").await?;
    assert_eq!(page.text("location.href").await?, format!("{SHOP}/thanks?a=1"));
    Ok(())
}
