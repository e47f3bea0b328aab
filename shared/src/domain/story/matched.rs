//! Which click the order came from, and by what evidence; or why none was found.

use super::super::attribution::{Candidate, Evidence, Verdict};
use super::super::conversion::State;
use super::Facts;
use super::when::{clock_time, counted, span};

const US: i64 = 1_000_000;

pub(super) fn sentence(facts: &Facts<'_>) -> String {
    let taken = facts.found.evidence.iter().find(|it| it.verdict == Verdict::Taken);
    match taken {
        Some(taken) => found(facts, &taken.candidate),
        None => not_found(facts),
    }
}

fn found(facts: &Facts<'_>, taken: &Candidate) -> String {
    let mut because: Vec<&str> = Vec::new();
    for it in &facts.found.evidence {
        let reason = because_of(&it.candidate);
        if matches!(it.verdict, Verdict::Taken | Verdict::Agrees) && !because.contains(&reason) {
            because.push(reason);
        }
    }
    let campaign = facts.campaign.map_or_else(String::new, |campaign| {
        let campaign: String = campaign.chars().filter(|it| !it.is_control()).take(100).collect();
        format!(" The click came from the campaign \"{campaign}\".")
    });
    let (at, distance, because) = (time_of(facts, taken), distance(facts, taken), listed(&because));
    format!("It was matched to the click of {at}, {distance}, because {because}.{campaign}")
}

fn because_of(it: &Candidate) -> &'static str {
    match (it.evidence, it.confirmed) {
        (Evidence::ClickId, _) => "the order carries that click's id",
        (Evidence::Fbc, _) => "the order carries the fbc that Meta gave the click",
        (Evidence::Fbclid, _) => "the order carries the fbclid that Meta gave the click",
        (Evidence::Fbp, _) => "the order comes from the same browser (fbp)",
        (Evidence::Email, true) => "the buyer's e-mail was seen with that click",
        (Evidence::Phone, true) => "the buyer's phone was seen with that click",
        (Evidence::ExternalId, true) => "the buyer's customer id was seen with that click",
        (Evidence::Email, false) => "that click's visitor gave the buyer's e-mail, which no order had confirmed yet",
        (Evidence::Phone, false) => "that click's visitor gave the buyer's phone, which no order had confirmed yet",
        (Evidence::ExternalId, false) => {
            "that click's visitor gave the buyer's customer id, which no order had confirmed yet"
        }
        (Evidence::Network, _) => "it alone came from the buyer's network and browser in the 24 hours before",
    }
}

fn not_found(facts: &Facts<'_>) -> String {
    let mut why: Vec<String> = Vec::new();
    let mut verdicts: Vec<Verdict> = Vec::new();
    for it in &facts.found.evidence {
        if !verdicts.contains(&it.verdict) {
            verdicts.push(it.verdict);
            why.extend(unfit(facts, &it.candidate, it.verdict));
        }
    }
    let why = if why.is_empty() { "nothing in the order points at one".to_owned() } else { why.join("; ") };
    let goes =
        if facts.state == State::Ignored { "" } else { " The event has what the order itself says of the buyer." };
    format!("No click was found that it came from: {why}.{goes}")
}

fn unfit(facts: &Facts<'_>, it: &Candidate, verdict: Verdict) -> Option<String> {
    let at = time_of(facts, it);
    match verdict {
        Verdict::OutsideWindow => {
            let days = counted(i64::from(facts.rules.window_days), "day", "days");
            Some(format!("the click of {at} is older than the {days} that count"))
        }
        Verdict::AfterOrder => Some(format!("the click of {at} was not known before the order was made")),
        Verdict::Ambiguous => Some("more than one click came from the buyer's network and browser".to_owned()),
        Verdict::TooOldForNetwork => {
            Some(format!("the click of {at} came from the buyer's network and browser, which counts for 24 hours only"))
        }
        Verdict::Taken | Verdict::Agrees | Verdict::Outranked => None,
    }
}

fn time_of(facts: &Facts<'_>, it: &Candidate) -> String {
    clock_time(it.clicked_at.div_euclid(US), facts.received_at)
}

fn distance(facts: &Facts<'_>, it: &Candidate) -> String {
    let before = facts.rules.ordered_at.saturating_sub(it.clicked_at).div_euclid(US);
    match before {
        // Orders have whole seconds, and clocks differ.
        -59..60 => "within a minute of the order".to_owned(),
        60.. => format!("{} before the order", span(before)),
        _ => format!("{} after the order was made", span(before.saturating_neg())),
    }
}

/// `a`, `a and b`, `a, b and c`.
fn listed(parts: &[&str]) -> String {
    match parts {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
