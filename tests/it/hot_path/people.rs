//! A person among 100,000.

use anyhow::Result;
use shared::db::people;
use tests::world::World;

use super::{assert_indexed, load, most_read, plan, scans};

#[tokio::test]
async fn a_person_is_found_exported_and_erased_by_indexes() -> Result<()> {
    let world = World::new().await?;
    load(&world).await?;
    world
        .execute(
            "update orders set known = jsonb_build_object('email_hash', encode(sha256(order_key::bytea), 'hex'),
                                                          'phone_hash', encode(sha256(('p' || order_key)::bytea), 'hex'), 'click_id', order_key);
             update identities set id = substr(id, 2);
             analyze",
        )
        .await?;
    let person = format!("'{}', encode(sha256('c40'), 'hex'), encode(sha256('pc60'), 'hex')", world.tenant.id);
    let wanted = [
        "identities_tenant_id_email_hash_idx",
        "identities_tenant_id_phone_hash_idx",
        "orders_known_email_hash_idx",
        "orders_known_phone_hash_idx",
        "identities_browser_claim_key",
        "deliveries_pkey",
        "deliveries_tenant_id_order_key_idx",
        "clicks_pkey",
        "conversions_tenant_id_order_key_idx",
    ];
    for (name, sql, arguments) in [
        ("find", people::FIND, person.clone()),
        ("export", people::EXPORT, format!("{person}, 253402300800000000, '', 1001")),
        ("erase", people::ERASE, format!("{person}, 'receipt', null")),
    ] {
        assert_indexed(name, &scans(&world, name, sql, &arguments).await?, &wanted);
        let plan = plan(&world, name, sql, &arguments).await?;
        for table in ["identities", "clicks", "orders", "conversions", "deliveries", "dispatch_attempts"] {
            let read = most_read(&plan, table);
            assert!(read <= 10, "{name}: {read} rows of {table}");
        }
    }
    Ok(())
}
