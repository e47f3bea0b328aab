//! What a seller's pages look up, of a tenant with 100,000 events of 200,000.

use anyhow::Result;
use shared::db::sweep::tally;
use shared::db::{books, history, ledger, orders};
use tests::world::World;
use tests::world::crowd::large;

use super::{assert_indexed, scans};

#[tokio::test]
async fn a_seller_s_pages_use_indexes_with_100_000_events() -> Result<()> {
    let world = World::new().await?;
    large(&world).await?;
    let world = &world;
    let tenant = &world.tenant.id;
    let uncounted = scans(world, "days", books::DAYS, &format!("'{tenant}', 28")).await?;
    let wanted =
        ["tallies_pkey", "traffic_days_pkey", "clicks_tenant_id_created_at_idx", "orders_tenant_id_created_at_idx"];
    assert_indexed("days", &uncounted, &wanted);
    let counting = scans(world, "count", tally::DAYS, &format!("'{tenant}'")).await?;
    assert_indexed("count", &counting, &wanted[1..]);
    let added = scans(world, "add", tally::ADD_UP, "").await?;
    assert_indexed("add", &added, &["tally_changes_pkey"]);

    let list = scans(world, "list", books::LIST, &format!("'{tenant}',null,null,null,null,null,51")).await?;
    let wanted = ["conversions_tenant_id_state_created_at_idx", "tenants_pkey", "delivery_gates_pkey"];
    assert_indexed("list", &list, &wanted);
    let hash = "encode(sha256('more77'), 'hex')";
    let found = scans(
        world,
        "search",
        books::SEARCH,
        &format!("'{tenant}','more99',{hash},{hash},{hash},253402300800000000,'',51"),
    )
    .await?;
    let wanted = [
        "conversions_tenant_id_order_key_idx",
        "conversions_tenant_id_event_id_key",
        "conversions_pkey",
        "deliveries_pkey",
        "identities_tenant_id_email_hash_idx",
        "identities_tenant_id_phone_hash_idx",
    ];
    assert_indexed("search", &found, &wanted);
    let tallied = scans(world, "tallied", ledger::TALLIED, &format!("'{tenant}'")).await?;
    assert_indexed("tallied", &tallied, &["tallies_pkey", "tally_changes_pkey", "ledger_days_pkey"]);
    let matched = scans(world, "matches", books::MATCHES, &format!("'{tenant}'")).await?;
    assert_indexed("matches", &matched, &["tallies_pkey", "tally_changes_pkey"]);
    let history = scans(world, "history", history::OF_EVENT, &format!("'{tenant}',{hash}")).await?;
    assert_indexed("history", &history, &["conversions_tenant_id_event_id_key", "deliveries_tenant_id_order_key_idx"]);
    let seen = scans(world, "seen", &orders::SEEN, &format!("'{tenant}',array['more99'],array[{hash}]")).await?;
    let wanted = ["dedupe_registry_tenant_id_event_id_key", "orders_tenant_id_order_key_key"];
    assert_indexed("seen", &seen, &wanted);
    Ok(())
}
