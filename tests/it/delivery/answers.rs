//! Every answer of Meta's error table, and what becomes of the event.

use anyhow::Result;
use tests::simulator::{Answer, Fault, GraphError};
use tests::world::World;

use super::gate;

async fn met(world: &World, answer: Answer, name: &str, state: &str, why: &str) -> Result<()> {
    world
        .execute(
            "delete from dispatch_attempts; delete from conversions; delete from deliveries; delete from dedupe_registry;
             delete from orders; delete from delivery_gates",
        )
        .await?;
    world.simulator.clear_faults();
    world.fill("o", 1).await?;
    world.simulator.fault(Fault::once(answer));
    world.wake().await;
    let told = world
        .text(
            "select concat_ws(' ', s.state, s.reason, a.answer) from standings s
             join dispatch_attempts a on a.tenant_id = s.tenant_id and a.event_id = s.event_id and a.number = 1",
            &[],
        )
        .await?;
    assert_eq!(told.as_deref(), Some(format!("{state}{why}").as_str()), "{name}");
    let waits = "select count(*) from dispatch_attempts where status = 'pending'";
    let is_over = matches!(state, "sent" | "quarantined" | "expired");
    assert_eq!(world.count(waits, &[]).await?, i64::from(!is_over), "{name}");
    Ok(())
}

#[tokio::test]
async fn each_code_of_the_table_is_told_apart() -> Result<()> {
    let world = World::new().await?;
    let codes: [(&[i64], &str, &str); 5] = [
        (&[1, 2, 368, 5000, 21009], "pending", " transient"),
        (&[4, 17, 32, 341, 613, 80000, 80001, 80002, 80003, 80004, 80014], "pending", " throttled"),
        (&[190, 102, 104, 3, 10, 200, 210, 294, 299], "parked", " credentials credentials"),
        (&[100, 105, 506], "quarantined", " data data"),
        (&[7777], "pending", " unknown"),
    ];
    for (codes, state, why) in codes {
        for code in codes {
            for status in [400, 403] {
                let answer = Answer::Error(GraphError::new(status, *code, "said"));
                met(&world, answer, &format!("{status} {code}"), state, why).await?;
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn each_subcode_of_the_table_is_told_apart() -> Result<()> {
    let world = World::new().await?;
    for subcode in [458, 459, 460, 463, 464, 467, 492, 452, 465] {
        let answer = Answer::Error(GraphError::new(401, 190, "said").with_subcode(subcode));
        met(&world, answer, &subcode.to_string(), "parked", " credentials credentials").await?;
    }
    for subcode in [2_804_009, 2_804_010, 2_804_016, 2_804_050, 2_804_001, 2_804_007, 2_804_017, 2_804_019, 2_804_048] {
        let answer = Answer::Error(GraphError::new(400, 100, "said").with_subcode(subcode));
        met(&world, answer, &subcode.to_string(), "quarantined", " data data").await?;
    }
    let answer = Answer::Error(GraphError::new(400, 100, "said").with_subcode(2_804_003));
    met(&world, answer, "too old", "expired", " too_old too_old").await?;
    let answer = Answer::Error(GraphError::new(400, 100, "said").with_subcode(33));
    met(&world, answer, "no such pixel", "parked", " credentials credentials").await
}

#[tokio::test]
async fn is_transient_wins_over_every_code_and_the_shape_decides_where_there_is_none() -> Result<()> {
    let world = World::new().await?;
    for code in [100, 190, 7777, 1] {
        let answer = Answer::Error(GraphError::new(400, code, "said").transient());
        met(&world, answer, &code.to_string(), "pending", " transient").await?;
    }
    let html = || "<html>Sorry</html>".to_owned();
    for (status, body, why) in [
        (200, html(), " unclear"),
        (502, html(), " unclear"),
        (404, html(), " unreadable"),
        (429, html(), " throttled"),
        (429, String::new(), " throttled"),
        (200, "{}".to_owned(), " unclear"),
        (200, r#"{"events_received":0}"#.to_owned(), " unclear"),
        (200, r#"{"events_received":7}"#.to_owned(), " unclear"),
        (302, String::new(), " unreadable"),
        (500, String::new(), " unclear"),
    ] {
        met(&world, Answer::Http { status, body: body.clone() }, &format!("{status} {body}"), "pending", why).await?;
    }
    met(&world, Answer::Http { status: 413, body: html() }, "413", "quarantined", " data data").await?;
    met(&world, Answer::Reset, "reset", "pending", " unclear").await?;
    met(&world, Answer::AcceptThenReset, "accepted, then reset", "pending", " unclear").await?;
    met(&world, Answer::Half, "half", "pending", " unclear").await?;
    let error_in_200 = r#"{"error":{"message":"said","code":190}}"#.to_owned();
    met(&world, Answer::Http { status: 200, body: error_in_200 }, "200", "parked", " credentials credentials").await
}

#[tokio::test]
async fn a_code_that_nobody_knows_is_quarantined_after_a_few_tries_and_keeps_no_other_back() -> Result<()> {
    let world = World::new().await?;
    world.fill("o", 1).await?;
    for _ in 0..3 {
        world.simulator.fault(Fault::once(Answer::Error(GraphError::new(400, 7777, "said"))));
        world.dispatch_now().await?;
        assert_eq!(world.standing(&world.tenant.id, "pending", "").await?, 1);
    }
    world.simulator.fault(Fault::once(Answer::Error(GraphError::new(400, 7777, "said"))));
    world.dispatch_now().await?;
    assert_eq!(world.standing(&world.tenant.id, "quarantined", "data").await?, 1);
    Ok(())
}

#[tokio::test]
async fn metas_server_away_is_not_connected_and_is_a_failure_that_passes() -> Result<()> {
    let mut world = World::new().await?;
    world.fill("o", 1).await?;
    let free = tests::net::free_port()?;
    let meta = shared::config::Meta { graph_url: format!("http://127.0.0.1:{free}"), version: "v26.0".into() };
    world.dispatch = std::sync::Arc::new(dispatch::State::new(
        shared::db::Db::new(tests::world::db_config(world.db.url()), None, 1),
        shared::meta::Client::new(meta)?,
        shared::secrets::Secrets::new(&world.sdk),
        tests::world::SECRETS_PREFIX.to_owned(),
    ));
    world.wake().await;
    let answer = world.text("select answer from dispatch_attempts where number = 1", &[]).await?;
    assert_eq!(answer.as_deref(), Some("not_connected"));
    assert_eq!(gate(&world, "failures").await?.as_deref(), Some("1"));
    assert_eq!(world.count("select count(*) from dispatch_attempts where unclear_since is not null", &[]).await?, 0);
    Ok(())
}
