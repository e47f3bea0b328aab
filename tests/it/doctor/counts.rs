//! What the one statement counts.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use shared::db::doctor;
use shared::domain::doctor::{Connection, Day, Events, Facts, FbcIndex, OtherSenders, Refused, Stages};
use tests::world::World;

async fn facts(world: &World) -> Result<Facts> {
    let tenant = world.tenant.id.as_str();
    world.setup.db.run(|client| async move { doctor::facts(&client, tenant).await }).await?.context("the tenant")
}

/// Sales of the seeded tenant: (id, hours ago, currency, stage, click, address, how late in hours, state).
async fn sales(world: &World, values: &str) -> Result<()> {
    let tenant = &world.tenant.id;
    world
        .execute(&format!(
            "create temp table sale as select * from (values {values})
                 as s (id, age, currency, stage, click, ip, late, state);
             insert into dedupe_registry (tenant_id, id, event_id, order_id, event_name, value, currency)
             select '{tenant}', id, id, id, 'Purchase', 97, currency from sale;
             insert into conversions (tenant_id, id, event_id, order_key, event_name, event_time, value, currency, action_source, user_data,
                 custom_data, click_id, match_stage, match_candidates, match_rules, state, reason, updated_at)
             select '{tenant}', id, id, id, 'Purchase', clock() - (age + late) * interval '1 hour', 97, currency, 'website',
                    jsonb_strip_nulls(jsonb_build_object('client_ip_address', ip)), '{{}}', click, stage, '[]', '{{}}', state,
                    case when state = 'quarantined' then 'data' end, clock()
             from sale;
             insert into deliveries (tenant_id, id, source, received_at, order_key, event_id, outcome, connection_id)
             select '{tenant}', id, 'api', clock() - age * interval '1 hour', id, id, 'conversion', 'shop' from sale;
             drop table sale"
        ))
        .await
}

async fn clicks(world: &World, values: &str) -> Result<()> {
    let (tenant, funnel) = (&world.tenant.id, &world.tenant.funnel_id);
    world
        .execute(&format!(
            "insert into clicks (tenant_id, funnel_id, id, created_at, fbclid, fbc, fbp, ip, url, utm_source, consent)
             select '{tenant}', '{funnel}', id, clock() - age * interval '1 hour', split_part(fbc, '.', 4), fbc,
                    case when consent is null then 'fb.2.1700000000000.' || id end, ip, url, source, consent
             from (values {values}) as c (id, age, fbc, ip, url, source, consent)"
        ))
        .await
}

#[tokio::test]
async fn a_new_tenant_has_nothing_to_count() -> Result<()> {
    let world = World::new().await?;
    let found = facts(&world).await?;
    let expected = Facts {
        now_s: found.now_s,
        status: "active".to_owned(),
        pixel_id: Some(world.tenant.pixel_id.clone()),
        days: vec![Day::default(); 8],
        covered_since: found.now_s - 35 * 24 * 3600,
        ..Facts::default()
    };
    assert_eq!(found, expected);
    Ok(())
}

#[tokio::test]
async fn clicks_are_counted_by_what_they_have_and_denied_ones_not_at_all() -> Result<()> {
    let world = World::new().await?;
    clicks(
        &world,
        "('a', 1, 'fb.2.1700000000000.A', '203.0.113.7', 'https://www.Loja.example.com.br/x?y', 'FB', null),
         ('b', 2, null, '203.0.113.7', 'https://www.loja.example.com.br/', 'facebook', null),
         ('c', 30, 'fb.7.1700000000000.C', null, 'https://www.loja.example.com.br', 'newsletter', null),
         ('d', 3, null, null, null, null, 'denied'),
         ('e', 200, 'fb.2.1700000000000.E', '203.0.113.7', 'https://old.example.com', 'fb', null)",
    )
    .await?;
    let found = facts(&world).await?;
    let it = &found.clicks;
    assert_eq!((it.clicks, it.with_ip, it.with_fbc, it.browsers, it.of_one_address), (3, 2, 2, 3, 2));
    assert_eq!((it.of_meta, it.of_meta_without_fbc), (2, 1));
    let index =
        |index: &str| FbcIndex { host: "www.loja.example.com.br".to_owned(), index: index.to_owned(), clicks: 1 };
    assert_eq!(it.fbc_indices, [index("2"), index("7")]);
    let by_day: Vec<i64> = found.days.iter().map(|day| day.clicks).collect();
    assert_eq!(by_day, [3, 1, 0, 0, 0, 0, 0, 0], "a denied one is a visitor too");
    Ok(())
}

