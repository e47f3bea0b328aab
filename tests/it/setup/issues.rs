//! Every issue that an entry can cause, seen and repaired through the API.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tests::world::World;

use super::codes;

/// Each issue that an entry can cause: (what is entered, the issue, what repairs it)
pub(crate) fn cases() -> Vec<(Value, &'static str, Value)> {
    let day = 24 * 3600;
    let now = shared::clock::Clock::SYSTEM.now_s();
    let set = |section: &str, field: &str, value: Value| json!({ section: { field: value } });
    let business =
        |field: &str, wrong: Value, right: &str| (set("business", field, wrong), set("business", field, json!(right)));
    let with = |code, (wrong, right): (Value, Value)| (wrong, code, right);
    let test_code = |until: Value| json!({"meta": {"test_event_code": "TEST1", "test_event_code_until": until}});
    let no_code = json!({"meta": {"test_event_code": null, "test_event_code_until": null}});
    let hotmart = json!({"checkout": {"platform": "hotmart", "secret": "sample-hottok", "shop": null}});
    vec![
        with("business_name_missing", business("name", Value::Null, "Loja")),
        with("slug_missing", business("slug", Value::Null, "loja-issues")),
        with("slug_shape", business("slug", json!("Loja!"), "loja-issues")),
        with("country_missing", business("country", Value::Null, "BR")),
        with("country_unknown", business("country", json!("XX"), "pt")),
        with("currency_missing", business("currency", Value::Null, "BRL")),
        with("currency_unknown", business("currency", json!("R$"), "brl")),
        (set("funnel", "name", Value::Null), "funnel_name_missing", set("funnel", "name", json!("Course"))),
        (set("funnel", "domains", json!([])), "domains_missing", set("funnel", "domains", json!(["a.example.com"]))),
        (
            set("funnel", "domains", json!(["localhost"])),
            "domain_shape",
            set("funnel", "domains", json!(["a.example.com"])),
        ),
        (
            set("funnel", "domains", json!(["com.br"])),
            "domain_too_wide",
            set("funnel", "domains", json!(["a.example.com"])),
        ),
        (test_code(Value::Null), "test_code_without_end", no_code.clone()),
        (json!({"meta": {"test_event_code_until": now + day}}), "test_end_without_code", no_code.clone()),
        (test_code(json!(now + 8 * day)), "test_code_end_too_far", no_code.clone()),
        (test_code(json!(now + day)), "test_code_on", no_code.clone()),
        (test_code(json!(now - day)), "test_code_over", no_code),
        (json!({"checkout": {"platform": null}}), "platform_missing", hotmart.clone()),
        (json!({"checkout": {"platform": "shop"}}), "platform_unknown", hotmart.clone()),
        (json!({"checkout": {"platform": "stripe"}}), "platform_secret_missing", hotmart.clone()),
        (json!({"checkout": {"platform": "woocommerce"}}), "click_id_by_hand", hotmart.clone()),
        (json!({"checkout": {"platform": "woocommerce", "shop": "North"}}), "shop_shape", hotmart),
        (set("checkout", "amount", json!("fair")), "amount_not_stated", set("checkout", "amount", json!("price"))),
        (set("checkout", "shop", json!("north")), "shop_not_used", set("checkout", "shop", Value::Null)),
        (set("checkout", "order_id_slot", json!("a b")), "slot_shape", set("checkout", "order_id_slot", Value::Null)),
        (
            set("checkout", "domains", Value::Null),
            "checkout_domains_missing",
            set("checkout", "domains", json!(["pay.example.com"])),
        ),
        (
            set("checkout", "domains", json!(["a/b"])),
            "checkout_domain_shape",
            set("checkout", "domains", json!(["pay.example.com"])),
        ),
        (
            set("checkout", "domains", json!(["co.uk"])),
            "checkout_domain_too_wide",
            set("checkout", "domains", json!(["pay.example.com"])),
        ),
        (
            set("other_senders", "purchase", Value::Null),
            "other_senders_unconfirmed",
            set("other_senders", "purchase", json!("off")),
        ),
        (
            set("other_senders", "purchase", json!("on")),
            "other_senders_on",
            set("other_senders", "purchase", json!("shares_event_id")),
        ),
    ]
}

#[tokio::test]
async fn every_issue_of_an_entry_is_seen_and_is_gone_after_the_repair() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    let sound = world.enter(&session, &world.entered("issues")).await?.expect(200)?;
    assert_eq!(sound["issues"], json!([]));
    for (wrong, code, right) in cases() {
        let seen = world.enter(&session, &wrong).await?.expect(200)?;
        let issue = seen["issues"].as_array().into_iter().flatten().find(|it| it["code"] == code);
        let issue = issue.with_context(|| format!("{code} of {wrong}: {}", seen["issues"]))?;
        assert!(
            issue["message"].as_str().is_some_and(|it| !it.is_empty())
                && issue["fix"].as_str().is_some_and(|it| !it.is_empty())
        );
        let repaired = world.enter(&session, &right).await?.expect(200)?;
        assert_eq!(repaired["issues"], json!([]), "{code} after {right}");
    }
    Ok(())
}

#[tokio::test]
async fn a_slug_that_another_tenant_has_is_taken_until_another_is_chosen() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    let mut whole = world.entered("taken");
    world.execute("update tenants set slug = 'somebody-elses'").await?;
    whole["business"]["slug"] = json!("somebody-elses");
    let seen = world.enter(&session, &whole).await?.expect(200)?;
    assert_eq!(codes(&seen, "error"), ["slug_taken"]);
    let refused = world.act(&session, "provision", &Value::Null).await?;
    refused.expect_problem(422)?;
    assert_eq!(refused.errors(), [("business.slug".to_owned(), "slug_taken".to_owned())]);
    let seen = world.enter(&session, &json!({"business": {"slug": "loja-taken"}})).await?.expect(200)?;
    assert_eq!(seen["issues"], json!([]));
    world.act(&session, "provision", &Value::Null).await?.expect(200)?;
    Ok(())
}
