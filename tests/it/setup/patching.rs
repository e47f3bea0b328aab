//! PATCH: a merge of known fields, checked as a whole.

use anyhow::Result;
use lambda_http::http::Method;
use serde_json::{Value, json};
use tests::world::World;

use super::errors;

#[tokio::test]
async fn a_new_session_says_all_that_is_missing_and_begins_at_the_business() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    let seen = world.see(&session).await?;
    assert_eq!(
        (&seen["step"], &seen["input"], &seen["tenant"], &seen["version"]),
        (&json!("business"), &json!({}), &Value::Null, &json!(1))
    );
    let all = [
        "business_name_missing",
        "slug_missing",
        "country_missing",
        "currency_missing",
        "funnel_name_missing",
        "domains_missing",
        "pixel_missing",
        "token_missing",
        "platform_missing",
        "other_senders_unconfirmed",
    ];
    assert_eq!(errors(&seen), all);
    insta::assert_json_snapshot!("issues_of_an_empty_session", seen["issues"]);
    Ok(())
}

#[tokio::test]
async fn a_patch_merges_and_the_steps_follow() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    let whole = world.entered("steps");
    let steps = [
        ("business", "funnel"),
        ("funnel", "meta"),
        ("meta", "checkout"),
        ("checkout", "other_senders"),
        ("other_senders", "snippet"),
    ];
    for (section, next) in steps {
        let answer = world.enter(&session, &json!({ section: whole[section] })).await?.expect(200)?;
        assert_eq!(answer["step"], next, "{answer}");
    }
    let before = world.see(&session).await?;
    let answer = world.enter(&session, &json!({"business": {"name": "Outra"}})).await?.expect(200)?;
    assert_eq!(
        (&answer["input"]["business"]["name"], &answer["input"]["business"]["slug"]),
        (&json!("Outra"), &json!("loja-steps"))
    );
    assert_eq!(answer["version"], json!(before["version"].as_i64().unwrap_or(0) + 1));
    let removed = world.enter(&session, &json!({"business": {"name": null}})).await?.expect(200)?;
    assert_eq!((errors(&removed), &removed["step"]), (vec!["business_name_missing".to_owned()], &json!("business")));
    assert_eq!(world.see(&session).await?, removed, "what was answered is what is kept");
    Ok(())
}

#[tokio::test]
async fn unknown_and_mistyped_fields_are_refused_by_name_and_nothing_changes() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    let before = world.see(&session).await?;
    let body = json!({"business": {"name": "Loja", "owner": "x", "slug": 1}, "pixel": {}, "meta": {"access_token": {"set_at": 1}}});
    let answer = world.enter(&session, &body).await?;
    answer.expect_problem(422)?;
    let named = [
        ("business.owner", "unknown_field"),
        ("business.slug", "wrong_type"),
        ("meta.access_token", "wrong_type"),
        ("pixel", "unknown_field"),
    ];
    let mut have = answer.errors();
    have.sort();
    assert_eq!(have, named.map(|(field, code)| (field.to_owned(), code.to_owned())));
    let early = world.enter(&session, &json!({"checkout": {"secret": "x"}, "meta": {"app_secret": "x"}})).await?;
    early.expect_problem(422)?;
    let codes: Vec<String> = early.errors().into_iter().map(|(_, code)| code).collect();
    assert_eq!(codes, ["platform_first", "token_first"]);
    assert_eq!(world.see(&session).await?, before);
    Ok(())
}

#[tokio::test]
async fn the_texts_are_in_the_session_s_language() -> Result<()> {
    let world = World::new().await?;
    let made = world.operate(Method::POST, "/v1/setup/sessions", &json!({"locale": "pt-BR"})).await?.expect(201)?;
    let path = format!("/v1/setup/sessions/{}", made["id"].as_str().unwrap_or_default());
    let seen = world.operate(Method::GET, &path, &Value::Null).await?.expect(200)?;
    assert_eq!(seen["issues"][0]["message"], "O negócio não tem nome.");
    let english = world.operate(Method::PATCH, &path, &json!({"locale": "en"})).await?.expect(200)?;
    assert_eq!(english["issues"][0]["message"], "The business has no name.");
    world
        .operate(Method::POST, "/v1/setup/sessions", &json!({"locale": "de", "expires_in_days": 91}))
        .await?
        .expect_problem(422)
}
