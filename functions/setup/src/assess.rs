//! What is wrong with a session as it stands.

use serde_json::Value;
use shared::db::setup::Session;
use shared::domain::order::Amount;
use shared::domain::setup::{self, API_PLATFORM, Input, Issue, Known, MetaVerdict, PlatformRules, Severity, Step};
use shared::http::{FieldError, Problem};
use shared::platforms::Platform;

/// A session's input, read, and what is wrong with it.
pub(crate) struct Assessed {
    pub(crate) input: Input,
    pub(crate) issues: Vec<Issue>,
    pub(crate) step: Step,
}

/// Checks all of a session. Input that our own patches have not written is as good as none.
pub(crate) fn assess(session: &Session) -> Assessed {
    let input: Input = serde_json::from_value(session.input.clone()).unwrap_or_default();
    let mut platforms = vec![API_PLATFORM];
    platforms.extend(Platform::WORDS);
    let not_found = crate::resolve::not_found(&session.facts);
    let known = Known {
        now_s: session.now_s,
        slug_taken: session.slug_taken,
        meta: verdict(&session.facts, &input),
        skew_s: skew_s(session),
        not_found: &not_found,
        live: session.live,
        platforms: &platforms,
        rules: &rules,
    };
    let issues = setup::check(&input, &known);
    let step = setup::next(&issues, &session.live);
    Assessed { input, issues, step }
}

impl Assessed {
    /// The errors of some steps, as a refusal.
    pub(crate) fn refusal(&self, locale: setup::Locale, of: impl Fn(Step) -> bool) -> Option<Problem> {
        let stops = |it: &&Issue| it.severity() == Severity::Error && of(it.code.step());
        let errors: Vec<FieldError> = self
            .issues
            .iter()
            .filter(stops)
            .map(|it| FieldError {
                field: it.field.clone(),
                code: it.code.as_str(),
                message: format!("{} {}", it.message(locale), it.fix(locale)),
            })
            .collect();
        (!errors.is_empty()).then(|| Problem::invalid(errors))
    }

    /// The issues as they are answered.
    pub(crate) fn told(&self, locale: setup::Locale) -> Value {
        let told: Vec<_> = self.issues.iter().map(|it| it.told(locale)).collect();
        serde_json::to_value(told).unwrap_or_default()
    }

    /// Whether a code is among the issues.
    pub(crate) fn has(&self, codes: &[setup::Code]) -> bool {
        self.issues.iter().any(|it| codes.contains(&it.code))
    }
}

fn rules(word: &str) -> Option<PlatformRules> {
    let platform = Platform::parse(word)?;
    Some(PlatformRules {
        amounts: platform.amounts().iter().map(|it| Amount::as_str(*it)).collect(),
        slot: platform.slot(),
        ids_are_per_shop: platform.ids_are_per_shop(),
    })
}

/// How far a clock was off when Meta was asked last, if that was too far, and not longer ago than a day.
fn skew_s(session: &Session) -> Option<i64> {
    const DAY_S: i64 = 24 * 3600;
    let said = &session.facts["meta"];
    let is_fresh = said["checked_at"].as_i64().is_some_and(|at| at.saturating_add(DAY_S) > session.now_s);
    said["skew_s"].as_i64().filter(|_| is_fresh)
}

/// What Meta said of this very pixel and token.
pub(crate) fn verdict(facts: &Value, input: &Input) -> Option<MetaVerdict> {
    let said = &facts["meta"];
    let is_of_these = said["pixel_id"].as_str().is_some_and(|it| input.meta.pixel_id.as_deref() == Some(it))
        && said["token_set_at"]
            .as_i64()
            .is_some_and(|it| input.meta.access_token.is_some_and(|kept| kept.set_at == it));
    is_of_these.then(|| said["verdict"].as_str().and_then(MetaVerdict::parse))?
}
