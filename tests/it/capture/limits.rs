//! How much one funnel and one address may bring in a minute: a flood of one tenant is that tenant's alone.

use anyhow::{Result, anyhow};
use lambda_http::Request;
use serde_json::{Value, json};
use shared::db::clicks::{self, Consent, NewClick, Recorded};
use tests::request;
use tests::world::World;

use super::{PAGE, checkout, clicks_of, set_funnel, uncounted};

/// Says how many clicks the seeded funnel has had in a minute, so many minutes ago.
async fn pressed(world: &World, clicks: i32, minutes_ago: i32) -> Result<()> {
    let sql = format!(
        "insert into funnel_minutes (tenant_id, funnel_id, minute, clicks)
         values ('{}', '{}', date_trunc('minute', clock()) - interval '{minutes_ago} minutes', {clicks})
         on conflict (tenant_id, funnel_id, minute) do update set clicks = excluded.clicks",
        world.tenant.id, world.tenant.funnel_id
    );
    world.execute(&sql).await
}

/// A flood that goes on from this minute to the next, so that a test does not depend on when it runs.
async fn flooded(world: &World, clicks: i32) -> Result<()> {
    pressed(world, clicks, 0).await?;
    pressed(world, clicks, -1).await
}

fn from(world: &World, address: &str, body: &Value) -> Request {
    request::post_from(&world.clicks_path(), &body.to_string(), address, None)
}

#[tokio::test]
async fn over_its_funnel_s_limit_a_new_click_is_refused_for_a_minute_and_a_known_one_is_not() -> Result<()> {
    let world = World::new().await?;
    let known = json!({"click_id": "click-0001", "url": format!("{PAGE}/?fbclid=IwAR0-Sample_1")});
    world.post_click(&known).await?.expect(200)?;
    flooded(&world, 6000).await?;
    let answer = world.post_click(&json!({"click_id": "click-0002"})).await?;
    answer.expect_problem(429)?;
    assert_eq!(answer.header("retry-after"), "60");
    assert!(answer.set_cookies().is_empty());
    let mut again = known.clone();
    again["utm_term"] = json!("later");
    assert_eq!(world.post_click(&again).await?.expect(200)?["new"], false);
    again["consent"] = json!("denied");
    assert_eq!(world.post_click(&again).await?.expect(200)?["new"], false, "a denial is heard in any flood");
    assert_eq!(clicks_of(&world, &world.tenant).await?[0]["consent"], "denied");
    Ok(())
}

#[tokio::test]
async fn a_minute_counts_for_itself_and_below_the_limit_for_nothing() -> Result<()> {
    let world = World::new().await?;
    pressed(&world, 1_000_000, 1).await?;
    world.post_click(&json!({})).await?.expect(200)?;
    flooded(&world, 5999).await?;
    world.post_click(&json!({})).await?.expect(200)?;
    set_funnel(&world, "clicks_per_minute = 1000").await?;
    assert_eq!(world.post_click(&json!({})).await?.status, 429, "the operator says what is too much");
    Ok(())
}

