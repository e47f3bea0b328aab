//! A good guest: in pages with a policy, with another funnel, with calls before it loaded, and without a trace in the layout.

use anyhow::{Context, Result};
use serde_json::json;

use super::{API, CHECKOUT, LOCAL, SHOP, Stage, arrive, assert_quiet, click_id, tag};

#[tokio::test]
async fn a_strict_content_security_policy_needs_nothing_but_the_apis_origin() -> Result<()> {
    let stage = Stage::new().await?;
    let policy = format!(
        "default-src 'none'; script-src {API}; connect-src {API}; form-action 'none'; require-trusted-types-for 'script'"
    );
    let html = format!("<!doctype html><title>strict</title>{}<body><a href='{CHECKOUT}/pay'>buy</a>", stage.tag());
    let isolated = ("cross-origin-embedder-policy", "require-corp");
    stage.site.put_with(&format!("{SHOP}/strict"), &html, &[("content-security-policy", &policy), isolated]);
    let page = stage.at(&format!("{SHOP}/strict?fbclid=IwAR0-Sample_1")).await?;
    stage.told(1).await?;
    page.eval(
        "document.querySelector('a').dispatchEvent(new MouseEvent('pointerdown', {bubbles: true, composed: true}))",
    )
    .await?;
    let id = click_id(&page).await?;
    assert_eq!(page.text("document.querySelector('a').href").await?, format!("{CHECKOUT}/pay?sck={id}"));
    assert_quiet(&page);
    Ok(())
}

#[tokio::test]
async fn two_funnels_of_one_page_have_each_their_click_and_share_metas_cookies() -> Result<()> {
    let stage = Stage::new().await?;
    let world = &stage.site.world;
    let insert = format!(
        "insert into funnels (tenant_id, id, name, status) values ('{}', 'funnel-two', 'Two', 'active')",
        world.tenant.id
    );
    world.execute(&insert).await?;
    // The first one's tag is there twice.
    let tags = [stage.tag(), tag("funnel-two"), stage.tag()].concat();
    stage.site.put(&format!("{LOCAL}/two"), &format!("<!doctype html><title>two</title>{tags}"));
    let page = stage.at(&format!("{LOCAL}/two?fbclid=IwAR0-Sample_1")).await?;
    let told = stage.told(2).await?;
    assert_ne!(told[0]["click_id"], told[1]["click_id"]);
    assert_eq!((&told[0]["fbc"], &told[0]["fbp"]), (&told[1]["fbc"], &told[1]["fbp"]));
    assert_eq!(stage.clicks().await?, 1, "one ad click of one tenant");
    page.eval("track.identify({email: 'maria@example.com'})").await?;
    tests::net::wait_until("both", std::time::Duration::from_secs(10), || async {
        stage.site.seen("/identify").len() == 2
    })
    .await?;
    assert_quiet(&page);
    Ok(())
}

#[tokio::test]
async fn calls_made_before_it_loaded_are_made_up_for() -> Result<()> {
    let stage = Stage::new().await?;
    let stub = "<script>window.track = window.track || []; track.push(['identify', {external_id: 'early'}]);
                track.push(function () { window.early = track.clickId() }); track.push(['nonsense']); track.push(7)</script>";
    stage.site.put(&format!("{SHOP}/early"), &format!("<!doctype html><title>early</title>{stub}{}", stage.tag()));
    let page = stage.at(&format!("{SHOP}/early?fbclid=IwAR0-Sample_1")).await?;
    assert_eq!(page.text("early").await?, click_id(&page).await?);
    tests::net::wait_until("identify", std::time::Duration::from_secs(10), || async {
        !stage.site.seen("/identify").is_empty()
    })
    .await?;
    let body: serde_json::Value = serde_json::from_str(&stage.site.seen("/identify")[0].body)?;
    assert_eq!(body["external_id"], "early");
    assert_quiet(&page);
    Ok(())
}

#[tokio::test]
async fn an_odd_page_gets_no_error_and_no_other_global() -> Result<()> {
    let stage = Stage::new().await?;
    let odd = "<div id=track></div><form id=_trk><input name=getAttribute><input name=action></form>";
    stage.page(&format!("{SHOP}/odd"), odd);
    let page = stage.visitor.tab().await?;
    page.before("window.globals = Object.getOwnPropertyNames(window)").await?;
    arrive(&page, &format!("{SHOP}/odd?fbclid=IwAR0-Sample_1")).await?;
    let new = "Object.getOwnPropertyNames(window).filter(it => !globals.includes(it) && it != 'globals')";
    assert_eq!(page.eval(new).await?, json!(["track"]));
    for call in [
        "identify(null)",
        "identify()",
        "purchase()",
        "consent()",
        "decorate('http://[')",
        "decorate()",
        "push()",
        "push([])",
    ] {
        page.eval(&format!("void track.{call}")).await.with_context(|| call.to_owned())?;
    }
    page.eval("document.dispatchEvent(new Event('submit')); document.forms[0].dispatchEvent(new Event('submit', {bubbles: true}))").await?;
    assert_quiet(&page);
    Ok(())
}

#[tokio::test]
async fn nothing_moves_on_the_page_and_nothing_waits_for_it() -> Result<()> {
    let stage = Stage::new().await?;
    stage.page(&format!("{SHOP}/still"), &format!("<h1>Shop</h1><a href='{CHECKOUT}/pay'>buy</a>"));
    let page = stage.visitor.tab().await?;
    let watch =
        "window.shifts = 0; new PerformanceObserver(list => list.getEntries().forEach(it => { shifts += it.value }))
                 .observe({type: 'layout-shift', buffered: true})";
    page.before(watch).await?;
    arrive(&page, &format!("{SHOP}/still?fbclid=IwAR0-Sample_1")).await?;
    let html = page.text("document.documentElement.outerHTML").await?;
    page.eval("history.pushState(0, '', '?fbclid=IwAR0-Two'), new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))").await?;
    assert_eq!(page.eval("shifts").await?, 0);
    assert_eq!(page.text("document.documentElement.outerHTML").await?, html);
    let blocking =
        "performance.getEntriesByType('resource').filter(it => it.name.includes('/t.js'))[0].renderBlockingStatus";
    assert_eq!(page.text(blocking).await?, "non-blocking");
    Ok(())
}
