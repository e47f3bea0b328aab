use super::super::tests::{context, headers, one, read, said, secrets};
use super::super::{Authenticity, Platform};
use super::*;

fn body(event: &str, attributes: &str) -> String {
    format!(
        r#"{{"meta":{{"event_name":"{event}"}},"data":{{"type":"orders","id":"5001","attributes":{{"currency":"USD",
            "total":9710,"created_at":"2026-01-01T12:02:05.000000Z","updated_at":"2026-01-01T12:02:09.000000Z"{attributes}}}}}}}"#
    )
}

fn of(event: &str, attributes: &str) -> String {
    said(&read(Platform::LemonSqueezy, &body(event, attributes)))
}

#[test]
fn the_constructed_vector_is_authentic_and_nothing_else_is() {
    let verified = |signature: &str| {
        let headers = headers(&[("x-signature", signature)]);
        let delivery = Delivery::new(&headers, "", br#"{"id":"1","total":"10.00"}"#);
        Platform::LemonSqueezy.verify(&secrets(), &delivery, &context())
    };
    let good = "0bc96f3e4bebb7ca72253abf7d6665919694c10102898c1174262aa619f3d5f4";
    assert_eq!(verified(good), Authenticity::Authentic);
    for bad in ["", "00", &good.replace('0', "1"), &good[..62]] {
        assert_eq!(verified(bad), Authenticity::NotAuthentic, "{bad}");
    }
}

#[test]
fn each_status_of_a_new_order_is_a_state() {
    for (status, word) in [
        ("paid", "paid and 0"),
        ("pending", "pending and 0"),
        ("failed", "refused and 0"),
        ("refunded", "refunded and 0"),
        ("partial_refund", "partially_refunded and 0"),
        ("fraudulent", "state_unknown"),
        ("", "state_missing"),
    ] {
        assert_eq!(of("order_created", &format!(r#","status":"{status}""#)), word, "{status}");
    }
}

#[test]
fn the_event_may_stand_in_the_header_alone() {
    let headers = headers(&[("x-event-name", "order_created")]);
    let body = body("", r#","status":"paid""#);
    let delivery = Delivery::new(&headers, "", body.as_bytes());
    assert_eq!(said(&Platform::LemonSqueezy.parse_delivery(&delivery, &context())), "paid and 0");
    assert_eq!(said(&read(Platform::LemonSqueezy, &body)), "state_missing");
}

#[test]
fn p17_refunds_are_full_when_their_sum_is() {
    for (attributes, word) in [
        (r#","status":"refunded","refunded":true,"refunded_amount":9710"#, "refunded and 0"),
        (r#","status":"partial_refund","refunded":false,"refunded_amount":2000"#, "partially_refunded and 0"),
        (r#","status":"paid","refunded":false,"refunded_amount":2000"#, "partially_refunded and 0"),
        (r#","status":"refunded","refunded":true"#, "refunded and 0"),
        (r#","status":"partial_refund","refunded":true"#, "partially_refunded and 0"),
        (r#","refunded":1"#, "refunded and 0"),
        (r#","status":"paid","refunded":false,"refunded_amount":0"#, "state_contradictory"),
        (r#","status":"paid""#, "state_missing"),
    ] {
        assert_eq!(of("order_refunded", attributes), word, "{attributes}");
    }
    let order = one(Platform::LemonSqueezy, &body("order_refunded", r#","refunded_amount":2000"#));
    let refund = order.refund.unwrap();
    assert_eq!((refund.id.as_deref(), refund.amount), (Some("2000"), None), "a sum says nothing of the last one alone");
    assert_eq!(refund.total.unwrap().to_string(), "20.00");
}

#[test]
fn a_subscriptions_first_invoice_is_its_order_and_later_ones_are_renewals() {
    let invoice = |event: &str, reason: &str| body(event, &format!(r#","status":"paid","billing_reason":"{reason}""#));
    for event in ["subscription_payment_success", "subscription_payment_failed", "subscription_payment_refunded"] {
        assert_eq!(said(&read(Platform::LemonSqueezy, &invoice(event, "initial"))), "counted_elsewhere", "{event}");
    }
    let recovered = invoice("subscription_payment_recovered", "renewal");
    assert_eq!(said(&read(Platform::LemonSqueezy, &recovered)), "counted_elsewhere");
    let failed = invoice("subscription_payment_failed", "renewal");
    assert_eq!(said(&read(Platform::LemonSqueezy, &failed)), "refused and 0");
    for reason in ["renewal", "updated"] {
        let renewal = one(Platform::LemonSqueezy, &invoice("subscription_payment_success", reason));
        assert_eq!((renewal.state, &renewal.kind), (OrderState::Paid, &Kind::Renewal { number: None }), "{reason}");
        assert_eq!(renewal.key("lemonsqueezy").unwrap().as_str(), "lemonsqueezy:5001#subscription-invoice");
        assert_eq!(renewal.event_time().unix_s(), 1_767_268_929, "when it was paid, not when it was made");
    }
}

#[test]
fn events_of_subscriptions_and_keys_are_not_used() {
    for event in ["subscription_created", "subscription_cancelled", "license_key_created", "affiliate_activated"] {
        assert_eq!(of(event, r#","status":"active""#), "event_not_used", "{event}");
    }
}

#[test]
fn p05_a_default_value_or_currency_is_never_made_up() {
    let body = body("order_created", r#","status":"paid""#);
    assert_eq!(said(&read(Platform::LemonSqueezy, &body.replace("9710", "null"))), "value_missing");
    assert_eq!(said(&read(Platform::LemonSqueezy, &body.replace("USD", ""))), "currency_missing");
    assert_eq!(said(&read(Platform::LemonSqueezy, &body.replace("9710", "97.10"))), "value_unreadable");
}

#[test]
fn p06_units_without_two_decimals_are_what_the_formatted_total_says() {
    let price = |currency: &str, total: &str, formatted: &str| {
        let formatted = format!(r#","status":"paid","total_formatted":"{formatted}""#);
        let body = body("order_created", &formatted).replace("USD", currency).replace("9710", total);
        match read(Platform::LemonSqueezy, &body) {
            Outcome::Orders { main, .. } => main.amounts.price.unwrap().to_string(),
            other => said(&other),
        }
    };
    assert_eq!(price("EUR", "9710", "€97.10"), "97.10");
    assert_eq!(price("JPY", "1200", "¥1,200"), "1200");
    assert_eq!(price("JPY", "120000", "¥1,200"), "1200");
    assert_eq!(price("JPY", "1200", "¥12"), "12");
    assert_eq!(price("JPY", "0", "¥0"), "0");
    assert_eq!(price("TND", "9710", "TND9.710"), "9.710");
    for (currency, total, formatted) in [
        ("JPY", "1200", ""),
        ("JPY", "1200", "¥13"),
        ("JPY", "12", "¥1,200"),
        ("JPY", "120000", "¥1,200.00"),
        ("TND", "971000", "TND9.710"),
    ] {
        assert_eq!(price(currency, total, formatted), "value_unreadable", "{currency} {total} {formatted}");
    }
}

#[test]
fn test_mode_is_a_test_wherever_it_stands() {
    let attributes = r#","status":"paid","test_mode":true"#;
    assert_eq!(of("order_created", attributes), "test_sale");
    let body = body("order_created", r#","status":"paid""#);
    let meta = body.replace(r#""meta":{"#, r#""meta":{"test_mode":true,"#);
    assert_eq!(said(&read(Platform::LemonSqueezy, &meta)), "test_sale");
    assert_eq!(said(&read(Platform::LemonSqueezy, &body)), "paid and 0");
}
