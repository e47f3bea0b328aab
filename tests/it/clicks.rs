//! One row a browser's ad click: first-seen wins, later data completes it, also for many requests at once.

mod races;

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tests::request;
use tests::simulator::EventQuery;
use tests::world::World;

const FBP: &str = "fb.2.1700000000000.1234567890";
const OTHER_FBP: &str = "fb.2.1700000000000.9999999999";

async fn clicks(world: &World) -> Result<i64> {
    world.count("select count(*) from clicks", &[]).await
}

fn ids(answers: &[Value]) -> BTreeSet<&str> {
    answers.iter().filter_map(|it| it["click_id"].as_str()).collect()
}

fn new(answers: &[Value]) -> usize {
    answers.iter().filter(|it| it["new"] == true).count()
}

fn merged(body: &Value, more: &Value) -> Value {
    let mut body = body.clone();
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    body
}

#[tokio::test]
async fn the_first_is_new_and_a_repeat_finds_it_by_whatever_it_has_in_common() -> Result<()> {
    let fbclid = json!({"fbclid": "IwAR0-Sample_1"});
    let in_url = json!({"url": "https://loja.example.com.br/?fbclid=IwAR0-Sample_1"});
    let in_referrer = json!({"referrer": "https://loja.example.com.br/?fbclid=IwAR0-Sample_1"});
    let fbc = json!({"fbc": "fb.2.1700000000000.IwAR0-Sample_1"});
    let later_fbc = json!({"fbc": "fb.2.1700000009999.IwAR0-Sample_1"});
    let with_appendix = json!({"fbc": "fb.2.1700000000000.IwAR0-Sample_1.AQQAAQMC"});
    let neither = json!({});
    let named = json!({"click_id": "click-0001"});
    let ad_clicks = [&fbclid, &in_url, &in_referrer, &fbc, &later_fbc, &with_appendix];
    let mut pairs = Vec::new();
    for first in ad_clicks {
        pairs.extend(ad_clicks.map(|repeat| (first.clone(), repeat.clone())));
    }
    for first in ad_clicks.into_iter().chain([&neither]) {
        for repeat in ad_clicks.into_iter().chain([&neither]) {
            pairs.push((merged(first, &named), merged(repeat, &named)));
        }
    }
    let browser = json!({ "fbp": FBP });
    let world = World::new().await?;
    for (first, repeat) in &pairs {
        for (first, repeat) in [
            (first.clone(), repeat.clone()),
            (merged(first, &browser), merged(repeat, &browser)),
            (merged(first, &browser), repeat.clone()),
            (first.clone(), merged(repeat, &browser)),
        ] {
            world.execute("delete from click_aliases; delete from clicks").await?;
            let one = world.post_click(&first).await?.expect(200)?;
            assert_eq!(one["new"], true, "{first}");
            let two = world.post_click(&repeat).await?.expect(200)?;
            assert_eq!((&two["click_id"], &two["new"]), (&one["click_id"], &json!(false)), "{first}, then {repeat}");
            assert_eq!(clicks(&world).await?, 1, "{first}, then {repeat}");
            let row = world.click_row(&one).await?;
            assert_eq!((&row["fbc"], &row["fbp"]), (&two["fbc"], &two["fbp"]), "{first}, then {repeat}");
            for identifier in ["fbc", "fbp"] {
                assert!(
                    one[identifier].is_null() || one[identifier] == two[identifier],
                    "first-seen: {first}, then {repeat}"
                );
            }
            let has_browser = [&first, &repeat].iter().any(|body| body["fbp"] == FBP);
            assert_eq!(two["fbp"] == FBP, has_browser, "completed: {first}, then {repeat}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn without_an_ad_click_or_a_click_id_each_post_is_a_click_of_its_own() -> Result<()> {
    let world = World::new().await?;
    for body in [json!({}), json!({}), json!({ "fbp": FBP }), json!({ "fbp": FBP })] {
        assert_eq!(world.post_click(&body).await?.expect(200)?["new"], true);
    }
    assert_eq!(clicks(&world).await?, 4);
    Ok(())
}

#[tokio::test]
async fn later_data_completes_a_click_and_never_overwrites_it() -> Result<()> {
    let world = World::new().await?;
    let bare = request::without_header(
        world.click_request(r#"{"fbclid":"IwAR0-Sample_1","utm_source":"first"}"#),
        "user-agent",
    );
    let first = world.send_click(&bare).await?.expect(200)?;
    let second = json!({
        "fbclid": "IwAR0-Sample_1", "fbc": "fb.2.1600000000000.IwAR0-Sample_1", "fbp": FBP, "utm_source": "second",
        "utm_medium": "second", "url": "https://second.example.com/", "referrer": "https://second.example.com/r",
    });
    world.post_click(&second).await?.expect(200)?;
    let third = json!({
        "fbclid": "IwAR0-Sample_1", "fbp": FBP, "utm_source": "third", "utm_medium": "third", "utm_campaign": "third",
        "url": "https://third.example.com/", "referrer": "https://third.example.com/r",
    });
    let request = request::post_from(&world.clicks_path(), &third.to_string(), "198.51.100.9", None);
    world.send_click(&request::with_header(request, "user-agent", "third")).await?.expect(200)?;
    let row = world.click_row(&first).await?;
    let expected = json!({
        "fbc": first["fbc"], "fbp": FBP, "utm_source": "first", "utm_medium": "second", "utm_campaign": "third",
        "url": "https://second.example.com/", "referrer": "https://second.example.com/r", "ip": request::SOURCE_IP,
        "user_agent": request::AGENT,
    });
    for (column, value) in expected.as_object().into_iter().flatten() {
        assert_eq!(&row[column], value, "{column}");
    }
    let before = world.contents().await?;
    world.post_click(&third).await?.expect(200)?;
    assert_eq!(world.contents().await?, before, "with nothing to complete, nothing is written");
    Ok(())
}

#[tokio::test]
async fn the_second_browser_of_a_shared_link_is_its_own_row_and_takes_fbc_from_the_first() -> Result<()> {
    let world = World::new().await?;
    let link = json!({"url": "https://loja.example.com.br/?fbclid=IwAR0-Shared"});
    let first = world.post_click(&merged(&link, &json!({ "fbp": FBP }))).await?.expect(200)?;
    let first_row = world.click_row(&first).await?;
    let body = merged(&link, &json!({ "fbp": OTHER_FBP, "click_id": "click-0002" }));
    let request = request::post_from(&world.clicks_path(), &body.to_string(), "198.51.100.9", None);
    let request = request::with_header(request, "user-agent", "the second's agent");
    let second = world.send_click(&request).await?.expect(200)?;
    assert_eq!(second, json!({"click_id": "click-0002", "fbc": first["fbc"], "fbp": OTHER_FBP, "new": true}));
    let row = world.click_row(&second).await?;
    assert_eq!((&row["shared_from"], &row["ip"]), (&first["click_id"], &json!("198.51.100.9")));
    assert_eq!(
        (&row["fbclid"], &row["fbc"], &row["user_agent"]),
        (&Value::Null, &Value::Null, &json!("the second's agent"))
    );
    assert_eq!(world.click_row(&first).await?, first_row, "the first is as it was");

    let found = json!({"click_id": "click-0002", "fbc": first["fbc"], "fbp": OTHER_FBP, "new": false});
    for again in [
        merged(&link, &json!({ "fbp": OTHER_FBP })),
        merged(&link, &json!({ "fbp": OTHER_FBP, "click_id": "click-0003" })),
        merged(&link, &json!({ "click_id": "click-0002" })),
        json!({ "click_id": "click-0002", "fbp": OTHER_FBP }),
        json!({ "click_id": "click-0002" }),
    ] {
        assert_eq!(world.post_click(&again).await?.expect(200)?, found, "{again}");
    }
    assert_eq!(clicks(&world).await?, 2);
    Ok(())
}

#[tokio::test]
async fn an_order_of_the_second_browser_has_that_browser_and_the_shared_click() -> Result<()> {
    let world = World::new().await?;
    let link = json!({"url": "https://loja.example.com.br/?fbclid=IwAR0-Shared"});
    let first = world.post_click(&merged(&link, &json!({ "fbp": FBP }))).await?.expect(200)?;
    let body = merged(&link, &json!({ "fbp": OTHER_FBP }));
    let request = request::post_from(&world.clicks_path(), &body.to_string(), "198.51.100.9", None);
    let second =
        world.send_click(&request::with_header(request, "user-agent", "the second's agent")).await?.expect(200)?;
    let order = json!({
        "order_id": "1001", "value": 97, "currency": "BRL", "customer": {"email": "maria@example.com"},
        "click": {"fbclid": "IwAR0-Shared", "fbp": OTHER_FBP},
    });
    let placed = world.post_order(&order).await?.expect(202)?;
    assert_eq!(placed["match"]["click_id"], second["click_id"]);
    world.run_dispatch().await?;
    let events = world.simulator.events(&EventQuery::default());
    let event = events.first().context("an event")?.json();
    let user = &event["user_data"];
    assert_eq!((&user["fbc"], &user["fbp"]), (&first["fbc"], &json!(OTHER_FBP)));
    assert_eq!(
        (&user["client_ip_address"], &user["client_user_agent"]),
        (&json!("198.51.100.9"), &json!("the second's agent"))
    );
    Ok(())
}

#[tokio::test]
async fn a_click_id_of_another_browser_names_nothing() -> Result<()> {
    let world = World::new().await?;
    let first = world.post_click(&json!({ "click_id": "click-0001", "fbp": FBP })).await?.expect(200)?;
    let row = world.click_row(&first).await?;
    let foreign = json!({ "click_id": "click-0001", "fbp": OTHER_FBP, "utm_source": "x", "fbclid": "IwAR0-Other" });
    let second = world.post_click(&foreign).await?.expect(200)?;
    assert_eq!((&second["new"], &second["fbp"]), (&json!(true), &json!(OTHER_FBP)));
    assert_ne!(second["click_id"], first["click_id"]);
    assert_eq!(world.click_row(&first).await?, row, "the first is as it was");
    assert_eq!(world.click_row(&second).await?["fbclid"], "IwAR0-Other");
    Ok(())
}

#[tokio::test]
async fn another_ad_click_under_the_same_click_id_is_its_own_row() -> Result<()> {
    let world = World::new().await?;
    world.post_click(&json!({ "fbclid": "IwAR0-Shared", "fbp": FBP })).await?.expect(200)?;
    for (click_id, fbclid) in [("click-0001", "IwAR0-One"), ("click-0002", "IwAR0-Shared")] {
        let one = json!({ "click_id": click_id, "fbclid": fbclid, "fbp": OTHER_FBP });
        let one = world.post_click(&one).await?.expect(200)?;
        assert_eq!(one["click_id"], click_id);
        let row = world.click_row(&one).await?;
        let two = json!({ "click_id": click_id, "fbclid": format!("{click_id}-Two"), "fbp": OTHER_FBP });
        let two = world.post_click(&two).await?.expect(200)?;
        assert_eq!(two["new"], true);
        assert_ne!(two["click_id"], one["click_id"]);
        assert_ne!(two["fbc"], one["fbc"]);
        assert_eq!(world.click_row(&one).await?, row, "the one before is as it was");
    }
    Ok(())
}

#[tokio::test]
async fn each_id_that_a_browser_gave_for_a_click_leads_an_order_to_it() -> Result<()> {
    let world = World::new().await?;
    let link = json!({"url": "https://loja.example.com.br/?fbclid=IwAR0-Sample", "fbp": FBP});
    let first = world.post_click(&merged(&link, &json!({"click_id": "click-0001"}))).await?.expect(200)?;
    let second = world.post_click(&merged(&link, &json!({"click_id": "click-0002"}))).await?.expect(200)?;
    assert_eq!((&second["click_id"], &second["new"]), (&first["click_id"], &json!(false)));
    let order = json!({"order_id": "1", "value": 1, "currency": "BRL", "click": {"click_id": "click-0002"}});
    let placed = world.post_order(&order).await?.expect(202)?;
    assert_eq!((&placed["match"]["stage"], &placed["match"]["click_id"]), (&json!("click"), &first["click_id"]));
    Ok(())
}

#[tokio::test]
async fn a_visitor_with_another_address_or_agent_is_another_where_no_fbp_tells() -> Result<()> {
    let world = World::new().await?;
    let body = r#"{"url":"https://loja.example.com.br/?fbclid=IwAR0-Shared"}"#;
    let first = world.send_click(&world.click_request(body)).await?.expect(200)?;
    let elsewhere = request::post_from(&world.clicks_path(), body, "198.51.100.9", None);
    let second = world.send_click(&elsewhere).await?.expect(200)?;
    assert_eq!(second["new"], true);
    let with_fbp = format!("{},\"fbp\":\"{FBP}\"}}", body.trim_end_matches('}'));
    let again = request::post_from(&world.clicks_path(), &with_fbp, "198.51.100.9", None);
    let again = world.send_click(&again).await?.expect(200)?;
    assert_eq!((&again["click_id"], &again["new"]), (&second["click_id"], &json!(false)));
    assert_eq!(world.click_row(&first).await?["fbp"], Value::Null);
    assert_eq!(world.click_row(&second).await?["fbp"], FBP);
    Ok(())
}

#[tokio::test]
async fn a_known_click_that_takes_up_a_shared_link_keeps_its_own_visitor() -> Result<()> {
    let world = World::new().await?;
    let own = request::post_from(&world.clicks_path(), r#"{"click_id":"click-0001"}"#, "198.51.100.9", None);
    world.send_click(&own).await?.expect(200)?;
    let link = json!({"url": "https://loja.example.com.br/?fbclid=IwAR0-Shared", "fbp": FBP});
    let first = world.post_click(&link).await?.expect(200)?;
    let body = r#"{"click_id":"click-0001","url":"https://loja.example.com.br/?fbclid=IwAR0-Shared"}"#;
    let answer =
        world.send_click(&request::post_from(&world.clicks_path(), body, "198.51.100.9", None)).await?.expect(200)?;
    assert_eq!((&answer["click_id"], &answer["fbc"]), (&json!("click-0001"), &first["fbc"]));
    let row = world.click_row(&answer).await?;
    assert_eq!((&row["shared_from"], &row["ip"]), (&first["click_id"], &json!("198.51.100.9")));
    Ok(())
}
