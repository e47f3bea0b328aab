//! How an answer comes: latency, headers, gzip, with and without taking.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use axum::http::header::SERVER;
use axum::http::{HeaderName, HeaderValue};
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::super::{Answer, EventQuery, Fault, GraphError, Usage};
use super::line::{send_raw, taken, until_one_is_taken};
use super::{DEMO_PIXEL, EVENTS, Simulator, bearer, post_json, purchase, raw_bytes, send, start};

/// The head and the body of the answer to one event.
async fn split(simulator: &Simulator) -> (String, String) {
    let text = send_raw(simulator).await.unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

fn header(head: &str, name: &str) -> Option<String> {
    let prefix = format!("{name}: ");
    head.lines().find_map(|line| line.strip_prefix(&prefix)).map(String::from)
}

fn json_header(head: &str, name: &str) -> Value {
    serde_json::from_str(&header(head, name).unwrap()).unwrap()
}

#[tokio::test]
async fn usage_headers_come_with_a_success_too() {
    let (simulator, _) = start().await;
    let usage = Usage {
        app_percent: Some(93),
        business_percent: Some(100),
        business_minutes: Some(5),
        account_percent: Some(97),
        account_seconds: Some(300),
        retry_after_seconds: Some(30),
    };
    simulator.fault(Fault::once(Answer::Pass).with_usage(usage));
    let (head, _) = split(&simulator).await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert_eq!(json_header(&head, "x-app-usage"), json!({ "call_count": 93, "total_time": 93, "total_cputime": 93 }));
    let business = &json_header(&head, "x-business-use-case-usage")[DEMO_PIXEL][0];
    assert_eq!((&business["call_count"], &business["estimated_time_to_regain_access"]), (&json!(100), &json!(5)));
    let account = json_header(&head, "x-ad-account-usage");
    assert_eq!(account, json!({ "acc_id_util_pct": 97, "reset_time_duration": 300 }));
    assert_eq!(header(&head, "retry-after").as_deref(), Some("30"));
    assert_eq!(taken(&simulator), 1);
    let (head, _) = split(&simulator).await;
    assert_eq!(header(&head, "x-app-usage"), None, "the fault is used up");
}

#[tokio::test]
async fn usage_and_other_headers_come_with_an_error_and_are_scripted_over_http() {
    let (simulator, _) = start().await;
    let fault = json!({
        "usage": { "business_minutes": 7 },
        "headers": { "Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT", "X-FB-Rev": "1" },
        "answer": { "preset": "throttled_80004" },
    });
    assert_eq!(post_json(&simulator, "/_simulator/faults", "", &fault).await.status, 204);
    let (head, body) = split(&simulator).await;
    let business = &json_header(&head, "x-business-use-case-usage")[DEMO_PIXEL][0];
    assert_eq!(business["estimated_time_to_regain_access"], 7);
    assert_eq!(header(&head, "retry-after").as_deref(), Some("Wed, 21 Oct 2026 07:28:00 GMT"));
    assert_eq!(header(&head, "x-fb-rev").as_deref(), Some("1"));
    assert!(body.contains("80004"), "{body}");
    simulator.fault(Fault::once(Answer::Pass).with_header(SERVER, HeaderValue::from_static("proxygen")));
    assert_eq!(header(&split(&simulator).await.0, "server").as_deref(), Some("proxygen"));
}

#[tokio::test]
async fn a_request_is_judged_after_its_delay_even_if_its_sender_has_given_up() {
    let (simulator, _) = start().await;
    let (before, after) = (Duration::from_millis(60), Duration::from_millis(60));
    simulator.fault(Fault::once(Answer::Pass).with_delays(before, after));
    let began = Instant::now();
    assert_eq!(send(&simulator, &[purchase("e1")]).await.status, 200);
    assert!(began.elapsed() >= before + after);
    simulator.fault(Fault::once(Answer::Pass).with_delays(before, Duration::ZERO));
    let body = json!({ "data": [purchase("e2")] }).to_string();
    let address = simulator.base_url().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("POST {EVENTS} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json{}", bearer());
    let request = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await.unwrap();
    // It has the whole request, or the fault would still wait.
    while simulator.shared.state().faults.waiting() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(taken(&simulator), 1);
    drop(stream);
    while taken(&simulator) < 2 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn latency_comes_with_any_other_answer() {
    let (simulator, _) = start().await;
    let fault = json!({ "delay_before_ms": 30, "delay_after_ms": 30, "answer": { "reset": true } });
    assert_eq!(post_json(&simulator, "/_simulator/faults", "", &fault).await.status, 204);
    let began = Instant::now();
    assert_eq!(send_raw(&simulator).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert!(began.elapsed() >= Duration::from_millis(60));
    assert_eq!(taken(&simulator), 0);
}

fn gunzipped(bytes: &[u8]) -> String {
    let mut text = String::new();
    std::io::Read::read_to_string(&mut GzDecoder::new(bytes), &mut text).unwrap();
    text
}

#[tokio::test]
async fn an_answer_is_compressed_only_where_the_request_allows_it() {
    let (simulator, _) = start().await;
    simulator.fault(Fault::standing(Answer::Pass).gzipped());
    for (accept, compressed) in [
        ("", false),
        ("\r\nAccept-Encoding: identity", false),
        ("\r\nAccept-Encoding: gzip;q=0, *", false),
        ("\r\nAccept-Encoding: br, GZIP; q=0.5", true),
        ("\r\nAccept-Encoding: *", true),
    ] {
        let head = format!("POST {EVENTS} HTTP/1.1\r\nContent-Type: application/json{accept}{}", bearer());
        let body = json!({ "data": [purchase("e1")] }).to_string();
        let bytes = raw_bytes(&simulator, &head, body.as_bytes()).await.unwrap();
        let at = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(bytes[..at].to_vec()).unwrap();
        assert_eq!(header(&head, "content-encoding").is_some(), compressed, "{accept}");
        let body = &bytes[at + 4..];
        let text = if compressed { gunzipped(body) } else { String::from_utf8(body.to_vec()).unwrap() };
        assert!(text.starts_with(r#"{"events_received":1,"#), "{accept}: {text}");
    }
}

#[tokio::test]
async fn a_fault_takes_or_not_as_it_is_told() {
    let (simulator, _) = start().await;
    let error = || Answer::Error(GraphError::new(500, 2, "busy"));
    let http = || Answer::Http { status: 502, body: "<html>".into() };
    for (answer, status) in [(error(), 500), (http(), 502), (Answer::Pass, 200), (Answer::Received(Some(1)), 200)] {
        for take in [false, true] {
            simulator.reset();
            simulator.fault(Fault::once(answer.clone()).taking(take));
            let reply = send(&simulator, &[purchase("e1")]).await;
            assert_eq!((reply.status, taken(&simulator)), (status, usize::from(take)), "{answer:?}");
            assert_eq!(simulator.requests()[0].taken, usize::from(take), "{answer:?}");
        }
    }
    simulator.fault(Fault::once(error()).taking(true));
    let reply = send(&simulator, &[json!({})]).await;
    assert_eq!(reply.error().1, 2, "an event that breaks a rule is not taken, and the fault answers still");
    assert_eq!(taken(&simulator), 1);
}

#[tokio::test]
async fn a_sender_that_ends_in_the_middle_of_its_body_is_recorded_and_meets_no_fault() {
    let (simulator, _) = start().await;
    simulator.fault(Fault::once(Answer::Http { status: 500, body: String::new() }));
    let address = simulator.base_url().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("POST {EVENTS} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json{}", bearer());
    stream.write_all(format!("{head}\r\nContent-Length: 1000\r\n\r\n{{\"data\"").as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    assert!(rest.is_empty());
    let record = simulator.requests().pop().unwrap();
    assert_eq!((record.status, record.rule.as_deref()), (None, Some("body_broken_off")));
    assert_eq!(send(&simulator, &[purchase("e1")]).await.status, 500, "the fault still waits");
}

#[tokio::test]
async fn headers_that_frame_the_answer_are_not_a_faults_to_say() {
    let (simulator, _) = start().await;
    for name in ["Content-Length", "transfer-encoding", "a b"] {
        let fault = json!({ "headers": { name: "1" } });
        assert_eq!(post_json(&simulator, "/_simulator/faults", "", &fault).await.status, 422, "{name}");
    }
    let name = HeaderName::from_static("x-any");
    simulator.fault(Fault::once(Answer::Pass).with_header(name, HeaderValue::from_static("1")));
    assert_eq!(header(&split(&simulator).await.0, "x-any").as_deref(), Some("1"));
    until_one_is_taken(&simulator).await;
    assert_eq!(simulator.events(&EventQuery::default()).len(), 1);
}
