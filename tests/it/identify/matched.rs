//! What an order makes of observations: a claim finds its click, what an order confirmed goes first, and nothing of it is sent.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tests::simulator::EventQuery;
use tests::world::World;

use super::{EMAIL, FBP, OTHER_FBP, PHONE, click, email_hash, identify, order};

async fn placed(world: &World, order: &Value) -> Result<Value> {
    world.post_order(order).await?.expect(202)
}

/// The sentence of the story that tells the match.
fn matched_line(told: &Value) -> Result<&str> {
    let lines = told["events"][0]["story"].as_array().into_iter().flatten().filter_map(|it| it["text"].as_str());
    lines.into_iter().find(|text| text.starts_with("It was matched")).context("a match")
}

/// Moves all that is there so far into the past, so that what follows is newer by more than clocks differ.
async fn an_hour_later(world: &World) -> Result<()> {
    let sql = "update clicks set created_at = created_at - interval '1 hour';
               update identities set created_at = created_at - interval '1 hour'";
    world.execute(sql).await
}

#[tokio::test]
async fn a_claim_of_any_kind_leads_an_order_to_its_click_and_is_told_as_a_claim() -> Result<()> {
    let world = World::new().await?;
    for (kind, person, evidence, words) in [
        ("email", json!({ "email": EMAIL }), "email_hash", "that click's visitor gave the buyer's e-mail"),
        ("phone", json!({ "phone": PHONE }), "phone_hash", "that click's visitor gave the buyer's phone"),
        (
            "id",
            json!({ "external_id": "User-42" }),
            "external_id_hash",
            "that click's visitor gave the buyer's customer id",
        ),
    ] {
        let click_id = click(&world, &json!({"click_id": format!("click-of-{kind}")})).await?;
        let mut said = person.clone();
        said["click_id"] = json!(click_id);
        identify(&world, &said).await?;
        let mut customer = person.clone();
        customer["last_name"] = json!("Sample");
        let answer = placed(&world, &order(kind, &customer)).await?;
        let found = &answer["match"];
        assert_eq!((&found["stage"], &found["click_id"]), (&json!("identity"), &json!(click_id)), "{kind}");
        let first = &found["evidence"][0];
        assert_eq!(
            (&first["evidence"], &first["confirmed"], &first["verdict"]),
            (&json!(evidence), &json!(false), &json!("taken"))
        );
        let told = world.get_order(&format!("/v1/orders?order_id={kind}")).await?.expect(200)?;
        let line = matched_line(&told)?;
        assert!(line.contains(words) && line.contains("no order had confirmed"), "{line}");
    }
    Ok(())
}

#[tokio::test]
async fn what_an_order_confirmed_goes_before_what_another_browser_claims_later() -> Result<()> {
    let world = World::new().await?;
    let own = click(&world, &json!({ "fbp": FBP })).await?;
    let mut first = order("first", &json!({ "email": EMAIL, "external_id": "User-42" }));
    first["click"] = json!({ "click_id": own });
    placed(&world, &first).await?;
    an_hour_later(&world).await?;
    let foreign = click(&world, &json!({ "fbp": OTHER_FBP })).await?;
    identify(&world, &json!({ "click_id": foreign, "email": EMAIL, "external_id": "User-42" })).await?;
    let answer = placed(&world, &order("second", &json!({ "email": EMAIL }))).await?;
    assert_eq!(answer["match"]["click_id"], json!(own));
    let evidence = answer["match"]["evidence"].as_array().context("evidence")?;
    let of = |click_id: &str| evidence.iter().find(|it| it["click_id"] == click_id).cloned().unwrap_or_default();
    assert_eq!((&of(&own)["confirmed"], &of(&own)["verdict"]), (&json!(true), &json!("taken")));
    assert_eq!((&of(&foreign)["confirmed"], &of(&foreign)["verdict"]), (&json!(false), &json!("outranked")));
    let by_id = placed(&world, &order("third", &json!({ "external_id": "User-42", "last_name": "Sample" }))).await?;
    assert_eq!(by_id["match"]["click_id"], json!(own), "by the seller's id as by e-mail");
    let unseen = placed(&world, &order("fourth", &json!({ "phone": PHONE }))).await?;
    assert_eq!(unseen["match"]["stage"], "none");
    Ok(())
}

