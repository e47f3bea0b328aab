//! Connections as an operator makes and changes them.

use anyhow::{Context, Result};
use shared::db::connections::manage::{self, New};
use shared::db::connections::{Refused, Settings, Token};
use shared::domain::order::{Amount, EventName, Trigger};
use shared::platforms::Platform;
use tests::world::World;

use super::post;

fn settings(shop: Option<&str>) -> Settings {
    Settings { label: "Sample".into(), shop: shop.map(str::to_owned), ..Settings::default() }
}

async fn make(world: &World, tenant: &str, platform: Platform, settings: &Settings) -> Result<Result<String, Refused>> {
    let (token, id) = (&Token::new(tenant)?, shared::ids::new_id());
    let new = &New { id: &id, platform, settings, token };
    Ok(world.order.db.run(|client| manage::make(client, tenant, new, None)).await?.map(|()| id))
}

async fn version(world: &World, id: &str) -> Result<i64> {
    world.count("select version::bigint from connections where id = $1", &[&id]).await
}

#[tokio::test]
async fn two_shops_that_number_their_orders_by_themselves_need_two_names() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    let tenant = world.tenant.id.as_str();
    for platform in [Platform::WooCommerce, Platform::Generic, Platform::Yampi] {
        let first = make(&world, tenant, platform, &settings(None)).await?.context("the first")?;
        let refused = make(&world, tenant, platform, &settings(None)).await?.unwrap_err();
        assert!(matches!(refused, Refused::ShopTaken { .. }), "{refused}");
        assert!(refused.to_string().contains("order 1001 of one shop would be taken for order 1001 of the other"));
        make(&world, tenant, platform, &settings(Some("north"))).await?.context("another name")?;
        assert!(make(&world, tenant, platform, &settings(Some("north"))).await?.is_err());
        make(&world, &other.id, platform, &settings(None)).await?.context("another tenant")?;
        let ended = world.order.db.run(|client| {
            let first = first.clone();
            async move { manage::revoke(&client, tenant, &first, None).await }
        });
        assert!(ended.await?);
        make(&world, tenant, platform, &settings(None)).await?.context("after the first is revoked")?;
    }
    for _ in 0..2 {
        make(&world, tenant, Platform::Hotmart, &settings(None)).await?.context("ids of the whole platform")?;
    }
    Ok(())
}

#[tokio::test]
async fn of_two_shops_connected_at_once_under_one_name_one_is_refused() -> Result<()> {
    let world = World::new().await?;
    let tenant = world.tenant.id.as_str();
    let settings = &settings(None);
    let (one, other) =
        tokio::join!(make(&world, tenant, Platform::Yampi, settings), make(&world, tenant, Platform::Yampi, settings));
    assert_eq!([one?.is_ok(), other?.is_ok()].into_iter().filter(|made| *made).count(), 1);
    Ok(())
}

#[tokio::test]
async fn nothing_is_connected_to_a_tenant_that_is_none_or_retired() -> Result<()> {
    let world = World::new().await?;
    assert_eq!(make(&world, "nobody", Platform::Hotmart, &settings(None)).await?, Err(Refused::NoTenant));
    world.execute("update tenants set status = 'retired'").await?;
    assert_eq!(make(&world, &world.tenant.id, Platform::Hotmart, &settings(None)).await?, Err(Refused::NoTenant));
    Ok(())
}

#[tokio::test]
async fn each_change_raises_the_version_and_holds_from_the_next_delivery() -> Result<()> {
    let world = World::new().await?;
    let hotmart = world.connect(Platform::Hotmart).await?;
    let (tenant, id) = (hotmart.tenant_id.as_str(), hotmart.id.as_str());
    post(&world, &hotmart, "d1", "PURCHASE_PROTEST").await?.expect(200)?;
    assert_eq!(version(&world, id).await?, 1);
    let net = |settings| Settings { amount: Amount::Net, order_id_slot: Some("sck".into()), ..settings };
    world.order.db.run(|client| manage::change(client, tenant, id, &net, None)).await?.context("changed")?;
    assert_eq!(version(&world, id).await?, 2);
    let wanted = &[(Trigger::Pending, EventName::parse("AddPaymentInfo").context("a name")?)][..];
    assert!(
        world
            .order
            .db
            .run(|client| async move { manage::set_optional_events(&client, tenant, wanted, None).await })
            .await?
    );
    assert_eq!(version(&world, id).await?, 3);
    assert!(world.order.db.run(|client| async move { manage::touch(&client, tenant, id, None).await }).await?);
    assert_eq!(version(&world, id).await?, 4);
    let connection =
        world.order.db.run(|client| async move { shared::db::connections::by_id(&client, tenant, id).await }).await?;
    let connection = connection.context("in force")?;
    assert_eq!((connection.amount, connection.order_id_slot.as_deref()), (Amount::Net, Some("sck")));
    assert!(format!("{:?}", connection.optional_events).contains("AddPaymentInfo"));
    post(&world, &hotmart, "d2", "PURCHASE_PROTEST").await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn a_change_that_is_refused_changes_nothing() -> Result<()> {
    let world = World::new().await?;
    let shop = world.connect(Platform::Yampi).await?;
    let tenant = world.tenant.id.as_str();
    let north = make(&world, tenant, Platform::Yampi, &settings(Some("north"))).await?.context("north")?;
    let before = world.contents().await?;
    let changes: [&(dyn Fn(Settings) -> Settings + Sync); 4] = [
        &|it| Settings { shop: None, ..it },
        &|it| Settings { shop: Some("North".into()), ..it },
        &|it| Settings { amount: Amount::Net, ..it },
        &|it| Settings { order_id_slot: Some(" ".into()), ..it },
    ];
    for change in changes {
        let changed = world.order.db.run(|client| manage::change(client, tenant, &north, change, None)).await?;
        assert!(changed.is_err());
    }
    let of_another = world.order.db.run(|client| manage::change(client, "nobody", &shop.id, &|it| it, None)).await?;
    assert_eq!(of_another, Err(Refused::NoTenant));
    let unknown = world.order.db.run(|client| manage::change(client, tenant, "nothing", &|it| it, None)).await?;
    assert_eq!(unknown, Err(Refused::NoConnection));
    assert_eq!(world.contents().await?, before);
    Ok(())
}
