use proptest::prelude::*;

use super::*;

fn merged(input: Value, body: &str) -> Value {
    let mut input = input;
    Patch::parse(body.as_bytes()).unwrap_or_else(|it| panic!("{it:?}")).merge(&mut input, 7);
    input
}

fn errors(body: &str) -> Vec<(String, &'static str)> {
    match Patch::parse(body.as_bytes()) {
        Err(Refused::Invalid(errors)) => errors.into_iter().map(|it| (it.field, it.code)).collect(),
        Err(Refused::NotParseable(why)) => vec![(why, "not_parseable")],
        Ok(_) => Vec::new(),
    }
}

#[test]
fn a_patch_changes_what_it_names_and_nothing_else() {
    let input = json!({"business": {"name": "Loja", "slug": "loja"}, "funnel": {"domains": ["a.example.com"]}});
    let after = merged(
        input.clone(),
        r#"{"business": {"slug": " outra ", "country": "BR"}, "funnel": {"domains": ["b.example.com", "", "b.example.com"]}}"#,
    );
    assert_eq!(
        after,
        json!({"business": {"name": "Loja", "slug": "outra", "country": "BR"}, "funnel": {"domains": ["b.example.com"]}})
    );
    assert_eq!(
        merged(input.clone(), r#"{"business": {"name": null, "slug": ""}}"#),
        json!({"funnel": {"domains": ["a.example.com"]}})
    );
    assert_eq!(merged(input.clone(), r#"{"business": null}"#), json!({"funnel": {"domains": ["a.example.com"]}}));
    assert_eq!(merged(input.clone(), "{}"), input);
}

#[test]
fn a_secret_never_becomes_part_of_the_input() {
    let body = r#"{"meta": {"access_token": " sample-token ", "pixel_id": "1"}, "checkout": {"platform": "hotmart", "secret": "sample-hottok"}}"#;
    let patch = Patch::parse(body.as_bytes()).unwrap_or_default();
    assert_eq!(patch.secret("meta", "access_token").map(Entered::reveal), Some("sample-token"));
    let after = merged(json!({}), body);
    assert_eq!(after["meta"], json!({"pixel_id": "1", "access_token": {"set_at": 7}}));
    assert!(!after.to_string().contains("sample"), "{after}");
}

#[test]
fn another_platform_begins_without_the_former_ones_secret() {
    let input = json!({"checkout": {"platform": "hotmart", "secret": {"set_at": 1}}});
    assert_eq!(merged(input.clone(), r#"{"checkout": {"platform": "hotmart"}}"#), input);
    assert_eq!(
        merged(input.clone(), r#"{"checkout": {"platform": "stripe"}}"#),
        json!({"checkout": {"platform": "stripe"}})
    );
    let both = r#"{"checkout": {"platform": "stripe", "secret": "whsec_sample"}}"#;
    assert_eq!(merged(input, both), json!({"checkout": {"platform": "stripe", "secret": {"set_at": 7}}}));
}

#[test]
fn everything_wrong_is_named_at_once() {
    let body = r#"{"business": {"name": 1, "slug": "\ud800", "x": null}, "funnel": {"domains": "a", "requires_consent": "yes"}, "meta": [],
        "checkout": {"secret": {"set_at": 1}, "amount": "aaaaaaaaaaaaaaaaa", "shop": "a\nb"}, "other": {}, "locale": "de"}"#;
    let expected = [
        ("business.name", "wrong_type"),
        ("business.slug", "not_unicode"),
        ("business.x", "unknown_field"),
        ("funnel.domains", "wrong_type"),
        ("funnel.requires_consent", "wrong_type"),
        ("meta", "wrong_type"),
        ("checkout.secret", "wrong_type"),
        ("checkout.amount", "too_long"),
        ("checkout.shop", "control_characters"),
        ("other", "unknown_field"),
        ("locale", "unknown_word"),
    ];
    assert_eq!(errors(body), expected.map(|(field, code)| (field.to_owned(), code)));
    assert_eq!(errors(r#"{"meta": {"pixel_id": "1", "pixel_id": "2"}}"#), [("meta".to_owned(), "duplicate_field")]);
}

#[test]
fn a_time_is_unix_seconds_or_rfc_3339() {
    let of = |time: &str| {
        merged(json!({}), &format!(r#"{{"meta": {{"test_event_code_until": {time}}}}}"#))["meta"]["test_event_code_until"].clone()
    };
    assert_eq!(of("1795435200"), json!(1_795_435_200));
    assert_eq!(of(r#""2026-11-24T00:00:00-03:00""#), json!(1_795_489_200));
    for time in ["-1", "1e3", "253402300800", r#""tomorrow""#, "true"] {
        assert_eq!(errors(&format!(r#"{{"meta": {{"test_event_code_until": {time}}}}}"#)).len(), 1, "{time}");
    }
}

proptest! {
    #[test]
    fn no_bytes_panic_and_a_value_is_never_shown(body in prop::collection::vec(any::<u8>(), 0..200), text in "[a-z]{12}") {
        let _ = Patch::parse(&body).map(|patch| patch.merge(&mut json!({}), 7));
        for body in [format!(r#""{text}""#), format!("[\"{text}\"]"), text.clone(), format!(r#"{{"meta":{{"access_token":["{text}"]}}}}"#)] {
            if let Err(refused) = Patch::parse(body.as_bytes()) {
                let said = format!("{refused:?}");
                prop_assert!(!said.contains(&text));
            }
        }
    }
}