#[tokio::test]
async fn an_order_that_a_claim_alone_matched_does_not_confirm_it_for_the_next_one() -> Result<()> {
    let world = World::new().await?;
    let foreign = click(&world, &json!({ "fbp": OTHER_FBP })).await?;
    identify(&world, &json!({ "click_id": foreign, "email": EMAIL })).await?;
    let first = placed(&world, &order("first", &json!({ "email": EMAIL }))).await?;
    assert_eq!(first["match"]["click_id"], json!(foreign), "better than no match");
    let kept =
        "select string_agg(concat_ws(' ', source, coalesce(click_id, 'none')), ', ' order by source) from identities";
    assert_eq!(world.text(kept, &[]).await?, Some(format!("browser {foreign}, order none")));

    an_hour_later(&world).await?;
    let own = click(&world, &json!({ "fbp": FBP })).await?;
    identify(&world, &json!({ "click_id": own, "email": EMAIL })).await?;
    let second = placed(&world, &order("second", &json!({ "email": EMAIL }))).await?;
    assert_eq!(second["match"]["click_id"], json!(own), "of two claims the newer one");
    let evidence = second["match"]["evidence"].as_array().context("evidence")?;
    assert_eq!(evidence.len(), 2);
    assert!(evidence.iter().all(|it| it["confirmed"] == false), "{evidence:?}");
    Ok(())
}

#[tokio::test]
async fn a_repeat_buyer_s_newer_click_in_the_same_browser_goes_before_the_older_one() -> Result<()> {
    let world = World::new().await?;
    let old = click(&world, &json!({ "fbp": FBP })).await?;
    let mut first = order("first", &json!({ "email": EMAIL }));
    first["click"] = json!({ "click_id": old });
    placed(&world, &first).await?;
    an_hour_later(&world).await?;
    let new = click(&world, &json!({ "fbp": format!("{FBP}.AQQAAQMC") })).await?;
    identify(&world, &json!({ "click_id": new, "email": EMAIL })).await?;
    let foreign = click(&world, &json!({ "fbp": OTHER_FBP })).await?;
    identify(&world, &json!({ "click_id": foreign, "email": EMAIL })).await?;
    let answer = placed(&world, &order("second", &json!({ "email": EMAIL }))).await?;
    assert_eq!(answer["match"]["click_id"], json!(new));
    assert_eq!(answer["match"]["evidence"][0]["confirmed"], true);
    Ok(())
}

#[tokio::test]
async fn the_order_s_own_browser_needs_no_confirmation() -> Result<()> {
    let world = World::new().await?;
    let known = click(&world, &json!({ "fbp": FBP })).await?;
    let mut first = order("first", &json!({ "email": EMAIL }));
    first["click"] = json!({ "click_id": known });
    placed(&world, &first).await?;
    let new = click(&world, &json!({ "fbp": OTHER_FBP })).await?;
    identify(&world, &json!({ "click_id": new, "email": EMAIL })).await?;
    let mut second = order("second", &json!({ "email": EMAIL }));
    second["click"] = json!({ "fbp": OTHER_FBP });
    let answer = placed(&world, &second).await?;
    assert_eq!((&answer["match"]["stage"], &answer["match"]["click_id"]), (&json!("identity"), &json!(new)));
    Ok(())
}

