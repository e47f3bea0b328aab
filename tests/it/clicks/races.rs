//! Many requests at once: as if they had come one after the other.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;
use serde_json::{Value, json};
use tests::world::World;
use tokio::task::JoinSet;

use super::{FBP, OTHER_FBP, clicks, ids, merged, new};

/// Posts all of them at once; the answers in the order of the bodies.
async fn post_all(world: &Arc<World>, bodies: Vec<Value>) -> Result<Vec<Value>> {
    let mut posts = JoinSet::new();
    for (index, body) in bodies.into_iter().enumerate() {
        let world = Arc::clone(world);
        posts.spawn(async move { anyhow::Ok((index, world.post_click(&body).await?.expect(200)?)) });
    }
    let mut answers = BTreeMap::new();
    while let Some(answer) = posts.join_next().await {
        let (index, answer) = answer??;
        answers.insert(index, answer);
    }
    Ok(answers.into_values().collect())
}

#[tokio::test]
async fn fifty_identical_posts_at_once_are_one_click_and_fifty_true_answers() -> Result<()> {
    let world = World::busy("clicks", 25).await?;
    let bodies = [
        json!({ "fbclid": "IwAR0-A" }),
        json!({ "fbclid": "IwAR0-B", "fbp": FBP }),
        json!({ "fbclid": "IwAR0-C", "fbp": FBP, "click_id": "click-000C" }),
        json!({ "fbc": "fb.2.1700000000000.IwAR0-D", "fbp": FBP }),
        json!({ "fbc": "fb.2.1700000000000.IwAR0-E.AQQAAQMC", "fbclid": "IwAR0-E" }),
        json!({ "click_id": "click-000F" }),
        json!({ "click_id": "click-000G", "fbp": FBP }),
    ];
    for (index, body) in bodies.iter().enumerate() {
        let answers = post_all(&world, vec![body.clone(); 50]).await?;
        assert_eq!((ids(&answers).len(), new(&answers)), (1, 1), "{body}");
        assert!(answers.iter().all(|it| it["fbc"] == answers[0]["fbc"] && it["fbp"] == answers[0]["fbp"]), "{body}");
        assert_eq!(clicks(&world).await?, i64::try_from(index + 1)?, "{body}");
        let row = world.click_row(&answers[0]).await?;
        assert_eq!((&row["fbc"], &row["fbp"]), (&answers[0]["fbc"], &answers[0]["fbp"]));
    }
    Ok(())
}

#[tokio::test]
async fn fifty_posts_at_once_of_five_browsers_with_one_shared_link_are_five_clicks() -> Result<()> {
    let world = World::busy("clicks", 25).await?;
    for (round, named) in [false, true, false].into_iter().enumerate() {
        let fbclid = format!("IwAR0-Shared_{round}");
        let browser = |index: usize| format!("fb.2.1700000000000.{}", index % 5 + 1);
        let body = |index: usize| {
            let body = json!({ "fbclid": fbclid, "fbp": browser(index) });
            let id = json!({ "click_id": format!("click-{round}-{}", index % 5) });
            if named { merged(&body, &id) } else { body }
        };
        let answers = post_all(&world, (0..50).map(body).collect()).await?;
        assert_eq!((ids(&answers).len(), new(&answers)), (5, 5));
        for (index, answer) in answers.iter().enumerate() {
            assert_eq!((&answer["fbp"], &answer["fbc"]), (&json!(browser(index)), &answers[0]["fbc"]));
            assert_eq!(answer["click_id"], answers[index % 5]["click_id"], "one id a browser");
        }
        let firsts = "select count(*) from clicks where fbclid = $1 and shared_from is null";
        assert_eq!(world.count(firsts, &[&fbclid]).await?, 1);
        let shared =
            "select count(*) from clicks s join clicks f on f.id = s.shared_from where f.fbclid = $1 and s.fbc is null";
        assert_eq!(world.count(shared, &[&fbclid]).await?, 4);
    }
    Ok(())
}

