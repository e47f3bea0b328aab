//! The run, step by step.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, ensure};
use serde_json::Value;
use tests::install;
use tests::progress::Progress;
use tests::sam::Sam;

use crate::api::Api;
use crate::options::Right;
use crate::outcome::Outcome;
use crate::stack::{self, Stack};
use crate::stage::Stage;
use crate::tenant::Tenant;
use crate::trickle::Trickle;
use crate::{journey, poison, policies, sweeping};

/// Where `setup` keeps tenants' secrets, which are the tenants' and outlive the stack.
const TENANTS: &str = ":secret:track/";

/// The functions, each of which has to ask something of AWS.
const FUNCTIONS: [&str; 6] = ["click", "order", "setup", "dispatch", "sweep", "migrate"];

/// All of it; with a right taken away it has to end at the first refusal.
pub(crate) async fn whole(without: Option<&Right>, outcome: &mut Outcome, progress: &Progress) -> Result<()> {
    let sam = Sam::new(progress).await?;
    let template = built(&sam, without, progress).await?;
    let stage = Stage::start(progress).await?;
    let ended = deployed(&stage, sam, &template, outcome, progress).await;
    // Counted whatever else failed, and reported before it: a refusal is what made the rest fail.
    outcome.iam_denials = stage.refused()?.len();
    stage.nothing_refused()?;
    ended
}

/// Validates, builds, and holds the roles to what the binaries can call.
async fn built(sam: &Sam, without: Option<&Right>, progress: &Progress) -> Result<PathBuf> {
    let source = install::workspace_root().join("template.yaml");
    match without {
        None => {
            progress.say("sam validate --lint");
            sam.validate(&source).await?;
        }
        Some(right) => progress.say(format!("{} goes without {}", right.function, right.action)),
    }
    progress.say("sam build");
    sam.build(&source).await?;
    if without.is_none() {
        progress.say("the roles against the binaries");
        policies::check(sam, &source)?;
    }
    let (template, left_out) = stack::adapted(sam, without).await?;
    progress.say(format!("without {left_out}, which the local AWS does not know"));
    Ok(template)
}

async fn deployed(stage: &Stage, sam: Sam, template: &Path, outcome: &mut Outcome, progress: &Progress) -> Result<()> {
    progress.say("the look before a deploy: the secrets, one after the other");
    let mut parameters = stage.secrets().await?;
    parameters.push(("MetaGraphUrl".to_owned(), stage.simulator.base_url().to_owned()));
    let stack = Stack::new(sam.against(stage.aws.environment()), parameters);
    let before = stack.inventory().await?;
    progress.say("sam deploy");
    let began = Instant::now();
    stack.deploy(template, &[]).await?;
    outcome.deployed = Some(began.elapsed());
    // What finds nothing of a stack that is there would find nothing of one that is gone.
    ensure!(left(&stack, &before).await?.len() > FUNCTIONS.len(), "the inventory does not see the stack");
    used(stage, &stack, template, outcome, progress).await?;
    progress.say("sam delete");
    let kept = stack.look().await?["kept"].take();
    let kept: Vec<_> = kept.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    stack.delete().await?;
    let left = left(&stack, &before).await?;
    let over = left.iter().find(|it| !kept.iter().any(|kept| it.contains(kept)));
    ensure!(
        over.is_none() && left.len() == kept.len(),
        "of the stack {left:?} is left, and its template keeps {kept:?}"
    );
    stage.every_function_was_judged(&FUNCTIONS)
}

/// What the account holds that it did not hold before, but for tenants' secrets.
async fn left(stack: &Stack, before: &[String]) -> Result<Vec<String>> {
    let now = stack.inventory().await?;
    Ok(now.into_iter().filter(|it| !before.contains(it) && !it.contains(TENANTS)).collect())
}

/// What is done with the stack while it is there.
async fn used(stage: &Stage, stack: &Stack, template: &Path, outcome: &mut Outcome, progress: &Progress) -> Result<()> {
    let api = Api::new(&stack.close_gaps().await?, stage.aws.port())?;
    progress.say("migrate, twice");
    let applied = stack.migrate().await?;
    progress.say(format!("{applied} migrations, then none; now a seller, a click and an order"));
    let tenant = Arc::new(Tenant::make(&api, &stage.simulator, 1).await?);
    journey::run(stage, &api, &tenant, outcome).await?;
    let quiet = Tenant::make(&api, &stage.simulator, 2).await?;
    let swept = sweeping::begin(stage, &api, &quiet).await?;
    progress.say("a message that is not ours");
    poison::run(stage, &stack.look().await?["outputs"]).await?;
    outcome.dlq_ok = true;
    progress.say("an update while orders come");
    let trickle = Trickle::start(api, tenant);
    stack.update(template).await?;
    let orders = trickle.stop(stage).await?;
    progress.say(format!("{orders} orders came meanwhile, each is at Meta once; now the schedule's minute"));
    sweeping::end(stage, &swept).await?;
    outcome.sweep_ok = true;
    Ok(())
}
