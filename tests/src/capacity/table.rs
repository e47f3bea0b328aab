//! What a program prints of verdicts, and the README quotes.

use std::fmt::Write as _;

use super::limits::{Answer, Verdict};
use super::load::{Kind, Load};

/// A row for each load, by how many times the base it is.
pub fn rows(verdicts: &[(f64, Load, Verdict)]) -> String {
    let mut text = "| load | requests a second, in a burst | environments | connections | database's cores | order to Meta, half / 99 of 100 \
                    | breaks first | answer |\n|---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for (factor, load, verdict) in verdicts {
        let requests = load.mean(Kind::Click) + load.mean(Kind::Order);
        let burst = (load.clicks + load.orders) * load.burst;
        let it = &verdict.outcome;
        let first = verdict.answers.first().map_or_else(|| "nothing".to_owned(), |first| first.limit.to_string());
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "| {factor}x | {requests:.0}, {burst:.0} | {} | {} | {:.0} % of {} | {:.1} / {:.1} s | {first} | {} |",
            it.environments,
            it.connections,
            it.database[0] * 100.0,
            verdict.settings.cores(),
            it.lag[0],
            it.lag[1],
            answers(verdict),
        );
    }
    text
}

/// What is enough, in the order in which it was too little.
fn answers(verdict: &Verdict) -> String {
    if verdict.answers.is_empty() {
        return "none needed".to_owned();
    }
    let all: Vec<String> = verdict.answers.iter().map(answer).collect();
    let end = if verdict.sound { "" } else { ", and that is not enough" };
    format!("{}{end}", all.join(", then "))
}

fn answer(it: &Answer) -> String {
    match it.to {
        Some(to) => format!("{} {} → {to}", it.parameter, it.from),
        None => format!("{} for {} connections", it.parameter, it.from),
    }
}
