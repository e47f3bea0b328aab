//! Every issue that an entry can cause, seen on its step's page and repaired there.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use shared::domain::setup::Locale;

use super::Desk;
use crate::setup::issues::cases;

#[tokio::test]
async fn every_issue_of_an_entry_is_told_where_it_is_repaired_in_english() -> Result<()> {
    told_and_repaired(Locale::English).await
}

#[tokio::test]
async fn every_issue_of_an_entry_is_told_where_it_is_repaired_in_portuguese() -> Result<()> {
    told_and_repaired(Locale::Portuguese).await
}

async fn told_and_repaired(locale: Locale) -> Result<()> {
    let desk = Desk::new().await?;
    let world = desk.world();
    let session = world.session().await?;
    let mut whole = world.entered("issues");
    whole["locale"] = locale.as_str().into();
    world.enter(&session, &whole).await?.expect(200)?;
    desk.goto(&format!("/setup?lang={}", locale.as_str())).await?;
    desk.goto(&format!("/setup/open#{}", session.token)).await?;
    desk.page.until("location.pathname.startsWith('/setup/sessions/')").await?;
    for (wrong, code, right) in cases() {
        let seen = world.enter(&session, &wrong).await?.expect(200)?;
        let issue = seen["issues"].as_array().into_iter().flatten().find(|it| it["code"] == code).context(code)?;
        let (step, message) = (issue["step"].as_str().context("a step")?, issue["message"].as_str().context("words")?);
        let page = format!("/setup/sessions/{}/{step}", session.id);
        // As after the form was sent: what was not entered at all is told only then.
        desk.goto(&format!("{page}?checked=1")).await?;
        ensure!(desk.words().await?.contains(message), "{code}: {}", desk.words().await?);
        repair(&desk, &page, &right).await.with_context(|| code.to_owned())?;
        desk.goto(&format!("{page}?checked=1")).await?;
        ensure!(!desk.words().await?.contains(message), "{code}: {}", desk.words().await?);
        assert_eq!(world.see(&session).await?["issues"], json!([]), "{code}");
    }
    Ok(())
}

/// Does on the step's page what the patch does; a platform's own fields are there once it is chosen.
async fn repair(desk: &Desk, page: &str, right: &Value) -> Result<()> {
    let (section, fields) = right.as_object().and_then(|it| it.iter().next()).context("a section")?;
    if section == "meta" {
        return desk.send("input[type=hidden][name=test_event_code]").await;
    }
    let mut is_whole = false;
    while !is_whole {
        is_whole = true;
        desk.goto(page).await?;
        for (name, value) in fields.as_object().into_iter().flatten() {
            let is_there = format!("document.querySelector('[name={name}]') !== null");
            if desk.page.eval(&is_there).await? == true {
                let value = match value {
                    Value::Null => Value::from(""),
                    Value::Array(all) => all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n").into(),
                    // The list of countries has their codes in upper case.
                    Value::String(text) if name == "country" => text.to_uppercase().into(),
                    value => value.clone(),
                };
                desk.enter(&json!({ name: value })).await?;
            } else {
                is_whole &= value.is_null();
            }
        }
        desk.send("form .actions button").await?;
    }
    Ok(())
}
