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

fn digest(email: &str) -> String {
    user_data::em(email).map(|it| it.digest()).unwrap_or_default()
}

#[tokio::test]
async fn what_a_browser_said_of_their_click_and_what_their_order_was_known_by_before_goes_too() -> Result<()> {
    let world = World::new().await?;
    let click =
        world.post_click(&json!({"url": "https://www.shop.example.com/?fbclid=IwAR-maria"})).await?.expect(200)?;
    let click_id = &click["click_id"];
    for said in [json!({"external_id": "member-7"}), json!({"email": "maria@work.example.com"})] {
        let mut said = said;
        said["click_id"] = click_id.clone();
        world.post_identify(&said).await?.expect(200)?;
    }
    let order = |email: &str, status: &str| {
        json!({"order_id": "of-maria", "value": 97, "currency": "BRL", "status": status, "click": {"click_id": click_id},
               "customer": {"email": email}})
    };
    world.post_order(&order("maria@old.example.com", "pending")).await?.expect(202)?;
    world.post_order(&order("maria@example.com", "paid")).await?.expect(202)?;
    visit(&world, "joao").await?;
    let emails = ["maria@work.example.com", "maria@old.example.com", "maria@example.com"];
    let known = world.count("select count(*) from identities", &[]).await?;
    assert_eq!(known, 4 + 2, "each observation is one");
    let found = ask(&world, "find", &maria()).await?.expect(200)?["found"].clone();
    assert_eq!(found, json!({"identities": 4, "clicks": 1, "orders": 1, "conversions": 1}));
    let exported = ask(&world, "export", &maria()).await?.expect(200)?["person"].to_string();
    for email in emails {
        assert!(exported.contains(&digest(email)), "{email}");
    }
    let receipt = ask(&world, "erase", &maria()).await?.expect(200)?["receipt"].clone();
    assert_eq!((&receipt["identities"], &receipt["clicks"]), (&json!(4), &json!(1)));
    for email in emails {
        assert_eq!(rows_with(&world, &digest(email)).await?, [""; 0], "{email}");
    }
    assert_eq!(world.count("select count(*) from identities", &[]).await?, 2, "the other's stay");
    sound(&world).await
}

#[tokio::test]
async fn an_ignored_event_has_nobody_s_data_and_one_that_is_claimed_later_has_all_of_it() -> Result<()> {
    let world = World::new().await?;
    let order = |email: &str, status: &str| {
        json!({"order_id": "1001", "value": 97, "currency": "BRL", "status": status, "event_source_url": "https://www.shop.example.com/thanks?email=maria",
               "customer": {"email": email, "first_name": "Maria", "ip": "203.0.113.7"}})
    };
    let ignored = "select concat_ws(' ', state, reason, user_data, event_source_url) from conversions";
    for email in ["maria@example.com", "maria@work.example.com"] {
        world.post_order(&order(email, "pending")).await?.expect(202)?;
        assert_eq!(world.text(ignored, &[]).await?.as_deref(), Some("ignored order_not_paid {}"));
    }
    assert_eq!(rows_with(&world, &digest("maria@work.example.com")).await?, [""; 0], "no observation is made of it");
    world.post_order(&order("maria@example.com", "paid")).await?.expect(202)?;
    world.dispatch_now().await?;
    let sent = world.simulator.events(&EventQuery::default());
    let sent: Value = serde_json::from_str(sent[0].event.get())?;
    assert_eq!(sent["user_data"]["em"], json!([digest("maria@example.com")]), "{sent}");
    assert_eq!(sent["user_data"]["client_ip_address"], "203.0.113.7");
    assert_eq!(sent["event_source_url"], "https://www.shop.example.com/thanks");
    sound(&world).await
}

#[tokio::test]
async fn all_of_somebody_with_thousands_of_rows_is_exported_part_by_part_each_row_once() -> Result<()> {
    let world = World::new().await?;
    visit(&world, "maria").await?;
    world.fill("many", 600).await?;
    let hash = digest("maria@example.com");
    // Pairs of one moment, and tables that share ids.
    world
        .execute(&format!(
            "update orders set known = '{{\"email_hash\": \"{hash}\"}}', created_at = clock() - (substr(id, 5)::int / 2) * interval '1 minute'
             where id like 'many%';
             update conversions c set created_at = o.created_at from orders o where o.id = c.id and c.id like 'many%';
             update deliveries d set received_at = o.created_at from orders o where o.id = d.id and d.id like 'many%'"
        ))
        .await?;
    let found = ask(&world, "find", &maria()).await?.expect(200)?["found"].clone();
    let (mut parts, mut seen) = (Vec::new(), std::collections::BTreeSet::new());
    let mut asked = maria();
    loop {
        let part = ask(&world, "export", &asked).await?.expect(200)?;
        let mut rows = 0;
        for (kind, list) in part["person"].as_object().into_iter().flatten() {
            for row in list.as_array().into_iter().flatten() {
                rows += 1;
                assert!(seen.insert(format!("{kind} {}", row["id"])), "twice: {kind} {row}");
            }
        }
        parts.push(rows);
        if part["next"].is_null() {
            break;
        }
        asked["after"] = part["next"].clone();
    }
    assert_eq!(parts, [1000, 806]);
    let of = |kind: &str| seen.iter().filter(|it| it.starts_with(kind)).count();
    assert_eq!(["identities", "clicks", "orders", "conversions", "deliveries"].map(of), [2, 1, 601, 601, 601]);
    assert_eq!(found, json!({"identities": 2, "clicks": 1, "orders": 601, "conversions": 601}));
    assert_eq!(world.count("select count(*) from audit where act = 'person.exported'", &[]).await?, 2);
    for after in ["x", "31"] {
        let mut wrong = maria();
        wrong["after"] = json!(after);
        let refused = ask(&world, "export", &wrong).await?;
        assert_eq!((refused.status, refused.errors()[0].0.as_str()), (400, "after"));
    }
    for act in ["find", "erase"] {
        assert_eq!(ask(&world, act, &asked).await?.status, 422, "{act}");
    }
    Ok(())
}
