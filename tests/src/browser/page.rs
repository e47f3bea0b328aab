//! One tab.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use aws_smithy_types::base64;
use serde_json::{Value, json};

use super::pipe::{Events, Pipe, lock};
use crate::net::wait_until;

/// How long a page may take for anything.
const LIMIT: Duration = Duration::from_secs(30);

/// A tab with the page in it.
pub struct Page {
    pipe: Arc<Pipe>,
    session: String,
    target: String,
    events: Events,
}

impl Page {
    pub(super) async fn open(pipe: Arc<Pipe>, context: &str) -> Result<Self> {
        let blank = json!({ "url": "about:blank", "browserContextId": context });
        let made = pipe.call(None, "Target.createTarget", blank).await?;
        let target = made["targetId"].as_str().context("a target")?.to_owned();
        let attach = json!({ "targetId": target, "flatten": true });
        let attached = pipe.call(None, "Target.attachToTarget", attach).await?;
        let session = attached["sessionId"].as_str().context("a session")?.to_owned();
        let page = Self { events: pipe.listen(&session), pipe, session, target };
        for domain in ["Page", "Runtime", "Network", "Log"] {
            page.call(&format!("{domain}.enable"), json!({})).await?;
        }
        Ok(page)
    }

    async fn call(&self, method: &str, params: Value) -> Result<Value> {
        self.pipe.call(Some(&self.session), method, params).await
    }

