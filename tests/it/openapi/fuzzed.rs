//! schemathesis over every route: nothing is our fault, and nothing is answered that is not documented.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use lambda_http::http::Method;
use serde_json::{Value, json};
use tests::progress::Progress;
use tests::python::{self, Venv};
use tests::scratch::Scratch;
use tests::site::Site;

/// Its settings: who calls, and what is there.
fn settings(site: &Site, session: &str, tenant: &str, funnel: &str, token: &str) -> String {
    let bearer = |scheme: &str, token: &str| format!("[auth.openapi.{scheme}]\nbearer = {}\n", json!(token));
    let of_tag = |tag: &str, name: &str, value: &str| {
        format!(
            "[[operations]]\ninclude-tag = {}\n[operations.parameters]\n{} = {}\n",
            json!(tag),
            json!(name),
            json!(value)
        )
    };
    let admin = &site.world.admin_token;
    [
        format!(
            "[parameters]\n\"path.funnel\" = {0}\n\"query.f\" = {0}\n\"path.token\" = {1}\n",
            json!(funnel),
            json!(token)
        ),
        bearer("api_key", &site.world.tenant.api_key),
        bearer("operator", admin),
        bearer("session", admin),
        // What a platform posts is its own: it is recorded, whatever it is.
        "[[operations]]\ninclude-path = \"/w/{token}\"\n[operations.checks]\nnegative_data_rejection.enabled = false\n"
            .to_owned(),
        of_tag("setup", "path.id", session),
        of_tag("tenants", "path.id", tenant),
    ]
    .concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_is_our_fault_and_no_answer_is_undocumented() -> Result<()> {
    let site = Site::start().await?;
    let world = &site.world;
    let session = world.session().await?;
    world.enter(&session, &world.entered("fuzzed")).await?.expect(200)?;
    let made = world.act(&session, "provision", &Value::Null).await?.expect(200)?;
    let webhook = made["connection"]["url"].as_str().and_then(|it| it.rsplit('/').next()).context("a path")?;
    // Whoever calls, this one is not retired by it.
    let other = world.session().await?;
    world.enter(&other, &world.entered("fuzzed-too")).await?.expect(200)?;
    let tenant = world.act(&other, "provision", &Value::Null).await?.expect(200)?["tenant"]["id"].clone();
    let tenant = tenant.as_str().context("a tenant")?;

    // It tries wrong tokens too, all from one address: how many it may is not looked at here.
    world
        .execute(
            "create function not_counted() returns trigger language plpgsql as 'begin new.attempts := 1; return new; end';
             create trigger not_counted before insert or update on wrong_tokens for each row execute function not_counted()",
        )
        .await?;
    let scratch = Scratch::new("trk-fuzz", None)?;
    let file = scratch.path().join("schemathesis.toml");
    std::fs::write(&file, settings(&site, &session.id, tenant, &world.tenant.funnel_id, webhook))?;
    let document = format!("http://127.0.0.1:{}/openapi.json", site.port);
    let directory = scratch.path().to_owned();
    let ran = tokio::task::spawn_blocking(move || {
        let venv = Venv::of(&python::SCHEMATHESIS, &Progress::stderr())?;
        let mut command = Command::new(venv.program("schemathesis"));
        command.arg("--config-file").arg(file).args(["--no-color", "run", &document]);
        command.args([
            "--phases",
            "examples,coverage,fuzzing",
            "--max-examples",
            "10",
            "--seed",
            "1",
            "--continue-on-failure",
        ]);
        // A body that the document allows may still be wrong: a slug that is taken, an order from the future.
        command.args(["--exclude-checks", "positive_data_acceptance", "--generation-database", "none"]);
        // For good, so that nothing else would be seen of the tenant; its own tests are tests/it/setup/tenants.
        command.args(["--exclude-path-regex", "/retire$", "--warnings", "off"]).current_dir(directory);
        Ok::<_, anyhow::Error>(command.output()?)
    })
    .await??;
    let said = String::from_utf8_lossy(&ran.stdout);
    ensure!(ran.status.success(), "{said}{}", String::from_utf8_lossy(&ran.stderr));
    ensure!(said.contains("Test cases:"), "{said}");
    let alive = world.operate(Method::GET, &format!("/v1/tenants/{tenant}"), &Value::Null).await?;
    alive.expect(200)?;
    let posted = site.seen("").len();
    ensure!(posted > 500, "{posted} requests: {said}");
    Ok(())
}
