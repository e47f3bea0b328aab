//! What the sweep looks up.

use anyhow::Result;
use shared::db::doctor;
use shared::db::sweep::{alert, attempts, audit, expire, purge, release, sessions, wake};
use tests::world::World;

use super::{assert_indexed, load, scans};

/// All that the sweep looks at, old and young, of many tenants.
async fn swept(world: &World) -> Result<()> {
    load(world).await?;
    let tenant = &world.tenant.id;
    world
        .execute(&format!(
            "update deliveries set received_at = now() - interval '60 days';
             insert into connections (tenant_id, id, platform, path_hash) select id, 'c1', 'hotmart', repeat('0', 64) from tenants;
             insert into kept_bodies (tenant_id, id, connection_id, digest, reason, received_at, bytes, sealed)
             select tenant_id, 'b' || n, id, encode(sha256(n::text::bytea), 'hex'), 'not_authentic', now() - n * interval '3 hours', 500, ''
             from connections, generate_series(1, 6) n;
             insert into setup_sessions (id, tenant_id) select 's' || n, case when n > 100 then 't' || n end from generate_series(1, 5000) n;
             insert into tenant_issues (tenant_id, id, code, severity, first_seen_at, last_seen_at, ended_at)
             select id, 'i' || n, 'parked', 'error', now(), now(), now() - n * interval '3 days' from tenants, generate_series(1, 6) n;
             insert into audit (tenant_id, id, at, who, act, subject)
             select case n % 20 when 0 then '{tenant}' else 'tnt_s' || n % 50 end, 'a' || n, now() - n * interval '20 seconds', 'operator', 'x', 'x'
             from generate_series(1, 100000) n;
             insert into tallies (tenant_id, kind, day, state, tally)
             select t.id, kind, current_date - n, 'sent', n % 20 from tenants t, unnest(array['event', 'delivery', 'attempt']) kind,
                    generate_series(1, 6) n
             on conflict do nothing;
             insert into wrong_tokens (address_hash, since, attempts)
             select encode(sha256(n::text::bytea), 'hex'), now() - n * interval '1 second', 1 from generate_series(1, 50000) n;
             update setup_sessions set created_at = now() - interval '60 days' where id in ('s1', 's2', 's3');
             update dispatch_attempts set leased_until = now() where id = 'c2000';
             update dispatch_attempts set expires_at = now() where id = 'c3000';
             analyze"
        ))
        .await
}

#[tokio::test]
async fn every_step_of_the_sweep_uses_its_index() -> Result<()> {
    let world = World::new().await?;
    swept(&world).await?;
    let tenant = &world.tenant.id;
    let steps = [
        // Any index of pending attempts alone will do: which one is a tie.
        ("release", release::RELEASE, "300, 169200", &["dispatch_attempts_pkey"][..]),
        (
            "expire",
            expire::EXPIRE,
            "604740",
            &["dispatch_attempts_expires_idx", "dispatch_attempts_pkey", "conversions_tenant_id_event_id_key"],
        ),
        ("due", wake::DUE, "1000", &["dispatch_attempts_due_idx", "tenants_pkey", "delivery_gates_pkey"]),
        ("alert", alert::ENDANGERED, "100, 1000", &["dispatch_attempts_expires_idx", "delivery_gates_pkey"]),
        ("next", purge::NEXT, "", &["tenants_purged_at_idx", "tenants_pkey"]),
        ("examine", doctor::NEXT, "", &["tenants_examine_at_idx", "tenants_pkey"]),
        (
            "nobodys",
            sessions::END_NOBODYS,
            "1, 30",
            &["setup_sessions_tenant_id_updated_at_idx", "setup_sessions_pkey", "audit_pkey"],
        ),
        (
            "nobodys_audit",
            audit::PURGE_NOBODYS,
            "21",
            &["setup_sessions_tenant_id_created_at_idx", "audit_tenant_id_at_idx"],
        ),
        ("attempts", attempts::PURGE, "10", &["wrong_tokens_since_idx", "wrong_tokens_pkey"]),
    ];
    for (name, sql, arguments, wanted) in steps {
        assert_indexed(name, &scans(&world, name, sql, arguments).await?, wanted);
    }
    let released = scans(&world, "released", release::RELEASE, "300, 169200").await?;
    let all = ["dispatch_attempts_tenant_id_idx", "dispatch_attempts_tenant_id_event_id_idx"];
    assert!(
        !released.iter().any(|(_, on)| all.contains(&on.as_str())),
        "release looks through what is done: {released:?}"
    );
    let ended = scans(&world, "sessions", sessions::END, "1, 30, 't200'").await?;
    assert_indexed("sessions", &ended, &["setup_sessions_tenant_id_updated_at_idx"]);
    let purges = [
        (
            purge::Kind::Deliveries,
            "deliveries",
            &[
                "deliveries_tenant_id_received_at_idx",
                "deliveries_pkey",
                "conversions_tenant_id_event_id_key",
                "dispatch_attempts_tenant_id_event_id_idx",
            ][..],
        ),
        (purge::Kind::Receipts, "receipts", &["receipts_tenant_id_sent_at_idx", "receipts_pkey"]),
        (purge::Kind::Identities, "identities", &["identities_tenant_id_created_at_idx", "identities_pkey"]),
        (
            purge::Kind::Clicks,
            "clicks",
            &[
                "clicks_tenant_id_created_at_idx",
                "identities_tenant_id_click_id_idx",
                "clicks_tenant_id_shared_from_browser_key",
                "click_aliases_tenant_id_click_id_idx",
                "clicks_pkey",
            ],
        ),
        (purge::Kind::Orders, "orders", &["orders_tenant_id_created_at_idx", "conversions_tenant_id_order_key_idx"]),
        (purge::Kind::Visits, "visits", &["unrecorded_visits_pkey"]),
        (purge::Kind::Minutes, "minutes", &["funnel_minutes_pkey"]),
        // Any index by the tenant will do: which one is a tie.
        (purge::Kind::Bodies, "bodies", &[]),
        (purge::Kind::Issues, "issues", &[]),
        (purge::Kind::Audit, "audit", &["audit_tenant_id_at_idx", "audit_pkey"]),
        (purge::Kind::Tallies, "tallies", &["tallies_pkey"]),
    ];
    assert_eq!(purges.map(|(kind, ..)| kind), purge::Kind::ALL, "a kind is not looked at");
    for (kind, name, wanted) in purges {
        // A tenth of what there is: as much as a day's walk finds at the most.
        let found = scans(&world, name, kind.sql(), &format!("'{tenant}', 21")).await?;
        assert_indexed(name, &found, wanted);
    }
    Ok(())
}
