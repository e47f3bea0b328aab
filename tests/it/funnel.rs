//! The demo funnel in a real Chromium: from the ad to Meta, as a newcomer clicks through it.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use tests::browser::{self, Page, Visitor};
use tests::funnel::{Funnel, connect};
use tests::net::wait_until;
use tests::simulator::EventQuery;
use tests::site::Site;
use tests::world::SECRETS_PREFIX;

/// A world, its API on a port of its own, and the pages before it.
struct Demo {
    site: Site,
    _funnel: Funnel,
    // The cookies go with the visitor.
    _visitor: Visitor,
    page: Page,
}

impl Demo {
    async fn new() -> Result<Self> {
        let site = Site::start().await?;
        let world = &site.world;
        let checkout = connect(&world.db.connect().await?, &world.sdk, SECRETS_PREFIX, &world.tenant).await?;
        let funnel = Funnel::start(&world.tenant, checkout, site.port, 0).await?;
        let visitor = browser::shared().await?.local_visitor().await?;
        let page = visitor.tab().await?;
        page.goto(&funnel.url()).await?;
        Ok(Self { site, _funnel: funnel, _visitor: visitor, page })
    }

    /// Keeps what the window shows, for who wants to look at it.
    async fn picture(&self, name: &str) -> Result<()> {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("funnel");
        std::fs::create_dir_all(&directory)?;
        std::fs::write(directory.join(format!("{name}.png")), self.page.picture().await?)?;
        Ok(())
    }

    /// Dispatches what waits, until the thank-you page tells how it ended.
    async fn story(&self) -> Result<String> {
        let text = "document.getElementById('story').textContent";
        wait_until("the story's end", Duration::from_secs(30), || async {
            self.site.world.dispatch_now().await.is_ok()
                && self.page.eval("document.getElementById('story').dataset.state").await.is_ok_and(|it| it == "sent")
        })
        .await?;
        self.page.text(text).await
    }
}

#[tokio::test]
async fn a_newcomer_clicks_from_the_ad_to_the_event_at_meta() -> Result<()> {
    let demo = Demo::new().await?;
    let page = &demo.page;
    page.resize(900, 760, false).await?;
    demo.picture("1-ad").await?;
    page.follow("document.getElementById('landing').click()").await?;
    page.until("!!(window.track && track.clickId && track.clickId())").await?;
    page.fill("#email", "maria@example.com").await?;
    page.fill("#phone", "+1 650 555 0123").await?;
    page.eval("show()").await?;
    demo.picture("2-landing").await?;
    let click_id = page.text("track.clickId()").await?;
    page.follow("document.querySelector('#signup button').click()").await?;
    assert_eq!(page.text("document.querySelector('[name=xcod]').value").await?, click_id);
    demo.picture("3-checkout").await?;
    page.follow("document.querySelector('form button').click()").await?;
    let told = demo.story().await?;
    assert!(told.contains("Meta"), "{told}");
    page.until("document.getElementById('same').textContent === document.getElementById('event').textContent").await?;
    demo.picture("4-thanks").await?;
    page.prefers("dark").await?;
    page.resize(390, 760, true).await?;
    demo.picture("5-thanks-on-a-phone").await?;
    assert_eq!(page.errors(), Vec::<String>::new());

    let event_id = page.text("document.getElementById('event').textContent").await?;
    let taken = demo.site.world.simulator.events(&EventQuery::id(&event_id));
    let taken = taken.first().context("the event at Meta")?.json();
    assert!(taken["user_data"]["fbc"].as_str().context("its fbc")?.contains("IwAR0-Demo"), "{taken}");
    assert!(taken["user_data"]["fbp"].is_string() && taken["user_data"]["client_ip_address"].is_string(), "{taken}");
    Ok(())
}

#[tokio::test]
async fn an_ad_without_a_landing_page_leads_through_the_redirect_link() -> Result<()> {
    let demo = Demo::new().await?;
    demo.page.follow("document.getElementById('direct').click()").await?;
    assert_eq!(demo.page.text("location.hostname").await?, "127.0.0.1");
    let click_id = demo.page.text("document.querySelector('[name=xcod]').value").await?;
    assert_eq!(demo.page.eval("new URLSearchParams(location.search).get('utm_campaign')").await?, "demo-direct");
    demo.page.follow("document.querySelector('form button').click()").await?;
    let told = demo.story().await?;
    assert!(told.contains("Meta"), "{told}");
    let kept = demo.site.world.count("select count(*) from clicks where id = $1", &[&click_id]).await?;
    assert_eq!(kept, 1, "the click of the link is the order's");
    Ok(())
}

#[tokio::test]
async fn a_pix_that_is_paid_after_the_page_was_left_is_one_sale_with_the_click_of_its_order() -> Result<()> {
    let demo = Demo::new().await?;
    let page = &demo.page;
    page.follow("document.getElementById('direct').click()").await?;
    let click_id = page.text("document.querySelector('[name=xcod]').value").await?;
    page.follow("document.querySelector('[value=pix]').click()").await?;
    demo.picture("6-pix").await?;
    let world = &demo.site.world;
    assert_eq!(world.count("select count(*) from orders where state = 'pending'", &[]).await?, 1);
    assert_eq!(world.count("select count(*) from conversions", &[]).await?, 0);
    page.follow("document.querySelector('form button').click()").await?;
    assert!(demo.story().await?.contains("Meta"));
    page.until("document.getElementById('same').textContent === document.getElementById('event').textContent").await?;
    let matched = "select count(*) from conversions where click_id = $1 and match_stage = 'click' and state = 'sent'";
    assert_eq!(world.count(matched, &[&click_id]).await?, 1);
    Ok(())
}
