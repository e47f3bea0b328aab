use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;

use super::super::setup::{Locale, MetaVerdict, Severity};
use super::*;

const NOW: i64 = 1_795_435_200;
const DAY: i64 = 24 * 3600;

/// A live tenant that does well: 1,000 clicks and 100 sales a week.
fn sound() -> Facts {
    Facts {
        now_s: NOW,
        status: "active".to_owned(),
        pixel_id: Some("1000000000000001".to_owned()),
        currency: Some("BRL".to_owned()),
        other_senders: Some(OtherSenders { purchase: Some("shares_event_id".to_owned()) }),
        sends: Sends { accepted_at: Some(NOW - 60), ..Sends::default() },
        clicks: Clicks {
            clicks: 1000,
            with_ip: 1000,
            with_fbc: 600,
            browsers: 900,
            of_one_address: 30,
            of_meta: 500,
            of_meta_without_fbc: 20,
            fbc_indices: vec![index("www.loja.example.com.br", "2", 600)],
        },
        events: Events {
            events: 100,
            two_addresses: 80,
            two_families: 10,
            currencies: BTreeMap::from([("BRL".to_owned(), 97), ("USD".to_owned(), 3)]),
            stages: Stages { click: 60, identity: 20, network: 5, none: 15 },
            late: 2,
        },
        before: Stages { click: 240, identity: 80, network: 20, none: 60 },
        days: vec![Day { clicks: 50, deliveries: 15 }; 8],
        connections: vec![connection()],
        covered_since: NOW - 35 * DAY,
        ..Facts::default()
    }
}

/// A shop with five sales and 40 clicks a week, a fortnight old.
fn small() -> Facts {
    let day = |clicks, deliveries| Day { clicks, deliveries };
    Facts {
        clicks: Clicks { clicks: 40, with_ip: 40, with_fbc: 10, browsers: 38, of_one_address: 3, ..Clicks::default() },
        events: Events {
            events: 5,
            two_addresses: 4,
            two_families: 3,
            currencies: BTreeMap::from([("BRL".to_owned(), 3), ("USD".to_owned(), 2)]),
            stages: Stages { click: 0, identity: 1, network: 0, none: 4 },
            late: 2,
        },
        before: Stages { click: 2, identity: 1, network: 0, none: 2 },
        days: vec![day(0, 0), day(9, 1), day(7, 2), day(0, 0), day(8, 1), day(6, 0), day(5, 1), day(5, 0)],
        ..sound()
    }
}

fn index(host: &str, index: &str, clicks: i64) -> FbcIndex {
    FbcIndex { host: host.to_owned(), index: index.to_owned(), clicks }
}

fn connection() -> Connection {
    Connection {
        id: "shop".to_owned(),
        platform: "hotmart".to_owned(),
        created_at: NOW - 30 * DAY,
        deliveries: 90,
        not_authentic: 0,
        unread: 0,
    }
}

const READY: Asked = Asked::Said(MetaVerdict::Ready);

fn agreed() -> Clocks {
    Clocks { meta_s: NOW, database_s: NOW + 3, function_s: NOW - 3 }
}

fn codes(facts: &Facts) -> Vec<&'static str> {
    examine(facts, READY, Some(agreed())).found.iter().map(|it| it.code.as_str()).collect()
}

/// A sound tenant with one thing changed.
fn with(change: impl FnOnce(&mut Facts)) -> Facts {
    let mut facts = sound();
    change(&mut facts);
    facts
}

#[test]
fn a_tenant_that_does_well_has_no_issue() {
    assert_eq!(examine(&sound(), READY, Some(agreed())), Findings::default());
}

#[test]
fn a_small_shop_is_not_alarmed_by_chance() {
    assert_eq!(codes(&small()), [""; 0]);
    let new =
        Facts { connections: vec![Connection { deliveries: 0, created_at: NOW - 6 * DAY, ..connection() }], ..small() };
    assert_eq!(codes(&new), [""; 0], "a week without a sale is possible");
}

