//! The rules' own words and numbers as SQL.

use crate::domain::attribution::Evidence;
use crate::domain::order::OrderState;

/// A number or a word of each evidence, as SQL.
pub(super) fn evidence_case(column: &str, value: impl Fn(Evidence) -> String) -> String {
    let evidence = Evidence::WORDS.iter().filter_map(|word| Some((*word, Evidence::parse(word)?)));
    case(column, evidence.map(|(word, evidence)| (word, value(evidence))))
}

/// How far an order is, as SQL.
pub(crate) fn progress(column: &str) -> String {
    state_case(column, OrderState::progress)
}

/// How final a state is, as SQL.
pub(crate) fn finality(column: &str) -> String {
    state_case(column, OrderState::finality)
}

fn state_case(column: &str, value: impl Fn(OrderState) -> i32) -> String {
    let states = OrderState::WORDS.iter().filter_map(|word| Some((*word, OrderState::parse(word)?)));
    case(column, states.map(|(word, state)| (word, value(state).to_string())))
}

fn case<'a>(column: &str, arms: impl Iterator<Item = (&'a str, String)>) -> String {
    let arms: Vec<String> = arms.map(|(word, value)| format!("when '{word}' then {value}")).collect();
    format!("case {column} {} end", arms.join(" "))
}

/// A list of words, as SQL.
pub(super) fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(", ")
}
