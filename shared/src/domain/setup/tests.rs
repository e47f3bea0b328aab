use std::collections::HashSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const NOW: i64 = 1_795_435_200;

fn whole() -> Value {
    json!({
        "business": {"name": "Loja", "slug": "loja-1", "country": "BR", "currency": "BRL"},
        "funnel": {"name": "Course", "domains": ["loja.example.com.br"]},
        "meta": {"pixel_id": "1000000000000001", "access_token": {"set_at": 1}},
        "checkout": {"platform": "hotmart", "domains": ["pay.example.com"], "secret": {"set_at": 1}},
        "other_senders": {"purchase": "off"},
    })
}

/// A sound setup that is live, with these changes: `/pointer = JSON`, or `-/pointer` for what is taken out.
fn changed(changes: &[&str]) -> Input {
    let mut input = whole();
    for change in changes {
        let (pointer, value) = match change.strip_prefix('-') {
            Some(pointer) => (pointer, None),
            None => change.split_once(" = ").map(|(at, to)| (at, Some(serde_json::from_str(to).unwrap()))).unwrap(),
        };
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = input.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        match value {
            Some(value) => parent.insert(key.to_owned(), value),
            None => parent.remove(key),
        };
    }
    serde_json::from_value(input).unwrap()
}

fn rules(word: &str) -> Option<PlatformRules> {
    let stated = |amounts: &[&'static str], slot, ids_are_per_shop| PlatformRules {
        amounts: amounts.to_vec(),
        slot,
        ids_are_per_shop,
    };
    match word {
        "hotmart" => Some(stated(&["price", "net"], Some("xcod"), false)),
        "woocommerce" => Some(stated(&["price"], None, true)),
        _ => None,
    }
}

fn live() -> Live {
    Live {
        is_provisioned: true,
        is_active: false,
        first_click_at: Some(1),
        first_order_at: Some(1),
        first_event_at: Some(1),
    }
}

fn known(slug_taken: bool, meta: Option<MetaVerdict>, live: Live) -> Known<'static> {
    let platforms = &["hotmart", "woocommerce"];
    Known { now_s: NOW, slug_taken, meta, skew_s: None, not_found: &[], live, platforms, rules: &rules }
}

fn found(changes: &[&str]) -> Vec<(&'static str, String)> {
    let issues = check(&changed(changes), &known(false, Some(MetaVerdict::Ready), live()));
    issues.into_iter().map(|it| (it.code.as_str(), it.field)).collect()
}

#[test]
fn a_sound_setup_has_no_issue() {
    assert_eq!(found(&[]), []);
    let api = ["/checkout/platform = \"api\"", "-/checkout/secret"];
    assert_eq!(found(&api), [], "the seller's own server needs no connection");
}