/// (what is wrong, its code): just enough of it.
fn just_enough() -> Vec<(Facts, &'static str)> {
    let refused = |code, subcode, events| Refused { code: Some(code), subcode: Some(subcode), said: None, events };
    vec![
        (with(|it| it.pixel_id = None), "pixel_missing"),
        (with(|it| it.test_code = Some(TestCode { until: NOW + 1 })), "test_code_on"),
        (with(|it| it.test_code = Some(TestCode { until: NOW })), "test_code_over"),
        (with(|it| it.other_senders = Some(OtherSenders { purchase: None })), "other_senders_unconfirmed"),
        (with(|it| it.other_senders = Some(OtherSenders { purchase: Some("on".to_owned()) })), "other_senders_on"),
        (with(|it| it.gate.parked_reason = Some("credentials".to_owned())), "parked"),
        (with(|it| it.gate.breaker = Some("half_open".to_owned())), "breaker_open"),
        (with(|it| it.sends.refused = vec![refused(100, 2_804_009, 1)]), "events_refused"),
        (with(|it| it.sends.unclear = 1), "events_unclear"),
        (with(|it| it.sends.expired = 1), "events_expired"),
        (with(|it| it.sends.near_expiry = 1), "events_near_expiry"),
        (with(|it| stop(it, |day| &mut day.clicks, 20)), "clicks_stopped"),
        (with(|it| (it.clicks.of_meta, it.clicks.of_meta_without_fbc) = (20, 10)), "ad_clicks_without_fbc"),
        (with(|it| (it.clicks.clicks, it.clicks.with_ip) = (1000, 800)), "clicks_without_address"),
        (
            with(|it| (it.clicks.browsers, it.clicks.with_ip, it.clicks.of_one_address) = (20, 1000, 800)),
            "clicks_of_one_address",
        ),
        (
            with(|it| {
                it.clicks.with_fbc = 50;
                it.clicks.fbc_indices = vec![index("example.com", "1", 45), index("example.com", "4", 5)];
            }),
            "fbc_wrong_index",
        ),
        (with(|it| stop(it, |day| &mut day.deliveries, 5)), "orders_stopped"),
        (with(|it| it.events.stages = Stages { click: 35, none: 65, ..Stages::default() }), "match_rate_fell"),
        (
            with(|it| {
                it.events.stages = Stages { identity: 5, none: 15, ..Stages::default() };
                it.before = Stages::default();
            }),
            "match_rate_low",
        ),
        (
            with(|it| it.events.currencies = BTreeMap::from([("BRL".to_owned(), 80), ("USD".to_owned(), 20)])),
            "other_currency",
        ),
        (with(|it| (it.events.events, it.events.late) = (20, 5)), "orders_come_late"),
        (with(|it| (it.events.two_addresses, it.events.two_families) = (10, 5)), "addresses_differ"),
        (with(|it| it.connections[0].not_authentic = 1), "not_authentic"),
        (with(|it| it.connections[0].unread = 1), "bodies_unread"),
        (
            with(|it| (it.connections[0].deliveries, it.connections[0].created_at) = (0, NOW - 7 * DAY)),
            "connection_silent",
        ),
    ]
}

/// None in the last 24 hours, and so many on each day before.
fn stop(facts: &mut Facts, of: impl Fn(&mut Day) -> &mut i64, a_day: i64) {
    for day in &mut facts.days {
        *of(day) = a_day;
    }
    *of(&mut facts.days[0]) = 0;
}

#[test]
fn every_issue_is_found_and_has_its_words_in_both_languages() {
    let mut seen: HashSet<Code> = HashSet::new();
    let mut told = |found: Findings, code: &str, why: &str| {
        assert_eq!(found.found.iter().map(|it| it.code.as_str()).collect::<Vec<_>>(), [code], "{why}");
        for it in found.found {
            seen.insert(it.code);
            let (english, portuguese) =
                (it.code.told(Locale::English, &it.detail), it.code.told(Locale::Portuguese, &it.detail));
            for text in [&english.0, &english.1, &portuguese.0, &portuguese.1] {
                assert!(text.ends_with('.') && !text.contains(['{', '}']), "{code}: {text}");
            }
            assert!(english.0 != portuguese.0 && english.1 != portuguese.1, "{code}");
        }
    };
    for (facts, code) in just_enough() {
        told(examine(&facts, READY, Some(agreed())), code, code);
    }
    let unproven = with(|it| it.sends.accepted_at = None);
    let of_meta = [
        (sound(), Asked::NoToken, "token_missing"),
        (sound(), Asked::Said(MetaVerdict::TokenRefused), "token_refused"),
        (unproven.clone(), Asked::Said(MetaVerdict::PixelNotShared), "pixel_not_shared"),
        (unproven, Asked::Said(MetaVerdict::NotReadable), "token_unproven"),
    ];
    for (facts, asked, code) in of_meta {
        told(examine(&facts, asked, Some(agreed())), code, code);
    }
    for clocks in [Clocks { database_s: NOW - 61, ..agreed() }, Clocks { function_s: NOW + 61, ..agreed() }] {
        told(examine(&sound(), READY, Some(clocks)), "clock_skew", "a minute is over");
    }
    let never: Vec<_> = Code::ALL.iter().filter(|code| !seen.contains(code)).collect();
    assert!(never.is_empty(), "{never:?}");
}

