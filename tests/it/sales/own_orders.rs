//! One sale over several ways: co-producers' connections, and the seller's own server.

use anyhow::Result;
use serde_json::json;
use shared::db::deliveries::Recorded;
use shared::domain::order::{Kind, OrderState};
use shared::platforms::Platform;
use tests::webhook::connection;

use super::{Shop, brl};

/// A shop whose checkout gives the seller's own order id back in `sck`.
async fn mapped() -> Result<Shop> {
    let mut shop = Shop::new().await?;
    "mapped".clone_into(&mut shop.connection.id);
    shop.connection.order_id_slot = Some("sck".to_owned());
    shop.connect(&shop.connection).await?;
    Ok(shop)
}

fn post(value: &str) -> serde_json::Value {
    json!({"order_id": "1001", "value": value, "currency": "BRL", "customer": {"email": "maria@example.com"}})
}

#[tokio::test]
async fn p16_co_producers_connections_tell_of_one_sale_and_it_is_one_purchase() -> Result<()> {
    let shop = Shop::new().await?;
    let partner = connection(&shop.world.tenant.id, "partner", Platform::Hotmart);
    shop.connect(&partner).await?;
    let paid = shop.order("HP1", OrderState::Paid);
    shop.tell("1", &[&paid]).await?;
    assert_eq!(shop.tell_on(&partner, "1", &[&paid]).await?, Recorded::Taken { wakes: vec![] });
    assert_eq!(shop.events().await?.as_array().map(Vec::len), Some(1));
    // Not the same delivery, so no redelivery; the same sale all the same.
    assert_eq!(shop.deliveries().await?[1], json!(["hotmart:HP1", "duplicate", null]));
    shop.assert_sound(2).await
}

#[tokio::test]
async fn what_the_seller_s_server_told_first_is_not_sent_again_when_the_platform_tells_another_value() -> Result<()> {
    let shop = mapped().await?;
    let placed = shop.world.post_order(&post("97.10")).await?.expect(202)?;
    let mut paid = shop.order("HP1", OrderState::Paid);
    paid.tracking.slots.insert("sck".to_owned(), "1001".to_owned());
    paid.amounts.price = brl("103.45");
    assert_eq!(shop.tell("1", &[&paid]).await?, Recorded::Taken { wakes: vec![] });
    assert_eq!(shop.events().await?, json!([["Purchase", "97.10", null, "none"]]));
    let event_id = "select event_id from deliveries where source = 'hotmart'";
    assert_eq!(shop.world.text(event_id, &[]).await?.as_deref(), placed["event_id"].as_str());
    shop.assert_sound(2).await
}

#[tokio::test]
async fn what_the_platform_told_first_is_a_duplicate_when_the_seller_s_server_tells_another_value() -> Result<()> {
    let shop = mapped().await?;
    let mut paid = shop.order("HP1", OrderState::Paid);
    paid.tracking.slots.insert("sck".to_owned(), "1001".to_owned());
    let Recorded::Taken { wakes } = shop.tell("1", &[&paid]).await? else { panic!("refused") };
    for value in ["97.10", "103.45"] {
        let answer = shop.world.post_order(&post(value)).await?.expect(200)?;
        assert_eq!((&answer["duplicate"], &answer["event_id"]), (&json!(true), &json!(wakes[0])), "{value}");
    }
    assert_eq!(shop.events().await?.as_array().map(Vec::len), Some(1));
    shop.assert_sound(3).await
}

#[tokio::test]
async fn the_two_at_the_same_moment_with_two_values_are_one_purchase() -> Result<()> {
    let shop = mapped().await?;
    for round in 0..10 {
        let id = format!("{}", 2000 + round);
        let mut paid = shop.order(&format!("HP{round}"), OrderState::Paid);
        paid.tracking.slots.insert("sck".to_owned(), id.clone());
        let mut body = post("103.45");
        body["order_id"] = id.into();
        let one = [&paid];
        let (told, posted) = tokio::join!(shop.tell("1", &one), shop.world.post_order(&body));
        told?;
        posted?;
    }
    assert_eq!(shop.events().await?.as_array().map(Vec::len), Some(10));
    shop.assert_sound(20).await
}

#[tokio::test]
async fn an_order_bump_and_a_renewal_that_carry_the_seller_s_id_stay_sales_of_their_own() -> Result<()> {
    let shop = mapped().await?;
    let with_slot = |id: &str, kind: Kind| {
        let mut order = shop.order(id, OrderState::Paid);
        order.kind = kind;
        order.tracking.slots.insert("sck".to_owned(), "1001".to_owned());
        order
    };
    let (main, same_body) = (with_slot("HP1", Kind::First), with_slot("HP2", Kind::First));
    shop.tell("1", &[&main, &same_body]).await?;
    shop.tell("2", &[&with_slot("HP3", Kind::OrderBump { parent: None })]).await?;
    shop.tell("3", &[&with_slot("HP4", Kind::Renewal { number: Some(2) })]).await?;
    let orders = shop.orders().await?;
    let keys: Vec<_> = orders.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["1001", "hotmart:HP2", "hotmart:HP3", "hotmart:HP4"]);
    Ok(())
}

#[tokio::test]
async fn without_a_mapping_nothing_is_merged() -> Result<()> {
    let shop = Shop::new().await?;
    shop.world.post_order(&post("97.10")).await?.expect(202)?;
    let mut paid = shop.order("HP1", OrderState::Paid);
    paid.tracking.slots.insert("sck".to_owned(), "1001".to_owned());
    shop.tell("1", &[&paid]).await?;
    assert_eq!(shop.events().await?.as_array().map(Vec::len), Some(2));
    Ok(())
}

#[tokio::test]
async fn the_platform_s_own_id_posted_at_the_same_moment_with_another_value_is_one_purchase_without_a_slot()
-> Result<()> {
    let shop = Shop::new().await?;
    for round in 0..10 {
        let paid = shop.order(&format!("HP{round}"), OrderState::Paid);
        let mut body = post("103.45");
        body["order_id"] = format!("hotmart:HP{round}").into();
        let one = [&paid];
        let (told, posted) = tokio::join!(shop.tell("1", &one), shop.world.post_order(&body));
        told?;
        posted?;
    }
    assert_eq!(shop.events().await?.as_array().map(Vec::len), Some(10));
    shop.assert_sound(20).await
}
