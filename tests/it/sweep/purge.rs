//! The purge: in batches, without a moment in which the ledger is wrong, and what has to wait.

use anyhow::{Result, ensure};
use serde_json::json;
use shared::db::sweep::purge::{self, Kind};
use shared::db::sweep::tally;
use tests::world::World;

use super::{blocked, later, ledger, run, sound, waiting};

async fn batch(world: &World, kind: Kind) -> Result<u64> {
    let tenant = world.tenant.id.as_str();
    Ok(world.sweep.db.run(|client| async move { purge::purge(&client, kind, tenant, 90).await }).await?)
}

/// 2,400 deliveries of three days in every state, and 200 that were refused or came twice.
async fn history(world: &World) -> Result<()> {
    waiting(world, &world.tenant.id, 2400).await?;
    world
        .execute(
            "update deliveries set received_at = date_trunc('day', now()) - substr(id, 2)::int % 3 * interval '1 day';
             update conversions set state = (array['sent', 'quarantined', 'expired', 'expired', 'sent', 'pending'])[1 + substr(id, 2)::int % 6],
                 reason = (array[null, 'data', 'too_old', 'unclear', null, null])[1 + substr(id, 2)::int % 6];
             update dispatch_attempts a set status = (case when c.state = 'sent' then 'success' else 'failed' end)::dispatch_status
             from conversions c where c.event_id = a.event_id and c.state <> 'pending';
             insert into deliveries (tenant_id, id, source, received_at, order_key, event_id, outcome, reason)
             select tenant_id, 'd' || id, source, received_at, order_key, event_id,
                    (array['duplicate', 'rejected'])[1 + substr(id, 2)::int % 2], (array[null, 'currency'])[1 + substr(id, 2)::int % 2]
             from deliveries where substr(id, 2)::int <= 200",
        )
        .await?;
    sound(world).await
}

#[tokio::test]
async fn the_ledger_is_the_same_after_every_batch_and_what_waits_stays() -> Result<()> {
    let mut world = World::new().await?;
    history(&world).await?;
    let before = ledger(&world).await?;
    later(&mut world, "94 days").await?;
    let mut batches = Vec::new();
    loop {
        let gone = batch(&world, Kind::Deliveries).await?;
        assert_eq!(ledger(&world).await?, before, "after {batches:?}");
        if gone == 0 {
            break;
        }
        batches.push(gone);
    }
    assert_eq!(batches, [1000, 1000, 200]);
    let left =
        "select count(*) from deliveries d join conversions c using (tenant_id, event_id) join dispatch_attempts a
                using (tenant_id, event_id) where c.state = 'pending' and a.status = 'pending'";
    assert_eq!(world.count(left, &[]).await?, 400);
    assert_eq!(world.rows().await?, "0 0 0 2400 400 400 400");
    sound(&world).await
}

#[tokio::test]
async fn two_batches_at_once_count_each_delivery_once() -> Result<()> {
    let mut world = World::new().await?;
    history(&world).await?;
    let before = ledger(&world).await?;
    later(&mut world, "94 days").await?;
    for _ in 0..3 {
        let (one, other) = tokio::join!(batch(&world, Kind::Deliveries), batch(&world, Kind::Deliveries));
        one?;
        other?;
        assert_eq!(ledger(&world).await?, before);
    }
    assert_eq!(world.count("select count(*) from deliveries", &[]).await?, 400);
    assert_eq!(world.count("select sum(sales)::bigint from ledger_days", &[]).await?, 2200);
    sound(&world).await
}

#[tokio::test]
async fn a_conversion_that_is_replayed_while_it_is_purged_stays_with_its_delivery() -> Result<()> {
    let mut world = World::new().await?;
    waiting(&world, &world.tenant.id, 1).await?;
    world
        .execute("update conversions set state = 'quarantined', reason = 'data'; update dispatch_attempts set status = 'failed'")
        .await?;
    later(&mut world, "91 days").await?;
    let replay = world.db.connect().await?;
    replay.batch_execute("begin; update conversions set state = 'pending', reason = null").await?;
    let committed = async {
        blocked(&world).await?;
        replay
            .batch_execute("insert into dispatch_attempts (tenant_id, id, event_id) select tenant_id, 'again', event_id from conversions; commit")
            .await?;
        anyhow::Ok(())
    };
    let (gone, committed) = tokio::join!(batch(&world, Kind::Deliveries), committed);
    committed?;
    assert_eq!(gone?, 0);
    assert_eq!(world.rows().await?, "0 0 0 1 1 2 1");
    assert_eq!(world.count("select count(*) from ledger_days", &[]).await?, 0);
    sound(&world).await
}

