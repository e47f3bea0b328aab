use serde_json::{Value, json};

use super::super::{Answer, Fault};
use super::{DEMO_PIXEL, DEMO_TOKEN, Simulator, exchange, post_json, purchase, send, start};

async fn get(simulator: &Simulator, path: &str) -> Value {
    let reply = exchange(simulator, &format!("GET {path} HTTP/1.1"), b"").await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.text);
    assert!(!reply.text.contains(DEMO_TOKEN), "{path} shows a token");
    reply.json()
}

#[tokio::test]
async fn events_are_listed_by_pixel_and_event_id() {
    let (simulator, _) = start().await;
    send(&simulator, &[purchase("e1"), purchase("e2")]).await;
    send(&simulator, &[purchase("e1")]).await;
    let all = get(&simulator, "/_simulator/events").await;
    assert_eq!(all.as_array().unwrap().len(), 2);
    let path = format!("/_simulator/events?pixel={DEMO_PIXEL}&event_id=e1");
    let one = get(&simulator, &path).await;
    assert_eq!(one[0]["event"], purchase("e1"));
    assert_eq!(one[0]["duplicates"], 1);
    assert_eq!(one[0]["duplicate_requests"], json!([2]));
    assert_eq!(one.as_array().unwrap().len(), 1);
    let none = get(&simulator, "/_simulator/events?pixel=2").await;
    assert_eq!(none, json!([]));
}

#[tokio::test]
async fn requests_are_listed_with_what_became_of_them() {
    let (simulator, _) = start().await;
    let path = format!("/v26.0/{DEMO_PIXEL}/events?access_token={DEMO_TOKEN}");
    post_json(&simulator, &path, "", &json!({ "data": [purchase("e1")] })).await;
    send(&simulator, &[json!({})]).await;
    let list = get(&simulator, "/_simulator/requests").await;
    assert_eq!(list.as_array().unwrap().len(), 2, "inspection itself is not listed");
    assert_eq!((&list[0]["status"], &list[0]["token_in_url"]), (&json!(200), &json!(true)));
    assert_eq!((&list[1]["code"], &list[1]["rule"]), (&json!(100), &json!("event_name")));
}

#[tokio::test]
async fn a_pixel_is_added_over_http_and_gone_after_a_reset() {
    let (simulator, _) = start().await;
    let body = json!({ "access_token": "second" }).to_string();
    let head = "PUT /_simulator/pixels/2 HTTP/1.1\r\nContent-Type: application/json";
    assert_eq!(exchange(&simulator, head, body.as_bytes()).await.status, 204);
    let events = json!({ "data": [purchase("e1")] });
    let headers = "\r\nAuthorization: Bearer second";
    let post = || post_json(&simulator, "/v26.0/2/events", headers, &events);
    assert_eq!(post().await.status, 200);
    simulator.fault(Fault::once(Answer::Reset));
    let before = get(&simulator, "/_simulator").await;
    let none = json!({ "events": 0, "requests": 0, "duplicates": 0, "most_at_once": 0 });
    let one = json!({ "events": 1, "requests": 1, "duplicates": 0, "most_at_once": 1 });
    let counts = json!({ "pixels": [DEMO_PIXEL, "2"], "events": 1, "requests": 1, "faults_waiting": 1,
        "faults_standing": 0, "by_pixel": { DEMO_PIXEL: none, "2": one } });
    assert_eq!(before, counts);
    let reply = exchange(&simulator, "DELETE /_simulator HTTP/1.1", b"").await;
    assert_eq!(reply.status, 204);
    let after = get(&simulator, "/_simulator").await;
    let counts = json!({ "pixels": [DEMO_PIXEL], "events": 0, "requests": 0, "faults_waiting": 0,
        "faults_standing": 0, "by_pixel": { DEMO_PIXEL: none } });
    assert_eq!(after, counts);
    assert_eq!(post().await.error(), (401, 190, None));
    assert_eq!(send(&simulator, &[purchase("e1")]).await.status, 200);
}
