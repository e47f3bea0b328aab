use super::*;
use crate::domain::conversion::{IgnoredReason, State};
use crate::domain::order::{Ignored, OrderState, Rejected};

#[test]
fn every_state_has_words_in_both_languages() {
    for word in STATES.into_iter().chain(State::WORDS.iter().copied()) {
        let (english, portuguese) = (state(word, Locale::English), state(word, Locale::Portuguese));
        assert!(english != word && portuguese != word && english != portuguese, "{word}");
    }
    assert_eq!(state("else", Locale::Portuguese), "else");
}

#[test]
fn every_reason_that_our_words_know_is_a_sentence_in_both_languages() {
    let order_states = OrderState::WORDS.iter().map(|word| ("ignored", *word));
    let all = [
        ("pending", &["breaker_open", "throttled"][..]),
        ("parked", &["credentials", "no_pixel", "no_token", "malformed_token", "refused_alike"]),
        ("held", &["suspended", "provisioning", "retired"]),
        ("quarantined", &["data", "unclear", "payload", "unknown"]),
        ("expired", &["too_old", "unclear"]),
        ("duplicate", &["redelivery"]),
        ("ignored", &["renewal"]),
        ("ignored", IgnoredReason::WORDS),
        ("ignored", Ignored::WORDS),
        ("rejected", Rejected::WORDS),
    ];
    let all = all.into_iter().flat_map(|(state, words)| words.iter().map(move |word| (state, *word)));
    for (in_state, word) in all.chain(order_states) {
        let told = [Locale::English, Locale::Portuguese].map(|locale| reason(in_state, Some(word), locale));
        let [Some(english), Some(portuguese)] = &told else { panic!("{in_state} {word}") };
        assert!(english.ends_with('.') && portuguese.ends_with('.') && english != portuguese, "{in_state} {word}");
    }
}

#[test]
fn a_word_that_is_not_known_is_told_as_it_is_and_a_state_that_says_it_all_has_no_reason() {
    assert_eq!(reason("parked", Some("some_new_word"), Locale::English).as_deref(), Some("some new word"));
    assert_eq!(reason("sent", None, Locale::Portuguese), None);
    assert_eq!(reason("pending", None, Locale::Portuguese), None);
}
