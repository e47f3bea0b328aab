//! What an order is known for over all its deliveries.

use anyhow::Result;
use serde_json::json;
use shared::db::deliveries::Recorded;
use shared::db::sweep::purge;
use shared::domain::fb::{Fbc, Fbclid};
use shared::domain::order::{Kind, Moment, OrderState, Refund};

use super::{Shop, all_wanted, at, brl, click};

const DAY_S: i64 = 86_400;

#[tokio::test]
async fn p11_a_pix_paid_days_later_keeps_the_click_and_the_buyer_of_the_day_it_was_made() -> Result<()> {
    let shop = Shop::new().await?;
    click(&shop, "click-of-the-day", 3 * DAY_S).await?;
    click(&shop, "click-of-another", 60).await?;
    let mut pending = shop.order("HP1", OrderState::Pending);
    pending.ordered_at = Some(Moment::second(shop.now_s - 3 * DAY_S + 60));
    pending.tracking.click_id = Some("click-of-the-day".to_owned());
    pending.buyer.phones = vec!["11 95550-0001".to_owned()];
    assert_eq!(shop.tell("1", &[&pending]).await?, Recorded::Taken { wakes: vec![] });
    shop.world.execute("update deliveries set received_at = received_at - interval '3 days'").await?;
    let mut paid = shop.order("HP1", OrderState::Paid);
    paid.buyer.email = None;
    paid.tracking.click_id = Some("click-of-another".to_owned());
    assert!(matches!(shop.tell("2", &[&paid]).await?, Recorded::Taken { wakes } if wakes.len() == 1));
    assert_eq!(shop.events().await?, json!([["Purchase", "97.10", "click-of-the-day", "click"]]));
    let keys = "select string_agg(k, ' ' order by k) from conversions c, jsonb_object_keys(c.user_data) k";
    assert_eq!(shop.world.text(keys, &[]).await?.as_deref(), Some("client_ip_address client_user_agent em fbc ph"));
    assert_eq!(
        shop.deliveries().await?,
        json!([["hotmart:HP1", "ignored", "pending"], ["hotmart:HP1", "conversion", null]])
    );
    let events = shop.world.get_order("/v1/orders?order_id=hotmart:HP1").await?.expect(200)?["events"].take();
    assert_eq!(
        events[0]["story"][0]["text"],
        "Order hotmart:HP1 came in, and nothing was sent: the payment was still to come."
    );
    shop.assert_sound(2).await
}

#[tokio::test]
async fn the_first_ad_click_that_an_order_named_is_not_mixed_with_a_later_one() -> Result<()> {
    let shop = Shop::new().await?;
    let mut pending = shop.order("HP1", OrderState::Pending);
    pending.tracking.fbclid = Fbclid::parse("first-ad");
    shop.tell("1", &[&pending]).await?;
    let mut paid = shop.order("HP1", OrderState::Paid);
    paid.tracking.fbc = Fbc::parse("fb.1.1767225500000.second-ad");
    shop.tell("2", &[&paid]).await?;
    let fbc = "select user_data ->> 'fbc' from conversions";
    assert!(shop.world.text(fbc, &[]).await?.is_some_and(|fbc| fbc.ends_with(".first-ad")));
    Ok(())
}

#[tokio::test]
async fn p04_a_purchase_is_made_once_whatever_value_later_deliveries_carry() -> Result<()> {
    let shop = Shop::new().await?;
    for (number, value) in ["97.10", "97.10", "103.45", "80.00"].into_iter().enumerate() {
        let mut paid = shop.order("HP1", OrderState::Paid);
        paid.amounts.price = brl(value);
        shop.tell(&number.to_string(), &[&paid]).await?;
    }
    assert_eq!(shop.events().await?, json!([["Purchase", "97.10", null, "none"]]));
    assert_eq!(shop.world.count("select count(*) from dedupe_registry", &[]).await?, 1);
    // Each says of which event it is a repetition.
    assert_eq!(shop.world.count("select count(distinct event_id) from deliveries", &[]).await?, 1);
    shop.assert_sound(4).await
}

