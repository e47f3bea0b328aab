//! What the doctor looks up, of a tenant with 100,000 clicks and events.

use anyhow::Result;
use shared::db::doctor;
use tests::world::World;

use super::{assert_indexed, load, most_read, plan, scans};

#[tokio::test]
async fn an_examination_of_a_tenant_with_100_000_events_reads_a_sample_by_indexes() -> Result<()> {
    let world = World::new().await?;
    load(&world).await?;
    let tenant = &world.tenant.id;
    // All of a fifth of the rows, within a week.
    world
        .execute(&format!(
            "insert into dedupe_registry (tenant_id, id, event_id, order_id, event_name, value, currency)
             select '{tenant}', 'l' || n, 'l' || n, 'l' || n, 'Purchase', 1, 'BRL' from generate_series(1, 100000) n;
             insert into clicks (tenant_id, id, funnel_id, ip, created_at)
             select '{tenant}', 'l' || n, '{}', '203.0.113.7', now() - n * interval '5 seconds' from generate_series(1, 100000) n;
             insert into conversions (tenant_id, id, event_id, order_key, event_name, event_time, value, currency, action_source,
                 user_data, custom_data, click_id, match_stage, match_candidates, match_rules, state)
             select tenant_id, id, event_id, order_id, event_name, now(), value, currency, 'website', '{{}}', '{{}}', id, 'click', '[]', '{{}}',
                    case when substr(id, 2)::int % 100 = 0 then 'quarantined' when substr(id, 2)::int % 100 = 1 then 'expired' else 'sent' end
             from dedupe_registry where event_id = id;
             insert into deliveries (tenant_id, id, source, received_at, order_key, event_id, outcome)
             select tenant_id, id, 'api', now() - substr(id, 2)::int * interval '5 seconds', order_key, event_id, 'conversion'
             from conversions where event_id = id;
             insert into connections (tenant_id, id, platform, path_hash) select id, 'c1', 'hotmart', repeat('0', 64) from tenants;
             insert into kept_bodies (tenant_id, id, connection_id, digest, reason, received_at, bytes, sealed)
             select tenant_id, 'b' || n, id, encode(sha256(n::text::bytea), 'hex'), 'not_authentic', now() - n * interval '3 hours', 500, ''
             from connections, generate_series(1, 6) n;
             insert into setup_sessions (id, tenant_id) select 's' || n, 't' || n from generate_series(1, 5000) n;
             insert into tenant_issues (tenant_id, id, code, severity, first_seen_at, last_seen_at, ended_at)
             select t.id, 'i' || n, 'parked', 'error', now() - n * interval '1 hour', now(), case when n > 1 then now() end
             from tenants t, generate_series(1, 20) n;
             analyze",
            world.tenant.funnel_id
        ))
        .await?;
    let found = scans(&world, "facts", doctor::FACTS, &format!("'{tenant}', 7200")).await?;
    let wanted = [
        "deliveries_tenant_id_received_at_idx",
        "conversions_tenant_id_event_id_key",
        "clicks_tenant_id_created_at_idx",
        "clicks_pkey",
        "conversions_quarantined_idx",
        "conversions_expired_idx",
        "dispatch_attempts_expires_idx",
        "dispatch_attempts_tenant_id_event_id_idx",
        "receipts_tenant_id_sent_at_idx",
        "setup_sessions_tenant_id_updated_at_idx",
    ];
    assert_indexed("facts", &found, &wanted);
    let facts = plan(&world, "facts", doctor::FACTS, &format!("'{tenant}', 7200")).await?;
    for table in ["deliveries", "conversions", "clicks", "receipts", "dispatch_attempts"] {
        let read = most_read(&facts, table);
        assert!(read <= doctor::SAMPLE, "{read} rows of {table}");
    }
    let quality = plan(&world, "quality", doctor::QUALITY, &format!("'{tenant}'")).await?;
    assert!(
        most_read(&quality, "deliveries") <= doctor::SAMPLE && most_read(&quality, "conversions") <= 1,
        "{quality:#}"
    );
    assert_indexed("quality", &scans(&world, "quality", doctor::QUALITY, &format!("'{tenant}'")).await?, &wanted[..2]);
    Ok(())
}

#[tokio::test]
async fn issues_are_kept_and_listed_by_indexes() -> Result<()> {
    let world = World::new().await?;
    let tenant = &world.tenant.id;
    world
        .execute(
            "insert into tenants (id, slug, status) select 't' || n, 't' || n, 'active' from generate_series(1, 5000) n;
             insert into tenant_issues (tenant_id, id, code, severity, first_seen_at, last_seen_at, ended_at)
             select t.id, 'i' || n, 'parked', 'error', now() - n * interval '1 hour', now(), case when n > 1 then now() end
             from tenants t, generate_series(1, 20) n;
             analyze",
        )
        .await?;
    let record = format!(
        "'{tenant}', array['n1', 'n2'], array['parked', 'no'], array['error', 'error'], array['', 'x'], array['{{}}', '{{}}'], array['clock_skew']"
    );
    let found = scans(&world, "record", doctor::RECORD, &record).await?;
    assert_indexed("record", &found, &["tenants_pkey", "tenant_issues_open_key"]);
    let list = format!("'{tenant}', true, 253402300799999999, '', 51");
    let found = scans(&world, "list", doctor::LIST, &list).await?;
    assert_indexed("list", &found, &["tenants_pkey", "tenant_issues_tenant_id_first_seen_at_idx"]);
    Ok(())
}
