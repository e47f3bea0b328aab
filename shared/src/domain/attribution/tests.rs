use proptest::prelude::*;

use super::*;

const NOW: i64 = 1_700_000_000_000_000;
const HOUR: i64 = 3600 * 1_000_000;
const RULES: Rules = Rules { ordered_at: NOW, window_days: 28 };

fn candidate(evidence: Evidence, click_id: &str, at: i64) -> Candidate {
    Candidate {
        evidence,
        click_id: click_id.into(),
        clicked_at: at,
        observed_at: at,
        same_browser: false,
        confirmed: true,
    }
}

fn chosen(candidates: &[Candidate]) -> (Stage, Option<String>) {
    let found = decide(candidates, RULES);
    (found.stage, found.click_id)
}

fn verdict(candidates: &[Candidate], click_id: &str) -> Verdict {
    let found = decide(candidates, RULES);
    found.evidence.iter().find(|it| it.candidate.click_id == click_id).unwrap().verdict
}

#[test]
fn without_a_candidate_there_is_no_click() {
    assert_eq!(chosen(&[]), (Stage::None, None));
}

#[test]
fn what_the_order_carries_decides_before_who_the_buyer_is_and_that_before_the_network() {
    let network = candidate(Evidence::Network, "n", NOW - HOUR);
    let phone = candidate(Evidence::Phone, "p", NOW - 2 * HOUR);
    let fbp = candidate(Evidence::Fbp, "b", NOW - 3 * HOUR);
    let fbclid = candidate(Evidence::Fbclid, "f", NOW - 4 * HOUR);
    let click = candidate(Evidence::ClickId, "c", NOW - 5 * HOUR);
    let mut all = vec![network];
    assert_eq!(chosen(&all), (Stage::Network, Some("n".into())));
    all.push(phone);
    assert_eq!(chosen(&all), (Stage::Identity, Some("p".into())));
    all.push(fbp);
    assert_eq!(chosen(&all), (Stage::Click, Some("b".into())));
    all.push(fbclid);
    assert_eq!(chosen(&all), (Stage::Click, Some("f".into())));
    all.push(click);
    assert_eq!(chosen(&all), (Stage::Click, Some("c".into())));
    assert_eq!(verdict(&all, "n"), Verdict::Outranked);
}

#[test]
fn the_stage_is_identity_when_the_buyer_is_known_at_the_click_that_the_order_names() {
    let all = [candidate(Evidence::ClickId, "c", NOW - HOUR), candidate(Evidence::Email, "c", NOW - HOUR)];
    let found = decide(&all, RULES);
    assert_eq!((found.stage, found.click_id.as_deref()), (Stage::Identity, Some("c")));
    assert_eq!(found.evidence[1].verdict, Verdict::Agrees);
}

#[test]
fn the_newest_observation_of_the_buyer_wins() {
    let all = [candidate(Evidence::Email, "old", NOW - 9 * HOUR), candidate(Evidence::Phone, "new", NOW - HOUR)];
    assert_eq!(chosen(&all), (Stage::Identity, Some("new".into())));
}

#[test]
fn what_an_order_confirmed_wins_over_a_newer_claim_of_a_browser() {
    let claim = |click, at| Candidate { confirmed: false, ..candidate(Evidence::Email, click, at) };
    let all = [claim("claimed", NOW - HOUR), candidate(Evidence::ExternalId, "confirmed", NOW - 9 * HOUR)];
    assert_eq!(chosen(&all), (Stage::Identity, Some("confirmed".into())));
    assert_eq!(chosen(&all[..1]), (Stage::Identity, Some("claimed".into())), "a claim alone is taken");
    let again = [claim("claimed", NOW - HOUR), candidate(Evidence::Email, "again", NOW - 2 * HOUR), all[1].clone()];
    assert_eq!(chosen(&again).1.as_deref(), Some("again"), "of what is confirmed the newest");
    let mut own = claim("own", NOW - 10 * HOUR);
    own.same_browser = true;
    assert_eq!(chosen(&[own, all[1].clone()]).1.as_deref(), Some("own"), "the order's own browser needs no other word");
}