#[tokio::test]
async fn an_event_has_the_order_s_own_person_and_nothing_of_an_observation() -> Result<()> {
    let world = World::new().await?;
    let click_id = click(&world, &json!({ "fbclid": "IwAR0-Sample_1", "fbp": FBP })).await?;
    let said = json!({
        "click_id": click_id, "email": EMAIL, "phone": PHONE, "external_id": "User-42", "first_name": "Quitéria", "city": "Taubaté",
    });
    identify(&world, &said).await?;
    // The same browser says another name too: two people at one computer.
    identify(&world, &json!({ "click_id": click_id, "email": "joao@example.com" })).await?;
    let answer = placed(&world, &order("1001", &json!({ "email": EMAIL }))).await?;
    assert_eq!(answer["match"]["click_id"], json!(click_id));
    world.run_dispatch().await?;
    let events = world.simulator.events(&EventQuery::default());
    let user = events.first().context("an event")?.json()["user_data"].clone();
    let mut keys: Vec<&str> = user.as_object().context("user data")?.keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["client_ip_address", "client_user_agent", "em", "fbc", "fbp"]);
    assert_eq!(user["em"], json!([email_hash(EMAIL)]));
    Ok(())
}

#[tokio::test]
async fn no_later_click_or_claim_alters_the_match_of_an_order_that_is_there() -> Result<()> {
    let world = World::new().await?;
    let link = json!({ "fbclid": "IwAR0-Sample_1", "click_id": "click-0001", "fbp": FBP });
    click(&world, &link).await?;
    identify(&world, &json!({ "click_id": "click-0001", "email": EMAIL })).await?;
    let person = json!({ "email": EMAIL, "phone": PHONE, "external_id": "User-42" });
    let mut matched = order("matched", &person);
    matched["click"] = json!({ "fbclid": "IwAR0-Sample_1" });
    let unmatched = order("unmatched", &json!({ "email": "joao@example.com" }));
    let mut rows = Vec::new();
    let mut answers = Vec::new();
    for body in [&matched, &unmatched] {
        let answer = placed(&world, body).await?;
        rows.push(world.conversion_row(&answer).await?);
        answers.push(answer);
    }
    assert_eq!((&rows[0]["click_id"], &rows[1]["click_id"]), (&json!("click-0001"), &Value::Null));

    for (index, fbp) in [FBP, OTHER_FBP].into_iter().enumerate() {
        let again = json!({ "fbclid": "IwAR0-Sample_1", "click_id": format!("click-more-{index}"), "fbp": fbp, "utm_source": "x" });
        click(&world, &again).await?;
        click(&world, &json!({ "click_id": "click-0001", "fbp": fbp, "utm_campaign": "x" })).await?;
        let newer = click(&world, &json!({ "fbp": fbp })).await?;
        for click_id in ["click-0001", &newer] {
            for email in [EMAIL, "joao@example.com"] {
                let claim = json!({ "click_id": click_id, "fbp": fbp, "email": email, "phone": PHONE, "external_id": "User-42" });
                world.post_identify(&claim).await?.expect(200)?;
            }
        }
    }
    for ((body, row), answer) in [&matched, &unmatched].into_iter().zip(&rows).zip(&answers) {
        let again = world.post_order(body).await?.expect(200)?;
        assert_eq!((&again["duplicate"], &again["match"]), (&json!(true), &answer["match"]));
        assert_eq!(&world.conversion_row(answer).await?, row);
    }
    Ok(())
}

#[tokio::test]
async fn a_match_that_is_older_than_claims_is_read_as_confirmed() -> Result<()> {
    let world = World::new().await?;
    let click_id = click(&world, &json!({})).await?;
    identify(&world, &json!({ "click_id": click_id, "email": EMAIL })).await?;
    let body = order("1001", &json!({ "email": EMAIL }));
    let answer = placed(&world, &body).await?;
    assert_eq!(answer["match"]["evidence"][0]["confirmed"], false);
    world.execute("update conversions set match_candidates = jsonb_build_array((match_candidates -> 0) - 5)").await?;
    assert_eq!(world.conversion_row(&answer).await?["match_candidates"][0].as_array().map(Vec::len), Some(5));
    let again = world.post_order(&body).await?.expect(200)?;
    assert_eq!(
        (&again["match"]["click_id"], &again["match"]["evidence"][0]["confirmed"]),
        (&json!(click_id), &json!(true))
    );
    let told = world.get_order("/v1/orders?order_id=1001").await?.expect(200)?;
    let line = matched_line(&told)?;
    assert!(line.contains("the buyer's e-mail was seen with that click"), "{line}");
    Ok(())
}
