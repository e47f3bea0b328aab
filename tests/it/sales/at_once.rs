//! Deliveries that meet.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::json;
use shared::domain::order::{Kind, OrderState};
use tests::wire::Relay;
use tests::world::db_config;

use super::{Shop, at, brl};

#[tokio::test]
async fn p04_deliveries_of_one_order_at_the_same_moment_are_one_purchase_of_the_right_state() -> Result<()> {
    let shop = Shop::new().await?;
    let deliveries: Vec<_> = (0..40)
        .map(|number| {
            let states = [OrderState::Pending, OrderState::Paid, OrderState::Refunded, OrderState::Paid];
            let mut order = at(shop.order("HP1", states[number % 4]), shop.now_s - 100);
            // Interest, or a co-producer's own share: the value differs from delivery to delivery.
            order.amounts.price = brl(&format!("{}.00", 50 + number));
            order
        })
        .collect();
    let told = deliveries.iter().enumerate().map(|(number, order)| {
        let shop = &shop;
        async move { shop.tell(&number.to_string(), &[order]).await }
    });
    let mut wakes = BTreeSet::new();
    for recorded in futures_util::future::join_all(told).await {
        let shared::db::deliveries::Recorded::Taken { wakes: some } = recorded? else { panic!("refused") };
        wakes.extend(some);
    }
    assert_eq!(wakes.len(), 1);
    assert_eq!(shop.orders().await?, json!({"hotmart:HP1": ["refunded", ["Purchase"]]}));
    assert_eq!(shop.events().await?.as_array().map(Vec::len), Some(1));
    shop.assert_sound(40).await
}

#[tokio::test]
async fn bodies_with_several_orders_in_any_order_do_not_wait_for_each_other_for_ever() -> Result<()> {
    let shop = Shop::new().await?;
    let orders: Vec<_> = (0..6).map(|number| shop.order(&format!("HP{number}"), OrderState::Paid)).collect();
    let (there, back): (Vec<_>, Vec<_>) = (orders.iter().collect(), orders.iter().rev().collect());
    let told = (0..20).map(|number| {
        let (shop, list) = (&shop, if number % 2 == 0 { &there } else { &back });
        async move { shop.tell(&number.to_string(), list).await }
    });
    for recorded in futures_util::future::join_all(told).await {
        recorded?;
    }
    assert_eq!(shop.events().await?.as_array().map(Vec::len), Some(6));
    shop.assert_sound(120).await
}

#[tokio::test]
async fn a_delivery_is_one_round_trip_however_many_sales_it_holds() -> Result<()> {
    let mut shop = Shop::new().await?;
    let url = shop.world.db.url().to_owned();
    let port = url::Url::parse(&url)?.port().unwrap_or(5432);
    let relay = Relay::start(port).await?;
    let relayed = url.replace(&format!(":{port}/"), &format!(":{}/", relay.port()));
    shop.db = shared::db::Db::new(db_config(&relayed), None, 1);
    shop.tell("first", &[&shop.order("HP", OrderState::Paid)]).await?;
    for (number, sales) in [1, 1, 3, 10].into_iter().enumerate() {
        let orders: Vec<_> = (0..sales)
            .map(|sale| {
                let mut order = shop.order(&format!("HP{number}-{sale}"), OrderState::Paid);
                order.kind = if sale == 0 { Kind::First } else { Kind::OrderBump { parent: None } };
                order
            })
            .collect();
        let before = relay.round_trips();
        shop.tell(&number.to_string(), &orders.iter().collect::<Vec<_>>()).await?;
        assert_eq!(relay.round_trips() - before, 1, "{sales} sales");
    }
    Ok(())
}