#[tokio::test]
async fn fifty_posts_at_once_that_each_know_a_part_make_one_whole_click() -> Result<()> {
    let world = World::busy("clicks", 25).await?;
    let parts = [
        json!({ "fbclid": "IwAR0-Parts" }),
        json!({ "fbp": FBP }),
        json!({ "utm_source": "meta" }),
        json!({ "utm_medium": "paid" }),
        json!({ "url": "https://loja.example.com.br/" }),
    ];
    let named = json!({ "click_id": "click-0001" });
    let answers = post_all(&world, (0..50).map(|index| merged(&named, &parts[index % 5])).collect()).await?;
    assert_eq!((ids(&answers).len(), new(&answers), clicks(&world).await?), (1, 1, 1));
    let row = world.click_row(&answers[0]).await?;
    let whole = json!({
        "id": "click-0001", "fbclid": "IwAR0-Parts", "fbp": FBP, "utm_source": "meta", "utm_medium": "paid",
        "url": "https://loja.example.com.br/",
    });
    for (column, value) in whole.as_object().into_iter().flatten() {
        assert_eq!(&row[column], value, "{column}");
    }
    Ok(())
}

#[tokio::test]
async fn two_browsers_at_once_after_a_click_without_fbp_are_two_clicks() -> Result<()> {
    let world = World::busy("clicks", 25).await?;
    let link = json!({"url": "https://loja.example.com.br/?fbclid=IwAR0-Shared"});
    for round in 0..10 {
        world.execute("delete from click_aliases; delete from clicks").await?;
        world.post_click(&link).await?.expect(200)?;
        let bodies = [FBP, OTHER_FBP].map(|fbp| merged(&link, &json!({ "fbp": fbp })));
        let answers = post_all(&world, bodies.to_vec()).await?;
        assert_eq!(ids(&answers).len(), 2, "{round}");
        assert_eq!((&answers[0]["fbp"], &answers[1]["fbp"]), (&json!(FBP), &json!(OTHER_FBP)));
    }
    Ok(())
}

#[tokio::test]
async fn a_browser_that_lost_the_race_for_a_click_gives_its_id_to_none_but_its_own() -> Result<()> {
    let world = World::busy("clicks", 25).await?;
    world.execute("create trigger slow_too before update on clicks for each row execute function slow()").await?;
    let link = json!({"url": "https://loja.example.com.br/?fbclid=IwAR0-Shared"});
    for round in 0..5 {
        world.execute("delete from click_aliases; delete from clicks").await?;
        world.post_click(&link).await?.expect(200)?;
        let named = [("click-000A", FBP), ("click-000B", OTHER_FBP)]
            .map(|(id, fbp)| merged(&link, &json!({ "click_id": id, "fbp": fbp })));
        let answers = post_all(&world, named.to_vec()).await?;
        assert_eq!(ids(&answers).len(), 2, "{round}");
        for (said, answer) in named.iter().zip(&answers) {
            let sql = "select coalesce((select click_id from click_aliases where id = $1), $1)";
            let id = said["click_id"].as_str();
            assert_eq!(world.text(sql, &[&id]).await?.as_deref(), answer["click_id"].as_str(), "{round}: {id:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn two_ad_clicks_at_once_for_one_click_id_are_two_clicks() -> Result<()> {
    let world = World::busy("clicks", 25).await?;
    for round in 0..10 {
        world.execute("delete from click_aliases; delete from clicks").await?;
        world.post_click(&json!({"click_id": "click-0001"})).await?.expect(200)?;
        let bodies = ["IwAR0-One", "IwAR0-Two"].map(|id| json!({"click_id": "click-0001", "fbclid": id}));
        let answers = post_all(&world, bodies.to_vec()).await?;
        assert_eq!(ids(&answers).len(), 2, "{round}: {answers:?}");
        for (answer, id) in answers.iter().zip(["IwAR0-One", "IwAR0-Two"]) {
            assert!(answer["fbc"].as_str().is_some_and(|fbc| fbc.ends_with(id)), "{round}: {answers:?}");
        }
    }
    Ok(())
}
