//! One sale that is imported, and told of by somebody else or with another value: it is one Purchase.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::db::deliveries::Recorded;
use shared::domain::order::OrderState;
use shared::platforms::Platform;
use tests::webhook::connection;

use super::import;
use super::import::outcomes;
use crate::sales::{Shop, brl};

/// Paid orders of this minute, each by its id and value.
fn table(orders: &[(&str, &str)]) -> String {
    let at = Clock::SYSTEM.now_s() - 30;
    let rows: String = orders
        .iter()
        .map(|(id, value)| format!("{id},{value},BRL,{at},maria@example.com\n"))
        .collect::<Vec<_>>()
        .concat();
    format!("order_id,value,currency,event_time,customer.email\n{rows}")
}

/// Imports a table after a look at it, which must have told the same.
async fn imported(shop: &Shop, orders: &[(&str, &str)]) -> Result<Value> {
    let (world, table) = (&shop.world, table(orders));
    let checked = import(world, &world.tenant, "?check=1", &table).await?.expect(200)?;
    let answer = import(world, &world.tenant, "", &table).await?.expect(200)?;
    let told = |answer: &Value| -> Vec<Value> {
        let lines = answer["lines"].as_array().into_iter().flatten();
        lines.map(|it| json!([it["line"], it["outcome"], it["event_id"], it["known_as"]])).collect()
    };
    assert_eq!(told(&checked), told(&answer), "what a check tells");
    Ok(answer)
}

/// Posts an order as the seller's server.
async fn posted(shop: &Shop, id: &str) -> Result<()> {
    let customer = json!({"email": "maria@example.com"});
    let body = json!({"order_id": id, "value": "97.10", "currency": "BRL", "customer": customer});
    shop.world.post_order(&body).await?.expect(202)?;
    Ok(())
}

async fn purchases(shop: &Shop) -> Result<usize> {
    Ok(shop.events().await?.as_array().map(Vec::len).unwrap_or_default())
}

#[tokio::test]
async fn an_order_that_a_connection_told_of_is_a_duplicate_by_each_of_its_names_whatever_its_value() -> Result<()> {
    let shop = Shop::new().await?;
    let mut north = connection(&shop.world.tenant.id, "north", Platform::WooCommerce);
    shop.connect(&north).await?;
    shop.world.execute("update connections set shop = 'north' where id = 'north'").await?;
    north.shop = Some("north".to_owned());
    let Recorded::Taken { wakes } = shop.tell("1", &[&shop.order("HP1", OrderState::Paid)]).await? else {
        panic!("refused")
    };
    shop.tell_on(&north, "2", &[&shop.order("1001", OrderState::Paid)]).await?;
    // Who has ended a connection has its sales at Meta all the same.
    shop.world.execute("update connections set revoked_at = now()").await?;
    let orders = [
        ("HP1", "97.10"),
        ("HP1", "103.45"),
        ("hotmart:HP1", "55.00"),
        ("1001", "1.00"),
        ("woocommerce:north:1001", "2.00"),
        ("1002", "3.00"),
    ];
    let answer = imported(&shop, &orders).await?;
    let wanted =
        [(2, "duplicate"), (3, "duplicate"), (4, "duplicate"), (5, "duplicate"), (6, "duplicate"), (7, "taken")];
    assert_eq!(outcomes(&answer), wanted);
    let lines = &answer["lines"];
    let known: Vec<_> = (0..6).map(|index| lines[index]["known_as"].as_str()).collect();
    assert_eq!(known, [Some("hotmart:HP1"), Some("hotmart:HP1"), None, Some("woocommerce:north:1001"), None, None]);
    assert_eq!((&lines[0]["event_id"], &lines[2]["event_id"]), (&json!(wakes[0]), &json!(wakes[0])));
    assert_eq!(purchases(&shop).await?, 3);
    shop.assert_sound(8).await
}

#[tokio::test]
async fn a_corrected_file_and_a_second_line_of_one_order_are_no_second_purchase() -> Result<()> {
    let shop = Shop::new().await?;
    posted(&shop, "9").await?;
    // By two names in one file, too.
    let first =
        imported(&shop, &[("1", "97.00"), ("1", "98.00"), ("hotmart:HP2", "97.00"), ("HP2", "1.00"), ("9", "103.45")])
            .await?;
    let wanted = [(2, "taken"), (3, "duplicate"), (4, "taken"), (5, "duplicate"), (6, "duplicate")];
    assert_eq!(outcomes(&first), wanted);
    assert_eq!(first["lines"][0]["event_id"], first["lines"][1]["event_id"]);
    assert_eq!(first["lines"][3]["known_as"], "hotmart:HP2");
    let corrected = imported(&shop, &[("1", "99.00"), ("HP2", "2.00"), ("9", "104.00"), ("hotmart:9", "1.00")]).await?;
    assert_eq!(outcomes(&corrected), [(2, "duplicate"), (3, "duplicate"), (4, "duplicate"), (5, "duplicate")]);
    assert_eq!(corrected["lines"][0]["event_id"], first["lines"][0]["event_id"]);
    assert_eq!(purchases(&shop).await?, 3);
    shop.assert_sound(10).await
}

