use super::super::tests::{context, headers, one, read, said, secrets};
use super::super::{Authenticity, Platform};
use super::*;

fn body(event: &str, alias: &str, fields: &str) -> String {
    format!(
        r#"{{"event":"{event}","resource":{{"id":102855369,"number":739383970908649,"value_total":97.1,
            "status":{{"data":{{"alias":"{alias}"}}}}{fields}}}}}"#
    )
}

fn of(event: &str, alias: &str) -> String {
    said(&read(Platform::Yampi, &body(event, alias, "")))
}

#[test]
fn the_constructed_vector_is_authentic_and_nothing_else_is() {
    let verified = |signature: &str, body: &[u8]| {
        let headers = headers(&[("x-yampi-hmac-sha256", signature)]);
        Platform::Yampi.verify(&secrets(), &Delivery::new(&headers, "", body), &context())
    };
    let good = "C8lvPkvrt8pyJTq/fWZlkZaUwQECiYwRdCYqphnz1fQ=";
    let body = br#"{"id":"1","total":"10.00"}"#;
    assert_eq!(verified(good, body), Authenticity::Authentic);
    assert_eq!(verified(good, br#"{"total":"10.00","id":"1"}"#), Authenticity::NotAuthentic);
    assert_eq!(verified("", body), Authenticity::NotAuthentic);
}

#[test]
fn each_status_is_a_state() {
    for (alias, word) in [
        ("waiting_payment", "pending and 0"),
        ("paid", "paid and 0"),
        ("cancelled", "canceled and 0"),
        ("refused", "refused and 0"),
        ("refunded", "refunded and 0"),
        ("on_carriage", "payment_not_stated"),
        ("", "state_missing"),
    ] {
        for event in ["order.created", "order.status.updated"] {
            assert_eq!(of(event, alias), word, "{event} {alias}");
        }
    }
}

#[test]
fn the_event_of_a_paid_order_is_a_sale_unless_its_status_says_otherwise() {
    for (alias, word) in [
        ("paid", "paid and 0"),
        ("on_carriage", "paid and 0"),
        ("waiting_payment", "state_contradictory"),
        ("cancelled", "state_contradictory"),
        ("", "state_missing"),
    ] {
        assert_eq!(of("order.paid", alias), word, "{alias}");
    }
}

#[test]
fn p01_invented_payloads_are_no_orders() {
    for event in ["checkout.started", "checkout.form_completed", "order.invoice.created", "customer.created"] {
        assert_eq!(of(event, "paid"), "event_not_used", "{event}");
    }
    assert_eq!(said(&read(Platform::Yampi, r#"{"event":"order.paid","order":{"id":1,"total":97}}"#)), "state_missing");
}

#[test]
fn a_refused_transaction_is_its_orders_or_is_not_used() {
    let refused = |resource: &str| {
        read(Platform::Yampi, &format!(r#"{{"event":"transaction.payment.refused","resource":{resource}}}"#))
    };
    for resource in [
        r#"{"id":9,"order":{"data":{"id":7,"number":70}}}"#,
        r#"{"id":9,"order":{"id":7,"number":70}}"#,
        r#"{"id":7,"number":70}"#,
    ] {
        match refused(resource) {
            Outcome::Orders { main, .. } => {
                assert_eq!((main.id.unwrap().as_str(), main.state), ("7", OrderState::Refused), "{resource}");
            }
            other => panic!("{resource} {}", said(&other)),
        }
    }
    assert_eq!(said(&refused(r#"{"id":9,"status":"refused"}"#)), "event_not_used");
}

#[test]
fn a_left_cart_is_told_from_others_by_its_token() {
    let cart = r#"{"event":"cart.reminder","resource":{"id":5,"token":"cart-token-1",
        "customer":{"data":{"email":"ana.exemplo@example.com"}}}}"#;
    let order = one(Platform::Yampi, cart);
    assert_eq!(order.state, OrderState::Abandoned);
    assert_eq!(order.key("yampi").unwrap().as_str(), "yampi:#cart-token-1");
    assert_eq!(order.buyer.email.as_deref(), Some("ana.exemplo@example.com"));
}

#[test]
fn p05_a_default_value_is_never_made_up() {
    let paid = body("order.paid", "paid", "");
    assert_eq!(said(&read(Platform::Yampi, &paid.replace("97.1", "null"))), "value_missing");
    assert_eq!(said(&read(Platform::Yampi, &paid.replace("97.1", r#""R$ 97,10""#))), "value_unreadable");
}

#[test]
fn p06_units_are_decimals_of_reais() {
    let order = one(Platform::Yampi, &body("order.paid", "paid", ""));
    let price = order.value(Amount::Price).unwrap();
    assert_eq!((price.to_string().as_str(), price.currency().code()), ("97.10", "BRL"));
    assert_eq!(order.value(Amount::Gross), Err(Rejected::AmountNotStated));
}

#[test]
fn a_payment_days_later_is_at_its_own_time() {
    let at = |date: &str| format!(r#"{{"date":"{date}.000000","timezone_type":3,"timezone":"America/Sao_Paulo"}}"#);
    let fields = format!(
        r#","created_at":{},"updated_at":{},"statuses":{{"data":[{{"alias":"waiting_payment","created_at":{}}},
            {{"alias":"paid","created_at":{}}}]}}"#,
        at("2026-01-01 09:00:00"),
        at("2026-01-04 10:00:00"),
        at("2026-01-01 09:00:00"),
        at("2026-01-03 09:02:05"),
    );
    let order = one(Platform::Yampi, &body("order.status.updated", "paid", &fields));
    assert_eq!(order.made_at().unix_s(), 1_767_268_800);
    assert_eq!(order.event_time().unix_s(), 1_767_441_725);
    let without = fields.replace(r#""alias":"paid""#, r#""alias":"other""#);
    let order = one(Platform::Yampi, &body("order.status.updated", "paid", &without));
    assert_eq!(order.event_time().unix_s(), 1_767_531_600);
}

#[test]
fn the_order_keeps_the_click_of_its_metadata() {
    let fields = r#","utm_source":"FB","metadata":{"data":[{"key":"source_platform","value":"store_v2"},
        {"key":"click_id","value":"my-own-click-1"},{"key":"fbp","value":"fb.1.1700000000000.1234567890"}]}"#;
    let tracking = one(Platform::Yampi, &body("order.paid", "paid", fields)).tracking;
    assert_eq!(tracking.click_id.as_deref(), Some("my-own-click-1"));
    assert!(tracking.fbp.is_some());
    assert_eq!(tracking.slots.keys().map(String::as_str).collect::<Vec<_>>(), ["click_id", "utm_source"]);
}

#[test]
fn p09_type_instability_empty_lists_stand_for_objects() {
    let fields = r#","metadata":[],"customer":{"data":[]},"shipping_address":null,"items":{"data":{}}"#;
    assert_eq!(one(Platform::Yampi, &body("order.paid", "paid", fields)).state, OrderState::Paid);
}
