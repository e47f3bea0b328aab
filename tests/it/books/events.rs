//! The list of events, and what is found among them.

use anyhow::{Context, Result};
use lambda_http::http::Method;
use serde_json::{Value, json};
use tests::heard::Heard;
use tests::world::World;
use tracing::Level;

use super::{get, got, order, order_ids, path, placed, search};

#[tokio::test]
async fn all_pages_together_have_each_event_once_newest_first() -> Result<()> {
    let world = World::new().await?;
    // Several of the same moment, and of several states.
    world.fill("a", 7).await?;
    world.fill("b", 5).await?;
    world.execute("update conversions set state = 'sent' where id in ('a1', 'a4', 'b2'); update conversions set state = 'quarantined', reason = 'data' where id = 'a2'").await?;
    let mut seen = Vec::new();
    let mut next = String::new();
    loop {
        let page = got(&world, &format!("events?limit=5{next}")).await?;
        let ids = order_ids(&page);
        assert!(ids.len() <= 5);
        seen.extend(ids);
        let Some(after) = page["next"].as_str() else { break };
        next = format!("&after={after}");
    }
    let order =
        "select string_agg(order_key, ' ' order by created_at desc, id desc) from conversions where tenant_id = $1";
    assert_eq!(Some(seen.join(" ")), world.text(order, &[&world.tenant.id]).await?);
    assert_eq!(seen.len(), 12);
    Ok(())
}

#[tokio::test]
async fn an_event_is_listed_with_what_a_seller_knows_it_by() -> Result<()> {
    let world = World::new().await?;
    let event_id = placed(&world, &order("1001")).await?;
    world.run_dispatch().await?;
    let mut listed = got(&world, "events").await?;
    let event = &mut listed["events"][0];
    for time in ["event_at", "received_at", "changed_at"] {
        assert!(event[time].as_i64().is_some_and(|at| at > 1_700_000_000), "{event}");
        event[time] = json!(0);
    }
    let wanted = json!({
        "event_id": event_id, "order_id": "1001", "event_name": "Purchase", "value": "97.00", "currency": "BRL", "state": "sent",
        "reason": null, "match_stage": "none", "event_at": 0, "received_at": 0, "changed_at": 0,
    });
    assert_eq!(listed, json!({"events": [wanted], "next": null}));
    Ok(())
}

#[tokio::test]
async fn a_state_is_the_one_that_is_shown_wherever_it_comes_from() -> Result<()> {
    let world = World::new().await?;
    for id in ["1", "2", "3"] {
        placed(&world, &order(id)).await?;
    }
    world.execute("update conversions set state = 'sent' where order_key = '1'; update conversions set state = 'held' where order_key = '2'").await?;
    let of = |state: &'static str| {
        let world = &world;
        async move { anyhow::Ok(order_ids(&got(world, &format!("events?state={state}")).await?)) }
    };
    assert_eq!(of("sent").await?, ["1"]);
    assert_eq!((of("pending").await?, of("held").await?), (vec!["3".to_owned(), "2".to_owned()], vec![]));
    world.execute("update tenants set status = 'suspended'").await?;
    assert_eq!((of("pending").await?, of("held").await?), (vec![], vec!["3".to_owned(), "2".to_owned()]));
    assert_eq!(got(&world, "events?state=held").await?["events"][0]["reason"], "suspended");
    world.execute("update tenants set status = 'active'; insert into delivery_gates (tenant_id, parked_reason, parked_at, probe_at) select id, 'no_pixel', now(), now() from tenants").await?;
    assert_eq!(of("parked").await?, ["3", "2"]);
    Ok(())
}

#[tokio::test]
async fn the_standing_of_a_tenant_s_waiting_events_is_what_each_of_them_has() -> Result<()> {
    let world = World::new().await?;
    world.fill("a", 3).await?;
    world.execute("update conversions set state = 'held' where id = 'a1'; update conversions set state = 'parked' where id = 'a2'").await?;
    let different = "select count(*) from standings s join conversions c using (tenant_id, id)
                         join waiting_standings w on w.tenant_id = c.tenant_id and w.stored = c.state
                     where (s.state, s.reason) is distinct from (w.state, w.reason)";
    let joined = "select count(*) from conversions c join waiting_standings w on w.tenant_id = c.tenant_id and w.stored = c.state";
    for status in ["active", "suspended", "provisioning", "retired"] {
        for code in ["null, null", "'T', clock() + interval '1 hour'", "'T', clock() - interval '1 hour'"] {
            for gate in [
                "closed|null|null",
                "open|null|null",
                "half_open|'data'|null",
                "closed|'credentials'|null",
                "closed|null|clock() + interval '1 hour'",
            ] {
                let gate: Vec<&str> = gate.split('|').collect();
                world.execute(&format!(
                    "update tenants set status = '{status}', (test_event_code, test_event_code_until) = ({code});
                     delete from delivery_gates;
                     insert into delivery_gates (tenant_id, breaker, parked_reason, parked_at, probe_at, throttled_until)
                     select id, '{}', {reason}, case when {reason} is not null then now() end, now(), {} from tenants",
                    gate[0], gate[2], reason = gate[1],
                )).await?;
                assert_eq!(world.count(different, &[]).await?, 0, "{status} {code} {gate:?}");
            }
        }
    }
    assert_eq!(world.count(joined, &[]).await?, 3);
    Ok(())
}