#[tokio::test]
async fn sales_are_counted_by_match_currency_lateness_and_address_from_a_day_after_the_first_click() -> Result<()> {
    let world = World::new().await?;
    clicks(
        &world,
        "('first', 400, null::text, '203.0.113.7', null::text, null::text, null::text),
         ('six', 20, null, '2001:db8::1', null, null, null)",
    )
    .await?;
    sales(
        &world,
        "('a', 1, 'BRL', 'click', 'six', '2001:db8::9', 0, 'sent'), ('b', 2, 'BRL', 'identity', 'six', '203.0.113.9', 3, 'sent'),
         ('c', 3, 'USD', 'network', null, null, 1, 'sent'), ('d', 25, 'BRL', 'none', null, '203.0.113.9', 0, 'sent'),
         ('e', 300, 'BRL', 'click', 'first', '203.0.113.9', 9, 'sent'), ('f', 390, 'BRL', 'none', null, null, 0, 'sent')",
    )
    .await?;
    let found = facts(&world).await?;
    let expected = Events {
        events: 4,
        late: 1,
        two_addresses: 2,
        two_families: 1,
        currencies: BTreeMap::from([("BRL".to_owned(), 3), ("USD".to_owned(), 1)]),
        stages: Stages { click: 1, identity: 1, network: 1, none: 1 },
    };
    assert_eq!(found.events, expected);
    assert_eq!(
        found.before,
        Stages { click: 1, ..Stages::default() },
        "what came before the snippet is not held against it"
    );
    assert_eq!(found.days.iter().map(|day| day.deliveries).collect::<Vec<_>>(), [3, 1, 0, 0, 0, 0, 0, 0]);
    Ok(())
}

#[tokio::test]
async fn what_was_imported_is_no_event_of_these_days() -> Result<()> {
    let world = World::new().await?;
    clicks(&world, "('first', 900, null::text, null::text, null::text, null::text, null::text)").await?;
    let row = |id: &str, age: i32| format!("('{id}', {age}, 'USD', 'none', null::text, null::text, 9, 'sent')");
    sales(&world, &[row("came", 1), row("came-before", 300)].join(", ")).await?;
    let came = facts(&world).await?;
    sales(&world, &[row("imported", 1), row("imported-before", 300)].join(", ")).await?;
    world.execute("update deliveries set source = 'import' where id like 'imported%'").await?;
    let found = facts(&world).await?;
    assert_eq!((found.events.events, found.events.late, found.events.stages.none, found.before.none), (1, 1, 1, 1));
    assert_eq!((&found.events, &found.before), (&came.events, &came.before));
    Ok(())
}

