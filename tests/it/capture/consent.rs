//! What a visitor said of being recognised, and what is left of one who denied.

use anyhow::Result;
use serde_json::{Value, json};
use tests::request;
use tests::world::World;

use super::{FBC, FBP, OTHER_FBP, PAGE, clicks_of, set_funnel};

/// A click that tells everything a page may know.
fn full(click_id: &str, consent: &str) -> Value {
    json!({
        "click_id": click_id, "url": format!("{PAGE}/course?fbclid=IwAR0-Sample_1&utm_source=meta&who=me"),
        "referrer": "https://l.example.com/?u=me", "fbc": FBC, "fbp": FBP, "first": {"utm_source": "first"}, "consent": consent,
    })
}

/// What a row must not have.
const PERSONAL: [&str; 8] = ["ip", "user_agent", "fbclid", "fbc", "fbp", "browser", "first_utm", "shared_from"];

fn assert_nobody(row: &Value) {
    for column in PERSONAL {
        assert_eq!(row[column], Value::Null, "{column}");
    }
    assert_eq!(
        (&row["consent"], &row["url"], &row["referrer"]),
        (&json!("denied"), &json!(format!("{PAGE}/course")), &json!("https://l.example.com/"))
    );
    let text = row.to_string();
    for trace in ["IwAR0", "1234567890", "who=me", "u=me", request::SOURCE_IP, "Firefox"] {
        assert!(!text.contains(trace), "{trace} in {text}");
    }
}

#[tokio::test]
async fn a_denied_click_keeps_that_it_was_and_nothing_of_the_person() -> Result<()> {
    let world = World::new().await?;
    let answer = world.post_click(&full("click-0001", "denied")).await?.expect(200)?;
    assert_eq!(answer, json!({"click_id": "click-0001", "fbc": null, "fbp": null, "new": true}));
    let row = world.click_row(&answer).await?;
    assert_nobody(&row);
    assert_eq!(row["utm_source"], "meta", "the campaign is nobody's");
    Ok(())
}

#[tokio::test]
async fn a_denial_wipes_what_was_kept_of_the_click_by_any_id_that_names_it() -> Result<()> {
    for named in ["click-0001", "click-0002"] {
        let world = World::new().await?;
        let granted = world.post_click(&full("click-0001", "granted")).await?.expect(200)?;
        assert_eq!((&granted["fbc"], &granted["fbp"]), (&json!(FBC), &json!(FBP)));
        world.post_click(&full("click-0002", "granted")).await?.expect(200)?;
        let denial =
            json!({"click_id": named, "url": format!("{PAGE}/course?fbclid=IwAR0-Sample_1"), "consent": "denied"});
        let answer = world.post_click(&denial).await?.expect(200)?;
        assert_eq!(answer, json!({"click_id": "click-0001", "fbc": null, "fbp": null, "new": false}));
        let rows = clicks_of(&world, &world.tenant).await?;
        assert_eq!(rows.len(), 1);
        assert_nobody(&rows[0]);
    }
    Ok(())
}

#[tokio::test]
async fn a_denial_is_final_for_its_click_id_whatever_is_told_later() -> Result<()> {
    let world = World::new().await?;
    world.post_click(&full("click-0001", "denied")).await?.expect(200)?;
    let before = world.contents().await?;
    let mut unasked = full("click-0001", "");
    unasked["consent"] = Value::Null;
    for late in [full("click-0001", "granted"), unasked, json!({"click_id": "click-0001", "fbp": FBP})] {
        let answer = world.post_click(&late).await?.expect(200)?;
        assert_eq!(answer, json!({"click_id": "click-0001", "fbc": null, "fbp": null, "new": false}), "{late}");
        assert_eq!(world.contents().await?, before, "{late}");
    }
    Ok(())
}

#[tokio::test]
async fn a_denial_and_a_grant_at_the_same_time_end_as_a_denial() -> Result<()> {
    let world = World::new().await?;
    let other = click::State::new(shared::db::Db::new(tests::world::db_config(world.db.url()), None, 4), 0);
    for number in 0..20 {
        let id = format!("click-{number:04}");
        let mut granted = full(&id, "granted");
        granted["url"] = json!(format!("{PAGE}/course?fbclid=Race-{number}"));
        granted["fbc"] = json!(format!("fb.2.1700000000000.Race-{number}"));
        if number % 2 == 0 {
            world.post_click(&granted).await?.expect(200)?;
            granted["fbp"] = json!(format!("{FBP}.AQ"));
            granted["utm_term"] = json!("later");
        }
        let denial = json!({"click_id": id, "url": format!("{PAGE}/course"), "referrer": "https://l.example.com/", "consent": "denied"});
        let late = request::post(&world.clicks_path(), &granted.to_string());
        let (one, two) = tokio::join!(world.post_click(&denial), click::handle(&other, &late));
        one?.expect(200)?;
        assert_eq!(two.status(), 200);
        assert_nobody(&world.click_row(&json!({ "click_id": id })).await?);
    }
    Ok(())
}

