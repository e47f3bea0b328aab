//! What holds for every platform.

use lambda_http::http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;

use super::*;
use crate::domain::country::Country;
use crate::domain::order::{OptionalEvents, Order, Standing};

/// Some time after every time in the tests' bodies.
pub(super) const RECEIVED_AT: i64 = 1_790_000_000;

pub(super) fn context() -> Context {
    Context { received_at_s: RECEIVED_AT, country: Country::parse("BR") }
}

pub(super) fn secrets() -> Vec<Secret> {
    Secret::new("test-secret").into_iter().collect()
}

pub(super) fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())).collect()
}

/// What a platform makes of a JSON body.
pub(super) fn read(platform: Platform, body: &str) -> Outcome {
    let headers = headers(&[("content-type", "application/json")]);
    platform.parse_delivery(&Delivery::new(&headers, "", body.as_bytes()), &context())
}

/// The one order of a body.
pub(super) fn one(platform: Platform, body: &str) -> Order {
    match read(platform, body) {
        Outcome::Orders { main, also } if also.is_empty() => *main,
        other => panic!("not one order: {}", said(&other)),
    }
}

/// An outcome in a word.
pub(super) fn said(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Orders { main, also } => format!("{} and {}", main.state.as_str(), also.len()),
        Outcome::Ignored { reason, .. } => reason.as_str().to_owned(),
        Outcome::Rejected(reason) => reason.as_str().to_owned(),
    }
}

fn all() -> impl Iterator<Item = Platform> {
    Platform::WORDS.iter().filter_map(|word| Platform::parse(word))
}

#[test]
fn every_platform_states_the_price_that_is_sent_by_default() {
    for platform in all() {
        assert!(platform.amounts().contains(&Amount::default()), "{platform:?}");
    }
}

#[test]
fn p08_probes_an_empty_post_is_answered_and_never_authentic() {
    let headers = HeaderMap::new();
    for platform in all() {
        for body in ["", " \n"] {
            let delivery = Delivery::new(&headers, "", body.as_bytes());
            assert_eq!(platform.verify(&secrets(), &delivery, &context()), Authenticity::Probe, "{platform:?}");
        }
    }
}

#[test]
fn p13_empty_secrets_without_a_secret_nothing_is_authentic() {
    let headers = headers(&[("x-hotmart-hottok", ""), ("stripe-signature", "t=1790000000,v1=")]);
    for platform in all() {
        let delivery = Delivery::new(&headers, "signature=", br#"{"secret":"","token":"","hottok":""}"#);
        assert_eq!(platform.verify(&[], &delivery, &context()), Authenticity::NotAuthentic, "{platform:?}");
        assert_eq!(platform.verify(&secrets(), &delivery, &context()), Authenticity::NotAuthentic, "{platform:?}");
    }
}

#[test]
fn what_is_neither_json_nor_a_form_is_rejected_as_unreadable() {
    for platform in all() {
        for body in ["{", "[1,", "{\"a\":1}}"] {
            assert_eq!(said(&read(platform, body)), "unreadable", "{platform:?} {body}");
        }
    }
}

#[test]
fn p01_invented_payloads_are_no_orders() {
    let invented = [
        (Platform::Cakto, r#"{"event":"order.paid","data":{"id":"1","amount":97}}"#),
        (Platform::Eduzz, r#"{"event_name":"sale.paid","sale":{"id":"1","value":97}}"#),
        (Platform::Hotmart, r#"{"event":"purchase.approved","transaction":"HP1","value":97}"#),
        (Platform::Kiwify, r#"{"event":"compra_aprovada","order":{"id":"1","amount":9700}}"#),
        (
            Platform::Stripe,
            r#"{"type":"checkout.paid","livemode":true,"data":{"object":{"id":"1","amount_total":9700}}}"#,
        ),
        (Platform::Shopify, r#"{"event":"order.paid","order":{"id":1,"total":"97.00"}}"#),
    ];
    for (platform, body) in invented {
        assert!(!matches!(read(platform, body), Outcome::Orders { .. }), "{platform:?} {body}");
    }
}

/// One sale's deliveries at Hotmart, in the order in which they came about, a second apart.
fn a_sale() -> Vec<Order> {
    const EVENTS: [(&str, &str); 5] = [
        ("PURCHASE_BILLET_PRINTED", "BILLET_PRINTED"),
        ("PURCHASE_DELAYED", "DELAYED"),
        ("PURCHASE_APPROVED", "APPROVED"),
        ("PURCHASE_REFUNDED", "REFUNDED"),
        ("PURCHASE_CHARGEBACK", "CHARGEBACK"),
    ];
    let body = |(index, (event, status)): (usize, &(&str, &str))| {
        format!(
            r#"{{"event":"{event}","creation_date":{}000,"data":{{"purchase":{{"transaction":"HP1","status":"{status}",
                "price":{{"value":97.1,"currency_value":"BRL"}}}}}}}}"#,
            1_767_225_730 + index
        )
    };
    EVENTS.iter().enumerate().map(|it| one(Platform::Hotmart, &body(it))).collect()
}

proptest! {
    #[test]
    fn a_sales_deliveries_in_any_order_and_repetition_end_in_one_state_and_one_purchase(
        order in Just((0..5).chain(0..5).collect::<Vec<usize>>()).prop_shuffle(),
        last in 2_usize..5,
    ) {
        let sale = a_sale();
        let mut standing = None;
        for index in order.into_iter().filter(|index| *index <= last) {
            standing = Some(Standing::take(standing, &sale[index], &OptionalEvents::default()).0);
        }
        let standing = standing.unwrap();
        prop_assert_eq!(standing.state, sale[last].state);
        prop_assert_eq!(standing.caused.len(), 1);
        prop_assert!(standing.caused[0].name.is_purchase());
    }

    #[test]
    fn no_bytes_panic_or_are_authentic(
        body in prop::collection::vec(any::<u8>(), 0..300),
        query in "[a-z=&%0-9]{0,40}",
        is_form in any::<bool>(),
    ) {
        let kind = if is_form { "application/x-www-form-urlencoded" } else { "application/json" };
        let headers = headers(&[("content-type", kind)]);
        for platform in all() {
            let delivery = Delivery::new(&headers, &query, &body);
            prop_assert_ne!(platform.verify(&secrets(), &delivery, &context()), Authenticity::Authentic);
            let _ = (platform.parse_delivery(&delivery, &context()), platform.delivery_id(&delivery));
        }
    }
}
