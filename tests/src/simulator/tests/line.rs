use std::io::ErrorKind;
use std::time::{Duration, Instant};

use serde_json::json;

use super::super::{Answer, EventQuery, Fault, GraphError};
use super::{EVENTS, Simulator, bearer, exchange, post_json, purchase, raw, send, start};

pub(super) async fn send_raw(simulator: &Simulator) -> std::io::Result<String> {
    let head = format!("POST {EVENTS} HTTP/1.1\r\nContent-Type: application/json{}", bearer());
    let body = json!({ "data": [purchase("e1")] }).to_string();
    raw(simulator, &head, body.as_bytes()).await
}

pub(super) fn taken(simulator: &Simulator) -> usize {
    simulator.events(&EventQuery::default()).len()
}

pub(super) async fn until_one_is_taken(simulator: &Simulator) {
    while taken(simulator) == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_fault_answers_as_often_as_it_says_and_takes_nothing() {
    let (simulator, _) = start().await;
    let body = "<html>Sorry</html>".to_owned();
    simulator.fault(Fault::times(2, Answer::Http { status: 500, body: body.clone() }));
    for _ in 0..2 {
        let reply = send(&simulator, &[purchase("e1")]).await;
        assert_eq!((reply.status, &reply.text), (500, &body));
    }
    assert_eq!(taken(&simulator), 0);
    let record = simulator.requests().pop().unwrap();
    assert_eq!((record.fault.as_deref(), record.events), (Some("status"), 1));
    assert_eq!(send(&simulator, &[purchase("e1")]).await.status, 200);
}

#[tokio::test]
async fn an_error_fault_comes_in_metas_envelope() {
    let (simulator, _) = start().await;
    let error = GraphError::new(403, 4, "(#4) Application request limit reached");
    simulator.fault(Fault::once(Answer::Error(error.with_subcode(1_504_022).transient())));
    let reply = send(&simulator, &[purchase("e1")]).await;
    assert_eq!(reply.error(), (403, 4, Some(1_504_022)));
    assert_eq!(reply.json()["error"]["is_transient"], true);
    assert_eq!(simulator.requests()[0].code, Some(4));
    assert_eq!(taken(&simulator), 0);
}

#[tokio::test]
async fn a_reset_gives_no_answer_and_takes_nothing() {
    let (simulator, _) = start().await;
    simulator.fault(Fault::once(Answer::Reset));
    let end = send_raw(&simulator).await;
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(taken(&simulator), 0);
    assert_eq!(simulator.requests()[0].status, None);
}

#[tokio::test]
async fn accept_then_reset_takes_the_events_and_gives_no_answer() {
    let (simulator, _) = start().await;
    simulator.fault(Fault::once(Answer::AcceptThenReset));
    let end = send_raw(&simulator).await;
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(taken(&simulator), 1);
    let record = &simulator.requests()[0];
    assert_eq!((record.status, record.taken), (None, 1));
}

#[tokio::test]
async fn half_takes_the_events_and_breaks_the_answer_off() {
    let (simulator, _) = start().await;
    simulator.fault(Fault::once(Answer::Half));
    let text = send_raw(&simulator).await.unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let trace = &simulator.requests()[0].fbtrace_id;
    let full = super::super::graph::taken(1, trace).to_string();
    assert_eq!(body, &full[..full.len() / 2]);
    let length = format!("content-length: {}", full.len());
    assert!(head.starts_with("HTTP/1.1 200") && head.contains(&length), "{head}");
    assert_eq!(taken(&simulator), 1);
}

#[tokio::test]
async fn a_delay_takes_the_events_before_it_waits() {
    let (simulator, _) = start().await;
    simulator.fault(Fault::once(Answer::Delay(Duration::from_hours(1))));
    tokio::select! {
        end = send_raw(&simulator) => panic!("an answer before its time: {end:?}"),
        () = until_one_is_taken(&simulator) => {}
    }
    simulator.fault(Fault::once(Answer::Delay(Duration::from_millis(50))));
    let began = Instant::now();
    assert_eq!(send(&simulator, &[purchase("e2")]).await.status, 200);
    assert!(began.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn a_fault_of_one_pixel_spares_the_others() {
    let (simulator, _) = start().await;
    simulator.pixel("2", "second");
    simulator.fault(Fault::times(u32::MAX, Answer::Http { status: 503, body: String::new() }).for_pixel("2"));
    assert_eq!(send(&simulator, &[purchase("e1")]).await.status, 200);
    let body = json!({ "data": [purchase("e1")] });
    let headers = "\r\nAuthorization: Bearer second";
    for _ in 0..3 {
        let reply = post_json(&simulator, "/v26.0/2/events", headers, &body).await;
        assert_eq!(reply.status, 503);
    }
    simulator.clear_faults();
    assert_eq!(post_json(&simulator, "/v26.0/2/events", headers, &body).await.status, 200);
}

#[tokio::test]
async fn faults_are_scripted_over_http() {
    let (simulator, _) = start().await;
    let cases = [
        (json!({ "status": 502, "body": "bad" }), "status"),
        (json!({ "error": { "code": 190, "subcode": 463, "status": 401 } }), "error"),
        (json!({ "delay_ms": 1 }), "delay_ms"),
        (json!({ "half": true }), "half"),
        (json!({ "reset": true }), "reset"),
        (json!({ "accept_then_reset": true }), "accept_then_reset"),
    ];
    for (answer, name) in &cases {
        let fault = json!({ "pixel": super::DEMO_PIXEL, "times": 1, "answer": answer });
        let reply = post_json(&simulator, "/_simulator/faults", "", &fault).await;
        assert_eq!(reply.status, 204, "{name}: {}", reply.text);
    }
    for (_, name) in &cases {
        let _ = send_raw(&simulator).await;
        assert_eq!(simulator.requests().pop().unwrap().fault.as_deref(), Some(*name));
    }
}

#[tokio::test]
async fn a_fault_that_says_nothing_or_two_things_is_refused() {
    let (simulator, _) = start().await;
    for answer in [
        json!({}),
        json!({ "reset": false }),
        json!({ "reset": true, "half": true }),
        json!({ "status": 99 }),
        json!({ "error": { "code": 4, "status": 1000 } }),
        json!({ "explode": true }),
    ] {
        let fault = json!({ "answer": answer });
        let reply = post_json(&simulator, "/_simulator/faults", "", &fault).await;
        assert_eq!(reply.status, 422, "{answer}: {}", reply.text);
    }
    let head = "DELETE /_simulator/faults HTTP/1.1";
    assert_eq!(exchange(&simulator, head, b"").await.status, 204);
}
