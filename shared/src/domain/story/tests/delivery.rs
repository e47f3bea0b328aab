use super::*;

#[test]
fn each_answer_is_told_in_words_with_what_follows() {
    let attempts = |first: Attempt, due_at: i64| [first, pending(2, due_at)];
    for (answer, text) in [
        ("not_connected", "Meta could not be reached; the next try is at 14:05:12 UTC."),
        ("throttled", "Meta asked for fewer requests; the next try is at 14:05:12 UTC."),
        ("transient", "Meta could not take the event at that moment; the next try is at 14:05:12 UTC."),
        ("unknown", "Meta refused the event with an error that it does not document; the next try is at 14:05:12 UTC."),
        ("unreadable", "What answered did not speak as Meta does; the next try is at 14:05:12 UTC."),
        ("payload", "The event could not be written down for Meta; the next try is at 14:05:12 UTC."),
        (
            "unclear",
            "Meta's answer did not come through, so Meta may have the event or not; the next try is at 14:05:12 UTC.",
        ),
        (
            "secrets_unavailable",
            "The access token could not be fetched at that moment; the next try is at 14:05:12 UTC.",
        ),
        ("some_new_word", "The attempt failed (some new word); the next try is at 14:05:12 UTC."),
    ] {
        let attempts = attempts(failed(1, answer), NOW + 312);
        assert_eq!(Case { attempts: &attempts, ..Case::default() }.rest(), [text], "{answer}");
    }
    let due = attempts(failed(1, "transient"), NOW);
    let told = Case { attempts: &due, ..Case::default() }.rest();
    assert_eq!(told, ["Meta could not take the event at that moment; the next try is due."]);
}

#[test]
fn meta_s_own_words_and_marks_are_told() {
    let refused = Attempt {
        error_code: Some(100),
        error_subcode: Some(2_804_003),
        error_message: Some("Invalid parameter".into()),
        http_status: Some(400),
        fbtrace_id: Some("A1".into()),
        ..failed(1, "data")
    };
    let told = Case { attempts: &[refused], state: State::Quarantined, reason: Some("data"), ..Case::default() }.rest();
    assert_eq!(
        told,
        [
            "Meta refused what is in the event. Meta says: \"Invalid parameter\" (error 100, subcode 2804003, trace A1).",
            "Set aside: it is not sent again by itself. Once what Meta names is put right, it can be replayed.",
        ]
    );
    let html = Attempt { http_status: Some(404), ..failed(1, "unreadable") };
    let told = Case { attempts: &[html, pending(2, NOW)], ..Case::default() }.rest();
    assert_eq!(told, ["What answered did not speak as Meta does (HTTP 404); the next try is due."]);
}

#[test]
fn a_sent_event_ends_with_meta_s_trace() {
    let taken = Attempt {
        status: "success".into(),
        fbtrace_id: Some("A1".into()),
        http_status: Some(200),
        ..failed(2, "accepted")
    };
    let attempts = [failed(1, "not_connected"), taken];
    let told = Case { attempts: &attempts, state: State::Sent, ..Case::default() }.rest();
    let wanted = ["Meta could not be reached; the next try was at 14:00:02 UTC.", "Meta received the event; trace A1."];
    assert_eq!(told, wanted);
    assert_eq!(Case { state: State::Sent, ..Case::default() }.last(), "Meta has the event.");
}

#[test]
fn what_keeps_an_event_back_is_told_with_what_would_release_it() {
    let until = " It can go until 2026-12-01 13:59:00 UTC.";
    let gate = GateTimes { probe_at: Some(NOW + 900), throttled_until: Some(NOW + 300), ..GateTimes::default() };
    for (state, reason, text) in [
        (
            State::Parked,
            "credentials",
            "Waits: Meta refuses the access token. Put a new token in place and it goes by itself. The next try is at 14:15:00 UTC.",
        ),
        (
            State::Parked,
            "no_pixel",
            "Waits: no pixel is set. Set it and it goes by itself. The next try is at 14:15:00 UTC.",
        ),
        (
            State::Parked,
            "no_token",
            "Waits: there is no access token. Put one in place and it goes by itself. The next try is at 14:15:00 UTC.",
        ),
        (
            State::Parked,
            "malformed_token",
            "Waits: the stored access token cannot be read. Put it in place anew and it goes by itself. The next try is at 14:15:00 UTC.",
        ),
        (
            State::Parked,
            "refused_alike",
            "Waits: Meta refuses all events alike, so they are not at fault. Look at the pixel in Events Manager; it goes by itself as soon as Meta takes events again. The next try is at 14:15:00 UTC.",
        ),
        (
            State::Parked,
            "a_new_word",
            "Waits: nothing can be sent until it is repaired (a new word). The next try is at 14:15:00 UTC.",
        ),
        (
            State::Pending,
            "breaker_open",
            "Waits: the last sends to Meta all failed, so none is made until a single try succeeds. The next try is at 14:15:00 UTC.",
        ),
        (State::Pending, "a_new_word", "Waits (a new word)."),
        (State::Held, "suspended", "Held: the account is suspended. It goes when the account is active again."),
        (State::Held, "provisioning", "Held: the account is not active yet. It goes when it is."),
    ] {
        let case = Case { attempts: &[pending(1, NOW)], state, reason: Some(reason), gate, ..Case::default() };
        assert_eq!(case.last(), format!("{text}{until}"));
    }
    let throttled = Case { reason: Some("throttled"), gate, ..Case::default() };
    assert_eq!(throttled.last(), "Waits: Meta wants no more requests until 14:05:00 UTC.");
    let retired = Case { state: State::Held, reason: Some("retired"), ..Case::default() };
    assert_eq!(retired.last(), "Held: the account is retired and sends nothing any more.");
}

#[test]
fn an_attempt_before_a_gate_promises_no_time_of_its_own() {
    let attempts = [failed(1, "credentials"), pending(2, NOW + 900)];
    let gate = GateTimes { parked_at: Some(NOW + 5), ..GateTimes::default() };
    let case = Case { attempts: &attempts, state: State::Parked, reason: Some("credentials"), gate, ..Case::default() };
    assert_eq!(case.rest()[0], "Meta refused the access token or its permissions.");
    assert_eq!(case.lines().last().unwrap().at, NOW + 5);
}

#[test]
fn what_ended_without_a_send_is_told_once() {
    let unclear = [failed(1, "unclear"), unsent(2, "unclear")];
    let told =
        Case { attempts: &unclear, state: State::Quarantined, reason: Some("unclear"), ..Case::default() }.rest();
    assert_eq!(told.len(), 2);
    assert_eq!(told[0], "Meta's answer did not come through, so Meta may have the event or not.");
    assert!(told[1].starts_with("Set aside: for 47 hours nothing said whether Meta has the event"));

    let old = [failed(1, "transient"), unsent(2, "too_old")];
    let told = Case { attempts: &old, state: State::Expired, reason: Some("too_old"), ..Case::default() }.rest();
    assert_eq!(
        told,
        [
            "Meta could not take the event at that moment.",
            "Expired: it could not be sent within the 7 days that Meta takes events for, and is not sent any more.",
        ]
    );
}

#[test]
fn a_replay_is_told_and_the_event_is_on_its_way_again() {
    let again = Attempt { replayed_at: Some(NOW + 30), ..pending(2, NOW + 30) };
    let told = Case { attempts: &[failed(1, "data"), again], ..Case::default() }.rest();
    let wanted =
        ["Meta refused what is in the event.", "Somebody put the event back to be sent.", "It is on its way to Meta."];
    assert_eq!(told, wanted);
}
