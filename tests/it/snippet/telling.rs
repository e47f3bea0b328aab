//! When a click is told, and that it arrives.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tests::net::wait_until;

use super::{SHOP, Stage, arrive, assert_quiet, click_id, fbc, without};

const LANDING: &str = "http://loja.example.com.br/?fbclid=IwAR0-Sample_1&utm_source=meta&utm_campaign=launch";

#[tokio::test]
async fn a_landing_is_one_click_with_all_that_the_browser_knows() -> Result<()> {
    let stage = Stage::new().await?;
    let page = stage.at(LANDING).await?;
    let told = stage.told(1).await?.remove(0);
    let (fbc, id) = (fbc(&page).await?, click_id(&page).await?);
    assert_eq!(id.len(), 24);
    assert!(id.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit()), "{id}");
    let wanted = json!({
        "click_id": id, "url": LANDING, "referrer": "", "fbc": fbc.as_str(), "utm_source": "meta", "utm_campaign": "launch",
        "first": {"utm_source": "meta", "utm_campaign": "launch"}, "fbp": null,
    });
    assert_eq!(without(told, &["fbp"]), wanted);
    let seen = stage.site.seen("/clicks").remove(0);
    assert_eq!((seen.method.as_str(), seen.url.starts_with(super::API)), ("POST", true));
    let row = stage.site.world.click_row(&json!({ "click_id": id })).await?;
    assert_eq!(
        (&row["fbc"], &row["utm_source"], &row["fbclid"]),
        (&json!(fbc.as_str()), &json!("meta"), &json!("IwAR0-Sample_1"))
    );
    assert_quiet(&page);
    Ok(())
}

