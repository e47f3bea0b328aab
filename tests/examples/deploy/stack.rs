//! The stack's life: deployed, migrated, updated, deleted.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::sam::Sam;

use crate::options::Right;

/// Its name.
const NAME: &str = "track-ai-deploy";

/// The stack, wherever `sam` reaches.
pub(crate) struct Stack {
    sam: Sam,
    parameters: Vec<(String, String)>,
}

impl Stack {
    /// Not deployed yet; its parameters are these beside the processor.
    pub(crate) const fn new(sam: Sam, parameters: Vec<(String, String)>) -> Self {
        Self { sam, parameters }
    }

    /// Deploys the built template, with these parameters over its own.
    pub(crate) async fn deploy(&self, template: &Path, over: &[(&str, &str)]) -> Result<()> {
        let own = self.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let parameters: Vec<_> = own.chain(over.iter().copied()).collect();
        self.sam.deploy(template, NAME, &parameters).await
    }

    /// Does what the local AWS leaves undone. Gives the HTTP API's id.
    pub(crate) async fn close_gaps(&self) -> Result<String> {
        let made = self.sam.script("gaps", include_str!("gaps.py"), &[NAME]).await?;
        made["api"].as_str().map(str::to_owned).context("the API's id")
    }

    /// Its outputs, and the level that each function logs.
    pub(crate) async fn look(&self) -> Result<Value> {
        self.sam.script("look", include_str!("look.py"), &[NAME]).await
    }

    /// Migrates twice, as the README has it. Gives how many migrations the first run applied; an error where the second did any.
    pub(crate) async fn migrate(&self) -> Result<usize> {
        let run = async || -> Result<usize> {
            let answer = self.sam.invoke(NAME, "migrate").await?;
            answer["applied"].as_array().map(Vec::len).with_context(|| format!("migrate said {answer}"))
        };
        let applied = run().await?;
        ensure!(applied > 0, "an empty database was not migrated");
        let again = run().await?;
        ensure!(again == 0, "{again} migrations were applied twice");
        Ok(applied)
    }

    /// Deploys the change of one parameter, and sees that every function has it.
    pub(crate) async fn update(&self, template: &Path) -> Result<()> {
        self.deploy(template, &[("LogLevel", "DEBUG")]).await?;
        let levels = self.look().await?["log_levels"].take();
        let levels = levels.as_object().context("the functions' levels")?;
        ensure!(levels.values().all(|it| it == "DEBUG"), "not every function was updated: {levels:?}");
        Ok(())
    }

    /// Deletes it.
    pub(crate) async fn delete(&self) -> Result<()> {
        self.sam.delete(NAME).await
    }

    /// What the account holds of the kinds that a stack makes.
    pub(crate) async fn inventory(&self) -> Result<Vec<String>> {
        let held = self.sam.script("inventory", include_str!("inventory.py"), &[]).await?;
        serde_json::from_value(held).context("the account's inventory")
    }
}

/// Writes the built template beside it as the local AWS takes it, and without a right. Gives its path, and the alarms that it leaves out.
pub(crate) async fn adapted(sam: &Sam, without: Option<&Right>) -> Result<(PathBuf, Value)> {
    let (built, target) = (sam.built(), sam.built().with_file_name("adapted.yaml"));
    let mut arguments = vec![built.to_str().context("a path in UTF-8")?, target.to_str().context("a path in UTF-8")?];
    if let Some(right) = without {
        arguments.extend([right.function.as_str(), &right.action]);
    }
    let mut made = sam.script("adapt", include_str!("adapt.py"), &arguments).await?;
    if let Some(right) = without {
        ensure!(made["taken"] != 0, "the role of {} has no {}", right.function, right.action);
    }
    Ok((target, made["left_out"].take()))
}