/// (change, code, field)
const EACH: [(&str, &str, &str); 31] = [
    ("-/business/name", "business_name_missing", "business.name"),
    ("-/business/slug", "slug_missing", "business.slug"),
    (r#"/business/slug = "Loja""#, "slug_shape", "business.slug"),
    (r#"/business/slug = "a--b""#, "slug_shape", "business.slug"),
    ("-/business/country", "country_missing", "business.country"),
    (r#"/business/country = "XX""#, "country_unknown", "business.country"),
    ("-/business/currency", "currency_missing", "business.currency"),
    (r#"/business/currency = "R$""#, "currency_unknown", "business.currency"),
    ("-/funnel/name", "funnel_name_missing", "funnel.name"),
    ("-/funnel/domains", "domains_missing", "funnel.domains"),
    (r#"/funnel/domains = ["a.example.com", "localhost"]"#, "domain_shape", "funnel.domains[1]"),
    (r#"/funnel/domains = ["com.br"]"#, "domain_too_wide", "funnel.domains[0]"),
    ("-/meta/pixel_id", "pixel_missing", "meta.pixel_id"),
    (r#"/meta/pixel_id = "12a""#, "pixel_shape", "meta.pixel_id"),
    ("-/meta/access_token", "token_missing", "meta.access_token"),
    (r#"/meta/test_event_code = "TEST1""#, "test_code_without_end", "meta.test_event_code_until"),
    ("/meta/test_event_code_until = 1795435201", "test_end_without_code", "meta.test_event_code"),
    ("-/checkout/platform", "platform_missing", "checkout.platform"),
    (r#"/checkout/platform = "shop""#, "platform_unknown", "checkout.platform"),
    (r#"/checkout/amount = "gross""#, "amount_not_stated", "checkout.amount"),
    (r#"/checkout/shop = "north""#, "shop_not_used", "checkout.shop"),
    (r#"/checkout/order_id_slot = "a b""#, "slot_shape", "checkout.order_id_slot"),
    ("-/checkout/secret", "platform_secret_missing", "checkout.secret"),
    ("-/checkout/domains", "checkout_domains_missing", "checkout.domains"),
    (r#"/checkout/domains = ["pay.example.com/x"]"#, "checkout_domain_shape", "checkout.domains[0]"),
    (r#"/checkout/domains = ["co.uk"]"#, "checkout_domain_too_wide", "checkout.domains[0]"),
    (r#"/checkout/platform = "woocommerce""#, "click_id_by_hand", "checkout.platform"),
    ("-/other_senders/purchase", "other_senders_unconfirmed", "other_senders.purchase"),
    (r#"/other_senders/purchase = "perhaps""#, "other_senders_unconfirmed", "other_senders.purchase"),
    (r#"/other_senders/purchase = "on""#, "other_senders_on", "other_senders.purchase"),
    ("/other_senders = {}", "other_senders_unconfirmed", "other_senders.purchase"),
];

/// (changes, code)
const TOGETHER: [(&[&str], &str); 4] = [
    (&[r#"/meta/test_event_code = "T""#, "/meta/test_event_code_until = 1796040001"], "test_code_end_too_far"),
    (&[r#"/meta/test_event_code = "T""#, "/meta/test_event_code_until = 1796040000"], "test_code_on"),
    (&[r#"/meta/test_event_code = "T""#, "/meta/test_event_code_until = 1795435200"], "test_code_over"),
    (&[r#"/checkout/platform = "woocommerce""#, r#"/checkout/shop = "North""#], "shop_shape"),
];

/// (what others know, code)
fn of_others() -> Vec<(Known<'static>, &'static str)> {
    let meta = |verdict| known(false, verdict, live());
    let ready = |live| known(false, Some(MetaVerdict::Ready), live);
    vec![
        (known(true, Some(MetaVerdict::Ready), live()), "slug_taken"),
        (meta(Some(MetaVerdict::TokenRefused)), "token_refused"),
        (meta(Some(MetaVerdict::PixelNotShared)), "pixel_not_shared"),
        (meta(Some(MetaVerdict::NotReadable)), "token_unproven"),
        (meta(Some(MetaVerdict::Unknown)), "meta_unchecked"),
        (meta(None), "meta_unchecked"),
        (Known { skew_s: Some(-61), ..ready(live()) }, "clock_skew"),
        (
            Known { not_found: Box::leak(Box::new(["loja.example.com.br".to_owned()])), ..ready(live()) },
            "domain_not_found",
        ),
        (ready(Live { first_click_at: None, ..live() }), "no_click_yet"),
        (ready(Live { first_order_at: None, ..live() }), "no_order_yet"),
        (ready(Live { first_event_at: None, ..live() }), "no_event_yet"),
    ]
}

#[test]
fn every_issue_is_found_and_names_its_field() {
    let mut seen: HashSet<&str> = HashSet::new();
    for (change, code, field) in EACH {
        assert_eq!(found(&[change]).first(), Some(&(code, field.to_owned())), "{change}");
        seen.insert(code);
    }
    for (changes, code) in TOGETHER {
        assert!(found(changes).iter().any(|(it, _)| *it == code), "{changes:?}: {:?}", found(changes));
        seen.insert(code);
    }
    for (known, code) in of_others() {
        let issues = check(&changed(&[]), &known);
        assert_eq!(issues.iter().map(|it| it.code.as_str()).collect::<Vec<_>>(), [code]);
        seen.insert(code);
    }
    let never: Vec<&&str> = Code::WORDS.iter().filter(|code| !seen.contains(**code)).collect();
    assert!(never.is_empty(), "{never:?}");
}

#[test]
fn the_readme_lists_every_issue_with_its_severity() {
    let readme = include_str!("../../../../README.md");
    for code in Code::ALL {
        let listed = format!("`{}`", code.as_str());
        assert!(readme.contains(&listed), "{listed}");
        assert_eq!(readme.contains(&format!("{listed}*")), code.severity() == Severity::Warning, "{listed}");
    }
}

#[test]
fn all_issues_are_told_at_once() {
    let issues = check(&Input::default(), &known(false, None, Live::default()));
    let codes: Vec<&str> = issues.iter().map(|it| it.code.as_str()).collect();
    let all = [
        "business_name_missing",
        "slug_missing",
        "country_missing",
        "currency_missing",
        "funnel_name_missing",
        "domains_missing",
        "pixel_missing",
        "token_missing",
        "platform_missing",
        "other_senders_unconfirmed",
    ];
    assert_eq!(codes, all);
    assert_eq!(next(&issues, &Live::default()), Step::Business);
}

#[test]
fn a_text_says_what_to_do_in_both_languages_and_names_its_detail() {
    for code in Code::ALL {
        let issue = Issue { code: *code, field: String::new(), detail: "price, net".to_owned() };
        for locale in [Locale::English, Locale::Portuguese] {
            for text in [issue.message(locale), issue.fix(locale)] {
                assert!(text.ends_with('.') && !text.contains('{'), "{code:?}: {text}");
            }
        }
        assert_ne!(issue.message(Locale::English), issue.message(Locale::Portuguese), "{code:?}");
    }
    let stated = Issue { code: Code::AmountNotStated, field: String::new(), detail: "price, net".to_owned() };
    assert_eq!(stated.fix(Locale::English), "Choose one of: price, net.");
}

#[test]
fn the_steps_follow_what_is_entered_and_what_has_come() {
    let of = |changes: &[&str], live: Live| {
        next(&check(&changed(changes), &known(false, Some(MetaVerdict::Ready), live)), &live)
    };
    for (change, step) in [
        ("-/business/slug", Step::Business),
        ("-/funnel/domains", Step::Funnel),
        ("-/meta/access_token", Step::Meta),
        ("-/checkout/secret", Step::Checkout),
        ("-/other_senders/purchase", Step::OtherSenders),
    ] {
        assert_eq!(of(&[change], live()), step);
    }
    assert_eq!(of(&[], Live::default()), Step::Snippet);
    assert_eq!(of(&[], Live { first_order_at: None, ..live() }), Step::TestOrder);
    assert_eq!(of(&[], live()), Step::Active);
    assert_eq!(of(&[], Live { is_active: true, is_provisioned: true, ..Live::default() }), Step::Active);
    assert_eq!(of(&["-/checkout/domains"], Live::default()), Step::Snippet, "a warning holds nobody up");
}

proptest! {
    #[test]
    fn no_text_panics(slug in any::<String>(), domain in any::<String>(), pixel in any::<String>(), until in any::<i64>()) {
        let mut input = changed(&[]);
        input.business.slug = Some(slug);
        input.funnel.domains = vec![domain];
        input.meta.pixel_id = Some(pixel);
        (input.meta.test_event_code, input.meta.test_event_code_until) = (Some(String::new()), Some(until));
        let _ = check(&input, &known(false, None, live()));
    }
}
