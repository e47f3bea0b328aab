use super::super::tests::{context, headers, one, read, said, secrets};
use super::super::{Authenticity, Platform};
use super::*;
use crate::domain::order::{OptionalEvents, Standing};

const BODY: &[u8] = br#"{"id":"1","total":"10.00"}"#;
const SIGNATURE: &str = "ea174ecb275242fd056320bfb22acc3d6f370d07ee3c23f2ce811ed391a1b933";

fn verified(header: &str, received_at_s: i64) -> Authenticity {
    let headers = headers(&[("paddle-signature", header)]);
    let context = Context { received_at_s, ..context() };
    Platform::Paddle.verify(&secrets(), &Delivery::new(&headers, "", BODY), &context)
}

fn transaction(event: &str, status: &str, fields: &str) -> String {
    format!(
        r#"{{"event_id":"evt_1","event_type":"{event}","occurred_at":"2026-01-01T12:02:07Z","data":{{"id":"txn_1",
            "status":"{status}","currency_code":"USD",{fields}"details":{{"totals":{{"grand_total":"9710"}}}}}}}}"#
    )
}

fn adjustment(action: &str, status: &str, fields: &str) -> String {
    format!(
        r#"{{"event_id":"evt_1","event_type":"adjustment.updated","data":{{"id":"adj_1","action":"{action}",
            "status":"{status}","transaction_id":"txn_1","currency_code":"USD",{fields}"totals":{{"total":"2000"}}}}}}"#
    )
}

#[test]
fn one_of_several_signatures_will_do() {
    let old = "0".repeat(64);
    for header in [
        format!("ts=1700000000;h1={SIGNATURE}"),
        format!("ts=1700000000;h1={old};h1={SIGNATURE}"),
        format!("ts=1700000000; h1={SIGNATURE}"),
    ] {
        assert_eq!(verified(&header, 1_700_000_000), Authenticity::Authentic, "{header}");
    }
    for header in [
        format!("ts=1700000001;h1={SIGNATURE}"),
        format!("h1={SIGNATURE}"),
        format!("ts=1700000000;h2={SIGNATURE}"),
        format!("ts=1700000000,h1={SIGNATURE}"),
        "ts=1700000000;h1=".to_owned(),
    ] {
        assert_eq!(verified(&header, 1_700_000_000), Authenticity::NotAuthentic, "{header}");
    }
}

#[test]
fn p12_freshness_of_five_seconds_is_not_asked_for() {
    let header = format!("ts=1700000000;h1={SIGNATURE}");
    for (late, authenticity) in [
        (6, Authenticity::Authentic),
        (300, Authenticity::Authentic),
        (-300, Authenticity::Authentic),
        (301, Authenticity::NotAuthentic),
        (-301, Authenticity::NotAuthentic),
    ] {
        assert_eq!(verified(&header, 1_700_000_000 + late), authenticity, "{late}");
    }
}

