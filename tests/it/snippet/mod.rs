//! The snippet in a real Chromium, over the click function and a database: what it keeps, tells and takes along.

mod cookies;
mod guest;
mod leaving;
mod people;
mod sales;
mod served;
mod telling;

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use shared::domain::fb::Fbc;
use tests::browser::{self, Page, Visitor};
use tests::net::wait_until;
use tests::site::Site;

/// A shop of Brazil, whose domain has three labels.
const SHOP: &str = "http://loja.example.com.br";
/// The same site under another name.
const WWW: &str = "http://www.example.com.br";
/// The one origin without TLS whose pages may hash, in every browser.
const LOCAL: &str = "http://localhost";
/// Where the funnel's API is: below the shop's own domain.
const API: &str = "http://track.example.com.br";
/// A checkout of another site.
const CHECKOUT: &str = "http://checkout.example.com";

/// A site with a funnel that leads to two checkouts, and a visitor.
struct Stage {
    site: Site,
    visitor: Visitor,
}

impl Stage {
    async fn new() -> Result<Self> {
        let site = Site::start().await?;
        let visitor = browser::shared().await?.visitor(site.port).await?;
        let stage = Self { site, visitor };
        stage.checkout("checkout.example.com", "sck").await?;
        stage.checkout("pay.example.net", "xcod").await?;
        for host in [SHOP, WWW, LOCAL] {
            stage.site.put(&format!("{host}/empty"), "<title>empty</title>");
            stage.page(&format!("{host}/"), "");
        }
        stage.site.put(&format!("{CHECKOUT}/pay"), "<title>checkout</title>");
        Ok(stage)
    }

    async fn checkout(&self, domain: &str, slot: &str) -> Result<()> {
        let sql = format!(
            "insert into funnel_checkouts (tenant_id, funnel_id, domain, platform, slot)
             values ('{}', '{}', '{domain}', 'other', '{slot}')",
            self.site.world.tenant.id, self.site.world.tenant.funnel_id
        );
        self.site.world.execute(&sql).await
    }

    fn tag(&self) -> String {
        tag(&self.site.world.tenant.funnel_id)
    }

    /// Puts a page with the snippet at a URL.
    fn page(&self, url: &str, body: &str) {
        self.site.put(
            url,
            &format!("<!doctype html><title>page</title><link rel=icon href=data:,>{}<body>{body}", self.tag()),
        );
    }

    /// A tab in which the snippet has run at this URL.
    async fn at(&self, url: &str) -> Result<Page> {
        let page = self.visitor.tab().await?;
        arrive(&page, url).await?;
        Ok(page)
    }

    /// Waits until this many clicks were told, and gives their bodies.
    async fn told(&self, count: usize) -> Result<Vec<Value>> {
        let told = || self.site.seen("/clicks");
        wait_until("the clicks", Duration::from_secs(20), || async { told().len() >= count }).await?;
        let bodies: Result<Vec<Value>, _> = told().iter().map(|seen| serde_json::from_str(&seen.body)).collect();
        let bodies = bodies?;
        assert_eq!(bodies.len(), count, "{bodies:?}");
        assert!(told().iter().all(|seen| seen.status == 200), "{:?}", told());
        Ok(bodies)
    }

    async fn clicks(&self) -> Result<i64> {
        self.site.world.count("select count(*) from clicks", &[]).await
    }
}

fn tag(funnel: &str) -> String {
    format!(r#"<script async src="{API}/t.js?f={funnel}"></script>"#)
}

async fn arrive(page: &Page, url: &str) -> Result<()> {
    page.goto(url).await?;
    page.until("!!(window.track && track.clickId && track.clickId())").await
}

/// The values of a cookie, as the page sees them.
async fn cookies(page: &Page, name: &str) -> Result<Vec<String>> {
    let all = page.text("document.cookie").await?;
    let pairs = all.split("; ").filter_map(|pair| pair.split_once('='));
    Ok(pairs.filter(|(key, _)| *key == name).map(|(_, value)| value.to_owned()).collect())
}

async fn fbc(page: &Page) -> Result<Fbc> {
    let values = cookies(page, "_fbc").await?;
    Fbc::parse(values.first().context("a cookie")?).context("a valid fbc")
}

async fn click_id(page: &Page) -> Result<String> {
    page.text("track.clickId()").await
}

/// Nothing went wrong in the page.
fn assert_quiet(page: &Page) {
    assert_eq!(page.errors(), Vec::<String>::new());
}

fn without(mut body: Value, names: &[&str]) -> Value {
    for name in names {
        body[name] = json!(null);
    }
    body
}