#[test]
fn what_an_order_confirmed_too_long_ago_does_not_keep_a_claim_out() {
    let claim = Candidate { confirmed: false, ..candidate(Evidence::Phone, "claimed", NOW - HOUR) };
    let old = candidate(Evidence::Phone, "confirmed", NOW - 29 * 24 * HOUR);
    assert_eq!(chosen(&[old, claim]).1.as_deref(), Some("claimed"));
}

#[test]
fn the_orders_own_browser_wins_among_those_who_shared_a_link() {
    let mut own = candidate(Evidence::Fbclid, "own", NOW - 2 * HOUR);
    own.same_browser = true;
    let all = [candidate(Evidence::Fbc, "first", NOW - HOUR), own];
    assert_eq!(chosen(&all), (Stage::Click, Some("own".into())));
}

#[test]
fn a_click_older_than_the_window_never_matches() {
    let edge = NOW - 28 * 24 * HOUR;
    assert_eq!(chosen(&[candidate(Evidence::ClickId, "c", edge)]).1.as_deref(), Some("c"));
    let old = [candidate(Evidence::ClickId, "c", edge - 1)];
    assert_eq!(chosen(&old), (Stage::None, None));
    assert_eq!(verdict(&old, "c"), Verdict::OutsideWindow);
}

#[test]
fn remembered_evidence_takes_only_clicks_before_the_order_and_five_minutes_for_clocks() {
    for evidence in [Evidence::Email, Evidence::Phone, Evidence::ExternalId, Evidence::Fbp, Evidence::Network] {
        assert_eq!(chosen(&[candidate(evidence, "c", NOW + CLOCK_SLACK_US)]).1.as_deref(), Some("c"));
        let late = [candidate(evidence, "c", NOW + CLOCK_SLACK_US + 1)];
        assert_eq!(verdict(&late, "c"), Verdict::AfterOrder);
    }
    let own = [candidate(Evidence::Fbclid, "c", NOW + HOUR)];
    assert_eq!(chosen(&own).1.as_deref(), Some("c"));
}

#[test]
fn the_network_stage_wants_one_click_inside_24_hours() {
    let day = 24 * HOUR;
    assert_eq!(chosen(&[candidate(Evidence::Network, "a", NOW - day)]).0, Stage::Network);
    let old = [candidate(Evidence::Network, "a", NOW - day - 1)];
    assert_eq!(verdict(&old, "a"), Verdict::TooOldForNetwork);
    let two = [candidate(Evidence::Network, "a", NOW - HOUR), candidate(Evidence::Network, "b", NOW - HOUR)];
    assert_eq!(chosen(&two), (Stage::None, None));
    assert_eq!(verdict(&two, "a"), Verdict::Ambiguous);
    let one_too_old = [candidate(Evidence::Network, "a", NOW - HOUR), candidate(Evidence::Network, "b", NOW - day - 1)];
    assert_eq!(chosen(&one_too_old).1.as_deref(), Some("a"));
}

fn any_candidate() -> impl Strategy<Value = Candidate> {
    (prop::sample::select(Evidence::WORDS), 0..4u8, -40 * 24..2i64, 0..3i64, any::<bool>(), any::<bool>()).prop_map(
        |(word, click, hours, later, same_browser, confirmed)| Candidate {
            evidence: Evidence::parse(word).unwrap(),
            click_id: format!("c{click}"),
            clicked_at: NOW + hours * HOUR,
            observed_at: NOW + (hours + later) * HOUR,
            same_browser,
            confirmed,
        },
    )
}

proptest! {
    #[test]
    fn the_order_of_the_candidates_makes_no_difference(all in prop::collection::vec(any_candidate(), 0..8), turn in 0..8usize) {
        let mut turned = all.clone();
        if !turned.is_empty() {
            let by = turn % turned.len();
            turned.rotate_left(by);
        }
        prop_assert_eq!(decide(&all, RULES), decide(&turned, RULES));
    }

    #[test]
    fn every_candidate_is_explained_and_one_is_taken_exactly_when_a_click_was_found(all in prop::collection::vec(any_candidate(), 0..8)) {
        let found = decide(&all, RULES);
        let taken = found.evidence.iter().filter(|it| it.verdict == Verdict::Taken).count();
        prop_assert_eq!(taken, usize::from(found.click_id.is_some()));
        prop_assert_eq!(found.stage == Stage::None, found.click_id.is_none());
        for it in &all {
            prop_assert!(found.evidence.iter().any(|considered| considered.candidate == *it));
        }
    }
}