    /// Runs this script before any of each page that is opened from now on.
    pub async fn before(&self, script: &str) -> Result<()> {
        self.call("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script })).await?;
        Ok(())
    }

    /// Goes to a URL and waits until it has loaded.
    pub async fn goto(&self, url: &str) -> Result<()> {
        let before = self.loads();
        let answer = self.call("Page.navigate", json!({ "url": url })).await?;
        if let Some(error) = answer["errorText"].as_str() {
            bail!("{url}: {error}");
        }
        self.loaded_after(before).await
    }

    /// Runs something that leads to another page, and waits until that has loaded.
    pub async fn follow(&self, script: &str) -> Result<()> {
        let before = self.loads();
        // The answer may be lost with the page.
        let _ = self.eval(script).await;
        self.loaded_after(before).await
    }

    /// The URLs that the page itself has asked for, whoever would have answered: not what the browser asks on its own account.
    pub fn requests(&self) -> Vec<String> {
        let asked = |event: &Value| event["params"]["request"]["url"].as_str().map(str::to_owned);
        lock(&self.events)
            .iter()
            .filter(|event| event["method"] == "Network.requestWillBeSent")
            .filter_map(asked)
            .collect()
    }

    /// Goes back, and waits until the page shows. A page that comes from the cache is not loaded again.
    pub async fn back(&self) -> Result<()> {
        let history = self.call("Page.getNavigationHistory", json!({})).await?;
        let current = history["currentIndex"].as_u64().unwrap_or_default();
        let entry = &history["entries"][usize::try_from(current)?.saturating_sub(1)];
        let before = self.count("Page.frameNavigated");
        self.call("Page.navigateToHistoryEntry", json!({ "entryId": entry["id"] })).await?;
        wait_until("the page before", LIMIT, || async { self.count("Page.frameNavigated") > before }).await
    }

    fn loads(&self) -> usize {
        self.count("Page.loadEventFired")
    }

    async fn loaded_after(&self, before: usize) -> Result<()> {
        wait_until("a page to load", LIMIT, || async { self.loads() > before }).await
    }

    fn count(&self, method: &str) -> usize {
        lock(&self.events).iter().filter(|event| event["method"] == method).count()
    }

    /// What a script comes to, once its promise is kept.
    pub async fn eval(&self, script: &str) -> Result<Value> {
        let params = json!({ "expression": script, "awaitPromise": true, "returnByValue": true, "userGesture": true });
        let answer = self.call("Runtime.evaluate", params).await?;
        match answer.get("exceptionDetails") {
            None => Ok(answer["result"]["value"].clone()),
            Some(why) => bail!("{script}: {why}"),
        }
    }

    /// The text that a script comes to.
    pub async fn text(&self, script: &str) -> Result<String> {
        let value = self.eval(script).await?;
        Ok(value.as_str().with_context(|| format!("{script} is {value}"))?.to_owned())
    }

    /// Waits until a script comes to true.
    pub async fn until(&self, script: &str) -> Result<()> {
        wait_until(script, LIMIT, || async { self.eval(script).await.is_ok_and(|value| value == true) }).await
    }

    /// Presses and releases a button (`left`, `middle`, `right`) of the mouse on the middle of an element.
    pub async fn click(&self, selector: &str, button: &str) -> Result<()> {
        let script = format!(
            "(() => {{ const box = document.querySelector({}).getBoundingClientRect();
                       return [box.x + box.width / 2, box.y + box.height / 2] }})()",
            json!(selector)
        );
        let at = self.eval(&script).await?;
        for kind in ["mousePressed", "mouseReleased"] {
            let mouse = json!({ "type": kind, "x": at[0], "y": at[1], "button": button, "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", mouse).await?;
        }
        Ok(())
    }

    /// Types into an element, as a person would.
    pub async fn fill(&self, selector: &str, text: &str) -> Result<()> {
        self.eval(&format!(
            "document.querySelector({0}).focus(), document.querySelector({0}).value = ''",
            json!(selector)
        ))
        .await?;
        self.call("Input.insertText", json!({ "text": text })).await?;
        Ok(())
    }

    /// Presses and releases a key: `Tab`, `Enter`, or a letter.
    pub async fn press(&self, key: &str) -> Result<()> {
        let (code, text) = match key {
            "Tab" => (9, None),
            "Enter" => (13, Some("\r")),
            key => (key.bytes().next().map_or(0, |it| it.to_ascii_uppercase().into()), Some(key)),
        };
        for kind in ["keyDown", "keyUp"] {
            let mut event = json!({ "type": kind, "key": key, "windowsVirtualKeyCode": code });
            if let Some(text) = text.filter(|_| kind == "keyDown") {
                event["text"] = text.into();
            }
            self.call("Input.dispatchKeyEvent", event).await?;
        }
        Ok(())
    }

    /// Presses the keys of a text, one after the other, wherever the focus is.
    pub async fn write(&self, text: &str) -> Result<()> {
        for letter in text.chars() {
            self.press(letter.encode_utf8(&mut [0; 4])).await?;
        }
        Ok(())
    }

    /// The window's size in CSS pixels, and whether it is a phone's.
    pub async fn resize(&self, width: u32, height: u32, phone: bool) -> Result<()> {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone });
        self.call("Emulation.setDeviceMetricsOverride", size).await?;
        Ok(())
    }

    /// How the person likes pages: `light` or `dark`.
    pub async fn prefers(&self, scheme: &str) -> Result<()> {
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.call("Emulation.setEmulatedMedia", media).await?;
        Ok(())
    }

    /// What the window shows, as a PNG.
    pub async fn picture(&self) -> Result<Vec<u8>> {
        let answer = self.call("Page.captureScreenshot", json!({ "format": "png" })).await?;
        let data = answer["data"].as_str().context("a picture")?;
        base64::decode(data).context("a picture in base64")
    }

    /// Takes the network away, or gives it back.
    pub async fn offline(&self, offline: bool) -> Result<()> {
        let none = json!({ "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        self.call("Network.emulateNetworkConditions", none).await?;
        Ok(())
    }

    /// The cookies of the page's URL, with all that the browser knows of each.
    pub async fn cookies(&self) -> Result<Vec<Value>> {
        let answer = self.call("Network.getCookies", json!({})).await?;
        Ok(answer["cookies"].as_array().cloned().unwrap_or_default())
    }

    /// What went wrong in the page: errors in the console, exceptions, and what the browser itself reports as one.
    pub fn errors(&self) -> Vec<String> {
        let is_error = |event: &&Value| match event["method"].as_str() {
            Some("Runtime.exceptionThrown") => true,
            Some("Runtime.consoleAPICalled") => event["params"]["type"] == "error",
            Some("Log.entryAdded") => event["params"]["entry"]["level"] == "error",
            _ => false,
        };
        lock(&self.events).iter().filter(is_error).map(Value::to_string).collect()
    }

    /// Closes the tab at once.
    pub async fn close(self) -> Result<()> {
        self.pipe.call(None, "Target.closeTarget", json!({ "targetId": self.target })).await?;
        Ok(())
    }
}
