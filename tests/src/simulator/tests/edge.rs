use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use super::super::{Config, EventQuery};
use super::{
    DEMO_TOKEN, EVENTS, MovingClock, NOW, Simulator, bearer, exchange, post_json, purchase, send, send_body, start,
};

async fn post_form(simulator: &Simulator, pairs: &[(&str, &str)]) -> super::Reply {
    let head = format!("POST {EVENTS} HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded");
    let body = Serializer::new(String::new()).extend_pairs(pairs).finish();
    exchange(simulator, &head, body.as_bytes()).await
}

#[tokio::test]
async fn a_token_is_taken_from_header_query_or_body() {
    let (simulator, _) = start().await;
    let body = json!({ "data": [purchase("e1")] });
    let mut with_token = body.clone();
    with_token["access_token"] = json!(DEMO_TOKEN);
    let path = format!("{EVENTS}?access_token={DEMO_TOKEN}");
    for (path, headers, body, in_url) in [
        (EVENTS, bearer(), &body, false),
        (&path, String::new(), &body, true),
        (EVENTS, String::new(), &with_token, false),
    ] {
        let reply = post_json(&simulator, path, &headers, body).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(simulator.requests().pop().unwrap().token_in_url, in_url);
    }
    let seen = format!("{:?}", simulator.requests());
    assert!(!seen.contains(DEMO_TOKEN), "{seen}");
}

#[tokio::test]
async fn a_missing_or_wrong_token_is_190_with_401() {
    let (simulator, _) = start().await;
    let body = json!({ "data": [purchase("e1")] });
    for headers in ["", "\r\nAuthorization: Bearer wrong", "\r\nAuthorization: Basic x"] {
        let reply = post_json(&simulator, EVENTS, headers, &body).await;
        assert_eq!(reply.error(), (401, 190, None), "{headers}");
    }
}

