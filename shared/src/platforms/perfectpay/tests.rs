use super::super::tests::{context, headers, one, read, said, secrets};
use super::super::{Authenticity, Platform};
use super::*;
use crate::domain::order::{OptionalEvents, Standing};

fn body(status: &str, rest: &str) -> String {
    format!(r#"{{"code":"PP1","sale_status_enum":{status},"sale_amount":97.1,"currency_enum":1{rest}}}"#)
}

fn outcome(status: &str, rest: &str) -> String {
    said(&read(Platform::Perfectpay, &body(status, rest)))
}

#[test]
fn p13_empty_secrets_the_token_of_the_body_counts_and_no_empty_one() {
    let headers = headers(&[]);
    let verified =
        |body: &str| Platform::Perfectpay.verify(&secrets(), &Delivery::new(&headers, "", body.as_bytes()), &context());
    assert_eq!(verified(r#"{"token":"test-secret"}"#), Authenticity::Authentic);
    for token in ["", "test", "Test-secret"] {
        assert_eq!(verified(&format!(r#"{{"token":"{token}"}}"#)), Authenticity::NotAuthentic, "{token}");
    }
}

#[test]
fn each_status_is_its_state() {
    for (status, expected) in [
        ("1", "pending and 0"),
        ("2", "paid and 0"),
        ("3", "pending and 0"),
        ("4", "refund_requested"),
        ("5", "refused and 0"),
        ("6", "canceled and 0"),
        ("7", "refunded and 0"),
        ("8", "pending and 0"),
        ("9", "charged_back and 0"),
        ("10", "completed_sale"),
        ("11", "canceled and 0"),
        ("12", "abandoned and 0"),
        ("13", "expired and 0"),
        ("14", "state_unknown"),
        ("15", "canceled and 0"),
        ("16", "pending and 0"),
        ("17", "refund_requested"),
        ("18", "refund_requested"),
        ("19", "refunded and 0"),
        ("20", "refund_requested"),
        ("0", "state_unknown"),
        ("\"2\"", "paid and 0"),
        ("\"approved\"", "state_unknown"),
        ("null", "state_missing"),
    ] {
        assert_eq!(outcome(status, ""), expected, "{status}");
    }
}

#[test]
fn p02_completion_is_not_a_second_sale_even_where_it_comes_as_approved() {
    assert_eq!(outcome("10", ""), "completed_sale");
    for (name, expected) in [
        ("approved", "paid and 0"),
        ("completed", "completed_sale"),
        ("authorized", "pending and 0"),
        ("in_review", "pending and 0"),
        ("refunded", "state_contradictory"),
    ] {
        assert_eq!(outcome("2", &format!(r#","sale_status_enum_key":"{name}""#)), expected, "{name}");
    }
    let [first, again] = [1, 2].map(|_| one(Platform::Perfectpay, &body("2", "")));
    assert_eq!(first.key("perfectpay"), again.key("perfectpay"));
    let (standing, cause) = Standing::take(None, &first, &OptionalEvents::default());
    assert!(cause.unwrap().name.is_purchase());
    assert_eq!(Standing::take(Some(standing), &again, &OptionalEvents::default()).1, None);
}

#[test]
fn p02_a_further_charge_of_a_subscription_is_no_second_sale() {
    let kind = |charges: &str| {
        one(Platform::Perfectpay, &body("2", &format!(r#","subscription":{{"charges_made":{charges}}}"#))).kind
    };
    assert_eq!(kind("1"), Kind::First);
    assert_eq!(kind("2"), Kind::Renewal { number: Some(2) });
}

#[test]
fn p05_a_default_value_currency_or_status_is_never_made_up() {
    let said = |body: &str| said(&read(Platform::Perfectpay, body));
    let paid = r#""code":"PP1","sale_status_enum":2"#;
    assert_eq!(said(r#"{"code":"PP1","sale_amount":5,"currency_enum":1}"#), "state_missing");
    assert_eq!(said(&format!(r#"{{{paid},"currency_enum":1}}"#)), "value_missing");
    assert_eq!(said(&format!(r#"{{{paid},"sale_amount":"free","currency_enum":1}}"#)), "value_unreadable");
    assert_eq!(said(&format!(r#"{{{paid},"sale_amount":5}}"#)), "currency_missing");
    assert_eq!(said(&format!(r#"{{{paid},"sale_amount":5,"currency_enum":9}}"#)), "currency_unknown");
    assert_eq!(said(r#"{"sale_status_enum":2,"sale_amount":5,"currency_enum":1}"#), "order_id_missing");
}

#[test]
fn each_currency_is_its_own() {
    for (stated, code) in [
        (r#""currency_enum":1"#, "BRL"),
        (r#""currency_enum":"2""#, "USD"),
        (r#""currency_enum":3"#, "EUR"),
        (r#""currency_enum":4,"currency_enum_key":"GBP""#, "GBP"),
        (r#""currency_enum_key":"usd""#, "USD"),
    ] {
        let body = format!(r#"{{"code":"PP1","sale_status_enum":2,"sale_amount":5,{stated}}}"#);
        assert_eq!(one(Platform::Perfectpay, &body).amounts.price.unwrap().currency().code(), code, "{stated}");
    }
}

#[test]
fn p09_type_instability_an_amount_may_be_a_number_or_a_text() {
    for written in ["97.1", "\"97.10\"", "\"97.1\""] {
        let body =
            format!(r#"{{"code":"PP1","sale_status_enum":2,"sale_amount":{written},"currency_enum":1,"metadata":[]}}"#);
        assert_eq!(one(Platform::Perfectpay, &body).amounts.price.unwrap().to_string(), "97.10", "{written}");
    }
}

#[test]
fn p10_sentinels_and_empty_texts_are_absent() {
    let customer = r#","customer":{"full_name":"Não Informado","email":"","phone_number":"","city":"null","ip":""},
        "metadata":{"src":"Não Informado","utm_source":""}"#;
    let order = one(Platform::Perfectpay, &body("2", customer));
    assert_eq!(order.buyer.shown(context().country), []);
    assert!(order.tracking.slots.is_empty());
}

#[test]
fn p16_net_is_the_share_of_who_receives_the_webhook() {
    let shares = r#""commission":[
        {"affiliation_code":"A1","affiliation_type_enum_key":"producer","commission_amount":60.5,"currency_enum":1},
        {"affiliation_code":"A2","affiliation_type_enum_key":"affiliate","commission_amount":"20","currency_enum":1},
        {"name":"PerfectPay","commission_amount":16.6,"affiliation_type_enum":0}]"#;
    let net = |owner: &str| {
        let order = one(Platform::Perfectpay, &body("2", &format!(",{shares}{owner}")));
        assert_eq!(order.amounts.price.unwrap().to_string(), "97.10");
        order.amounts.net.map(|net| net.to_string())
    };
    assert_eq!(net(r#","webhook_owner":"A1""#).as_deref(), Some("60.50"));
    assert_eq!(net(r#","webhook_owner":"A2""#).as_deref(), Some("20.00"));
    assert_eq!(net(r#","webhook_owner":"A3""#), None);
    assert_eq!(net("").as_deref(), Some("60.50"));
}

#[test]
fn p17_refunds_what_is_only_disputed_is_no_refund() {
    for status in ["4", "17", "18", "20"] {
        assert_eq!(outcome(status, ""), "refund_requested", "{status}");
    }
}
