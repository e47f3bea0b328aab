//! A hash that everybody claims.

use anyhow::Result;
use shared::db::{identities, orders};
use tests::world::World;
use tests::world::crowd::ROWS;

use super::{assert_indexed, collect, most_read, plan, tenants};

/// A hash that browsers claimed 100,000 times at 2,000 clicks, after two orders had it; a click that has 50 of the claims and 5,000
/// orders; and twenty tenants' other observations.
async fn claims(world: &World) -> Result<()> {
    let tenant = &world.tenant.id;
    tenants(world, 40_000, "'203.0.113.7'", 60).await?;
    world
        .execute(&format!(
            "insert into identities (tenant_id, id, email_hash, click_id, created_at)
             select tenant_id, 'i' || id, encode(sha256(id::bytea), 'hex'), id, created_at from clicks;
             insert into identities (tenant_id, id, email_hash, external_id_hash, click_id, source, browser, created_at)
             select c.tenant_id, 'claim' || n, encode(sha256('hot'), 'hex'), 'x' || n, c.id, 'browser', c.browser,
                    now() - n * interval '1 millisecond'
             from generate_series(1, {ROWS}) n
                 join clicks c on c.tenant_id = '{tenant}' and c.id = 'c' || case when n <= 50 then 20 else n % 1999 * 20 + 40 end;
             insert into identities (tenant_id, id, email_hash, click_id, source, created_at)
             select '{tenant}', 'order' || n, encode(sha256('hot'), 'hex'), 'c' || 40 * n, 'order', now() - n * interval '2 days'
             from generate_series(1, 2) n;
             insert into identities (tenant_id, id, email_hash, click_id, source)
             select '{tenant}', 'of-c20-' || n, 'e' || n, 'c20', 'order' from generate_series(1, 5000) n;
             analyze"
        ))
        .await
}

#[tokio::test]
async fn an_order_and_a_claim_read_a_few_rows_of_what_browsers_claimed_100_000_times() -> Result<()> {
    let world = World::new().await?;
    claims(&world).await?;
    let tenant = &world.tenant.id;
    let order = format!(
        "'{tenant}','{tenant}-key','new','api','o-new','e-new','Purchase','1.00','BRL',{now},'paid',null,'{{}}','{{}}',
         encode(sha256('hot'), 'hex'),null,null,null,null,null,null,null,null,null,null,'{{}}',null",
        now = shared::clock::Clock::SYSTEM.now_ms() * 1000,
    );
    let order = plan(&world, "orders", orders::sql(), &order).await?;
    assert_eq!(most_read(&order, "identities"), 20);

    let claim = format!(
        "'{}','new','c20','id40','fb.1.1700000000000.60','203.0.113.9','agent',encode(sha256('hot'), 'hex'),null,'new','loja.example.com.br'",
        world.tenant.funnel_id
    );
    let claim = plan(&world, "identities", identities::sql(), &claim).await?;
    assert!(most_read(&claim, "clicks") <= 1, "{claim:#}");
    // Of the click's claims each is looked at for the same one; none of the thousands that orders have left there.
    assert_eq!(most_read(&claim, "identities"), 50, "{claim:#}");
    let mut found = Vec::new();
    collect(&claim, &mut found);
    let wanted = [
        "funnels_id_key",
        "tenants_pkey",
        "funnel_domains_pkey",
        "clicks_pkey",
        "click_aliases_pkey",
        "clicks_tenant_id_fbclid_key",
        "clicks_tenant_id_shared_from_browser_key",
        "clicks_tenant_id_browser_created_at_idx",
        "identities_browser_claim_key",
        "identities_tenant_id_browser_created_at_idx",
    ];
    assert_indexed("identities", &found, &wanted);
    Ok(())
}
