mod delivery;

use super::super::attribution::{Candidate, Evidence, Rules, decide};
use super::*;

/// 2026-11-24 14:00:00 UTC.
const NOW: i64 = 1_795_528_800;
const RULES: Rules = Rules { ordered_at: NOW * 1_000_000, window_days: 28 };

fn candidate(evidence: Evidence, seconds_before: i64) -> Candidate {
    let at = (NOW - seconds_before) * 1_000_000;
    Candidate {
        evidence,
        click_id: format!("c{seconds_before}"),
        clicked_at: at,
        observed_at: at,
        same_browser: false,
        confirmed: true,
    }
}

fn pending(number: i32, due_at: i64) -> Attempt {
    let expires_at = Some(NOW + 7 * 86_400 - 60);
    Attempt { number, status: "pending".into(), due_at, expires_at, ..Attempt::default() }
}

/// An attempt that failed, with the receipt of the request.
fn failed(number: i32, answer: &str) -> Attempt {
    let receipt_id = Some(format!("r{number}"));
    let finished_at = Some(NOW + i64::from(number));
    Attempt {
        number,
        status: "failed".into(),
        answer: Some(answer.into()),
        finished_at,
        receipt_id,
        ..Attempt::default()
    }
}

/// One that failed before a request was made.
fn unsent(number: i32, answer: &str) -> Attempt {
    Attempt { receipt_id: None, ..failed(number, answer) }
}

struct Case<'a> {
    found: Match,
    arrivals: &'a [Arrivals],
    attempts: &'a [Attempt],
    state: State,
    reason: Option<&'a str>,
    gate: GateTimes,
}

impl Default for Case<'_> {
    fn default() -> Self {
        let found = decide(&[], RULES);
        Self { found, arrivals: &[], attempts: &[], state: State::Pending, reason: None, gate: GateTimes::default() }
    }
}

impl Case<'_> {
    fn lines(&self) -> Vec<Line> {
        self.lines_in(Locale::English)
    }

    fn lines_in(&self, locale: Locale) -> Vec<Line> {
        tell(&Facts {
            locale,
            now: NOW + 60,
            order_id: "1001",
            event_name: "Purchase",
            value: "97.00",
            currency: "BRL",
            received_at: NOW,
            event_time: NOW,
            arrivals: self.arrivals,
            found: &self.found,
            rules: RULES,
            campaign: Some("Black Friday"),
            attempts: self.attempts,
            state: self.state,
            reason: self.reason,
            gate: self.gate,
        })
    }

    fn told(&self) -> Vec<String> {
        self.lines().into_iter().map(|line| line.text).collect()
    }

    /// What follows order and match.
    fn rest(&self) -> Vec<String> {
        self.told().split_off(2)
    }

    fn last(&self) -> String {
        self.told().pop().unwrap()
    }
}

fn matched(candidates: &[Candidate]) -> String {
    Case { found: decide(candidates, RULES), ..Case::default() }.told().swap_remove(1)
}

#[test]
fn the_order_comes_first_with_what_it_was_worth() {
    let told = Case::default().told();
    assert_eq!(told[0], "Order 1001 was received: Purchase of 97.00 BRL.");
}

#[test]
fn the_click_is_told_with_its_time_its_distance_its_evidence_and_its_campaign() {
    let mut email = candidate(Evidence::Email, 3900);
    email.click_id = "c3900".into();
    assert_eq!(
        matched(&[candidate(Evidence::ClickId, 3900), email]),
        "It was matched to the click of 12:55:00 UTC, 1 hour 5 minutes before the order, because the order carries that click's \
         id and the buyer's e-mail was seen with that click. The click came from the campaign \"Black Friday\"."
    );
    assert!(
        matched(&[candidate(Evidence::Network, 120)])
            .contains("the buyer's network and browser in the 24 hours before")
    );
    for seconds in [59, 0, -59] {
        assert!(matched(&[candidate(Evidence::Fbclid, seconds)]).contains("within a minute of the order"));
    }
    assert!(matched(&[candidate(Evidence::Fbclid, -120)]).contains("2 minutes after the order was made"));
    assert!(matched(&[candidate(Evidence::Phone, 90_000)]).contains("of 2026-11-23 13:00:00 UTC, 1 day 1 hour before"));
}

#[test]
fn where_no_click_was_found_the_story_says_why() {
    let of_buyer = " The event has what the order itself says of the buyer.";
    for (candidates, why) in [
        (vec![], "nothing in the order points at one".to_owned()),
        (
            vec![candidate(Evidence::ClickId, 29 * 86_400)],
            "the click of 2026-10-26 14:00:00 UTC is older than the 28 days that count".to_owned(),
        ),
        (
            vec![candidate(Evidence::Email, -3600)],
            "the click of 15:00:00 UTC was not known before the order was made".to_owned(),
        ),
        (
            vec![candidate(Evidence::Network, 60), candidate(Evidence::Network, 120)],
            "more than one click came from the buyer's network and browser".to_owned(),
        ),
        (
            vec![candidate(Evidence::Network, 90_000)],
            "the click of 2026-11-23 13:00:00 UTC came from the buyer's network and browser, which counts for 24 hours only"
                .to_owned(),
        ),
    ] {
        assert_eq!(matched(&candidates), format!("No click was found that it came from: {why}.{of_buyer}"));
    }
}