#[tokio::test]
async fn an_order_whose_click_is_purged_that_moment_is_accepted_without_it() -> Result<()> {
    let world = World::new().await?;
    world.post_click(&json!({"url": "https://loja.example.com.br/", "click_id": "click-0001"})).await?.expect(200)?;
    let purging = world.db.connect().await?;
    purging.batch_execute("begin; delete from clicks").await?;
    let order = json!({
        "order_id": "1001", "value": 97, "currency": "BRL", "customer": {"email": "maria@example.com"},
        "click": {"click_id": "click-0001"}
    });
    let committed = async {
        blocked(&world).await?;
        purging.batch_execute("commit").await?;
        anyhow::Ok(())
    };
    let (placed, committed) = tokio::join!(world.post_order(&order), committed);
    committed?;
    assert_eq!(placed?.expect(202)?["match"]["stage"], "none");
    Ok(())
}

#[tokio::test]
async fn a_click_waits_for_the_observation_and_for_the_other_browser_that_point_at_it() -> Result<()> {
    let mut world = World::new().await?;
    let (tenant, funnel) = (&world.tenant.id, &world.tenant.funnel_id);
    world
        .execute(&format!(
            "insert into clicks (tenant_id, id, funnel_id, shared_from, created_at) values
                 ('{tenant}', 'alone', '{funnel}', null, now()), ('{tenant}', 'observed', '{funnel}', null, now()),
                 ('{tenant}', 'first', '{funnel}', null, now()), ('{tenant}', 'shared', '{funnel}', 'first', now() + interval '9 days');
             insert into click_aliases (tenant_id, id, click_id) values ('{tenant}', 'x', 'alone'), ('{tenant}', 'y', 'observed');
             insert into identities (tenant_id, id, email_hash, click_id, created_at, updated_at)
             values ('{tenant}', 'i', 'hash', 'observed', now(), now() + interval '9 days')"
        ))
        .await?;
    let left =
        "select string_agg(id, ' ' order by id) from (select id from clicks union all select id from click_aliases) it";
    later(&mut world, "91 days").await?;
    assert_eq!(run(&world).await?.purged.clicks, 1);
    assert_eq!(world.text(left, &[]).await?.as_deref(), Some("first observed shared y"));
    later(&mut world, "100 days").await?;
    let purged = run(&world).await?.purged;
    assert_eq!((purged.identities, purged.clicks), (1, 3));
    assert_eq!(world.text(left, &[]).await?, None);
    Ok(())
}

#[tokio::test]
async fn a_funnel_s_minutes_go_after_a_day_and_its_counts_of_visits_with_the_rest_in_batches() -> Result<()> {
    let mut world = World::new().await?;
    let other = world.add_tenant("other").await?;
    for tenant in [&world.tenant, &other] {
        let (tenant, funnel) = (&tenant.id, &tenant.funnel_id);
        let sql = format!(
            "insert into funnel_minutes (tenant_id, funnel_id, minute, clicks)
             select '{tenant}', '{funnel}', now() - n * interval '1 minute', 36 from generate_series(0, 2199) n;
             insert into unrecorded_visits (tenant_id, funnel_id, day, reason, part, visits)
             select '{tenant}', '{funnel}', (now() at time zone 'UTC')::date - n, reason, 0, 1
             from generate_series(0, 999) n, unnest(array['crawler', 'head']) reason"
        );
        world.execute(&sql).await?;
    }
    let left = async |world: &World, tenant: &str| -> Result<(i64, i64)> {
        let minutes = world.count("select count(*) from funnel_minutes where tenant_id = $1", &[&tenant]).await?;
        Ok((minutes, world.count("select count(*) from unrecorded_visits where tenant_id = $1", &[&tenant]).await?))
    };
    later(&mut world, "1 second").await?;
    assert_eq!(batch(&world, Kind::Minutes).await?, 2200 - 1440);
    assert_eq!((batch(&world, Kind::Minutes).await?, left(&world, &world.tenant.id).await?.0), (0, 1440));
    let mut batches = Vec::new();
    while batches.last() != Some(&0) {
        batches.push(batch(&world, Kind::Visits).await?);
    }
    assert_eq!(batches, [1000, 2000 - 2 * 91 - 1000, 0], "today and the 90 days before it stay");
    assert_eq!(left(&world, &other.id).await?, (2200, 2000), "another tenant's are its own turn's");
    later(&mut world, "92 days").await?;
    let purged = run(&world).await?.purged;
    assert_eq!((purged.minutes, purged.visits), (1440 + 2200, 2 * 91 + 2000));
    for tenant in [&world.tenant.id, &other.id] {
        assert_eq!(left(&world, tenant).await?, (0, 0));
    }
    Ok(())
}

