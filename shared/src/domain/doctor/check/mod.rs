//! The rules: from facts to findings, all of them at once.

mod checkouts;
mod clicks;
mod delivery;
mod meta;
mod orders;

use super::super::setup::MetaVerdict;
use super::{Clocks, Code, Facts, Finding};

pub use orders::LATE_S;

/// What Meta said, or why it was not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// There is no token to ask with.
    NoToken,
    /// Whether there is one could not be found out.
    Unknown,
    /// What it said.
    Said(MetaVerdict),
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// What is wrong, in the order of the areas.
    pub found: Vec<Finding>,
    /// What could not be looked at this time: whether it is wrong is as it was.
    pub unjudged: Vec<Code>,
}

/// Judges a tenant. Clocks are there if Meta's answer was dated.
pub fn examine(facts: &Facts, asked: Asked, clocks: Option<Clocks>) -> Findings {
    let mut findings = Findings::default();
    meta::judge(facts, asked, clocks, &mut findings);
    delivery::judge(facts, &mut findings);
    clicks::judge(facts, &mut findings);
    orders::judge(facts, &mut findings);
    checkouts::judge(facts, &mut findings);
    findings
}

impl Findings {
    fn add(&mut self, code: Code, detail: &[(&str, String)]) {
        self.about(code, "", detail);
    }

    fn about(&mut self, code: Code, subject: &str, detail: &[(&str, String)]) {
        let detail = detail.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        self.found.push(Finding { code, subject: subject.to_owned(), detail });
    }
}

/// Whether a part is at least so many of a hundred of the whole.
fn is_share(part: i64, whole: i64, percent: i64) -> bool {
    whole > 0 && i128::from(part) * 100 >= i128::from(whole) * i128::from(percent)
}

/// A part in whole percents, for a text.
fn percent(part: i64, whole: i64) -> String {
    let share = if whole > 0 { i128::from(part) * 100 / i128::from(whole) } else { 0 };
    format!("{share}%")
}