#[tokio::test]
async fn an_order_is_found_by_its_id_with_and_without_the_platform_s_name() -> Result<()> {
    let world = World::new().await?;
    for id in ["1001", "hotmart:1001", "kiwify:loja-b:1001", "braip:1001", "2002"] {
        placed(&world, &order(id)).await?;
    }
    world
        .execute(&format!(
            "insert into connections (tenant_id, id, platform, shop, path_hash)
             values ('{tenant}', 'a', 'hotmart', null, repeat('0', 64)), ('{tenant}', 'b', 'kiwify', 'loja-b', repeat('1', 64))",
            tenant = world.tenant.id
        ))
        .await?;
    let by_get = order_ids(&got(&world, "events?q=1001").await?);
    assert_eq!(by_get, ["kiwify:loja-b:1001", "hotmart:1001", "1001"], "braip is no connection of the tenant's");
    assert_eq!(search(&world, "1001").await?, by_get);
    assert_eq!(search(&world, " hotmart:1001 ").await?, ["hotmart:1001"]);
    assert_eq!(search(&world, "100").await?, Vec::<String>::new(), "exactly");
    let page = got(&world, "events?q=1001&limit=2").await?;
    let rest = got(&world, &format!("events?q=1001&after={}", page["next"].as_str().context("next")?)).await?;
    assert_eq!((order_ids(&rest), &rest["next"]), (vec!["1001".to_owned()], &Value::Null));
    Ok(())
}

#[tokio::test]
async fn an_event_is_found_by_its_id() -> Result<()> {
    let world = World::new().await?;
    let event_id = placed(&world, &order("1001")).await?;
    placed(&world, &order("2002")).await?;
    for q in [event_id.clone(), event_id.to_uppercase()] {
        assert_eq!(search(&world, &q).await?, ["1001"]);
        assert_eq!(order_ids(&got(&world, &format!("events?q={q}")).await?), ["1001"]);
    }
    Ok(())
}

#[tokio::test]
async fn a_buyer_s_events_are_found_by_e_mail_and_phone_however_they_are_written() -> Result<()> {
    let world = World::new().await?;
    placed(&world, &order("1")).await?;
    let mut unpaid = order("2");
    unpaid["status"] = json!("pending");
    // Told twice: the event that sends nothing is the second one's by then.
    placed(&world, &unpaid).await?;
    placed(&world, &unpaid).await?;
    placed(&world, &json!({"order_id": "3", "value": 1, "currency": "BRL", "customer": {"email": "joao@example.com"}}))
        .await?;
    for q in ["maria@example.com", " Maria@Example.COM ", "11955500001", "+55 (11) 95550-0001", "0055 11 95550 0001"] {
        assert_eq!(search(&world, q).await?, ["2", "1"], "{q}");
    }
    assert_eq!(search(&world, "joao@example.com").await?, ["3"]);
    assert_eq!(search(&world, "nobody@example.com").await?, Vec::<String>::new());
    // What a browser says of its visitor is nobody's order.
    world.post_click(&json!({"url": "https://loja.example.com.br/", "click_id": "click-0001"})).await?.expect(200)?;
    world.post_identify(&json!({"click_id": "click-0001", "email": "ana@example.com"})).await?.expect(200)?;
    assert_eq!(search(&world, "ana@example.com").await?, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn who_is_looked_for_is_never_logged_and_never_taken_from_an_address() -> Result<()> {
    let world = World::new().await?;
    placed(&world, &order("1")).await?;
    let (log, guard) = Heard::listen(Level::TRACE);
    search(&world, "maria@example.com").await?;
    search(&world, "11 95550-0001").await?;
    let refused = get(&world, "events?q=maria%40example.com").await?;
    refused.expect_problem(400)?;
    assert_eq!(refused.errors(), [("q".to_owned(), "personal_data".to_owned())]);
    assert!(!refused.body.to_string().contains("maria"));
    // A phone in an address is the id of an order, which there is not.
    assert_eq!(order_ids(&got(&world, "events?q=11955500001").await?), Vec::<String>::new());
    drop(guard);
    let text = log.text()?;
    for personal in ["maria", "95550"] {
        assert!(!text.contains(personal), "{personal}");
    }
    Ok(())
}

#[tokio::test]
async fn parameters_that_say_nothing_known_are_refused() -> Result<()> {
    let world = World::new().await?;
    for query in [
        "state=lost",
        "state=duplicate",
        "limit=0",
        "limit=101",
        "limit=x",
        "after=x",
        "after=%00",
        "after=LTEuYQ",
        "q=1&state=sent",
    ] {
        get(&world, &format!("events?{query}")).await?.expect_problem(400)?;
    }
    for body in [json!({}), json!({"q": ""}), json!({"q": 1}), json!({"q": "a".repeat(321)}), json!({"q": "1", "x": 1})]
    {
        world.operate(Method::POST, &path(&world, "events/search"), &body).await?.expect_problem(422)?;
    }
    world
        .operate(Method::POST, &path(&world, "events/search"), &json!({"q": "1", "after": "x"}))
        .await?
        .expect_problem(400)?;
    for rest in ["events", "overview", "events.csv", &format!("events/{}", "0".repeat(64))] {
        let refused = world.operate(Method::DELETE, &path(&world, rest), &Value::Null).await?;
        refused.expect_problem(405)?;
        assert_eq!(refused.header("allow"), "GET");
    }
    for rest in ["events/search", "orders/import"] {
        assert_eq!(world.operate(Method::PUT, &path(&world, rest), &Value::Null).await?.header("allow"), "POST");
    }
    Ok(())
}
