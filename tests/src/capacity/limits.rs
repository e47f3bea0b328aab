//! What breaks first, which parameter answers it, and what breaks then.

use super::cloud::{self, Limit, Outcome};
use super::load::Load;
use super::service::Services;
use super::settings::Settings;

/// How often a setting is doubled before the load is given up.
const TRIES: usize = 24;

/// A setting that was changed for what was too little.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What was.
    pub limit: Limit,
    /// When it was first, in seconds.
    pub after: f64,
    /// The template's parameter, or the account's quota.
    pub parameter: &'static str,
    /// What it was.
    pub from: f64,
    /// With what nothing of the kind happened; none where it is not a number.
    pub to: Option<f64>,
}

/// How the system takes a load.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What was too little, in the order in which it showed, and what answers it; empty where the template is enough.
    pub answers: Vec<Answer>,
    /// Whether the last of them is enough.
    pub sound: bool,
    /// With these settings.
    pub settings: Settings,
    /// What came of the last run.
    pub outcome: Outcome,
}

/// Runs a load, doubles what is first too little, and runs it again, until all of it is taken.
///
/// What is too little first may be so because of what comes behind it, so at the end each answer is taken back that is not needed.
pub fn judge(settings: &Settings, services: &Services, load: Load, seconds: f64, seed: u64) -> Verdict {
    let run = |settings: &Settings| cloud::run(settings, services, load, seconds, seed, true);
    let mut steps = Vec::<(Limit, f64)>::new();
    loop {
        let Some(Made { settings: with, answers }) = made(settings, &steps) else {
            let Made { settings, answers } =
                made(settings, &steps[..steps.len() - 1]).unwrap_or_else(|| Made::none(settings));
            return Verdict { answers, sound: false, outcome: run(&settings), settings };
        };
        let outcome = run(&with);
        match outcome.first {
            Some(first) if steps.len() < TRIES => steps.push(first),
            first => {
                let verdict = Verdict { answers, sound: first.is_none(), settings: with, outcome };
                return if verdict.sound { least(settings, steps, verdict, &run) } else { verdict };
            }
        }
    }
}

/// The same with as few steps as are enough.
fn least(
    settings: &Settings,
    mut steps: Vec<(Limit, f64)>,
    mut verdict: Verdict,
    run: &dyn Fn(&Settings) -> Outcome,
) -> Verdict {
    for index in (0..steps.len()).rev() {
        let mut fewer = steps.clone();
        fewer.remove(index);
        let Some(Made { settings: with, answers }) = made(settings, &fewer) else { continue };
        let outcome = run(&with);
        if outcome.first.is_none() {
            (steps, verdict) = (fewer, Verdict { answers, sound: true, settings: with, outcome });
        }
    }
    verdict
}

/// Settings after some answers.
struct Made {
    settings: Settings,
    answers: Vec<Answer>,
}

impl Made {
    fn none(settings: &Settings) -> Self {
        Self { settings: settings.clone(), answers: Vec::new() }
    }
}

/// Answers each of these; none where there is no more of something.
fn made(settings: &Settings, steps: &[(Limit, f64)]) -> Option<Made> {
    let mut made = Made::none(settings);
    for (limit, after) in steps {
        let (parameter, from, to) = more(&mut made.settings, *limit)?;
        match made.answers.iter_mut().find(|it| it.parameter == parameter) {
            Some(known) => known.to = to,
            None => made.answers.push(Answer { limit: *limit, after: *after, parameter, from, to }),
        }
    }
    Some(made)
}

/// Twice as much of what is too little: its name, and from what to what. None where there is no more.
fn more(settings: &mut Settings, limit: Limit) -> Option<(&'static str, f64, Option<f64>)> {
    let twice = |value: &mut u32, most: u32| -> Option<(f64, Option<f64>)> {
        let from = *value;
        *value = from.saturating_mul(2).min(most);
        (*value > from).then(|| (f64::from(from), Some(f64::from(*value))))
    };
    let (name, (from, to)) = match limit {
        Limit::Throttle if settings.throttle_rate < settings.throttle_most => {
            settings.throttle_burst = settings.throttle_burst.saturating_mul(2).min(5000);
            ("ThrottleRate", twice(&mut settings.throttle_rate, settings.throttle_most)?)
        }
        Limit::Throttle => {
            let (from, to) = twice(&mut settings.throttle_most, 80_000)?;
            settings.throttle_rate = settings.throttle_most;
            ("API Gateway's quota", (from, to))
        }
        Limit::Concurrency if settings.click_concurrency + settings.order_concurrency == 0 => {
            ("Lambda's quota of concurrent executions", twice(&mut settings.account_concurrency, 64_000)?)
        }
        Limit::Concurrency if settings.click_concurrency > 0 => {
            ("ClickConcurrency", twice(&mut settings.click_concurrency, 10_000)?)
        }
        Limit::Concurrency => ("OrderConcurrency", twice(&mut settings.order_concurrency, 10_000)?),
        Limit::Connections if !settings.pooler => {
            let from = f64::from(settings.connections());
            settings.pooler = true;
            ("a pooler by transaction (pgbouncer), or ClickConcurrency,", (from, None))
        }
        Limit::Connections => return None,
        Limit::Database if settings.own_database.is_some() => {
            let (cores, _) = settings.own_database.as_mut()?;
            *cores *= 2.0;
            ("cores of the database", (*cores / 2.0, Some(*cores)))
        }
        Limit::Database => {
            let from = settings.aurora_max;
            settings.aurora_max = (from * 2.0).min(256.0);
            if settings.aurora_max <= from {
                return None;
            }
            ("AuroraMaxCapacity", (from, Some(settings.aurora_max)))
        }
        Limit::Dispatch => ("DispatchConcurrency", twice(&mut settings.dispatch_concurrency, 1000)?),
    };
    Some((name, from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = include_str!("../../../template.yaml");

    fn judged(settings: &Settings, factor: f64) -> Verdict {
        judge(settings, &Services::default(), Load::BASE.times(factor), 60.0, 1)
    }

    #[test]
    fn what_is_too_little_is_doubled_until_it_is_enough() {
        let base = Settings::of_template(TEMPLATE).unwrap();
        let verdict = judged(&Settings { throttle_rate: 40, throttle_burst: 10, ..base.clone() }, 1.0);
        let [answer] = &verdict.answers[..] else { panic!("{verdict:?}") };
        assert_eq!((answer.limit, answer.parameter, answer.to), (Limit::Throttle, "ThrottleRate", Some(160.0)));
        assert!(verdict.sound && verdict.settings.throttle_rate == 160);
        assert!(judged(&base, 1.0).answers.is_empty());
    }

    #[test]
    fn a_load_that_no_setting_takes_is_said_to_be_too_much() {
        let base = Settings::of_template(TEMPLATE).unwrap();
        let none = Settings {
            account_concurrency: 64_000,
            lambda_start: 70.0,
            throttle_rate: 10_000,
            throttle_burst: 5000,
            ..base
        };
        let verdict = judged(&Settings { aurora_max: 1.0, ..none.clone() }, 10.0);
        let last = verdict.answers.last().unwrap();
        assert!(last.parameter.starts_with("a pooler"), "{:?}", verdict.answers);
        let verdict = judged(&Settings { click_concurrency: 1, order_concurrency: 10_000, ..none }, 10.0);
        assert!(
            !verdict.sound || verdict.answers.iter().any(|it| it.parameter == "ClickConcurrency"),
            "{:?}",
            verdict.answers
        );
    }
}
