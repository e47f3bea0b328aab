use std::collections::BTreeSet;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

use super::*;

const BAD: Refusal = Refusal { code: Some(100), subcode: Some(2_804_016) };

/// Runs a send against `meta`, which answers a request for these events. Gives each event's fate, and the requests.
fn run(unknown: Vec<i64>, meta: impl FnMut(Range<usize>) -> Meaning) -> (Vec<Fate>, usize, Send) {
    carry(Send::new(unknown.clone()), unknown.len(), meta)
}

fn carry(mut send: Send, count: usize, mut meta: impl FnMut(Range<usize>) -> Meaning) -> (Vec<Fate>, usize, Send) {
    let mut fates: Vec<Option<Fate>> = vec![None; count];
    let mut requests = 0;
    while let Some(part) = send.next() {
        requests += 1;
        for ruling in send.answered(meta(part)) {
            for event in ruling.events {
                assert!(fates[event].replace(ruling.fate).is_none(), "event {event} is ruled on once");
            }
        }
    }
    (fates.into_iter().map(|fate| fate.expect("every event is ruled on")).collect(), requests, send)
}

fn meaning() -> impl Strategy<Value = Meaning> {
    prop_oneof![
        2 => Just(Meaning::Accepted),
        1 => Just(Meaning::Passing),
        1 => Just(Meaning::Unclear),
        1 => Just(Meaning::Credentials),
        4 => Just(Meaning::Data(BAD)),
        1 => Just(Meaning::Data(Refusal::TOO_OLD)),
        1 => Just(Meaning::Data(Refusal { code: Some(100), subcode: None })),
        2 => Just(Meaning::Unknown(Refusal { code: Some(99), subcode: None })),
    ]
}

proptest! {
    #[test]
    fn every_set_of_bad_events_is_found_in_a_bounded_number_of_requests(
        count in 1_usize..1000,
        bad in btree_set(0_usize..1000, 0..20),
    ) {
        let bad: BTreeSet<usize> = bad.into_iter().filter(|it| *it < count).collect();
        // Where nothing else is left to look at, eight alike do pass for all.
        prop_assume!(count >= 2 * MOST_ALIKE.max(bad.len()));
        let refuses = |part: &Range<usize>| bad.range(part.clone()).next().is_some();
        let (fates, requests, send) =
            run(vec![0; count], |part| if refuses(&part) { Meaning::Data(BAD) } else { Meaning::Accepted });
        for (event, fate) in fates.iter().enumerate() {
            let expected = if bad.contains(&event) { Fate::Quarantined(BAD) } else { Fate::Sent };
            prop_assert_eq!(*fate, expected, "event {}", event);
        }
        let halvings = count.next_power_of_two().trailing_zeros() as usize;
        prop_assert!(requests <= 1 + 2 * bad.len() * halvings, "{} requests", requests);
        prop_assert_eq!(send.has_taken(), bad.len() < count);
    }

    #[test]
    fn whatever_meta_answers_each_event_has_one_fate_and_the_send_ends(
        numbers in vec(0_i64..6, 1..60),
        answers in vec(meaning(), 1..200),
    ) {
        let mut answers = answers.into_iter().cycle();
        let (fates, requests, send) = run(numbers, |_| answers.next().unwrap());
        prop_assert!(requests < 2 * fates.len());
        prop_assert_eq!(send.has_taken(), fates.contains(&Fate::Sent));
    }

    #[test]
    fn a_send_that_stops_leaves_nobody_without_a_fate(count in 1_usize..60, answers in vec(meaning(), 0..20)) {
        let mut send = Send::new(vec![0; count]);
        let mut rulings: Vec<Ruling> = answers.into_iter().flat_map(|it| send.answered(it)).collect();
        rulings.extend(send.stopped());
        let mut events: Vec<usize> = rulings.into_iter().flat_map(|it| it.events).collect();
        events.sort_unstable();
        prop_assert_eq!(events, (0..count).collect::<Vec<_>>());
        prop_assert_eq!(send.next(), None);
    }
}

#[test]
fn one_bad_event_in_a_thousand_costs_no_more_than_21_requests() {
    for bad in 0..1000 {
        let (_, requests, _) =
            run(vec![0; 1000], |part| if part.contains(&bad) { Meaning::Data(BAD) } else { Meaning::Accepted });
        assert!(requests <= 21, "{requests} for {bad}");
    }
}

