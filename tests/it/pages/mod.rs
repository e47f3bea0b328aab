//! The setup's pages in a real Chromium, as a seller and the operator use them.

mod books;
mod forms;
mod issues;
mod keyboard;
mod login;
mod settings;
mod tenant;
mod wizard;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tests::browser::{self, Page, Visitor};
use tests::site::{Site, TRACK};
use tests::world::World;

/// A deployment, and somebody before it.
struct Desk {
    site: Arc<Site>,
    // The cookies go with the visitor.
    _visitor: Visitor,
    page: Page,
}

impl Desk {
    async fn new() -> Result<Self> {
        Self::at(Arc::new(Site::of_pages().await?)).await
    }

    /// Another browser before the same deployment.
    async fn at(site: Arc<Site>) -> Result<Self> {
        let visitor = browser::shared().await?.visitor(site.port).await?;
        let page = visitor.tab().await?;
        page.resize(1280, 1000, false).await?;
        Ok(Self { site, _visitor: visitor, page })
    }

    fn world(&self) -> &World {
        &self.site.world
    }

    async fn goto(&self, path: &str) -> Result<()> {
        self.page.goto(&format!("{TRACK}{path}")).await
    }

    /// Sends the form that holds this element.
    async fn send(&self, selector: &str) -> Result<()> {
        let script = format!("document.querySelector({}).closest('form').requestSubmit()", json!(selector));
        self.page.follow(&script).await
    }

    /// Follows a link, or presses a button, that says this.
    async fn press(&self, words: &str) -> Result<()> {
        let script = format!(
            "[...document.querySelectorAll('a, button')].find(it => it.textContent.trim() === {}).click()",
            json!(words)
        );
        self.page.follow(&script).await
    }

    /// Enters values by the names of their fields: texts are typed, options chosen.
    async fn enter(&self, fields: &Value) -> Result<()> {
        for (name, value) in fields.as_object().context("fields")? {
            let selector = format!("[name={name}]");
            match value {
                Value::String(text) if self.kind(&selector).await? == "SELECT" => {
                    let script = format!("document.querySelector({}).value = {}", json!(selector), json!(text));
                    self.page.eval(&script).await?;
                }
                Value::String(text) if self.kind(&selector).await? == "radio" => {
                    self.page
                        .eval(&format!(
                            "document.querySelector({}).click()",
                            json!(format!("[name={name}][value={text}]"))
                        ))
                        .await?;
                }
                Value::String(text) => self.page.fill(&selector, text).await?,
                _ => {
                    self.page.eval(&format!("document.querySelector({}).checked = {value}", json!(selector))).await?;
                }
            }
        }
        Ok(())
    }

    async fn kind(&self, selector: &str) -> Result<String> {
        let script =
            format!("(it => it.type === 'radio' ? 'radio' : it.tagName)(document.querySelector({}))", json!(selector));
        self.page.text(&script).await
    }

    /// The page's path.
    async fn path(&self) -> Result<String> {
        self.page.text("location.pathname").await
    }

    /// The words that the page shows.
    async fn words(&self) -> Result<String> {
        self.page.text("document.querySelector('main').innerText").await
    }

    /// Looks at the page as different people do: it has no barrier that is known, light or dark, and nothing of it lies beyond the
    /// edge of a phone.
    async fn look(&self, name: &str) -> Result<()> {
        self.picture(name).await?;
        assert_eq!(self.page.barriers().await?, Vec::<String>::new(), "{name}");
        self.page.prefers("dark").await?;
        assert_eq!(self.page.barriers().await?, Vec::<String>::new(), "{name}, dark");
        self.page.resize(360, 740, true).await?;
        self.picture(&format!("{name}-phone")).await?;
        let width = self.page.eval("document.documentElement.scrollWidth").await?;
        assert_eq!(width, 360, "{name}: nothing is to be pushed aside on a phone");
        assert_eq!(self.page.barriers().await?, Vec::<String>::new(), "{name}, phone");
        self.page.prefers("light").await?;
        self.page.resize(1280, 1000, false).await
    }

    /// Keeps what the window shows, for who wants to look at it.
    async fn picture(&self, name: &str) -> Result<()> {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
        std::fs::create_dir_all(&directory)?;
        std::fs::write(directory.join(format!("{name}.png")), self.page.picture().await?)?;
        Ok(())
    }
}
