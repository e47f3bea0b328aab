//! axe-core: what is known to hinder people who use a page by a keyboard, a screen reader, or with weak eyes.

use std::fs;

use anyhow::{Context, Result};
use serde_json::Value;
use tokio::sync::OnceCell;

use super::Page;
use crate::{install, npm, progress::Progress};

const WANTED: &str = "axe-core@4.14.1";

static SOURCE: OnceCell<String> = OnceCell::const_new();

/// Its script, brought with the first call.
async fn source() -> Result<&'static str> {
    let brought = || {
        let progress = Progress::stderr();
        let directory = install::once("axe", WANTED, &progress, |directory| {
            progress.say(format!("installing {WANTED} (once, into target/local)"));
            npm::install(directory, &[WANTED], &progress)
        })?;
        fs::read_to_string(directory.join("node_modules/axe-core/axe.min.js")).context("read axe")
    };
    let source = SOURCE.get_or_try_init(|| async { tokio::task::spawn_blocking(brought).await? }).await?;
    Ok(source)
}

impl Page {
    /// What axe finds wrong with the page as it is shown now: rule, weight, and where.
    pub async fn barriers(&self) -> Result<Vec<String>> {
        const RUN: &str = "axe.run(document).then(found => found.passes.length < 10 ? ['axe saw nothing']
            : found.violations.map(it =>
                `${it.id} (${it.impact}): ${it.nodes.map(node => node.target.join(' ') + ' ' + node.failureSummary).join(' | ')}`))";
        if self.eval("typeof axe").await? == "undefined" {
            // By the debugger, so that the page's policy of no foreign script stays as it is. The script's own value cannot be sent.
            self.eval(&format!("{}; 0", source().await?)).await?;
        }
        let found = self.eval(RUN).await?;
        Ok(found.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect())
    }
}