#[tokio::test]
async fn two_imports_of_other_values_at_once_are_one_purchase_an_order() -> Result<()> {
    let shop = Shop::new().await?;
    let world = &shop.world;
    let ids: Vec<String> = (0..150).map(|n| format!("HP{n}")).collect();
    let by_platform: Vec<String> = ids.iter().map(|id| format!("hotmart:{id}")).collect();
    let all = |ids: &[String], value: &str| table(&ids.iter().map(|id| (id.as_str(), value)).collect::<Vec<_>>());
    let (one, two, three) = (all(&ids, "97.00"), all(&ids, "98.00"), all(&by_platform, "99.00"));
    let (one, two, three) = tokio::try_join!(
        import(world, &world.tenant, "", &one),
        import(world, &world.tenant, "", &two),
        import(world, &world.tenant, "", &three),
    )?;
    let mut taken = 0;
    for answer in [one, two, three] {
        let answer = answer.expect(200)?;
        assert_eq!(answer["not_taken"], 0);
        taken += answer["taken"].as_i64().context("a count")?;
    }
    assert_eq!((taken, purchases(&shop).await?), (150, 150));
    shop.assert_sound(450).await
}

#[tokio::test]
async fn an_import_and_the_order_s_webhook_at_the_same_moment_are_one_purchase() -> Result<()> {
    let shop = Shop::new().await?;
    let world = &shop.world;
    for round in 0..20 {
        let id = format!("HP{round}");
        let paid = shop.order(&id, OrderState::Paid);
        let table = table(&[(&id, "103.45")]);
        let one = [&paid];
        let (told, imported) = tokio::join!(shop.tell(&id, &one), import(world, &world.tenant, "", &table));
        told?;
        imported?.expect(200)?;
    }
    assert_eq!(purchases(&shop).await?, 20);
    shop.assert_sound(40).await
}

#[tokio::test]
async fn what_was_imported_by_a_platform_s_id_is_not_sent_again_when_the_platform_tells_of_it() -> Result<()> {
    let shop = Shop::new().await?;
    shop.tell("1", &[&shop.order("HP1", OrderState::Pending)]).await?;
    let answer = imported(&shop, &[("HP1", "103.45"), ("HP2", "103.45")]).await?;
    assert_eq!(outcomes(&answer), [(2, "taken"), (3, "taken")], "nobody made a Purchase of the pending one");
    for (key, id) in [("2", "HP1"), ("3", "HP2"), ("4", "HP2")] {
        assert_eq!(shop.tell(key, &[&shop.order(id, OrderState::Paid)]).await?, Recorded::Taken { wakes: vec![] });
    }
    let event_id = "select event_id from deliveries where order_key = 'hotmart:HP2' order by received_at limit 1";
    assert_eq!(shop.world.text(event_id, &[]).await?.as_deref(), answer["lines"][1]["event_id"].as_str());
    // It is remembered with the platform's order.
    shop.world.execute("update deliveries set received_at = received_at - interval '1 day'").await?;
    assert_eq!(shop.tell("5", &[&shop.order("HP2", OrderState::Paid)]).await?, Recorded::Taken { wakes: vec![] });
    assert_eq!(purchases(&shop).await?, 2);
    shop.assert_sound(7).await
}

#[tokio::test]
async fn an_order_of_the_platform_s_that_was_made_after_the_import_or_is_like_one_that_was_posted_is_another()
-> Result<()> {
    let shop = Shop::new().await?;
    imported(&shop, &[("HP1", "97.10")]).await?;
    shop.world.execute("update deliveries set received_at = received_at - interval '1 hour'").await?;
    posted(&shop, "HP2").await?;
    let mut later = shop.order("HP1", OrderState::Paid);
    later.amounts.price = brl("50.00");
    shop.tell("1", &[&later]).await?;
    shop.tell("2", &[&shop.order("HP2", OrderState::Paid)]).await?;
    assert_eq!(purchases(&shop).await?, 4);
    shop.assert_sound(4).await
}
