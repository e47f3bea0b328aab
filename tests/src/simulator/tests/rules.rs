use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::{EVENT_RULES, EventQuery, REQUEST_RULES};
use super::cases::{REFUSED, TAKEN, changed};
use super::{purchase, send, send_body, start};

#[tokio::test]
async fn an_event_inside_every_rule_is_taken() {
    let (simulator, _) = start().await;
    for (name, change) in TAKEN {
        let reply = send(&simulator, &[changed(change)]).await;
        assert_eq!((reply.status, &reply.json()["events_received"]), (200, &json!(1)), "{name}: {}", reply.text);
    }
}

#[tokio::test]
async fn each_rule_refuses_its_own_case_with_its_own_code() {
    let (simulator, _) = start().await;
    for (rule, change, (code, subcode)) in REFUSED {
        let reply = send(&simulator, &[changed(change)]).await;
        assert_eq!(reply.error(), (400, *code, *subcode), "{rule}: {}", reply.text);
        let record = simulator.requests().pop().unwrap();
        assert_eq!(record.rule.as_deref(), Some(*rule), "{change}");
        assert_eq!((record.events, record.taken), (1, 0), "{rule}");
    }
    assert!(simulator.events(&EventQuery::default()).is_empty());
}

#[test]
fn no_event_rule_is_without_a_case() {
    let tested: BTreeSet<_> = REFUSED.iter().map(|(rule, ..)| *rule).collect();
    let all: BTreeSet<_> = EVENT_RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(tested, all);
}

#[tokio::test]
async fn each_request_rule_refuses_its_own_case() {
    let (simulator, _) = start().await;
    let event = purchase("e1");
    let many: Vec<Value> = (0..1001).map(|at| purchase(&at.to_string())).collect();
    let cases = [
        ("data", json!({})),
        ("data_empty", json!({ "data": [] })),
        ("data_over_1000", json!({ "data": many })),
        ("partner_agent", json!({ "data": [event], "partner_agent": "abcdefghijklmnopqrstuvw" })),
        ("partner_agent", json!({ "data": [event], "partner_agent": "1.0-a" })),
        ("test_event_code", json!({ "data": [event], "test_event_code": " " })),
    ];
    for (rule, body) in &cases {
        let reply = send_body(&simulator, body).await;
        assert_eq!(reply.error(), (400, 100, None), "{rule}");
        assert_eq!(simulator.requests().pop().unwrap().rule.as_deref(), Some(*rule));
    }
    let tested: BTreeSet<_> = cases.iter().map(|(rule, _)| *rule).collect();
    let all: BTreeSet<_> = REQUEST_RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(tested, all);
}

#[tokio::test]
async fn a_thousand_events_and_a_partner_of_22_characters_are_taken() {
    let (simulator, _) = start().await;
    let many: Vec<Value> = (0..1000).map(|at| purchase(&at.to_string())).collect();
    let body = json!({ "data": many, "partner_agent": "abcdefghijklmnopqrst-1" });
    let reply = send_body(&simulator, &body).await;
    assert_eq!(reply.json()["events_received"], 1000);
    assert_eq!(simulator.events(&EventQuery::default()).len(), 1000);
}

#[tokio::test]
async fn one_invalid_event_refuses_the_whole_request() {
    let (simulator, _) = start().await;
    let bad = changed(r#"/user_data/em = "test@example.com""#);
    let events = [purchase("e1"), bad, purchase("e3")];
    let reply = send(&simulator, &events).await;
    assert_eq!(reply.error(), (400, 100, Some(2_804_016)));
    assert!(simulator.events(&EventQuery::default()).is_empty());
    let record = simulator.requests().pop().unwrap();
    assert_eq!(record.field.as_deref(), Some("data[1].user_data.em"));
    assert_eq!((record.events, record.taken), (3, 0));
}

#[tokio::test]
async fn an_event_that_is_no_object_is_refused() {
    let (simulator, _) = start().await;
    for event in [json!("{}"), json!(7), json!([])] {
        let reply = send(&simulator, &[event]).await;
        assert_eq!(reply.error(), (400, 100, Some(2_804_019)));
    }
}

#[tokio::test]
async fn the_envelope_is_metas() {
    let (simulator, _) = start().await;
    let old = changed("/event_time = 1794744000");
    let error = send(&simulator, &[old]).await.json()["error"].clone();
    let keys: BTreeSet<&str> = error.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "code",
        "error_subcode",
        "error_user_msg",
        "error_user_title",
        "fbtrace_id",
        "is_transient",
        "message",
        "type",
    ];
    assert_eq!(keys, expected.into());
    assert_eq!((&error["type"], &error["is_transient"]), (&json!("OAuthException"), &json!(false)));
    let untold = changed("-/event_name");
    let error = send(&simulator, &[untold]).await.json()["error"].clone();
    assert_eq!(error["error_data"], json!({ "blame_field_specs": [["data[0].event_name"]] }));
}
