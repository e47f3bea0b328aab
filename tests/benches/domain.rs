//! What the pure parts of a request cost: `cargo bench -p tests`.
#![expect(clippy::expect_used, reason = "sample values that are right")]

use divan::{Bencher, black_box};
use serde_json::value::RawValue;
use shared::domain::attribution::{self, Candidate, Evidence, Rules};
use shared::domain::country::Country;
use shared::domain::delivery::Event;
use shared::domain::event_id::EventId;
use shared::domain::money::{Currency, Money};
use shared::domain::order::{EventName, OrderId};
use shared::domain::user_data;
use shared::meta::{MAX_EVENTS, payload};

fn main() {
    divan::main();
}

#[divan::bench]
fn event_id(bencher: Bencher<'_, '_>) {
    let order_id = OrderId::parse("HP0034281351").expect("an order id");
    let value = Money::parse("97.00", Currency::parse("BRL").expect("a currency")).expect("an amount");
    let name = EventName::purchase();
    bencher.bench(|| EventId::of(black_box("tnt_1"), black_box(&order_id), &name, &value));
}

mod normalise {
    use super::{Country, black_box, user_data};

    #[divan::bench]
    fn email() -> bool {
        user_data::em(black_box(" Maria.Souza@Example.COM ")).is_some()
    }

    #[divan::bench(args = ["(11) 95550-0123", "+55 11 95550-0123", "0055 11 95550 0123"])]
    fn phone(raw: &str) -> bool {
        user_data::ph(black_box(raw), Country::parse("BR")).is_some()
    }

    #[divan::bench]
    fn name() -> usize {
        user_data::ln(black_box("De Souza e Conceição")).as_slice().len()
    }

    #[divan::bench]
    fn city() -> usize {
        user_data::ct(black_box("São José dos Campos")).as_slice().len()
    }

    #[divan::bench]
    fn state() -> bool {
        user_data::st(black_box("São Paulo"), Country::parse("BR")).is_some()
    }

    #[divan::bench]
    fn postal_code() -> usize {
        user_data::zp(black_box("01310-100"), Country::parse("BR")).as_slice().len()
    }

    #[divan::bench]
    fn address() -> bool {
        user_data::client_ip_address(black_box("[2001:DB8::8a2e:370:7334]:443")).is_some()
    }

    #[divan::bench]
    fn agent() -> bool {
        user_data::client_user_agent(black_box(tests::request::AGENT)).is_some()
    }
}

/// The candidates of an order that carries its click, from a buyer who was seen often.
#[divan::bench(args = [0, 1, 4, 16])]
fn attribution(bencher: Bencher<'_, '_>, count: i64) {
    let now = 1_700_000_000_000_000;
    let candidate = |index: i64| {
        let word = Evidence::WORDS[usize::try_from(index).unwrap_or_default() % Evidence::WORDS.len()];
        let at = now - index * 3_600_000_000;
        Candidate {
            evidence: Evidence::parse(word).expect("a word"),
            click_id: format!("click{}", index / 3),
            clicked_at: at,
            observed_at: at,
            same_browser: index % 2 == 0,
            confirmed: index % 3 == 0,
        }
    };
    let candidates: Vec<Candidate> = (0..count).map(candidate).collect();
    let rules = Rules { ordered_at: now, window_days: 28 };
    bencher.bench(|| attribution::decide(black_box(&candidates), black_box(rules)));
}

/// The body of a request with this many events.
#[divan::bench(args = [1, 100, MAX_EVENTS as usize])]
fn meta_payload(bencher: Bencher<'_, '_>, count: usize) {
    let raw = |text: String| RawValue::from_string(text).expect("JSON");
    let hash = "0".repeat(64);
    let event = Event {
        event_id: hash.clone(),
        event_name: "Purchase".into(),
        event_time_s: 1_700_000_000,
        action_source: "website".into(),
        event_source_url: Some("https://shop.example.com/thanks".into()),
        user_data: raw(format!(
            r#"{{"em":["{hash}"],"ph":["{hash}"],"fn":["{hash}"],"client_user_agent":"{}"}}"#,
            tests::request::AGENT
        )),
        custom_data: raw(r#"{"value":97.00,"currency":"BRL","order_id":"HP0034281351"}"#.into()),
        limited_data_use: false,
    };
    let events = vec![&event; count];
    bencher.bench(|| payload::body(black_box(&events), None, None).expect("JSON").len());
}

/// A delivery as a checkout posts it: verified, read, normalised, hashed, and made ready for the statement.
mod webhook {
    use divan::{Bencher, black_box};
    use lambda_http::http::{HeaderMap, HeaderValue};
    use shared::domain::country::Country;
    use shared::domain::order::Outcome;
    use shared::intake;
    use shared::platforms::{Authenticity, Context, Delivery, Platform, Secret};
    use tests::webhook::connection;

    const HOTMART: &[u8] = include_bytes!("../fixtures/webhooks/hotmart/purchase_approved.json");

    #[divan::bench]
    fn hotmart(bencher: Bencher<'_, '_>) {
        let secrets: Vec<Secret> = Secret::new("test-secret").into_iter().collect();
        let mut headers = HeaderMap::new();
        headers.insert("x-hotmart-hottok", HeaderValue::from_static("test-secret"));
        let context = Context { received_at_s: 1_768_867_200, country: Country::parse("BR") };
        let connection = connection("tnt_1", "shop", Platform::Hotmart);
        bencher.bench(|| {
            let delivery = Delivery::new(&headers, "", black_box(HOTMART));
            assert_eq!(Platform::Hotmart.verify(&secrets, &delivery, &context), Authenticity::Authentic);
            match Platform::Hotmart.parse_delivery(&delivery, &context) {
                Outcome::Orders { main, .. } => intake::sale(&connection, &main, true).expect("a sale"),
                _ => unreachable!("it is a sale"),
            }
        });
    }
}