#[test]
fn a_little_less_is_no_issue() {
    let less = [
        with(|it| it.test_code = None),
        with(|it| it.gate.breaker = Some("closed".to_owned())),
        with(|it| stop(it, |day| &mut day.clicks, 19)),
        with(|it| (it.clicks.of_meta, it.clicks.of_meta_without_fbc) = (19, 19)),
        with(|it| (it.clicks.of_meta, it.clicks.of_meta_without_fbc) = (100, 49)),
        with(|it| (it.clicks.clicks, it.clicks.with_ip) = (19, 0)),
        with(|it| (it.clicks.clicks, it.clicks.with_ip) = (1000, 801)),
        with(|it| (it.clicks.browsers, it.clicks.of_one_address) = (19, 1000)),
        with(|it| it.clicks.fbc_indices.push(index("example.com", "4", 4))),
        with(|it| it.clicks.fbc_indices.push(index("example.com", "4", 59))),
        with(|it| stop(it, |day| &mut day.deliveries, 4)),
        with(|it| {
            it.events.stages = Stages { click: 3, none: 16, ..Stages::default() };
            it.before = Stages::default();
        }),
        with(|it| it.events.stages = Stages { click: 43, none: 57, ..Stages::default() }),
        with(|it| it.events.currencies = BTreeMap::from([("BRL".to_owned(), 81), ("USD".to_owned(), 19)])),
        with(|it| it.currency = None),
        with(|it| (it.events.events, it.events.late) = (100, 4)),
        with(|it| (it.events.two_addresses, it.events.two_families) = (9, 9)),
        with(|it| (it.connections[0].deliveries, it.connections[0].created_at) = (0, NOW - 7 * DAY + 1)),
        with(|it| (it.connections[0].deliveries, it.covered_since) = (0, NOW - 6 * DAY)),
        with(|it| it.other_senders = None),
    ];
    for (number, facts) in less.iter().enumerate() {
        assert_eq!(codes(facts), [""; 0], "case {number}");
    }
    let quiet = Clocks { meta_s: NOW, database_s: NOW + 60, function_s: NOW - 60 };
    assert_eq!(examine(&sound(), READY, Some(quiet)).found, []);
}

#[test]
fn a_match_rate_of_few_sales_falls_by_more_than_chance_before_it_is_told() {
    let fall = |matched: i64, none: i64| {
        codes(&with(|it| {
            it.events.stages = Stages { click: matched, none, ..Stages::default() };
            it.before = Stages { click: 20, none: 20, ..Stages::default() };
        }))
    };
    assert_eq!(fall(4, 16), ["match_rate_low"], "20 % of 20 after 50 % of 40 may be chance; low it is all the same");
    assert_eq!(fall(0, 20), ["match_rate_fell"]);
}

#[test]
fn a_small_shop_is_judged_by_a_month_where_a_week_says_too_little() {
    let month = with(|it| {
        it.events.stages = Stages { none: 5, ..Stages::default() };
        it.before = Stages { click: 1, none: 14, ..Stages::default() };
    });
    let found = examine(&month, READY, Some(agreed())).found;
    assert_eq!(found[0].code, Code::MatchRateLow);
    assert_eq!(
        found[0].code.told(Locale::English, &found[0].detail).0,
        "Only 5% of 20 sales found their click (by click 5%, by buyer 0%, by network 0%)."
    );
}