#[tokio::test]
async fn an_order_with_nobody_in_it_is_ignored_until_a_later_delivery_says_who_bought() -> Result<()> {
    let shop = Shop::new().await?;
    let mut nobody = shop.order("HP1", OrderState::Paid);
    nobody.buyer.email = None;
    shop.tell("1", &[&nobody]).await?;
    assert_eq!(shop.events().await?, json!([]));
    shop.tell("2", &[&shop.order("HP1", OrderState::Paid)]).await?;
    assert_eq!(shop.events().await?, json!([["Purchase", "97.10", null, "none"]]));
    assert_eq!(
        shop.deliveries().await?,
        json!([["hotmart:HP1", "ignored", "no_person"], ["hotmart:HP1", "conversion", null]])
    );
    shop.assert_sound(2).await
}

#[tokio::test]
async fn the_sales_of_one_body_are_each_an_order_and_go_in_together() -> Result<()> {
    let shop = Shop::new().await?;
    let main = shop.order("HP1", OrderState::Paid);
    let mut bump = shop.order("HP2", OrderState::Paid);
    bump.kind = Kind::OrderBump { parent: main.id.clone() };
    bump.amounts.price = brl("27.00");
    assert!(matches!(shop.tell("1", &[&main, &bump]).await?, Recorded::Taken { wakes } if wakes.len() == 2));
    assert!(matches!(shop.tell("1", &[&main, &bump]).await?, Recorded::Taken { wakes } if wakes.is_empty()));
    let orders = json!({"hotmart:HP1": ["paid", ["Purchase"]], "hotmart:HP2": ["paid", ["Purchase"]]});
    assert_eq!(shop.orders().await?, orders);
    let repeated = shop.deliveries().await?;
    assert_eq!(repeated[2], json!(["hotmart:HP1", "duplicate", "redelivery"]));
    shop.assert_sound(4).await
}

#[tokio::test]
async fn a_refund_and_a_renewal_are_recorded_as_what_they_are_and_never_sent_as_a_purchase() -> Result<()> {
    let shop = Shop::new().await?;
    shop.tell("1", &[&shop.order("HP1", OrderState::Paid)]).await?;
    let mut renewal = shop.order("HP1", OrderState::Paid);
    renewal.kind = Kind::Renewal { number: Some(2) };
    renewal.part = Some("2".to_owned());
    shop.tell("2", &[&renewal]).await?;
    shop.tell("3", &[&shop.order("HP1", OrderState::Refunded)]).await?;
    // Late, and of no effect.
    shop.tell("4", &[&shop.order("HP1", OrderState::Pending)]).await?;
    assert_eq!(shop.orders().await?, json!({"hotmart:HP1": ["refunded", ["Purchase"]], "hotmart:HP1#2": ["paid", []]}));
    assert_eq!(
        shop.deliveries().await?,
        json!([
            ["hotmart:HP1", "conversion", null],
            ["hotmart:HP1#2", "ignored", "renewal"],
            ["hotmart:HP1", "ignored", "refunded"],
            ["hotmart:HP1", "ignored", "pending"],
        ])
    );
    shop.assert_sound(4).await
}

#[tokio::test]
async fn an_order_that_has_sent_nothing_yet_can_be_looked_up_with_what_was_told_of_it() -> Result<()> {
    let shop = Shop::new().await?;
    shop.tell("1", &[&shop.order("HP1", OrderState::Pending)]).await?;
    let mut answer = shop.world.get_order("/v1/orders?order_id=hotmart:HP1").await?.expect(200)?;
    assert!(answer["deliveries"][0]["received_at"].take().as_i64().is_some_and(|at| at >= shop.now_s - 60));
    assert_eq!(
        answer,
        json!({
            "order_id": "hotmart:HP1", "order_state": "pending", "events": [],
            "deliveries": [{"source": "hotmart", "connection_id": "shop", "received_at": null, "outcome": "ignored",
                            "reason": "pending"}],
        })
    );
    let other = shop.world.add_tenant("other").await?;
    let request = tests::request::get("/v1/orders?order_id=hotmart:HP1");
    shop.world.send_order(&tests::request::with_key(request, &other.api_key)).await?.expect(404)?;
    Ok(())
}