#[tokio::test]
async fn a_flooded_tenant_and_a_flooded_funnel_leave_the_others_untouched() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    flooded(&world, 6000).await?;
    let path = format!("/v1/funnels/{}/clicks", other.funnel_id);
    assert_eq!(world.post_click(&json!({})).await?.status, 429);
    world.send_click(&request::post(&path, "{}")).await?.expect(200)?;
    let id = format!("second-{}", world.tenant.id);
    world
        .execute(&format!(
            "insert into funnels (tenant_id, id, name, status) values ('{}', '{id}', 'Second', 'active')",
            world.tenant.id
        ))
        .await?;
    world.send_click(&request::post(&format!("/v1/funnels/{id}/clicks"), "{}")).await?.expect(200)?;
    assert_eq!(clicks_of(&world, &other).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn one_address_has_a_limit_of_its_own_at_each_tenant() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    set_funnel(&world, "clicks_per_minute_per_address = 3").await?;
    for _ in 0..3 {
        world.send_click(&from(&world, "198.51.100.9", &json!({}))).await?.expect(200)?;
    }
    assert_eq!(world.send_click(&from(&world, "198.51.100.9", &json!({}))).await?.status, 429);
    world.send_click(&from(&world, "198.51.100.10", &json!({}))).await?.expect(200)?;
    let path = format!("/v1/funnels/{}/clicks", other.funnel_id);
    world.send_click(&request::post_from(&path, "{}", "198.51.100.9", None)).await?.expect(200)?;
    world.execute("update clicks set created_at = clock() - interval '61 seconds'").await?;
    world.send_click(&from(&world, "198.51.100.9", &json!({}))).await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn over_a_limit_a_redirect_leads_on_all_the_same_without_a_click() -> Result<()> {
    let world = World::new().await?;
    checkout(&world, &world.tenant, "checkout.example.net", "sck").await?;
    flooded(&world, 6000).await?;
    let path = |to: &str| format!("/r/{}?to={to}&fbclid=IwAR0-Sample_1&utm_source=meta", world.tenant.funnel_id);
    let request = request::get(&path("https%3A%2F%2Fcheckout.example.net%2F%3Fa%3D1"));
    let answer = world.send_click(&request::with_header(request, "host", "track.example.com.br")).await?;
    let wanted = "https://checkout.example.net/?a=1&utm_source=meta&fbclid=IwAR0-Sample_1";
    assert_eq!((answer.status, answer.header("location")), (302, wanted));
    assert!(answer.set_cookies().is_empty());
    world.refused_click(&request::get(&path("https%3A%2F%2Fevil.example.org")), 400).await?;
    assert!(clicks_of(&world, &world.tenant).await?.is_empty());
    Ok(())
}

/// A click straight to the database, as the function hands it over.
async fn record(world: &World, sampled: bool, consent: Option<Consent>) -> Result<Recorded> {
    let click = NewClick { funnel_id: world.tenant.funnel_id.clone(), sampled, consent, ..NewClick::default() };
    let click = &click;
    let recorded = world.click.db.run(|client| async move { clicks::record(&client, click).await }).await?;
    recorded.map_err(|refusal| anyhow!("{refusal:?}"))
}

async fn counted(world: &World) -> Result<i64> {
    world.count("select coalesce(sum(clicks), 0) from funnel_minutes", &[]).await
}

#[tokio::test]
async fn each_thirty_sixth_new_click_is_counted_for_all_of_them() -> Result<()> {
    let world = World::new().await?;
    for sampled in [false, true, false] {
        assert!(matches!(record(&world, sampled, None).await?, Recorded::Click(kept) if kept.new));
    }
    assert_eq!((counted(&world).await?, clicks_of(&world, &world.tenant).await?.len()), (36, 3));
    record(&world, true, Some(Consent::Denied)).await?;
    assert_eq!(counted(&world).await?, 72, "a denied click is one too");
    let drawn = (0..36_000).filter(|_| clicks::is_sampled()).count();
    assert!((700..1300).contains(&drawn), "{drawn} of 36,000, where about 1,000 are right");
    Ok(())
}

#[tokio::test]
async fn what_is_known_already_or_over_the_limit_counts_for_nothing_in_the_funnel_s_minute() -> Result<()> {
    let world = World::new().await?;
    let again = NewClick {
        funnel_id: world.tenant.funnel_id.clone(),
        click_id: Some("click-0001".into()),
        sampled: true,
        ..NewClick::default()
    };
    let again = &again;
    for _ in 0..3 {
        let recorded = world.click.db.run(|client| async move { clicks::record(&client, again).await }).await?;
        assert!(recorded.is_ok());
    }
    assert_eq!(counted(&world).await?, 36);
    flooded(&world, 6000).await?;
    let before = counted(&world).await?;
    for sampled in [true, true, false] {
        assert!(matches!(record(&world, sampled, None).await?, Recorded::Full { .. }));
    }
    assert_eq!(counted(&world).await?, before);
    assert_eq!(uncounted(&world, &world.tenant).await?, "limit 72", "but among the visits that are no clicks");
    Ok(())
}