#[tokio::test]
async fn what_became_of_events_is_counted_by_their_state() -> Result<()> {
    let world = World::new().await?;
    sales(
        &world,
        "('a', 1, 'BRL', 'none', null::text, null::text, 0, 'quarantined'), ('b', 1, 'BRL', 'none', null, null, 0, 'quarantined'),
         ('c', 1, 'BRL', 'none', null, null, 0, 'quarantined'), ('d', 160, 'BRL', 'none', null, null, 0, 'expired'),
         ('e', 1, 'BRL', 'none', null, null, 0, 'expired'), ('f', 160, 'BRL', 'none', null, null, 0, 'pending'),
         ('g', 1, 'BRL', 'none', null, null, 0, 'pending')",
    )
    .await?;
    let tenant = &world.tenant.id;
    world
        .execute(&format!(
            "update conversions set reason = 'unclear' where id = 'c';
             update conversions set updated_at = clock() - interval '8 days' where id = 'e';
             update conversions set created_at = clock() - interval '61 minutes' where id = 'f';
             insert into dispatch_attempts (tenant_id, id, event_id, status, number, receipt_id, created_at, due_at, expires_at)
             select '{tenant}', id, id, 'failed', 1, 'refused', clock(), clock(), clock() from conversions where state = 'quarantined';
             insert into dispatch_attempts (tenant_id, id, event_id, created_at, due_at, expires_at)
             values ('{tenant}', 'f', 'f', clock(), clock(), clock() + interval '23 hours'),
                    ('{tenant}', 'g', 'g', clock(), clock(), clock() + interval '6 days');
             insert into receipts (tenant_id, id, send_id, pixel_id, sent_at, took_ms, events, body_bytes, body_sha256, answer, error_code,
                                   error_subcode, error_message)
             values ('{tenant}', 'refused', 'x', '{pixel}', clock(), 1, 1, 1, '', 'data', 100, 2804009, 'Missing value'),
                    ('{tenant}', 'taken', 'y', '{pixel}', clock() - interval '1 hour', 1, 1, 1, '', 'accepted', null, null, null),
                    ('{tenant}', 'elsewhere', 'z', '9', clock(), 1, 1, 1, '', 'accepted', null, null, null);
             insert into delivery_gates (tenant_id, parked_reason, parked_at, probe_at) values ('{tenant}', 'no_token', clock(), clock());
             insert into setup_sessions (id, tenant_id, input) values ('s', '{tenant}', '{{\"other_senders\": {{\"purchase\": \"on\"}}}}')",
            pixel = world.tenant.pixel_id
        ))
        .await?;
    let found = facts(&world).await?;
    let said = Some("Missing value".to_owned());
    assert_eq!(found.sends.refused, [Refused { code: Some(100), subcode: Some(2_804_009), said, events: 2 }]);
    assert_eq!((found.sends.unclear, found.sends.expired, found.sends.near_expiry), (1, 1, 1));
    let accepted_s_ago = found.sends.accepted_at.map(|at| found.now_s - at);
    assert!(accepted_s_ago.is_some_and(|it| (3599..=3700).contains(&it)), "of this pixel: {accepted_s_ago:?}");
    assert_eq!(found.gate.parked_reason.as_deref(), Some("no_token"));
    assert_eq!(found.other_senders, Some(OtherSenders { purchase: Some("on".to_owned()) }));
    Ok(())
}

#[tokio::test]
async fn a_connection_is_counted_with_its_deliveries_and_kept_bodies() -> Result<()> {
    let world = World::new().await?;
    let tenant = &world.tenant.id;
    world
        .execute(&format!(
            "insert into connections (tenant_id, id, platform, path_hash, created_at, revoked_at)
             select '{tenant}', id, 'hotmart', repeat('0', 64), clock() - interval '9 days', revoked
             from (values ('shop', null::timestamptz), ('quiet', null), ('revoked', clock())) as c (id, revoked);
             insert into kept_bodies (tenant_id, id, connection_id, digest, reason, received_at, bytes, sealed)
             select '{tenant}', 'b' || n, 'quiet', encode(sha256(n::text::bytea), 'hex'), case when n < 3 then 'not_authentic' else 'unreadable' end,
                    clock(), 1, '' from generate_series(1, 3) n"
        ))
        .await?;
    sales(
        &world,
        "('a', 1, 'BRL', 'none', null::text, null::text, 0, 'sent'), ('b', 200, 'BRL', 'none', null, null, 0, 'sent')",
    )
    .await?;
    let found = facts(&world).await?;
    let made_at = found.connections.first().map(|it| it.created_at).unwrap_or_default();
    assert!((found.now_s - made_at - 9 * 24 * 3600).abs() < 100, "{made_at}");
    let of = |id: &str, deliveries, not_authentic, unread| Connection {
        id: id.to_owned(),
        platform: "hotmart".to_owned(),
        created_at: made_at,
        deliveries,
        not_authentic,
        unread,
    };
    assert_eq!(found.connections, [of("quiet", 0, 2, 1), of("shop", 2, 0, 0)]);
    Ok(())
}
