//! Who meets a fault: standing ones, chances, events, pixels; and the presets.

use std::collections::BTreeSet;

use serde_json::json;

use super::super::{Answer, Fault, GraphError, presets};
use super::line::{send_raw, taken};
use super::{DEMO_PIXEL, Simulator, bearer, exchange, post_json, purchase, send, send_body, start};

fn down() -> Answer {
    Answer::Http { status: 503, body: String::new() }
}

async fn statuses(simulator: &Simulator, count: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..count {
        statuses.push(send(simulator, &[purchase("e1")]).await.status);
    }
    statuses
}

async fn drawn(seed: u64) -> Vec<u16> {
    let (simulator, _) = start().await;
    simulator.fault(Fault::standing(down()).for_pixel(DEMO_PIXEL).by_chance(0.5, seed));
    statuses(&simulator, 40).await
}

#[tokio::test]
async fn the_same_seed_chooses_the_same_requests() {
    let first = drawn(7).await;
    assert_eq!(first, drawn(7).await);
    assert_ne!(first, drawn(8).await);
    let met = first.iter().filter(|status| **status == 503).count();
    assert!((5..=35).contains(&met), "{met} of 40 by a chance of a half");
}

#[tokio::test]
async fn requests_of_another_pixel_do_not_move_the_draws() {
    let alone = drawn(7).await;
    let (simulator, _) = start().await;
    simulator.pixel("2", "second");
    simulator.fault(Fault::standing(down()).for_pixel(DEMO_PIXEL).by_chance(0.5, 7));
    let body = json!({ "data": [purchase("e1")] });
    for expected in alone {
        post_json(&simulator, "/v26.0/2/events", "\r\nAuthorization: Bearer second", &body).await;
        assert_eq!(statuses(&simulator, 1).await, [expected]);
    }
}

#[tokio::test]
async fn a_chance_of_none_and_of_all_are_what_they_say() {
    let (simulator, _) = start().await;
    simulator.fault(Fault::times(1, down()).by_chance(0.0, 1));
    simulator.fault(Fault::times(2, Answer::Error(GraphError::new(400, 17, "x"))).by_chance(1.0, 1));
    assert_eq!(statuses(&simulator, 3).await, [400, 400, 200]);
}

#[tokio::test]
async fn a_fault_without_an_end_stands_until_it_is_cleared_for_its_pixel() {
    let (simulator, _) = start().await;
    let fault = json!({ "pixel": DEMO_PIXEL, "times": null, "answer": { "status": 503 } });
    assert_eq!(post_json(&simulator, "/_simulator/faults", "", &fault).await.status, 204);
    simulator.fault(Fault::once(Answer::Error(GraphError::new(400, 4, "x"))));
    assert_eq!(statuses(&simulator, 5).await, [503; 5]);
    let list = exchange(&simulator, "GET /_simulator/faults HTTP/1.1", b"").await.json();
    let told = json!({ "pixel": DEMO_PIXEL, "event_id": null, "times": null, "chance": null, "answer": "status" });
    assert_eq!(list[0], told);
    let clear = |pixel: &str| format!("DELETE /_simulator/faults?pixel={pixel} HTTP/1.1");
    exchange(&simulator, &clear("2"), b"").await;
    assert_eq!(statuses(&simulator, 1).await, [503]);
    exchange(&simulator, &clear(DEMO_PIXEL), b"").await;
    assert_eq!(statuses(&simulator, 2).await, [400, 200], "the fault for all pixels still waits");
}

#[tokio::test]
async fn a_fault_for_an_event_refuses_each_request_that_carries_it() {
    let (simulator, _) = start().await;
    let fault = json!({ "event_id": "bad", "times": null, "answer": { "preset": "data_100_2804003" } });
    assert_eq!(post_json(&simulator, "/_simulator/faults", "", &fault).await.status, 204);
    let both = [purchase("good"), purchase("bad")];
    assert_eq!(send(&simulator, &both).await.error(), (400, 100, Some(2_804_003)));
    assert_eq!(send(&simulator, &both[..1]).await.status, 200);
    assert_eq!(send(&simulator, &both[1..]).await.error(), (400, 100, Some(2_804_003)));
    assert_eq!(taken(&simulator), 1);
}

#[tokio::test]
async fn a_fault_that_makes_no_sense_is_refused() {
    let (simulator, _) = start().await;
    for fault in [
        json!({ "chance": 1.5 }),
        json!({ "chance": -0.1 }),
        json!({ "seed": 7 }),
        json!({ "times": -1 }),
        json!({ "answer": { "preset": "nobody" } }),
        json!({ "answer": { "body": "x", "reset": true } }),
        json!({ "answer": { "large_bytes": 100_000_000 } }),
        json!({ "answer": { "redirect": { "location": "/x", "status": 200 } } }),
        json!({ "answer": { "redirect": { "location": "a\nb" } } }),
        json!({ "usage": { "percent": 1 } }),
    ] {
        let reply = post_json(&simulator, "/_simulator/faults", "", &fault).await;
        assert_eq!(reply.status, 422, "{fault}: {}", reply.text);
    }
    assert_eq!(statuses(&simulator, 1).await, [200]);
}

