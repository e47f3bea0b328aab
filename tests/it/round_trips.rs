//! Steady state: one round trip to Postgres a request, seen on the wire.

use anyhow::Result;
use lambda_http::Request;
use lambda_http::http::Method;
use serde_json::json;
use shared::db::Db;
use shared::queue::Queue;
use tests::request;
use tests::wire::Relay;
use tests::world::{Answer, World, db_config, vault};

pub(crate) async fn relayed(world: &World) -> Result<(Relay, String)> {
    let url = url::Url::parse(world.db.url())?;
    let relay = Relay::start(url.port().unwrap_or(5432)).await?;
    let relayed = world.db.url().replace(&format!(":{}/", url.port().unwrap_or(5432)), &format!(":{}/", relay.port()));
    Ok((relay, relayed))
}

#[tokio::test]
async fn a_click_is_one_round_trip() -> Result<()> {
    let world = World::new().await?;
    let (relay, url) = relayed(&world).await?;
    let state = click::State::new(Db::new(db_config(&url), None, 1), 0);
    let path = format!("/v1/funnels/{}/clicks", world.tenant.funnel_id);
    let send = async |number: u32| {
        let body = json!({"url": format!("https://loja.example.com/?fbclid=c{number}"), "fbp": "fb.1.1700000000000.1"});
        Answer::read(click::handle(&state, &request::post(&path, &body.to_string())).await)?.expect(200)
    };
    send(0).await?;
    let before = relay.round_trips();
    for number in 1..=10 {
        send(number).await?;
    }
    send(10).await?;
    assert_eq!(relay.round_trips() - before, 11);
    Ok(())
}

#[tokio::test]
async fn a_redirect_a_crawler_and_a_preflight_are_one_round_trip() -> Result<()> {
    let world = World::new().await?;
    let (relay, url) = relayed(&world).await?;
    let state = click::State::new(Db::new(db_config(&url), None, 1), 0);
    let path = format!("/r/{}?to=https%3A%2F%2Fshop.example.com%2F&fbclid=IwAR0-", world.tenant.funnel_id);
    let link =
        |number: u32| request::with_header(request::get(&format!("{path}{number}")), "host", "track.example.com.br");
    let crawler = |number| request::with_header(link(number), "user-agent", "facebookexternalhit/1.1");
    let preflight = |_| {
        let asked = request::new(Method::OPTIONS, &world.clicks_path(), "");
        request::with_header(asked, "origin", "https://shop.example.com")
    };
    let cases: [(&dyn Fn(u32) -> Request, u16); 3] = [(&link, 302), (&crawler, 302), (&preflight, 204)];
    for (request, status) in cases {
        assert_eq!(click::handle(&state, &request(0)).await.status(), status);
        let before = relay.round_trips();
        for number in 1..=10 {
            assert_eq!(click::handle(&state, &request(number)).await.status(), status);
        }
        assert_eq!(relay.round_trips() - before, 10, "{:?}", request(0));
    }
    Ok(())
}

#[tokio::test]
async fn the_snippet_is_one_round_trip() -> Result<()> {
    let world = World::new().await?;
    let (relay, url) = relayed(&world).await?;
    let state = click::State::new(Db::new(db_config(&url), None, 1), 0);
    let get = request::new(Method::GET, &format!("/t.js?f={}", world.tenant.funnel_id), "");
    assert_eq!(click::handle(&state, &get).await.status(), 200);
    let before = relay.round_trips();
    for _ in 0..10 {
        assert_eq!(click::handle(&state, &get).await.status(), 200);
    }
    assert_eq!(relay.round_trips() - before, 10);
    Ok(())
}

#[tokio::test]
async fn an_observation_is_one_round_trip_and_the_first_phone_without_a_country_code_one_more() -> Result<()> {
    let world = World::new().await?;
    world.post_click(&json!({"click_id": "click-0001"})).await?.expect(200)?;
    let (relay, url) = relayed(&world).await?;
    let state = click::State::new(Db::new(db_config(&url), None, 1), 0);
    let path = format!("/v1/funnels/{}/identify", world.tenant.funnel_id);
    let send = async |mut body: serde_json::Value| {
        body["click_id"] = json!("click-0001");
        let before = relay.round_trips();
        let answer =
            Answer::read(click::handle(&state, &request::post(&path, &body.to_string())).await)?.expect(200)?;
        assert!(answer["identity_id"].is_string(), "{body}");
        anyhow::Ok(relay.round_trips() - before)
    };
    send(json!({"email": "sample@example.com"})).await?;
    for number in 0..5 {
        assert_eq!(
            send(json!({"email": format!("sample{number}@example.com"), "phone": "+55 11 95550-0001"})).await?,
            1
        );
    }
    assert_eq!(send(json!({"email": "sample4@example.com", "phone": "+55 11 95550-0001"})).await?, 1, "a repeat");
    assert_eq!(send(json!({"phone": "(650) 555-1212", "country": "US"})).await?, 1, "the person's own country");
    // The second statement is prepared as well.
    assert_eq!(send(json!({"phone": "(11) 95550-0001"})).await?, 3);
    for number in 2..7 {
        assert_eq!(send(json!({"phone": format!("(11) 95550-000{number}")})).await?, 1);
    }
    Ok(())
}

#[tokio::test]
async fn an_order_is_one_round_trip_and_so_is_a_repeat() -> Result<()> {
    let world = World::new().await?;
    let (relay, url) = relayed(&world).await?;
    let queue = Queue::new(&world.sdk, &world.queue_url);
    let state = order::State::new(Db::new(db_config(&url), None, 1), queue, vault(&world.sdk));
    let send = async |number: u32| {
        let body =
            json!({"order_id": number, "value": 1, "currency": "BRL", "customer": {"email": "maria@example.com"}});
        let request = request::with_key(request::post("/v1/orders", &body.to_string()), &world.tenant.api_key);
        Answer::read(order::handle(&state, &request).await)
    };
    send(0).await?.expect(202)?;
    let before = relay.round_trips();
    for number in 1..=10 {
        send(number).await?.expect(202)?;
    }
    send(10).await?.expect(200)?;
    assert_eq!(relay.round_trips() - before, 11);
    Ok(())
}

#[tokio::test]
async fn a_dispatch_is_two_round_trips_for_all_events_that_are_due() -> Result<()> {
    let world = World::new().await?;
    let (relay, url) = relayed(&world).await?;
    let meta = shared::config::Meta { graph_url: world.simulator.base_url().to_owned(), version: "v26.0".into() };
    let state = dispatch::State::new(
        Db::new(db_config(&url), None, 1),
        shared::meta::Client::new(meta)?,
        shared::secrets::Secrets::new(&world.sdk),
        tests::world::SECRETS_PREFIX.to_owned(),
    );
    let state = std::sync::Arc::new(state);
    let wake = json!({"type": "dispatch.v1", "tenant_id": world.tenant.id, "event_id": "e"}).to_string();
    for round in 0..2 {
        for number in 0..20 {
            let body = json!({"order_id": format!("{round}-{number}"), "value": 1, "currency": "BRL",
                              "customer": {"email": "maria@example.com"}});
            world.post_order(&body).await?.expect(202)?;
        }
        let before = relay.round_trips();
        dispatch::handle(&state, tests::world::batch(&[&wake]), tests::world::in_two_minutes()).await;
        // The first round also logs in, says how to plan, and prepares the two statements.
        assert_eq!(relay.round_trips() - before, if round == 0 { 6 } else { 2 });
    }
    assert_eq!(world.simulator.requests().len(), 2);
    Ok(())
}