#[test]
fn an_event_that_meta_took_proves_more_than_a_read_that_it_refused() {
    let found = |accepted_at, verdict| {
        let facts = with(|it| it.sends.accepted_at = accepted_at);
        examine(&facts, Asked::Said(verdict), Some(agreed())).found.len()
    };
    assert_eq!(found(Some(NOW - DAY + 1), MetaVerdict::PixelNotShared), 0);
    assert_eq!(found(Some(NOW - DAY), MetaVerdict::PixelNotShared), 1, "what was a day ago may have changed");
    assert_eq!(found(Some(NOW - 6 * DAY), MetaVerdict::NotReadable), 0);
    assert_eq!(found(Some(NOW - 1), MetaVerdict::TokenRefused), 1, "a token that is over sends no more");
}

#[test]
fn what_meta_did_not_say_leaves_what_was_found_before() {
    let silent = examine(&sound(), Asked::Said(MetaVerdict::Unknown), None);
    assert_eq!(silent.found, []);
    let left = [Code::TokenRefused, Code::PixelNotShared, Code::TokenUnproven, Code::ClockSkew];
    assert_eq!(silent.unjudged, left);
    assert!(examine(&sound(), Asked::Unknown, None).unjudged.contains(&Code::TokenMissing));
    assert_eq!(examine(&sound(), Asked::NoToken, None).unjudged, [Code::ClockSkew]);
}

#[test]
fn a_tenant_that_does_not_sell_is_not_told_that_nothing_comes() {
    for status in ["provisioning", "suspended"] {
        let facts = with(|it| {
            it.status = status.to_owned();
            it.days = vec![Day::default(); 8];
            it.days[1..].fill(Day { clicks: 50, deliveries: 50 });
            it.connections[0].deliveries = 0;
            it.test_code = Some(TestCode { until: NOW + 1 });
        });
        assert_eq!(codes(&facts), [""; 0], "{status}");
    }
}

#[test]
fn meta_s_words_are_plain_where_they_are_known() {
    let told = |code, subcode, locale| {
        let facts = with(|it| {
            it.sends.refused = vec![Refused { code: Some(code), subcode, said: Some("Invalid".to_owned()), events: 3 }];
        });
        let found = examine(&facts, READY, None).found;
        found[0].code.told(locale, &found[0].detail).0
    };
    assert_eq!(
        told(100, Some(2_804_010), Locale::English),
        "Meta refused 3 events in the last 7 days. Of 3 of them the reason is: its currency is missing."
    );
    assert!(told(100, Some(2_804_010), Locale::Portuguese).ends_with("o motivo é: falta a moeda."));
    assert!(told(987, None, Locale::English).ends_with("Meta answers with the error 987/-."));
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

proptest! {
    #[test]
    fn no_counts_panic_and_every_share_is_one(
        counts in proptest::collection::vec(0..i64::MAX / 4, 16), word in ".{0,8}", host in ".{0,12}", status in "active|suspended|x",
    ) {
        let of = |place: usize| counts[place % counts.len()];
        let facts = Facts {
            now_s: of(0), status, currency: Some("BRL".to_owned()),
            sends: Sends { unclear: of(1), expired: of(2), near_expiry: of(3), ..Sends::default() },
            clicks: Clicks {
                clicks: of(4), with_ip: of(5), with_fbc: of(6), browsers: of(7), of_one_address: of(8), of_meta: of(9),
                of_meta_without_fbc: of(10), fbc_indices: vec![index(&host, &word, of(11))],
            },
            events: Events {
                events: of(12), late: of(13), two_addresses: of(14), two_families: of(15),
                currencies: BTreeMap::from([(word, of(1))]), stages: Stages { click: of(2) / 4, identity: of(3) / 4, network: of(4) / 4, none: of(5) / 4 },
            },
            before: Stages { click: of(6) / 4, none: of(7) / 4, ..Stages::default() },
            days: vec![Day { clicks: of(8), deliveries: of(9) }; 3],
            connections: vec![Connection { created_at: of(10), ..connection() }],
            covered_since: of(11),
            ..Facts::default()
        };
        for it in examine(&facts, READY, Some(Clocks { meta_s: of(1), database_s: of(2), function_s: -of(3) })).found {
            for locale in [Locale::English, Locale::Portuguese] {
                prop_assert!(!it.code.told(locale, &it.detail).0.is_empty());
            }
        }
    }
}