#[tokio::test]
async fn where_consent_is_required_nobody_asked_means_denied() -> Result<()> {
    let world = World::new().await?;
    set_funnel(&world, "requires_consent = true").await?;
    let mut unasked = full("click-0001", "");
    for (number, absent) in [Value::Null, json!("")].into_iter().enumerate() {
        unasked["click_id"] = json!(format!("click-{number:04}"));
        unasked["consent"] = absent;
        let answer = world.post_click(&unasked).await?.expect(200)?;
        assert_nobody(&world.click_row(&answer).await?);
    }
    let granted = world.post_click(&full("click-0009", "granted")).await?.expect(200)?;
    let row = world.click_row(&granted).await?;
    assert_eq!(
        (&row["fbp"], &row["ip"], &row["consent"]),
        (&json!(FBP), &json!(request::SOURCE_IP), &json!("granted"))
    );
    Ok(())
}

#[tokio::test]
async fn where_nobody_was_asked_and_need_not_be_the_click_is_kept_and_its_grant_completes_it() -> Result<()> {
    let world = World::new().await?;
    let mut body = full("click-0001", "");
    body["consent"] = Value::Null;
    let answer = world.post_click(&body).await?.expect(200)?;
    let row = world.click_row(&answer).await?;
    assert_eq!((&row["fbp"], &row["consent"]), (&json!(FBP), &Value::Null));
    assert_eq!(row["first_utm"], json!({"utm_source": "first"}));
    world.post_click(&full("click-0001", "granted")).await?.expect(200)?;
    assert_eq!(world.click_row(&answer).await?["consent"], "granted");
    Ok(())
}

#[tokio::test]
async fn any_word_but_granted_is_a_denial_and_no_word_at_all_a_fault_of_the_page() -> Result<()> {
    let world = World::new().await?;
    for (number, (said, kept)) in [
        ("granted", "granted"),
        (" Granted ", "granted"),
        ("denied", "denied"),
        ("DENIED", "denied"),
        ("false", "denied"),
        ("no", "denied"),
        ("revoked", "denied"),
        ("\u{0}", "denied"),
    ]
    .into_iter()
    .enumerate()
    {
        let answer =
            world.post_click(&json!({"click_id": format!("click-{number:04}"), "fbp": FBP, "consent": said})).await?;
        let row = world.click_row(&answer.expect(200)?).await?;
        assert_eq!((&row["consent"], row["fbp"].is_null()), (&json!(kept), kept == "denied"), "{said:?}");
    }
    for said in [json!(false), json!(true), json!({}), json!(0)] {
        let answer = world.refused_click(&world.click_request(&json!({ "consent": said }).to_string()), 422).await?;
        assert_eq!(answer.errors(), [("consent".to_owned(), "wrong_type".to_owned())]);
    }
    Ok(())
}

#[tokio::test]
async fn who_came_by_a_link_of_one_who_denied_has_an_ad_click_of_their_own() -> Result<()> {
    let world = World::new().await?;
    world.post_click(&full("click-0001", "granted")).await?.expect(200)?;
    let mut second = full("click-0002", "granted");
    second["fbp"] = json!(OTHER_FBP);
    let shared = world.post_click(&second).await?.expect(200)?;
    assert_eq!(world.click_row(&shared).await?["shared_from"], "click-0001");
    let denial = json!({"click_id": "click-0001", "consent": "denied"});
    world.post_click(&denial).await?.expect(200)?;
    let row = world.click_row(&shared).await?;
    assert_eq!((&row["shared_from"], &row["fbc"], &row["fbp"]), (&Value::Null, &Value::Null, &json!(OTHER_FBP)));
    assert_eq!(row["ip"], request::SOURCE_IP, "the other visitor said nothing");
    let again = world.post_click(&second).await?.expect(200)?;
    assert_eq!(again, json!({"click_id": "click-0002", "fbc": FBC, "fbp": OTHER_FBP, "new": false}));
    assert_eq!(clicks_of(&world, &world.tenant).await?.len(), 2);
    Ok(())
}

#[tokio::test]
async fn who_denies_a_shared_link_takes_nothing_from_the_first() -> Result<()> {
    let world = World::new().await?;
    let first = world.post_click(&full("click-0001", "granted")).await?.expect(200)?;
    let row = world.click_row(&first).await?;
    let mut second = full("click-0002", "granted");
    second["fbp"] = json!(OTHER_FBP);
    world.post_click(&second).await?.expect(200)?;
    let denied = world.post_click(&full("click-0002", "denied")).await?.expect(200)?;
    assert_eq!(denied, json!({"click_id": "click-0002", "fbc": null, "fbp": null, "new": false}));
    assert_nobody(&world.click_row(&denied).await?);
    assert_eq!(world.click_row(&first).await?, row, "the first is as it was");
    Ok(())
}

#[tokio::test]
async fn a_denial_reaches_no_click_of_another_tenant() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    let path = format!("/v1/funnels/{}/clicks", other.funnel_id);
    let theirs = request::post(&path, &full("click-0001", "granted").to_string());
    world.send_click(&theirs).await?.expect(200)?;
    let before = clicks_of(&world, &other).await?;
    assert_eq!(world.post_click(&full("click-0001", "denied")).await?.expect(200)?["new"], true);
    assert_eq!(clicks_of(&world, &other).await?, before);
    Ok(())
}

#[tokio::test]
async fn the_table_itself_refuses_a_person_in_a_denied_click() -> Result<()> {
    let world = World::new().await?;
    world.post_click(&full("click-0001", "denied")).await?.expect(200)?;
    for column in ["ip", "user_agent", "fbclid", "fbc", "fbp"] {
        assert!(world.execute(&format!("update clicks set {column} = 'x'")).await.is_err(), "{column}");
    }
    assert!(world.execute("update clicks set first_utm = '{}'").await.is_err());
    Ok(())
}