#[tokio::test]
async fn a_minute_that_is_counted_at_this_moment_waits_for_the_next_run() -> Result<()> {
    let mut world = World::new().await?;
    let (tenant, funnel) = (world.tenant.id.clone(), world.tenant.funnel_id.clone());
    let rows = format!(
        "insert into funnel_minutes (tenant_id, funnel_id, minute, clicks) values ('{tenant}', '{funnel}', 'epoch', 36), ('{tenant}', '{funnel}', now() - interval '2 days', 36)"
    );
    world.execute(&rows).await?;
    later(&mut world, "1 second").await?;
    let counting = world.db.connect().await?;
    counting.batch_execute("begin; update funnel_minutes set clicks = clicks + 36 where minute = 'epoch'").await?;
    assert_eq!(batch(&world, Kind::Minutes).await?, 1);
    counting.batch_execute("commit").await?;
    assert_eq!((batch(&world, Kind::Minutes).await?, batch(&world, Kind::Minutes).await?), (1, 0));
    Ok(())
}

#[tokio::test]
async fn an_ignored_conversion_stays_as_long_as_the_last_delivery_that_was_ignored() -> Result<()> {
    let mut world = World::new().await?;
    let mut pix = json!({"order_id": "1", "value": 97, "currency": "BRL", "status": "pending", "customer": {"email": "maria@example.com"}});
    world.post_order(&pix).await?.expect(202)?;
    let old = "update deliveries set received_at = now() - interval '91 days'";
    world.execute(old).await?;
    pix["customer"] = json!({"email": "other@example.com"});
    world.post_order(&pix).await?.expect(202)?;
    assert_eq!(run(&world).await?.purged.deliveries, 1);
    assert_eq!(world.rows().await?, "0 1 1 0 1 0 1");
    sound(&world).await?;
    later(&mut world, "91 days").await?;
    assert_eq!(run(&world).await?.purged.deliveries, 1);
    assert_eq!(world.rows().await?, "0 0 0 0 0 0 0");
    sound(&world).await
}

#[tokio::test]
async fn an_order_stays_while_a_conversion_of_it_is_kept_or_it_still_changes() -> Result<()> {
    let mut world = World::new().await?;
    waiting(&world, &world.tenant.id, 1).await?;
    world
        .execute(&format!(
            "insert into orders (tenant_id, id, order_key, state, ordered_at, updated_at) values
                 ('{0}', 'a', 'o1', 'paid', now(), now()), ('{0}', 'b', 'changed', 'refunded', now(), now() + interval '30 days'),
                 ('{0}', 'c', 'still', 'refused', now(), now())",
            world.tenant.id
        ))
        .await?;
    later(&mut world, "91 days").await?;
    assert_eq!(batch(&world, Kind::Orders).await?, 1);
    let left = world.text("select string_agg(id, ' ' order by id) from orders", &[]).await?;
    assert_eq!(left.as_deref(), Some("a b"));
    Ok(())
}

#[tokio::test]
async fn the_purge_goes_round_the_tenants_once_an_hour_and_no_two_runs_take_the_same() -> Result<()> {
    let mut world = World::new().await?;
    world
        .execute(
            "insert into tenants (id, slug, status) select 'p' || n, 'p' || n, 'retired' from generate_series(1, 3) n",
        )
        .await?;
    let next = || world.sweep.db.run(|client| async move { purge::next(&client).await });
    let holder = world.db.connect().await?;
    holder.batch_execute("begin; update tenants set purged_at = now() where id = 'p1'").await?;
    let mut taken = Vec::new();
    while let Some(tenant) = next().await? {
        taken.push(tenant);
    }
    taken.sort();
    let mut wanted = vec!["p2".to_owned(), "p3".to_owned(), world.tenant.id.clone()];
    wanted.sort();
    assert_eq!(taken, wanted, "each once, and what another run holds not at all");
    holder.batch_execute("rollback").await?;
    assert_eq!(next().await?.as_deref(), Some("p1"));
    assert_eq!(next().await?, None);
    world.sweep.db.run(|client| async move { purge::give_back(&client, "p2").await }).await?;
    assert_eq!(next().await?.as_deref(), Some("p2"));
    later(&mut world, "61 minutes").await?;
    let first = world.sweep.db.run(|client| async move { purge::next(&client).await }).await?;
    assert!(first.is_some());
    Ok(())
}

