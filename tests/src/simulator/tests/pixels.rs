//! App secrets, deleted pixels, requests that overlap, counts and pages.

use serde_json::{Value, json};

use super::super::pixels::appsecret_proof;
use super::super::{Answer, Config, EventQuery, Fault, PixelCounts, Proof};
use super::{
    DEMO_PIXEL, DEMO_TOKEN, EVENTS, MovingClock, NOW, Simulator, bearer, exchange, post_json, purchase, send,
    send_body, start,
};

const SECRET: &str = "sample-app-secret";

fn event() -> Value {
    json!({ "data": [purchase("e1")] })
}

fn last_proof(simulator: &Simulator) -> Proof {
    simulator.requests().pop().unwrap().appsecret_proof
}

#[tokio::test]
async fn a_pixel_with_an_app_secret_wants_its_proof_in_query_or_body() {
    let config = Config::demo().with_app_secret(DEMO_PIXEL, SECRET).with_clock(MovingClock::at(NOW).clock());
    let simulator = Simulator::start(config).await.unwrap();
    let proof = appsecret_proof(DEMO_TOKEN, SECRET);
    let mut proven = event();
    proven["appsecret_proof"] = json!(proof);
    assert_eq!(send_body(&simulator, &proven).await.status, 200);
    assert_eq!(last_proof(&simulator), Proof::Valid);
    let path = format!("{EVENTS}?appsecret_proof={proof}");
    assert_eq!(post_json(&simulator, &path, &bearer(), &event()).await.status, 200);

    let missing = send_body(&simulator, &event()).await;
    assert_eq!(missing.error(), (400, 100, None));
    let error = &missing.json()["error"];
    assert_eq!(error["type"], "GraphMethodException");
    assert_eq!(error["message"], "API calls from the server require an appsecret_proof argument");
    assert_eq!(last_proof(&simulator), Proof::Absent);

    for wrong in [appsecret_proof(DEMO_TOKEN, "another"), appsecret_proof("another", SECRET), proof.to_uppercase()] {
        proven["appsecret_proof"] = json!(wrong);
        let reply = send_body(&simulator, &proven).await;
        assert_eq!(reply.json()["error"]["message"], "Invalid appsecret_proof provided in the API argument", "{wrong}");
        let record = simulator.requests().pop().unwrap();
        assert_eq!((record.appsecret_proof, record.rule.as_deref()), (Proof::Invalid, Some("appsecret_proof")));
    }
    let reply = post_json(&simulator, EVENTS, "\r\nAuthorization: Bearer wrong", &proven).await;
    assert_eq!(reply.error().1, 190, "the token is judged first");
    assert_eq!(last_proof(&simulator), Proof::Unchecked);
    let shown = format!("{:?}", simulator.requests());
    assert!(!shown.contains(&proof) && !shown.contains(SECRET));
}

#[tokio::test]
async fn an_app_secret_is_set_and_taken_away_over_http() {
    let (simulator, _) = start().await;
    let head = format!("PUT /_simulator/pixels/{DEMO_PIXEL} HTTP/1.1\r\nContent-Type: application/json");
    let put = |body: Value| {
        let (simulator, head) = (&simulator, &head);
        async move { exchange(simulator, head, body.to_string().as_bytes()).await.status }
    };
    assert_eq!(put(json!({ "access_token": DEMO_TOKEN, "app_secret": SECRET })).await, 204);
    assert_eq!(send_body(&simulator, &event()).await.error(), (400, 100, None));
    assert_eq!(put(json!({ "access_token": DEMO_TOKEN })).await, 204);
    assert_eq!(send_body(&simulator, &event()).await.status, 400, "a new token leaves the secret as it is");
    assert_eq!(put(json!({ "access_token": DEMO_TOKEN, "app_secret": null })).await, 204);
    assert_eq!(send_body(&simulator, &event()).await.status, 200);
    simulator.app_secret(DEMO_PIXEL, Some(SECRET));
    assert_eq!(send_body(&simulator, &event()).await.status, 400);
    simulator.reset();
    assert_eq!(send_body(&simulator, &event()).await.status, 200);
}

#[tokio::test]
async fn a_deleted_pixel_is_100_33_for_its_token_until_it_is_back() {
    let (simulator, _) = start().await;
    let head = format!("DELETE /_simulator/pixels/{DEMO_PIXEL} HTTP/1.1");
    assert_eq!(exchange(&simulator, &head, b"").await.status, 204);
    assert_eq!(exchange(&simulator, &head, b"").await.status, 404);
    assert_eq!(send_body(&simulator, &event()).await.error(), (400, 100, Some(33)));
    let reply = post_json(&simulator, EVENTS, "\r\nAuthorization: Bearer wrong", &event()).await;
    assert_eq!(reply.error().1, 190);
    simulator.pixel(DEMO_PIXEL, DEMO_TOKEN);
    assert_eq!(send_body(&simulator, &event()).await.status, 200);
    assert!(simulator.delete_pixel(DEMO_PIXEL) && !simulator.delete_pixel("nobody"));
    simulator.reset();
    assert_eq!(send_body(&simulator, &event()).await.status, 200);
}