#[tokio::test]
async fn optional_events_are_sent_where_the_tenant_wants_them_each_once_with_its_own_amount() -> Result<()> {
    let mut shop = Shop::new().await?;
    shop.connection.optional_events = all_wanted();
    let partial = |id: &str, amount: &str, after_s: i64| {
        let mut order = at(shop.order("HP1", OrderState::PartiallyRefunded), shop.now_s - 100 + after_s);
        order.refund = Some(Refund { id: Some(id.to_owned()), amount: brl(amount), total: None });
        order
    };
    let deliveries = [
        at(shop.order("HP1", OrderState::Pending), shop.now_s - 200),
        at(shop.order("HP1", OrderState::Paid), shop.now_s - 150),
        partial("re_1", "10.00", 0),
        partial("re_1", "10.00", 0),
        partial("re_2", "20.00", 10),
        // The platform does not say how much: recorded, and no event.
        {
            let mut order = partial("re_3", "1.00", 20);
            order.refund = Some(Refund { id: Some("re_3".to_owned()), amount: None, total: None });
            order
        },
    ];
    for (number, order) in deliveries.iter().enumerate() {
        shop.tell(&number.to_string(), &[order]).await?;
    }
    let events = shop.events().await?;
    let of = |index: usize| (events[index][0].as_str(), events[index][1].as_str());
    assert_eq!(
        [of(0), of(1), of(2), of(3)],
        [
            (Some("AddPaymentInfo"), Some("97.10")),
            (Some("Purchase"), Some("97.10")),
            (Some("Refund"), Some("10.00")),
            (Some("Refund"), Some("20.00")),
        ]
    );
    let ids = "select string_agg(order_id, ' ' order by order_id) from dedupe_registry where event_name = 'Refund'";
    assert_eq!(shop.world.text(ids, &[]).await?.as_deref(), Some("hotmart:HP1#re_1 hotmart:HP1#re_2"));
    shop.assert_sound(6).await
}

#[tokio::test]
async fn a_time_without_seconds_takes_the_click_of_that_minute() -> Result<()> {
    let shop = Shop::new().await?;
    // Six minutes before the minute begins is out of the clocks' slack; 5:30 after its start is in, since the order may be of its end.
    let minute = (shop.now_s / 60 - 20) * 60;
    click(&shop, "click-in-time", shop.now_s - (minute + 59 + 290)).await?;
    click(&shop, "click-too-late", shop.now_s - (minute + 59 + 330)).await?;
    shop.world
        .execute("insert into identities (tenant_id, id, email_hash, click_id, source, created_at)
                  select tenant_id, 'of-' || id, encode(sha256('maria@example.com'), 'hex'), id, 'order', created_at from clicks")
        .await?;
    let mut paid = shop.order("HP1", OrderState::Paid);
    paid.ordered_at = Some(Moment::minute(minute));
    shop.tell("1", &[&paid]).await?;
    assert_eq!(shop.events().await?, json!([["Purchase", "97.10", "click-in-time", "identity"]]));
    Ok(())
}

#[tokio::test]
async fn a_sale_of_nobody_whose_delivery_is_repeated_goes_when_it_is_old() -> Result<()> {
    let shop = Shop::new().await?;
    let mut nobody = shop.order("HP1", OrderState::Paid);
    nobody.buyer.email = None;
    let purge = |kind| {
        let (db, tenant_id) = (&shop.db, shop.world.tenant.id.as_str());
        async move { db.run(|client| async move { purge::purge(&client, kind, tenant_id, 90).await }).await }
    };
    let age = "update deliveries set received_at = received_at - interval '91 days';
               update conversions set created_at = created_at - interval '91 days';
               update orders set created_at = created_at - interval '91 days', updated_at = updated_at - interval '91 days'";
    shop.tell("1", &[&nobody]).await?;
    shop.world.execute(age).await?;
    shop.tell("1", &[&nobody]).await?;
    purge(purge::Kind::Deliveries).await?;
    shop.assert_sound(2).await?;
    shop.world.execute(age).await?;
    purge(purge::Kind::Deliveries).await?;
    purge(purge::Kind::Orders).await?;
    for table in ["deliveries", "conversions", "orders"] {
        assert_eq!(shop.world.count(&format!("select count(*) from {table}"), &[]).await?, 0, "{table}");
    }
    shop.assert_sound(2).await
}