#[test]
fn what_sends_nothing_says_why_and_what_would_change_it() {
    for (reason, text) in [
        (
            "order_not_paid",
            "Nothing goes to Meta: the order was not paid, and only a paid order is a Purchase. When it is paid, send it again as paid.",
        ),
        (
            "no_person",
            "Nothing goes to Meta: the order had nothing by which Meta knows a person. Send it again with an e-mail, a phone or what the browser had of the click.",
        ),
        (
            "consent_denied",
            "Nothing goes to Meta: the visitor whose click it came from denied consent, and the account sends nothing then.",
        ),
        ("a_new_word", "Nothing goes to Meta: the order was left out (a new word)."),
    ] {
        let case = Case { state: State::Ignored, reason: Some(reason), ..Case::default() };
        assert_eq!(case.last(), text);
        assert!(case.told()[1].ends_with("nothing in the order points at one."));
    }
}

#[test]
fn what_came_before_and_what_came_again_is_told_at_its_time() {
    let arrival = |outcome: &str, reason: Option<&str>, count: i64, first_at: i64, last_at: i64| Arrivals {
        outcome: outcome.into(),
        reason: reason.map(str::to_owned),
        count,
        first_at,
        last_at,
    };
    let arrivals = [
        arrival("ignored", Some("order_not_paid"), 1, NOW - 3600, NOW - 3600),
        arrival("conversion", None, 1, NOW, NOW),
        arrival("duplicate", None, 2, NOW + 10, NOW + 20),
        arrival("ignored", Some("refunded"), 1, NOW + 30, NOW + 30),
        arrival("ignored", Some("refund_requested"), 1, NOW + 25, NOW + 25),
    ];
    let lines = Case { arrivals: &arrivals, ..Case::default() }.lines();
    assert_eq!(
        lines[0].text,
        "Order 1001 came in, and nothing was sent: the order was not paid, and only a paid order is a Purchase."
    );
    assert_eq!(lines[3].text, "It came again (2 times so far) and was not counted again.");
    assert_eq!(
        lines[4].text,
        "It was told of again, and nothing was sent: the buyer asked for a refund, and nothing was paid back yet."
    );
    assert_eq!(
        lines[5].text,
        "It was told of again, and nothing was sent: it was paid back, which does not undo that there was a sale."
    );
    assert_eq!(lines.last().unwrap().text, "It is on its way to Meta.");
    assert!(lines.is_sorted_by_key(|line| line.at));
}

/// Whatever there is to tell, it is told in the reader's language and in no other.
#[test]
fn every_sentence_is_told_in_portuguese_too() {
    let unfit = [
        candidate(Evidence::Email, 40 * 86_400),
        candidate(Evidence::ClickId, -3600),
        candidate(Evidence::Network, 30 * 3600),
    ];
    let fit = [
        Evidence::ClickId,
        Evidence::Fbc,
        Evidence::Fbclid,
        Evidence::Fbp,
        Evidence::Email,
        Evidence::Phone,
        Evidence::ExternalId,
        Evidence::Network,
    ];
    let mut founds: Vec<Match> = unfit.into_iter().map(|it| decide(&[it], RULES)).collect();
    founds.extend(fit.map(|it| decide(&[candidate(it, 3661)], RULES)));
    founds.extend(fit.map(|it| decide(&[Candidate { confirmed: false, ..candidate(it, 10) }], RULES)));
    founds.push(decide(&[], RULES));
    let arrivals = ["ignored", "duplicate"].map(|outcome| Arrivals {
        outcome: outcome.to_owned(),
        reason: Some("pending".to_owned()),
        count: 2,
        first_at: NOW - 60,
        last_at: NOW + 60,
    });
    let answers = [
        "accepted",
        "throttled",
        "transient",
        "unknown",
        "unreadable",
        "not_connected",
        "payload",
        "unclear",
        "credentials",
        "data",
        "refused_alike",
        "no_pixel",
        "no_token",
        "malformed_token",
        "secrets_unavailable",
        "",
        "other",
    ];
    let standings = [
        (State::Sent, &[""][..]),
        (State::Pending, &["", "breaker_open", "throttled", "other"]),
        (State::Parked, &["", "credentials", "no_pixel", "no_token", "malformed_token", "refused_alike", "other"]),
        (State::Held, &["", "suspended", "provisioning", "retired"]),
        (State::Quarantined, &["data", "unclear"]),
        (State::Expired, &["too_old"]),
        (State::Ignored, &["", "order_not_paid", "no_person", "consent_denied", "renewal", "test_sale", "other"]),
    ];
    let gates = [
        GateTimes::default(),
        GateTimes { parked_at: Some(NOW), probe_at: Some(NOW + 600), throttled_until: Some(NOW + 600) },
    ];
    let mut cases = Vec::new();
    cases.extend(founds.into_iter().map(|found| Case { found, arrivals: &arrivals, ..Case::default() }));
    for (state, reasons) in standings {
        for (reason, gate) in reasons.iter().flat_map(|reason| gates.map(|gate| (*reason, gate))) {
            cases.push(Case { state, reason: Some(reason).filter(|it| !it.is_empty()), gate, ..Case::default() });
        }
    }
    let tries = answers.map(|answer| {
        let said = Attempt { error_message: Some("Bad".into()), ..failed(1, answer) };
        [said, Attempt { replayed_at: Some(NOW + 5), ..failed(2, answer) }, pending(3, NOW + 900)]
    });
    cases.extend(tries.iter().map(|attempts| Case { attempts, ..Case::default() }));
    for case in &cases {
        let (english, portuguese) = (case.lines_in(Locale::English), case.lines_in(Locale::Portuguese));
        assert_eq!(english.len(), portuguese.len());
        for (one, other) in english.iter().zip(&portuguese) {
            assert_eq!(one.at, other.at);
            let is_english =
                [" the ", " was ", " is ", "Meta ref", " and ", "Waits"].iter().any(|it| other.text.contains(it));
            let is_portuguese = [" o ", " foi ", " não ", " de ", "Aguarda"].iter().any(|it| one.text.contains(it));
            assert!(one.text != other.text && !is_english && !is_portuguese, "{}\n{}", one.text, other.text);
        }
    }
}
