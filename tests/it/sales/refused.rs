//! What a delivery's write finds out of its connection, and what a repetition is.

use anyhow::Result;
use serde_json::json;
use shared::db::deliveries::Recorded;
use shared::domain::order::OrderState;
use shared::platforms::Platform;
use tests::webhook::connection;

use super::{Shop, delivery_key};

#[tokio::test]
async fn a_connection_that_was_changed_or_revoked_since_it_was_looked_up_writes_nothing() -> Result<()> {
    let shop = Shop::new().await?;
    let other = shop.world.add_tenant("other").await?;
    let paid = shop.order("HP1", OrderState::Paid);
    let before = shop.world.contents().await?;
    for (change, wanted) in [
        ("update connections set version = 2", Recorded::NotInForce),
        ("update connections set version = 1, revoked_at = now()", Recorded::NotInForce),
        ("update connections set revoked_at = null; update tenants set status = 'retired'", Recorded::Retired),
    ] {
        shop.world.execute(change).await?;
        assert_eq!(shop.tell("1", &[&paid, &paid]).await?, wanted, "{change}");
        shop.world.execute("update tenants set status = 'active'").await?;
    }
    // The path of one tenant is none of another's.
    let strange = connection(&other.id, "shop", Platform::Hotmart);
    assert_eq!(shop.tell_on(&strange, "1", &[&paid]).await?, Recorded::NotInForce);
    assert_eq!(shop.world.contents().await?, before);
    assert!(matches!(shop.tell("1", &[&paid]).await?, Recorded::Taken { wakes } if wakes.len() == 1));
    Ok(())
}

#[tokio::test]
async fn a_suspended_tenant_s_sale_is_held() -> Result<()> {
    let shop = Shop::new().await?;
    shop.world.execute("update tenants set status = 'suspended'").await?;
    shop.tell("1", &[&shop.order("HP1", OrderState::Paid)]).await?;
    assert_eq!(shop.world.standing(&shop.world.tenant.id, "held", "suspended").await?, 1);
    shop.assert_sound(1).await
}

#[tokio::test]
async fn p04_a_repeated_delivery_is_a_redelivery_and_one_that_could_not_be_read_before_is_none() -> Result<()> {
    let shop = Shop::new().await?;
    let tenant = &shop.world.tenant.id;
    shop.world
        .execute(&format!(
            "insert into deliveries (tenant_id, id, source, outcome, reason, connection_id, delivery_key)
             values ('{tenant}', 'unread', 'hotmart', 'rejected', 'unreadable', 'shop', '{}')",
            delivery_key("1")
        ))
        .await?;
    let pending = shop.order("HP1", OrderState::Pending);
    shop.tell("1", &[&pending]).await?;
    shop.tell("1", &[&pending]).await?;
    shop.tell("other bytes", &[&pending]).await?;
    assert_eq!(
        shop.deliveries().await?,
        json!([
            [null, "rejected", "unreadable"],
            ["hotmart:HP1", "ignored", "pending"],
            ["hotmart:HP1", "duplicate", "redelivery"],
            ["hotmart:HP1", "ignored", "pending"],
        ])
    );
    shop.assert_sound(4).await
}

#[tokio::test]
async fn the_same_order_number_of_two_tenants_and_of_two_shops_is_two_sales() -> Result<()> {
    let shop = Shop::new().await?;
    let other = shop.world.add_tenant("other").await?;
    let theirs = connection(&other.id, "shop", Platform::Hotmart);
    shop.connect(&theirs).await?;
    let mut second = connection(&shop.world.tenant.id, "second", Platform::Hotmart);
    second.shop = Some("loja2".to_owned());
    shop.connect(&second).await?;
    let paid = shop.order("1001", OrderState::Paid);
    for connection in [&shop.connection, &theirs, &second] {
        assert!(
            matches!(shop.tell_on(connection, "1", &[&paid]).await?, Recorded::Taken { wakes } if wakes.len() == 1)
        );
    }
    assert_eq!(
        shop.orders().await?,
        json!({"hotmart:1001": ["paid", ["Purchase"]], "hotmart:loja2:1001": ["paid", ["Purchase"]]})
    );
    shop.assert_sound(2).await
}