#[tokio::test]
async fn a_reload_is_the_same_click_and_says_again_only_what_nobody_confirmed() -> Result<()> {
    let stage = Stage::new().await?;
    let page = stage.at(LANDING).await?;
    let id = click_id(&page).await?;
    stage.told(1).await?;
    for _ in 0..3 {
        arrive(&page, LANDING).await?;
        page.until(&format!(
            "!JSON.parse(localStorage.getItem('_trk_{}')).q.length",
            stage.site.world.tenant.funnel_id
        ))
        .await?;
        assert_eq!(click_id(&page).await?, id);
    }
    let told = stage.told(2).await?;
    assert_eq!(told[0], told[1]);
    assert_eq!(stage.clicks().await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_click_arrives_when_its_tab_closes_at_once() -> Result<()> {
    let stage = Stage::new().await?;
    let page = stage.at(LANDING).await?;
    page.close().await?;
    stage.told(1).await?;
    assert_eq!(stage.clicks().await?, 1);
    Ok(())
}

#[tokio::test]
async fn without_a_beacon_a_fetch_carries_the_click() -> Result<()> {
    for broken in ["() => false", "() => { throw new Error('blocked') }", "undefined"] {
        let stage = Stage::new().await?;
        let page = stage.visitor.tab().await?;
        page.before(&format!("navigator.sendBeacon = {broken}")).await?;
        arrive(&page, LANDING).await?;
        stage.told(1).await?;
        assert_eq!(stage.clicks().await?, 1);
        assert_quiet(&page);
    }
    Ok(())
}

#[tokio::test]
async fn a_click_made_offline_is_told_when_the_browser_is_online_again() -> Result<()> {
    let stage = Stage::new().await?;
    let page = stage.at(&format!("{SHOP}/")).await?;
    stage.told(1).await?;
    page.offline(true).await?;
    page.until("!navigator.onLine").await?;
    page.eval("history.pushState(0, '', '/?fbclid=IwAR0-Offline')").await?;
    let id = click_id(&page).await?;
    assert_eq!(stage.clicks().await?, 1);
    page.offline(false).await?;
    page.until(&format!("!JSON.parse(localStorage.getItem('_trk_{}')).q.length", stage.site.world.tenant.funnel_id))
        .await?;
    let row = stage.site.world.click_row(&json!({ "click_id": id })).await?;
    assert_eq!(row["fbclid"], "IwAR0-Offline");
    assert_eq!(stage.clicks().await?, 2);
    assert_quiet(&page);
    Ok(())
}

#[tokio::test]
async fn a_click_made_offline_is_told_by_the_next_page() -> Result<()> {
    let stage = Stage::new().await?;
    let page = stage.visitor.tab().await?;
    page.before("Object.defineProperty(navigator, 'onLine', {get: () => !sessionStorage.getItem('off')})").await?;
    page.goto(&format!("{SHOP}/empty")).await?;
    page.eval("sessionStorage.setItem('off', 1)").await?;
    arrive(&page, LANDING).await?;
    let id = click_id(&page).await?;
    assert!(stage.site.seen("/clicks").is_empty());
    page.eval("sessionStorage.clear()").await?;
    arrive(&page, &format!("{SHOP}/")).await?;
    let told = stage.told(1).await?;
    assert_eq!((&told[0]["click_id"], &told[0]["url"]), (&json!(id), &json!(LANDING)));
    Ok(())
}

#[tokio::test]
async fn a_later_route_with_another_ad_click_is_another_click() -> Result<()> {
    let stage = Stage::new().await?;
    let page = stage.at(&format!("{SHOP}/?fbclid=IwAR0-One")).await?;
    let (one, first) = (click_id(&page).await?, fbc(&page).await?);
    page.eval("history.pushState(0, '', '/next')").await?;
    page.eval("history.replaceState(0, '', '/next?fbclid=IwAR0-One')").await?;
    assert_eq!((click_id(&page).await?, fbc(&page).await?), (one.clone(), first));
    page.eval("history.pushState(0, '', '/next?fbclid=IwAR0-Two')").await?;
    let two = click_id(&page).await?;
    assert_ne!(one, two);
    assert_eq!(fbc(&page).await?.fbclid().as_str(), "IwAR0-Two");
    page.eval("history.pushState(0, '', '/last')").await?;
    assert_eq!(click_id(&page).await?, two);
    let told = stage.told(2).await?;
    assert_eq!(told[1]["url"], format!("{SHOP}/next?fbclid=IwAR0-Two"));
    assert_eq!(stage.clicks().await?, 2);
    page.eval("new Promise(done => { addEventListener('popstate', () => done(1)); history.go(-2) })").await?;
    assert_eq!(fbc(&page).await?.fbclid().as_str(), "IwAR0-One", "back at its URL");
    assert_quiet(&page);
    Ok(())
}

#[tokio::test]
async fn a_router_that_cleans_the_url_before_the_snippet_runs_hides_nothing() -> Result<()> {
    let stage = Stage::new().await?;
    let page = stage.visitor.tab().await?;
    page.before("history.replaceState(0, '', '/')").await?;
    arrive(&page, LANDING).await?;
    let told = stage.told(1).await?;
    assert_eq!((&told[0]["url"], &told[0]["utm_source"]), (&json!(LANDING), &json!("meta")));
    Ok(())
}

#[tokio::test]
async fn a_page_from_the_back_forward_cache_goes_on_with_the_newest_click() -> Result<()> {
    let stage = Stage::new().await?;
    let page = stage.visitor.tab().await?;
    page.before("addEventListener('pageshow', event => { window.cached = event.persisted })").await?;
    arrive(&page, &format!("{SHOP}/?fbclid=IwAR0-One")).await?;
    let one = click_id(&page).await?;
    stage.told(1).await?;
    page.follow(&format!("location.href = '{SHOP}/?fbclid=IwAR0-Two'")).await?;
    page.until("!!(window.track && track.clickId && track.clickId())").await?;
    let two = click_id(&page).await?;
    assert_ne!(one, two);
    page.back().await?;
    page.until("window.cached === true").await.context("the page came from the cache")?;
    assert_eq!(click_id(&page).await?, two);
    assert_eq!(fbc(&page).await?.fbclid().as_str(), "IwAR0-Two");
    wait_until("both clicks", Duration::from_secs(20), || async { stage.clicks().await.ok() == Some(2) }).await?;
    Ok(())
}

#[tokio::test]
async fn campaigns_of_the_first_and_the_last_touch_are_remembered() -> Result<()> {
    let stage = Stage::new().await?;
    let page = stage.at(&format!("{SHOP}/?utm_source=meta&utm_term=a")).await?;
    arrive(&page, &format!("{SHOP}/")).await?;
    arrive(&page, &format!("{SHOP}/?fbclid=IwAR0-Two&utm_source=mail")).await?;
    let second = || stage.site.seen("/clicks").into_iter().find(|seen| seen.body.contains("IwAR0-Two"));
    wait_until("the second click", Duration::from_secs(20), || async { second().is_some() }).await?;
    let last: Value = serde_json::from_str(&second().context("a click")?.body)?;
    assert_eq!(last["first"], json!({"utm_source": "meta", "utm_term": "a"}));
    assert_eq!((&last["utm_source"], last.get("utm_term")), (&json!("mail"), None));
    Ok(())
}