#[test]
fn eight_alone_refused_alike_and_none_taken_parks_instead_of_burning_the_rest() {
    let (fates, requests, send) = run(vec![0; 1000], |_| Meaning::Data(BAD));
    assert!(send.is_parked_as_alike() && !send.has_taken());
    assert_eq!(fates.iter().filter(|it| **it == Fate::Parked).count(), MOST_ALIKE);
    assert_eq!(fates.iter().filter(|it| **it == Fate::GivenBack).count(), 1000 - MOST_ALIKE);
    assert!(requests < 80, "{requests}");
}

#[test]
fn seven_alone_are_the_events_fault_and_so_are_eight_of_different_kinds() {
    let (fates, _, _) = run(vec![0; MOST_ALIKE - 1], |_| Meaning::Data(BAD));
    assert!(fates.iter().all(|it| *it == Fate::Quarantined(BAD)));
    let other = |event: usize| Refusal { code: Some(100), subcode: i32::try_from(event).ok() };
    let (fates, _, send) = run(vec![0; MOST_ALIKE], |part| Meaning::Data(other(part.start)));
    assert!(fates.iter().all(|it| matches!(it, Fate::Quarantined(_))) && !send.is_parked_as_alike());
}

#[test]
fn an_event_too_old_on_arrival_is_expired_and_is_nobody_elses_matter() {
    let (fates, _, _) =
        run(vec![0; 4], |part| if part.contains(&2) { Meaning::Data(Refusal::TOO_OLD) } else { Meaning::Accepted });
    assert_eq!(fates, [Fate::Sent, Fate::Sent, Fate::Expired, Fate::Sent]);
}

#[test]
fn a_failure_of_the_way_ends_the_send_and_burns_nothing_that_was_refused_before() {
    let mut answers = [Meaning::Data(BAD), Meaning::Data(BAD), Meaning::Data(BAD), Meaning::Passing].into_iter();
    let (fates, _, _) = run(vec![0; 4], |_| answers.next().unwrap());
    assert_eq!(fates, [Fate::Undecided, Fate::GivenBack, Fate::Again, Fate::Again]);
}

#[test]
fn a_code_that_nobody_knows_is_tried_a_few_times_before_it_is_the_events_fault() {
    let unknown = Refusal { code: Some(987_654), subcode: None };
    let meta = |bad: usize| {
        move |part: Range<usize>| if part.contains(&bad) { Meaning::Unknown(unknown) } else { Meaning::Accepted }
    };
    let (fates, _, _) = run(vec![TRIES_OF_UNKNOWN - 1; 2], meta(1));
    assert_eq!(fates, [Fate::Again, Fate::Again]);
    let (fates, _, _) = run(vec![TRIES_OF_UNKNOWN; 2], meta(1));
    assert_eq!(fates, [Fate::Sent, Fate::Quarantined(unknown)]);
}

#[test]
fn bad_events_side_by_side_do_not_pass_for_all_wherever_they_stand() {
    for count in [16, 100, 1000] {
        for first in [0, count / 2, count - MOST_ALIKE] {
            let bad = first..first + MOST_ALIKE;
            let refuses = |part: &Range<usize>| part.start < bad.end && bad.start < part.end;
            let (fates, requests, _) =
                run(vec![0; count], |part| if refuses(&part) { Meaning::Data(BAD) } else { Meaning::Accepted });
            assert_eq!(fates.iter().filter(|it| **it == Fate::Sent).count(), count - MOST_ALIKE, "{count} {first}");
            assert!(requests < 60, "{requests}");
        }
    }
}

#[test]
fn a_probe_of_a_parked_tenant_burns_nothing_while_none_is_taken() {
    let probe = |count: usize| Send::new(vec![0; count]).of_parked();
    let (fates, _, send) = carry(probe(3), 3, |_| Meaning::Data(BAD));
    assert!(fates.iter().all(|it| *it == Fate::Parked) && send.is_parked_as_alike());
    let (fates, _, send) =
        carry(probe(3), 3, |part| if part.contains(&1) { Meaning::Data(BAD) } else { Meaning::Accepted });
    assert_eq!(fates, [Fate::Sent, Fate::Quarantined(BAD), Fate::Sent]);
    assert!(!send.is_parked_as_alike());
}
