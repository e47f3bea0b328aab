//! What is found, what goes, and what stays.

use anyhow::Result;
use lambda_http::http::Method;
use serde_json::{Value, json};
use shared::domain::user_data;
use shared::platforms::Platform;
use tests::simulator::EventQuery;
use tests::world::World;

use super::{ask, maria, rows_with, sound, visit};

#[tokio::test]
async fn all_of_a_person_is_found_and_exported_and_nobody_else_s() -> Result<()> {
    let world = World::new().await?;
    visit(&world, "maria").await?;
    let other =
        json!({"order_id": "of-joao", "value": 97, "currency": "BRL", "customer": {"email": "joao@example.com"}});
    world.post_order(&other).await?.expect(202)?;
    let found = ask(&world, "find", &maria()).await?.expect(200)?;
    assert_eq!(found["found"], json!({"identities": 2, "clicks": 1, "orders": 1, "conversions": 1}));
    let person = ask(&world, "export", &maria()).await?.expect(200)?["person"].clone();
    assert_eq!(person["conversions"][0]["order_key"], "of-maria");
    assert_eq!(person["conversions"][0]["user_data"]["client_ip_address"], "203.0.113.7");
    assert_eq!(person["clicks"][0]["fbclid"], "IwAR-maria");
    assert_eq!(person["deliveries"].as_array().map(Vec::len), Some(1));
    assert!(!person.to_string().contains("of-joao"));
    let by_phone = ask(&world, "find", &json!({"phone": "(650) 555-0123", "country": "US"})).await?.expect(200)?;
    assert_eq!(by_phone["found"]["orders"], 1);
    Ok(())
}

#[tokio::test]
async fn what_was_erased_is_nowhere_and_is_not_sent_and_the_ledger_has_its_sale() -> Result<()> {
    let world = World::new().await?;
    let order = visit(&world, "maria").await?;
    visit(&world, "joao").await?;
    let hash = user_data::em("maria@example.com").map(|it| it.digest()).unwrap_or_default();
    assert_eq!(rows_with(&world, &hash).await?, ["identities", "conversions"]);
    let receipt = ask(&world, "erase", &maria()).await?.expect(200)?["receipt"].clone();
    let counts = ["identities", "clicks", "orders", "conversions", "not_sent"].map(|name| receipt[name].clone());
    assert_eq!(counts, [2, 1, 1, 1, 1].map(|it| json!(it)));
    for text in [hash.as_str(), "IwAR-maria", "email=maria", "fb.2.1700000000000.5109"] {
        assert_eq!(rows_with(&world, text).await?, [""; 0], "{text}");
    }
    sound(&world).await?;
    world.dispatch_now().await?;
    assert_eq!(world.simulator.events(&EventQuery::default()).len(), 1, "the other's alone");
    let told = world
        .get_order(&format!("/v1/orders/{}", order["event_id"].as_str().unwrap_or_default()))
        .await?
        .expect(200)?;
    assert_eq!(
        (&told["state"], &told["reason"], &told["match"]["stage"]),
        (&json!("ignored"), &json!("erased"), &json!("none"))
    );
    assert!(told["story"].to_string().contains("erased before it could be sent"), "{told}");
    sound(&world).await?;
    let again = ask(&world, "erase", &maria()).await?.expect(200)?["receipt"].clone();
    assert_eq!(again["identities"], 0);
    assert_eq!(ask(&world, "find", &json!({"email": "joao@example.com"})).await?.expect(200)?["found"]["orders"], 1);
    Ok(())
}

#[tokio::test]
async fn a_sale_that_was_sent_stays_sent_and_one_that_comes_again_stays_a_duplicate() -> Result<()> {
    let world = World::new().await?;
    visit(&world, "maria").await?;
    world.dispatch_now().await?;
    let receipt = ask(&world, "erase", &maria()).await?.expect(200)?["receipt"].clone();
    assert_eq!((&receipt["conversions"], &receipt["not_sent"]), (&json!(1), &json!(0)));
    assert_eq!(world.standing(&world.tenant.id, "sent", "").await?, 1);
    let again =
        json!({"order_id": "of-maria", "value": 97, "currency": "BRL", "customer": {"email": "maria@example.com"}});
    assert_eq!(world.post_order(&again).await?.expect(200)?["duplicate"], true);
    world.dispatch_now().await?;
    assert_eq!(world.simulator.events(&EventQuery::default()).len(), 1);
    sound(&world).await
}

#[tokio::test]
async fn a_quarantined_event_is_not_put_back_after_its_buyer_was_erased() -> Result<()> {
    let world = World::new().await?;
    visit(&world, "maria").await?;
    world
        .execute("update conversions set state = 'quarantined', reason = 'data'; update dispatch_attempts set status = 'failed', finished_at = clock(), answer = 'data'")
        .await?;
    ask(&world, "erase", &maria()).await?.expect(200)?;
    let replay = format!("/v1/tenants/{}/replay", world.tenant.id);
    assert_eq!(world.operate(Method::POST, &replay, &Value::Null).await?.expect(200)?["replayed"], 0);
    sound(&world).await
}

#[tokio::test]
async fn a_payment_that_is_still_to_come_is_known_to_the_checkout_alone_and_goes_too() -> Result<()> {
    let world = World::new().await?;
    let connected = world.connect(Platform::Hotmart).await?;
    let body = std::fs::read_to_string(
        tests::install::workspace_root().join("tests/fixtures/webhooks/hotmart/purchase_billet_printed.pix.json"),
    )?;
    let email = serde_json::from_str::<Value>(&body)?["data"]["buyer"]["email"].clone();
    world.deliver(&connected, &[("x-hotmart-hottok", tests::world::PLATFORM_SECRET)], &body).await?.expect(200)?;
    let asked = json!({ "email": email });
    assert_eq!(ask(&world, "find", &asked).await?.expect(200)?["found"]["orders"], 1);
    ask(&world, "erase", &asked).await?.expect(200)?;
    assert_eq!(world.text("select known::text from orders", &[]).await?.as_deref(), Some("{}"));
    assert_eq!(ask(&world, "find", &asked).await?.expect(200)?["found"]["orders"], 0);
    sound(&world).await
}

#[tokio::test]
async fn who_is_not_named_is_refused_and_another_tenant_s_person_is_nobody() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    visit(&world, "maria").await?;
    let before = world.contents().await?;
    for (body, field) in [
        (json!({}), "email"),
        (json!({"email": "maria"}), "email"),
        (json!({"phone": "5"}), "phone"),
        (json!({"email": "maria@example.com", "country": "Brazil"}), "country"),
        (json!({"email": "maria@example.com", "name": "Maria"}), "name"),
    ] {
        for act in ["find", "export", "erase"] {
            let refused = ask(&world, act, &body).await?;
            assert_eq!((refused.status, refused.errors()[0].0.as_str()), (422, field), "{act} {body}");
        }
    }
    world.operate(Method::POST, "/v1/tenants/tnt_nobody/people/erase", &maria()).await?.expect_problem(404)?;
    world
        .operate(Method::POST, "/v1/tenants/tnt_nobody/people/find", &json!({"phone": "5550123"}))
        .await?
        .expect_problem(404)?;
    assert_eq!(world.contents().await?, before);
    let path = format!("/v1/tenants/{}/people/", other.id);
    for (act, of) in [("find", "found"), ("erase", "receipt")] {
        let answer = world.operate(Method::POST, &format!("{path}{act}"), &maria()).await?.expect(200)?;
        for what in ["identities", "clicks", "orders", "conversions"] {
            assert_eq!(answer[of][what], 0, "{act} {what}");
        }
    }
    Ok(())
}