#[test]
fn each_event_is_a_state() {
    for (event, status, word) in [
        ("transaction.paid", "paid", "paid and 0"),
        ("transaction.paid", "completed", "paid and 0"),
        ("transaction.completed", "completed", "paid and 0"),
        ("transaction.paid", "past_due", "state_contradictory"),
        ("transaction.completed", "", "state_missing"),
        ("transaction.billed", "billed", "pending and 0"),
        ("transaction.past_due", "past_due", "pending and 0"),
        ("transaction.payment_failed", "ready", "refused and 0"),
        ("transaction.canceled", "canceled", "canceled and 0"),
        ("transaction.created", "draft", "event_not_used"),
        ("transaction.ready", "ready", "event_not_used"),
        ("transaction.updated", "completed", "event_not_used"),
        ("subscription.activated", "active", "event_not_used"),
    ] {
        assert_eq!(said(&read(Platform::Paddle, &transaction(event, status, ""))), word, "{event} {status}");
    }
    assert_eq!(said(&read(Platform::Paddle, r#"{"data":{"id":"txn_1","status":"paid"}}"#)), "state_missing");
}

#[test]
fn each_adjustment_is_a_state() {
    let full = r#""type":"full","#;
    for (action, status, fields, word) in [
        ("refund", "approved", full, "refunded and 0"),
        ("refund", "approved", r#""type":"partial","#, "partially_refunded and 0"),
        ("refund", "approved", "", "partially_refunded and 0"),
        ("refund", "rejected", full, "event_not_used"),
        ("refund", "reversed", full, "event_not_used"),
        ("chargeback", "approved", full, "charged_back and 0"),
        ("chargeback", "reversed", full, "event_not_used"),
        ("chargeback_warning", "approved", full, "event_not_used"),
        ("chargeback_reverse", "approved", full, "event_not_used"),
        ("credit", "approved", full, "event_not_used"),
        ("credit_reverse", "approved", full, "event_not_used"),
        ("gift", "approved", full, "state_unknown"),
        ("refund", "", full, "state_missing"),
    ] {
        assert_eq!(said(&read(Platform::Paddle, &adjustment(action, status, fields))), word, "{action} {status}");
    }
}

#[test]
fn p02_completion_is_not_a_second_sale() {
    let mut standing = None;
    for (event, status) in [("transaction.paid", "paid"), ("transaction.completed", "completed")] {
        let order = one(Platform::Paddle, &transaction(event, status, ""));
        standing = Some(Standing::take(standing, &order, &OptionalEvents::default()).0);
    }
    assert_eq!(standing.unwrap().caused.len(), 1);
}

#[test]
fn p05_a_default_value_or_currency_is_never_made_up() {
    let body = transaction("transaction.paid", "paid", "");
    assert_eq!(said(&read(Platform::Paddle, &body.replace(r#""9710""#, "null"))), "value_missing");
    assert_eq!(said(&read(Platform::Paddle, &body.replace("9710", "97.10"))), "value_unreadable");
    assert_eq!(said(&read(Platform::Paddle, &body.replace("USD", ""))), "currency_missing");
}

#[test]
fn p06_units_are_minor_units_as_texts() {
    let of = |currency: &str| {
        let body = transaction("transaction.paid", "paid", "").replace("USD", currency);
        one(Platform::Paddle, &body).amounts.price.unwrap().to_string()
    };
    assert_eq!([of("USD"), of("JPY"), of("KRW")], ["97.10", "9710", "9710"]);
}

#[test]
fn p16_net_is_what_paddle_leaves_to_the_seller_once_it_says_so() {
    let body = transaction("transaction.completed", "completed", "");
    let earned = body.replace(r#""grand_total""#, r#""earnings":"8639","grand_total""#);
    assert_eq!(one(Platform::Paddle, &earned).value(Amount::Net).unwrap().to_string(), "86.39");
    assert_eq!(one(Platform::Paddle, &body).value(Amount::Net), Err(Rejected::AmountNotStated));
}

#[test]
fn p17_refunds_are_of_their_transaction_and_waiting_ones_are_none() {
    assert_eq!(said(&read(Platform::Paddle, &adjustment("refund", "pending_approval", ""))), "refund_requested");
    let order = one(Platform::Paddle, &adjustment("refund", "approved", ""));
    assert_eq!(order.key("paddle").unwrap().as_str(), "paddle:txn_1");
    let refund = order.refund.unwrap();
    assert_eq!(refund.id.as_deref(), Some("adj_1"));
    assert_eq!((refund.amount.unwrap().to_string(), refund.total), ("20.00".to_owned(), None));
    let full = one(Platform::Paddle, &adjustment("refund", "approved", r#""type":"full","#));
    assert_eq!(full.event_value(Amount::Price).unwrap().to_string(), "20.00");
}

#[test]
fn further_payments_of_a_subscription_are_renewals() {
    let of = |origin: &str| {
        let origin = format!(r#""origin":"{origin}","#);
        read(Platform::Paddle, &transaction("transaction.completed", "completed", &origin))
    };
    let kind = |origin: &str| match of(origin) {
        Outcome::Orders { main, .. } => main.kind,
        other => panic!("{}", said(&other)),
    };
    for origin in ["web", "api"] {
        assert_eq!(kind(origin), Kind::First, "{origin}");
    }
    for origin in ["subscription_recurring", "subscription_update", "subscription_charge"] {
        assert_eq!(kind(origin), Kind::Renewal { number: None }, "{origin}");
    }
    assert_eq!(said(&of("subscription_payment_method_change")), "event_not_used");
}

#[test]
fn what_the_simulator_sends_is_a_test() {
    for body in [transaction("transaction.paid", "paid", ""), adjustment("refund", "approved", "")] {
        assert_eq!(said(&read(Platform::Paddle, &body.replace("evt_1", "ntfsimevt_1"))), "test_sale");
    }
}

#[test]
fn an_entity_without_its_envelope_is_read_by_its_own_status() {
    for (status, word) in [
        ("paid", "paid and 0"),
        ("completed", "paid and 0"),
        ("past_due", "pending and 0"),
        ("billed", "pending and 0"),
        ("canceled", "canceled and 0"),
        ("draft", "event_not_used"),
        ("ready", "event_not_used"),
        ("lost", "state_missing"),
    ] {
        let body = format!(
            r#"{{"id":"txn_1","status":"{status}","currency_code":"USD","details":{{"totals":{{"grand_total":"1"}}}}}}"#
        );
        assert_eq!(said(&read(Platform::Paddle, &body)), word, "{status}");
    }
    let adjustment = r#"{"id":"adj_1","action":"chargeback","status":"approved","transaction_id":"txn_1"}"#;
    assert_eq!(said(&read(Platform::Paddle, adjustment)), "charged_back and 0");
    assert_eq!(said(&read(Platform::Paddle, r#"{"id":"biz_1","status":"active"}"#)), "state_missing");
}