#[tokio::test]
async fn requests_to_one_pixel_that_are_open_at_once_are_marked_and_counted() {
    let (simulator, _) = start().await;
    simulator.pixel("2", "second");
    for at in ["e1", "e2", "e3"] {
        send(&simulator, &[purchase(at)]).await;
    }
    let body = event();
    let open = || simulator.shared.state().counts()[DEMO_PIXEL].most_at_once;
    assert_eq!(open(), 1);
    simulator.fault(Fault::once(Answer::Delay(std::time::Duration::from_hours(1))).for_pixel(DEMO_PIXEL));
    tokio::select! {
        _ = send_body(&simulator, &body) => panic!("an answer before its time"),
        () = async {
            while simulator.request_count() < 4 { tokio::task::yield_now().await; }
            post_json(&simulator, "/v26.0/2/events", "\r\nAuthorization: Bearer second", &body).await;
            assert_eq!(open(), 1, "another pixel's request is beside it");
            send_body(&simulator, &body).await;
        } => {}
    }
    let overlapped: Vec<bool> = simulator.requests().iter().map(|request| request.overlapped).collect();
    assert_eq!(overlapped, [false, false, false, true, false, true]);
    assert_eq!((open(), simulator.counts()["2"].most_at_once), (2, 1));
    // The sender of the first has gone; from then on it is open no more.
    loop {
        send_body(&simulator, &body).await;
        if !simulator.requests().pop().unwrap().overlapped {
            break;
        }
    }
}

#[tokio::test]
async fn each_pixel_has_its_counts() {
    let (simulator, _) = start().await;
    simulator.pixel("2", "second");
    send(&simulator, &[purchase("e1"), purchase("e2"), purchase("e1")]).await;
    send(&simulator, &[json!({})]).await;
    let summary = exchange(&simulator, "GET /_simulator HTTP/1.1", b"").await.json();
    let counts = json!({ "events": 2, "requests": 2, "duplicates": 1, "most_at_once": 1 });
    let none = json!({ "events": 0, "requests": 0, "duplicates": 0, "most_at_once": 0 });
    assert_eq!(summary["by_pixel"], json!({ DEMO_PIXEL: counts, "2": none }));
    assert_eq!(simulator.counts()["2"], PixelCounts::default());
}

#[tokio::test]
async fn events_and_requests_are_read_in_pages() {
    let (simulator, _) = start().await;
    for at in 0..3 {
        send(&simulator, &[purchase(&format!("a{at}")), purchase(&format!("b{at}"))]).await;
    }
    let (mut after, mut ids) = (0, Vec::new());
    loop {
        let path = format!("GET /_simulator/events?after={after}&limit=4 HTTP/1.1");
        let page = exchange(&simulator, &path, b"").await.json();
        let Some(last) = page.as_array().unwrap().last() else { break };
        after = last["number"].as_u64().unwrap();
        ids.extend(page.as_array().unwrap().iter().map(|event| event["event_id"].as_str().unwrap().to_owned()));
    }
    assert_eq!(ids, ["a0", "b0", "a1", "b1", "a2", "b2"]);
    let page = simulator.events(&EventQuery { pixel: Some(DEMO_PIXEL.into()), ..EventQuery::page(4, 1) });
    assert_eq!((page.len(), page[0].event_id.as_deref(), page[0].number), (1, Some("a2"), 5));
    let requests = exchange(&simulator, "GET /_simulator/requests?after=1&limit=1 HTTP/1.1", b"").await.json();
    assert_eq!(requests.as_array().unwrap().len(), 1);
    assert_eq!(requests[0]["number"], 2);
}

#[tokio::test]
async fn without_bodies_events_are_counted_and_deduplicated_all_the_same() {
    let config = Config::demo().keep_bodies(false).with_clock(MovingClock::at(NOW).clock());
    let simulator = Simulator::start(config).await.unwrap();
    send(&simulator, &[purchase("e1"), purchase("e1")]).await;
    let event = &simulator.events(&EventQuery::id("e1"))[0];
    assert_eq!((event.duplicates, event.event.get(), event.event_name.as_str()), (1, "null", "Purchase"));
}

#[tokio::test]
async fn a_pixel_is_read_by_who_may_send_to_it_and_nothing_is_taken() {
    let (simulator, _) = start().await;
    let get = |path: String, token: &str| {
        let (simulator, head) = (&simulator, format!("GET {path} HTTP/1.1\r\nAuthorization: Bearer {token}"));
        async move { exchange(simulator, &head, b"").await }
    };
    let node = format!("/v26.0/{DEMO_PIXEL}?fields=id,name");
    let shown = get(node.clone(), DEMO_TOKEN).await;
    assert_eq!((shown.status, shown.json()["id"].as_str()), (200, Some(DEMO_PIXEL)));
    let (code, subcode) = (|error: (u16, i64, Option<i64>)| error.1, |error: (u16, i64, Option<i64>)| error.2);
    assert_eq!(code(get(node.clone(), "wrong").await.error()), 190);
    let elsewhere = get("/v26.0/999?fields=id".to_owned(), DEMO_TOKEN).await;
    assert_eq!((code(elsewhere.error()), subcode(elsewhere.error())), (100, Some(33)));
    assert_eq!(code(get(format!("/v26.0/{DEMO_PIXEL}?fields=owner"), DEMO_TOKEN).await.error()), 100);
    assert_eq!(code(get(format!("/v1.0/{DEMO_PIXEL}?fields=id"), DEMO_TOKEN).await.error()), 100);
    simulator.app_secret(DEMO_PIXEL, Some(SECRET));
    assert_eq!(code(get(node.clone(), DEMO_TOKEN).await.error()), 100);
    let proven = format!("{node}&appsecret_proof={}", appsecret_proof(DEMO_TOKEN, SECRET));
    assert_eq!(get(proven, DEMO_TOKEN).await.status, 200);
    assert!(simulator.events(&EventQuery::default()).is_empty());
}