#[tokio::test]
async fn a_tenant_with_more_than_a_turn_s_work_is_taken_up_again_in_the_same_run() -> Result<()> {
    let mut world = World::new().await?;
    world
        .execute(&format!(
            "insert into identities (tenant_id, id, email_hash) select '{}', 'i' || n, 'hash' from generate_series(1, 10500) n",
            world.tenant.id
        ))
        .await?;
    later(&mut world, "91 days").await?;
    assert_eq!(run(&world).await?.purged.identities, 10_500, "ten batches a turn, and turns while there is time");
    Ok(())
}

/// Nothing whose count differs from what is there.
async fn counted(world: &World) -> Result<()> {
    let sql = "select string_agg(f.rule, ', ') from tenants t, ledger_faults(t.id) f where f.rule like 'the count%'";
    let faults = world.text(sql, &[]).await?;
    ensure!(faults.is_none(), "{faults:?}");
    Ok(())
}

#[tokio::test]
async fn counts_of_nothing_and_of_tries_that_no_page_shows_go_and_what_is_counted_later_is_counted() -> Result<()> {
    let mut world = World::new().await?;
    waiting(&world, &world.tenant.id, 3).await?;
    let add_up = || world.sweep.db.run(|client| async move { tally::add_up(&client).await });
    add_up().await?;
    let tenant = &world.tenant.id;
    world
        .execute(&format!(
            "update conversions set state = 'held' where id = 'n1';
             update conversions set state = 'pending' where id = 'n1';
             update conversions set state = 'sent' where id in ('n1', 'n2', 'n3');
             insert into tallies (tenant_id, kind, day, state, reason, tally)
             select '{tenant}', 'attempt', (clock() at time zone 'UTC')::date - n, 'success', 'accepted', 1 from generate_series(0, 40) n"
        ))
        .await?;
    add_up().await?;
    let states = "select string_agg(state || ' ' || tally, ', ' order by state) from tallies where kind = 'event'";
    assert_eq!(world.text(states, &[]).await?.as_deref(), Some("pending 0, sent 3"));
    assert_eq!(batch(&world, Kind::Tallies).await?, 1 + 12, "the 28 days that are shown, and one to spare, stay");
    assert_eq!(world.text(states, &[]).await?.as_deref(), Some("sent 3"));
    counted(&world).await?;
    world.execute("update conversions set state = 'pending' where id = 'n1'").await?;
    counted(&world).await?;
    add_up().await?;
    assert_eq!(world.text(states, &[]).await?.as_deref(), Some("pending 1, sent 2"));
    world.execute("update conversions set state = 'sent' where id = 'n1'").await?;
    add_up().await?;
    later(&mut world, "2 hours").await?;
    // Where a day ends meanwhile, one more of the tries' is past what is shown.
    world.execute("delete from tallies where kind = 'attempt'").await?;
    assert_eq!(run(&world).await?.purged.tallies, 1, "the sweep does it");
    assert_eq!(world.text(states, &[]).await?.as_deref(), Some("sent 3"));
    counted(&world).await
}

#[tokio::test]
async fn a_count_that_somebody_adds_to_that_moment_is_not_lost() -> Result<()> {
    let world = World::new().await?;
    let tenant = &world.tenant.id;
    let key = format!("'{tenant}', 'event', current_date, 'sent', '', 'none'");
    world.execute(&format!("insert into tallies values ({key}, 0)")).await?;
    let add = format!(
        "insert into tallies as t values ({key}, 2) on conflict on constraint tallies_pkey do update set tally = t.tally + excluded.tally"
    );
    let adding = world.db.connect().await?;
    adding.batch_execute(&format!("begin; {add}")).await?;
    assert_eq!(batch(&world, Kind::Tallies).await?, 0, "it is held");
    adding.batch_execute("rollback").await?;
    // The other way round: the purge holds it, and who adds waits.
    let purging = world.db.connect().await?;
    let purge = Kind::Tallies.sql().replace("$1", &format!("'{tenant}'")).replace("$2", "90");
    purging.batch_execute("begin").await?;
    assert_eq!(purging.query_one(&purge, &[]).await?.get::<_, i64>(0), 1);
    let committed = async {
        blocked(&world).await?;
        anyhow::Ok(purging.batch_execute("commit").await?)
    };
    let (added, committed) = tokio::join!(adding.batch_execute(&add), committed);
    committed?;
    added?;
    assert_eq!(world.count("select tally from tallies", &[]).await?, 2);
    Ok(())
}