#[tokio::test]
async fn a_pixel_that_the_token_does_not_open_is_100_33() {
    let (simulator, _) = start().await;
    simulator.pixel("2", "another");
    let body = json!({ "data": [purchase("e1")] });
    for pixel in ["2", "3", "..%2F"] {
        let path = format!("/v26.0/{pixel}/events");
        let reply = post_json(&simulator, &path, &bearer(), &body).await;
        assert_eq!(reply.error(), (400, 100, Some(33)), "{pixel}");
    }
    let reply = post_json(&simulator, "/v26.0/2/events", "\r\nAuthorization: bearer another", &body).await;
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn only_living_versions_and_posts_to_the_edge_are_answered() {
    let (simulator, clock) = start().await;
    let body = json!({ "data": [purchase("e1")] });
    for version in ["v22.0", "v27.0", "26.0", "v26"] {
        let path = format!("/{version}/1000000000000001/events");
        let reply = post_json(&simulator, &path, &bearer(), &body).await;
        assert_eq!(reply.error(), (400, 100, None), "{version}");
    }
    let path = "/v23.0/1000000000000001/events";
    assert_eq!(post_json(&simulator, path, &bearer(), &body).await.status, 200);
    clock.advance(400 * 86_400);
    let reply = post_json(&simulator, path, &bearer(), &body).await;
    assert_eq!(simulator.requests().pop().unwrap().rule.as_deref(), Some("version"), "{}", reply.text);
    let get = format!("GET {EVENTS} HTTP/1.1{}", bearer());
    assert_eq!(exchange(&simulator, &get, b"").await.error(), (400, 100, None));
    let reply = post_json(&simulator, "/v26.0/me", &bearer(), &body).await;
    assert_eq!(reply.error(), (404, 100, None));
}

#[tokio::test]
async fn what_is_not_json_is_refused() {
    let (simulator, _) = start().await;
    let head = format!("POST {EVENTS} HTTP/1.1\r\nContent-Type: application/json{}", bearer());
    for body in ["", "{", "[]", "\"x\"", r#"{"data":{}}"#, r#"{"data":[{"a":"\ud800"}]}"#] {
        let reply = exchange(&simulator, &head, body.as_bytes()).await;
        assert_eq!((reply.status, reply.error().1), (400, 100), "{body}");
    }
    let half = json!({ "data": [purchase("e1")] }).to_string();
    let reply = exchange(&simulator, &head, &half.as_bytes()[..half.len() / 2]).await;
    assert_eq!(reply.error(), (400, 100, None));
    for kind in [
        "",
        "\r\nContent-Type: text/plain",
        "\r\nContent-Type: multipart/form-data; boundary=x",
        "\r\nContent-Type: application/json\r\nContent-Encoding: gzip",
    ] {
        let head = format!("POST {EVENTS} HTTP/1.1{kind}{}", bearer());
        let reply = exchange(&simulator, &head, half.as_bytes()).await;
        assert_eq!(reply.error(), (400, 100, None), "{kind}");
        assert_eq!(simulator.requests().pop().unwrap().rule.as_deref(), Some("body"));
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_413() {
    let config = Config { body_limit: 1000, ..Config::demo() };
    let simulator = Simulator::start(config).await.unwrap();
    let reply = send(&simulator, &[json!("x".repeat(1000))]).await;
    assert_eq!(reply.error(), (413, 100, None));
}

#[tokio::test]
async fn a_form_is_taken_with_events_as_objects_or_as_texts() {
    let (simulator, _) = start().await;
    let objects = json!([purchase("e1")]).to_string();
    let texts = json!([purchase("e2").to_string()]).to_string();
    for data in [&objects, &texts] {
        let pairs = [("data", data.as_str()), ("access_token", DEMO_TOKEN), ("test_event_code", "TEST7")];
        let reply = post_form(&simulator, &pairs).await;
        assert_eq!(reply.json()["events_received"], 1, "{}", reply.text);
    }
    let second = &simulator.events(&EventQuery::id("e2"))[0];
    assert_eq!(second.json(), purchase("e2"));
    assert_eq!(second.test_event_code.as_deref(), Some("TEST7"));
    let reply = post_form(&simulator, &[("data", "[{"), ("access_token", DEMO_TOKEN)]).await;
    assert_eq!(reply.status, 401, "the token of an unreadable body is not known");
}

#[tokio::test]
async fn a_success_says_how_many_and_the_request_is_remembered() {
    let (simulator, _) = start().await;
    let body = json!({ "data": [purchase("e1"), purchase("e2")],
        "test_event_code": "TEST123", "partner_agent": "trackai-1.0" });
    let headers = format!("{}\r\nUser-Agent: track-ai/1", bearer());
    let reply = post_json(&simulator, EVENTS, &headers, &body).await.json();
    assert_eq!((&reply["events_received"], &reply["messages"]), (&json!(2), &json!([])));
    let event = &simulator.events(&EventQuery::id("e2"))[0];
    assert_eq!(event.test_event_code.as_deref(), Some("TEST123"));
    assert_eq!(event.partner_agent.as_deref(), Some("trackai-1.0"));
    assert_eq!(event.received_at_ms, NOW * 1000);
    assert_eq!(reply["fbtrace_id"], event.fbtrace_id.as_str());
    let record = simulator.requests().pop().unwrap();
    assert_eq!((record.status, record.events, record.taken), (Some(200), 2, 2));
    assert_eq!(record.user_agent.as_deref(), Some("track-ai/1"));
    assert_eq!(record.body_bytes, body.to_string().len());
    assert_eq!(record.number, event.request);
}

#[tokio::test]
async fn an_event_is_kept_byte_for_byte() {
    let (simulator, _) = start().await;
    let text = purchase("e1").to_string().replace("97.1", "97.100");
    let head = format!("POST {EVENTS} HTTP/1.1\r\nContent-Type: application/json{}", bearer());
    let body = format!("{{\"data\":[{text}]}}");
    assert_eq!(exchange(&simulator, &head, body.as_bytes()).await.status, 200);
    assert_eq!(simulator.events(&EventQuery::id("e1"))[0].event.get(), text);
}

fn counted(simulator: &Simulator) -> Vec<(String, u32)> {
    let events = simulator.events(&EventQuery::default());
    events.into_iter().map(|event| (event.event_name, event.duplicates)).collect()
}

fn lead(event_id: &str) -> Value {
    let mut event = purchase(event_id);
    event["event_name"] = json!("Lead");
    event
}

#[tokio::test]
async fn a_repeat_within_48_hours_of_the_first_is_accepted_and_counted_but_not_kept() {
    let (simulator, clock) = start().await;
    send(&simulator, &[purchase("e1"), purchase("e1"), lead("e1")]).await;
    clock.advance(48 * 3600 - 1);
    let reply = send(&simulator, &[purchase("e1")]).await;
    assert_eq!(reply.json()["events_received"], 1);
    assert_eq!(counted(&simulator), [("Purchase".into(), 2), ("Lead".into(), 0)]);
    let record = simulator.requests().pop().unwrap();
    assert_eq!((record.taken, record.duplicates), (1, 1));
    let first = &simulator.events(&EventQuery::id("e1"))[0];
    assert_eq!(first.duplicate_requests, [first.request, record.number]);
    clock.advance(1);
    send(&simulator, &[purchase("e1")]).await;
    let after = [("Purchase".into(), 2), ("Lead".into(), 0), ("Purchase".into(), 0)];
    assert_eq!(counted(&simulator), after);
}

#[tokio::test]
async fn another_pixel_or_no_event_id_is_no_duplicate() {
    let (simulator, _) = start().await;
    simulator.pixel("2", DEMO_TOKEN);
    let mut nameless = purchase("x");
    nameless.as_object_mut().unwrap().remove("event_id");
    send(&simulator, &[purchase("e1"), nameless.clone(), nameless]).await;
    let body = json!({ "data": [purchase("e1")] });
    post_json(&simulator, "/v26.0/2/events", &bearer(), &body).await;
    assert!(counted(&simulator).iter().all(|(_, duplicates)| *duplicates == 0));
    assert_eq!(counted(&simulator).len(), 4);
    assert_eq!(simulator.events(&EventQuery::pixel("2")).len(), 1);
}

#[tokio::test]
async fn a_taken_port_is_an_error() {
    let (simulator, _) = start().await;
    let port = simulator.base_url().rsplit_once(':').unwrap().1.parse().unwrap();
    let second = Simulator::start(Config { port, ..Config::demo() }).await;
    assert_eq!(second.err().unwrap().kind(), std::io::ErrorKind::AddrInUse);
}

#[tokio::test]
async fn nulls_beside_data_are_as_good_as_absent() {
    let config = Config::demo().with_clock(MovingClock::at(NOW).clock());
    let simulator = Simulator::start(config).await.unwrap();
    let body = json!({ "data": [purchase("e1")], "test_event_code": null });
    assert_eq!(send_body(&simulator, &body).await.status, 200);
    assert_eq!(simulator.requests()[0].test_event_code, None);
}

#[tokio::test]
async fn a_dropped_simulator_frees_its_port() {
    let (simulator, _) = start().await;
    let address = simulator.base_url().trim_start_matches("http://").to_owned();
    let mut idle = tokio::net::TcpStream::connect(&address).await.unwrap();
    drop(simulator);
    let mut rest = Vec::new();
    let end = tokio::io::AsyncReadExt::read_to_end(&mut idle, &mut rest).await;
    assert!(end.is_err() || rest.is_empty());
    assert!(tokio::net::TcpListener::bind(&address).await.is_ok());
}
