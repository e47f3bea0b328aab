use super::super::tests::{context, headers, one, read, said, secrets};
use super::super::{Authenticity, Platform};
use super::*;

const BODY: &[u8] = br#"{"id":"1","total":"10.00"}"#;
const SIGNATURE: &str = "C8lvPkvrt8pyJTq/fWZlkZaUwQECiYwRdCYqphnz1fQ=";

fn verified(secrets: &[Secret], signature: Option<&str>, body: &[u8]) -> Authenticity {
    let headers = signature.map_or_else(Default::default, |given| headers(&[("x-wc-webhook-signature", given)]));
    Platform::WooCommerce.verify(secrets, &Delivery::new(&headers, "", body), &context())
}

fn body(fields: &str) -> String {
    format!(r#"{{"id":7,"currency":"BRL","total":"97.10",{fields}}}"#)
}

const PAID: &str = r#""status":"processing","date_paid_gmt":"2026-01-01T12:02:05""#;

#[test]
fn the_constructed_vector_is_authentic_and_nothing_else_is() {
    assert_eq!(verified(&secrets(), Some(SIGNATURE), BODY), Authenticity::Authentic);
    for signature in [None, Some(""), Some("C8lvPkvrt8pyJTq/fWZlkZaUwQECiYwRdCYqphnz1fR=")] {
        assert_eq!(verified(&secrets(), signature, BODY), Authenticity::NotAuthentic, "{signature:?}");
    }
}

#[test]
fn p07_reserialised_json_is_not_authentic() {
    assert_eq!(verified(&secrets(), Some(SIGNATURE), br#"{"id": "1", "total": "10.00"}"#), Authenticity::NotAuthentic);
}

#[test]
fn a_secret_with_characters_of_html_signs_in_either_spelling() {
    let entered: Vec<Secret> = Secret::new("a&b<'\">").into_iter().collect();
    for signing in ["a&b<'\">", "a&amp;b&lt;&#039;&quot;&gt;"] {
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, signing.as_bytes());
        let tag = aws_lc_rs::hmac::sign(&key, BODY);
        let signature = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, tag);
        assert_eq!(verified(&entered, Some(&signature), BODY), Authenticity::Authentic, "{signing}");
    }
}

#[test]
fn p08_probes_the_form_that_is_posted_on_saving_is_one() {
    assert_eq!(verified(&secrets(), None, b"webhook_id=12"), Authenticity::Probe);
    for other in [&b"webhook_id=12&status=processing"[..], br#"{"webhook_id":12}"#, b"id=12"] {
        assert_eq!(verified(&secrets(), None, other), Authenticity::NotAuthentic, "{}", String::from_utf8_lossy(other));
    }
}

#[test]
fn two_orders_of_one_second_are_two_deliveries() {
    let headers = headers(&[("x-wc-webhook-delivery-id", "7b2f0c3d6f7a4c1f9e0d2b5a8c4e6f10")]);
    assert_eq!(Platform::WooCommerce.delivery_id(&Delivery::new(&headers, "", BODY)), None);
}

#[test]
fn each_status_is_a_state() {
    let unpaid = |status: &str| body(&format!(r#""status":"{status}","date_paid_gmt":null"#));
    let paid = |status: &str| body(&format!(r#""status":"{status}","date_paid_gmt":"2026-01-01T12:02:05""#));
    for (body, word) in [
        (unpaid("pending"), "pending and 0"),
        (unpaid("on-hold"), "pending and 0"),
        (unpaid("processing"), "pending and 0"),
        (paid("processing"), "paid and 0"),
        (paid("completed"), "paid and 0"),
        (unpaid("completed"), "state_contradictory"),
        (unpaid("failed"), "refused and 0"),
        (unpaid("cancelled"), "canceled and 0"),
        (paid("refunded"), "refunded and 0"),
        (paid("in-the-warehouse"), "paid and 0"),
        (unpaid("in-the-warehouse"), "payment_not_stated"),
        (unpaid("checkout-draft"), "event_not_used"),
        (paid("trash"), "event_not_used"),
        (r#"{"id":7}"#.to_owned(), "event_not_used"),
        (r#"{"id":7,"total":"97.10","currency":"BRL"}"#.to_owned(), "state_missing"),
    ] {
        assert_eq!(said(&read(Platform::WooCommerce, &body)), word, "{body}");
    }
}

#[test]
fn p02_completion_repeats_the_one_sale() {
    use crate::domain::order::{OptionalEvents, Standing};
    let of = |status: &str| body(&format!(r#""status":"{status}","date_paid_gmt":"2026-01-01T12:02:05""#));
    let mut standing = None;
    for status in ["processing", "completed", "completed"] {
        let order = one(Platform::WooCommerce, &of(status));
        standing = Some(Standing::take(standing, &order, &OptionalEvents::default()).0);
    }
    assert_eq!(standing.unwrap().caused.len(), 1);
}

#[test]
fn other_topics_are_not_orders() {
    for (topic, word) in [
        ("order.created", "paid and 0"),
        ("order.updated", "paid and 0"),
        ("order.restored", "paid and 0"),
        ("order.deleted", "event_not_used"),
        ("product.updated", "event_not_used"),
        ("action.woocommerce_add_to_cart", "event_not_used"),
    ] {
        let headers = headers(&[("x-wc-webhook-topic", topic)]);
        let body = body(PAID);
        let delivery = Delivery::new(&headers, "", body.as_bytes());
        assert_eq!(said(&Platform::WooCommerce.parse_delivery(&delivery, &context())), word, "{topic}");
    }
}

#[test]
fn p01_invented_payloads_are_no_orders() {
    let invented = r#"{"event":"order.paid","order":{"id":7,"total":"97.10","status":"completed"}}"#;
    assert_eq!(said(&read(Platform::WooCommerce, invented)), "state_missing");
}

#[test]
fn p05_a_default_value_or_currency_is_never_made_up() {
    for (without, word) in [(r#""total":"97.10","#, "value_missing"), (r#""currency":"BRL","#, "currency_missing")] {
        assert_eq!(said(&read(Platform::WooCommerce, &body(PAID).replace(without, ""))), word);
    }
    let unreadable = body(PAID).replace("97.10", "97,10");
    assert_eq!(said(&read(Platform::WooCommerce, &unreadable)), "value_unreadable");
}

#[test]
fn p06_units_are_decimals_of_the_currency() {
    let yen = body(PAID).replace("BRL", "JPY").replace("97.10", "1200.00");
    assert_eq!(one(Platform::WooCommerce, &yen).amounts.price.unwrap().to_string(), "1200");
}

#[test]
fn p17_refunds_are_the_newest_and_the_sum_of_all() {
    let refunds = r#""refunds":[{"id":31,"reason":"","total":"-20.00"},{"id":30,"reason":"x","total":"-7.10"}]"#;
    let order = one(Platform::WooCommerce, &body(&format!("{PAID},{refunds}")));
    assert_eq!(order.state, OrderState::PartiallyRefunded);
    let refund = order.refund.unwrap();
    assert_eq!(refund.id.as_deref(), Some("31"));
    assert_eq!(refund.amount.unwrap().to_string(), "20.00");
    assert_eq!(refund.total.unwrap().to_string(), "27.10");
}

#[test]
fn p17_refunds_with_one_that_cannot_be_read_have_no_sum() {
    let refunds = r#""refunds":[{"id":31,"total":"-20.00"},{"id":30,"total":"7,10"}]"#;
    let refund = one(Platform::WooCommerce, &body(&format!("{PAID},{refunds}"))).refund.unwrap();
    assert_eq!((refund.amount.unwrap().to_string(), refund.total), ("20.00".to_owned(), None));
}

#[test]
fn a_subscriptions_renewal_is_one() {
    let renewal = body(&format!(r#"{PAID},"meta_data":[{{"id":1,"key":"_subscription_renewal","value":"640"}}]"#));
    assert_eq!(one(Platform::WooCommerce, &renewal).kind, Kind::Renewal { number: None });
    assert_eq!(one(Platform::WooCommerce, &body(PAID)).kind, Kind::First);
}

#[test]
fn the_address_is_the_buyers_or_none() {
    let of = |via: &str| {
        let fields = format!(r#"{PAID},"created_via":"{via}","customer_ip_address":"203.0.113.7""#);
        one(Platform::WooCommerce, &body(&fields)).buyer.ip
    };
    assert_eq!(of("checkout").as_deref(), Some("203.0.113.7"));
    assert_eq!(of("store-api").as_deref(), Some("203.0.113.7"));
    for via in WITHOUT_THE_BUYER {
        assert_eq!(of(via), None, "{via}");
    }
}

#[test]
fn p10_sentinels_of_the_attribution_are_absent() {
    let metas = r#""meta_data":[{"key":"_wc_order_attribution_utm_source","value":"(direct)"},
        {"key":"_wc_order_attribution_utm_campaign","value":"(none)"},{"key":"_wc_order_attribution_utm_medium","value":"cpc"}]"#;
    let tracking = one(Platform::WooCommerce, &body(&format!("{PAID},{metas}"))).tracking;
    assert_eq!(tracking.slots.into_iter().collect::<Vec<_>>(), [("utm_medium".to_owned(), "cpc".to_owned())]);
}

#[test]
fn what_the_sellers_page_wrote_counts_before_the_page_of_entry() {
    let metas = |own: &str| {
        format!(
            r#""meta_data":[{own}{{"key":"_wc_order_attribution_session_entry",
            "value":"https://shop.example.com/p?track_click_id=entry-click-1&fbclid=IwAR0Sample#top"}}]"#
        )
    };
    let of = |own: &str| one(Platform::WooCommerce, &body(&format!("{PAID},{}", metas(own)))).tracking;
    let entry = of("");
    assert_eq!(entry.click_id.as_deref(), Some("entry-click-1"));
    assert_eq!(entry.fbclid.unwrap().as_str(), "IwAR0Sample");
    for key in ["track_click_id", "_track_click_id"] {
        let own = of(&format!(r#"{{"key":"{key}","value":"k3v9x0q1w2e4r5t6y7u8i9o0"}},"#));
        assert_eq!(own.click_id.as_deref(), Some("k3v9x0q1w2e4r5t6y7u8i9o0"), "{key}");
    }
}

#[test]
fn p09_type_instability_empty_objects_and_lists_and_numbers_as_texts_are_read_alike() {
    for fields in
        [r#""meta_data":{},"refunds":{},"line_items":{}"#, r#""meta_data":[],"refunds":null,"line_items":null"#]
    {
        assert_eq!(one(Platform::WooCommerce, &body(&format!("{PAID},{fields}"))).state, OrderState::Paid);
    }
    let number = body(PAID).replace(r#""97.10""#, "97.1").replace(r#""id":7"#, r#""id":"7""#);
    assert_eq!(one(Platform::WooCommerce, &number).amounts.price.unwrap().to_string(), "97.10");
}
