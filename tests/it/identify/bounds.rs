//! A flood of observations is bounded, by click and by browser.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use shared::db::identities::{MOST_OF_A_BROWSER, MOST_OF_A_CLICK};
use tests::world::World;
use tokio::task::JoinSet;

use super::{FBP, OTHER_FBP, click, identify, observations};

/// How many click functions a test runs at once.
const ENVIRONMENTS: usize = 25;

fn said(click_id: &str, number: i32) -> Value {
    json!({"click_id": click_id, "email": format!("sample{number}@example.com")})
}

async fn refused(world: &World, body: &Value) -> Result<()> {
    let answer = world.refused_click(&world.identify_request(&body.to_string()), 429).await?;
    ensure!(answer.headers["retry-after"] == "86400", "{:?}", answer.headers);
    Ok(())
}

#[tokio::test]
async fn a_click_has_twenty_distinct_observations_and_no_more() -> Result<()> {
    let world = World::new().await?;
    let click_id = click(&world, &json!({})).await?;
    let mut ids = Vec::new();
    for number in 0..MOST_OF_A_CLICK {
        ids.push(identify(&world, &said(&click_id, number)).await?);
    }
    refused(&world, &said(&click_id, MOST_OF_A_CLICK)).await?;
    assert_eq!(identify(&world, &said(&click_id, 3)).await?, ids[3], "what is known is answered");
    let next = click(&world, &json!({})).await?;
    assert!(identify(&world, &said(&next, MOST_OF_A_CLICK)).await?.is_string());
    assert_eq!(observations(&world).await?, 21);
    Ok(())
}

#[tokio::test]
async fn what_orders_observed_does_not_count() -> Result<()> {
    let world = World::new().await?;
    let click_id = click(&world, &json!({ "fbp": FBP })).await?;
    for number in 0..=MOST_OF_A_CLICK {
        let mut order = super::order(&number.to_string(), &json!({"email": format!("sample{number}@example.com")}));
        order["click"] = json!({"click_id": click_id});
        world.post_order(&order).await?.expect(202)?;
    }
    assert!(identify(&world, &said(&click_id, 0)).await?.is_string());
    Ok(())
}

#[tokio::test]
async fn a_browser_leaves_twenty_a_day_over_all_its_clicks() -> Result<()> {
    let (world, clock) = World::at(shared::clock::Clock::SYSTEM.now_s()).await?;
    let mut clicks = Vec::new();
    for _ in 0..3 {
        clicks.push(click(&world, &json!({ "fbp": FBP })).await?);
    }
    let other = click(&world, &json!({ "fbp": OTHER_FBP })).await?;
    for number in 0..MOST_OF_A_BROWSER {
        let click_id = &clicks[usize::try_from(number)? % clicks.len()];
        assert!(identify(&world, &said(click_id, number)).await?.is_string(), "{number}");
    }
    let more = said(&clicks[0], MOST_OF_A_BROWSER);
    refused(&world, &more).await?;
    assert!(identify(&world, &said(&clicks[1], 1)).await?.is_string(), "what is known is answered");
    assert!(identify(&world, &said(&other, 1)).await?.is_string(), "another browser");
    world.advance(&clock, 24 * 3600 - 1).await?;
    refused(&world, &more).await?;
    world.advance(&clock, 2).await?;
    assert!(identify(&world, &more).await?.is_string());
    Ok(())
}

/// Posts all at once, each from an environment that has a connection of its own, and counts the answers by status.
async fn post_all(world: &Arc<World>, bodies: Vec<Value>) -> Result<(BTreeMap<u16, usize>, Vec<Value>)> {
    let mut posts = JoinSet::new();
    for body in bodies {
        let world = Arc::clone(world);
        posts.spawn(async move { world.post_identify(&body).await });
    }
    let (mut statuses, mut bodies) = (BTreeMap::new(), Vec::new());
    while let Some(answer) = posts.join_next().await {
        let answer = answer??;
        *statuses.entry(answer.status).or_insert(0) += 1;
        bodies.push(answer.body);
    }
    Ok((statuses, bodies))
}

#[tokio::test]
async fn fifty_identical_posts_at_once_are_one_row_and_fifty_times_its_id() -> Result<()> {
    let world = World::busy("identities", ENVIRONMENTS).await?;
    let click_id = click(&world, &json!({ "fbp": FBP })).await?;
    let people = [
        json!({"email": "maria@example.com"}),
        json!({"phone": "11 95550-0001"}),
        json!({"email": "maria@example.com", "phone": "11 95550-0001", "external_id": "User-42"}),
    ];
    for (index, person) in people.iter().enumerate() {
        let mut body = person.clone();
        body["click_id"] = json!(click_id);
        let (statuses, answers) = post_all(&world, vec![body; 50]).await?;
        assert_eq!(statuses, BTreeMap::from([(200, 50)]), "{person}");
        assert!(answers[0]["identity_id"].is_string() && answers.iter().all(|it| *it == answers[0]), "{person}");
        assert_eq!(observations(&world).await?, i64::try_from(index + 1)?, "{person}");
    }
    Ok(())
}

#[tokio::test]
async fn a_flood_at_once_leaves_at_most_as_many_more_as_there_are_at_once() -> Result<()> {
    let world = World::busy("identities", ENVIRONMENTS).await?;
    let click_id = click(&world, &json!({ "fbp": FBP })).await?;
    let (statuses, _) = post_all(&world, (0..200).map(|number| said(&click_id, number)).collect()).await?;
    let kept = usize::try_from(observations(&world).await?)?;
    assert_eq!(statuses, BTreeMap::from([(200, kept), (429, 200 - kept)]));
    let most = usize::try_from(MOST_OF_A_CLICK)?;
    assert!((most..most + ENVIRONMENTS).contains(&kept), "{kept}");
    refused(&world, &said(&click_id, 999)).await?;
    Ok(())
}