#[tokio::test]
async fn every_preset_answers_by_its_name_with_its_code() {
    let (simulator, _) = start().await;
    for preset in presets() {
        let fault = json!({ "answer": { "preset": preset.name } });
        assert_eq!(post_json(&simulator, "/_simulator/faults", "", &fault).await.status, 204, "{}", preset.name);
        let reply = send(&simulator, &[purchase("e1")]).await;
        match &preset.answer {
            Answer::Error(error) => assert_eq!(reply.error(), (error.status, error.code, error.subcode)),
            Answer::Http { status, body } => assert_eq!((reply.status, &reply.text), (*status, body)),
            other => panic!("{}: {other:?}", preset.name),
        }
    }
    assert_eq!(taken(&simulator), 0);
    let listed = exchange(&simulator, "GET /_simulator/presets HTTP/1.1", b"").await.json();
    assert_eq!(listed.as_array().unwrap().len(), presets().len());
}

#[test]
fn there_is_a_preset_for_every_documented_code() {
    let names: BTreeSet<String> = presets().into_iter().map(|preset| preset.name).collect();
    assert_eq!(names.len(), presets().len(), "each name once");
    let throttled =
        "4 4_1504022 4_1504039 17 17_2446079 32 341 613 613_1487742 80000 80001 80002 80003 80004 80014 429";
    let auth = "190 190_452 190_458 190_459 190_460 190_463 190_464 190_465 190_467 190_492 102 104";
    let data = "100 100_2804003 100_2804009 100_2804010 100_2804016 100_2804050 105 506";
    for (class, codes) in [
        ("transient", "1 2 368 5000 21009 flag"),
        ("throttled", throttled),
        ("auth", auth),
        ("permission", "3 10 200 294 299 100_33"),
        ("data", data),
        ("gateway", "html_200 html_404 html_502 json_503 error_200 text_200 empty_504"),
    ] {
        for code in codes.split(' ') {
            let name = format!("{class}_{code}");
            assert!(names.contains(&name), "{name}");
        }
    }
}

#[tokio::test]
async fn a_success_may_count_wrongly_or_not_at_all() {
    let (simulator, _) = start().await;
    for (told, taking) in [(json!(null), true), (json!(0), true), (json!(7), false)] {
        simulator.reset();
        let fault = json!({ "take": taking, "answer": { "events_received": told } });
        post_json(&simulator, "/_simulator/faults", "", &fault).await;
        let reply = send(&simulator, &[purchase("e1"), purchase("e2")]).await;
        assert_eq!(
            (reply.status, reply.json().get("events_received")),
            (200, Some(&told).filter(|told| !told.is_null()))
        );
        assert_eq!(taken(&simulator), if taking { 2 } else { 0 });
    }
    simulator.fault(Fault::once(Answer::Received(None)));
    let refused = send(&simulator, &[json!({})]).await;
    assert_eq!(refused.error().1, 100, "what breaks a rule is refused as always");
}

#[tokio::test]
async fn an_answer_may_be_too_large() {
    let (simulator, _) = start().await;
    simulator.fault(Fault::once(Answer::Large(64 * 1024)));
    let reply = send(&simulator, &[purchase("e1")]).await;
    assert!(reply.text.len() > 64 * 1024);
    assert_eq!((reply.status, reply.json()["events_received"].as_u64(), taken(&simulator)), (200, Some(1), 1));
}

#[tokio::test]
async fn a_redirect_names_its_place_and_takes_nothing() {
    let (simulator, _) = start().await;
    let fault = json!({ "answer": { "redirect": { "location": "http://127.0.0.1:1/elsewhere" } } });
    post_json(&simulator, "/_simulator/faults", "", &fault).await;
    let text = send_raw(&simulator).await.unwrap();
    assert!(text.starts_with("HTTP/1.1 307") && text.contains("location: http://127.0.0.1:1/elsewhere\r\n"), "{text}");
    assert_eq!(taken(&simulator), 0);
}

#[tokio::test]
async fn a_request_may_be_taken_twice_and_is_answered_once() {
    let (simulator, _) = start().await;
    let fault = json!({ "answer": { "accept_twice": true } });
    post_json(&simulator, "/_simulator/faults", "", &fault).await;
    let reply = send_body(&simulator, &json!({ "data": [purchase("e1"), purchase("e2")] })).await;
    assert_eq!(reply.json()["events_received"], 2);
    let record = simulator.requests().pop().unwrap();
    assert_eq!((taken(&simulator), record.taken, record.duplicates), (2, 2, 2));
}

#[tokio::test]
async fn an_error_has_the_type_it_is_given() {
    let (simulator, _) = start().await;
    let fault = json!({ "answer": { "error": { "code": 100, "type": "GraphMethodException" } } });
    post_json(&simulator, "/_simulator/faults", "", &fault).await;
    let head = format!("POST {} HTTP/1.1{}", super::EVENTS, bearer());
    assert_eq!(exchange(&simulator, &head, b"").await.json()["error"]["type"], "GraphMethodException");
}
