use super::*;
use proptest::prelude::*;

const TEMPLATE: &str = include_str!("../../../../template.yaml");

fn settings() -> Settings {
    Settings::of_template(TEMPLATE).unwrap()
}

fn outcome(settings: &Settings, load: Load) -> Outcome {
    run(settings, &Services::default(), load, 60.0, 1, false)
}

fn steady(clicks: f64, orders: f64) -> Load {
    Load { clicks, orders, burst: 1.0, ..Load::BASE }
}

#[test]
fn the_base_load_is_taken_by_the_template_as_it_is() {
    let outcome = outcome(&settings(), Load::BASE);
    assert_eq!((outcome.first, outcome.refused), (None, 0));
    assert!(outcome.database[0] < 0.3 && outcome.environments < 100, "{outcome:?}");
    // A window of a second, and Meta's answer.
    assert!((0.5..4.0).contains(&outcome.lag[0]), "{outcome:?}");
}

#[test]
fn each_limit_is_found_where_it_alone_is_too_little() {
    let (base, load) = (settings(), steady(200.0, 20.0));
    assert_eq!(outcome(&base, load).first, None);
    let cases = [
        (Limit::Throttle, Settings { throttle_rate: 100, throttle_burst: 200, ..base.clone() }),
        (Limit::Concurrency, Settings { account_concurrency: 3, ..base.clone() }),
        (Limit::Concurrency, Settings { click_concurrency: 1, ..base.clone() }),
        (Limit::Database, Settings { aurora_max: 0.7, ..base.clone() }),
        (Limit::Dispatch, Settings { dispatch_concurrency: 1, tenants: 5000, batch: 10, ..base.clone() }),
    ];
    for (limit, settings) in cases {
        assert_eq!(outcome(&settings, load).first.map(|(limit, _)| limit), Some(limit));
    }
    // 1 ACU has 186 connections; slow statements want more environments than that.
    let slow = Settings { aurora_max: 1.0, network: 1.0, ..base };
    assert_eq!(outcome(&slow, load).first.map(|(limit, _)| limit), Some(Limit::Connections));
    let pooled = Settings { pooler: true, aurora_max: 8.0, ..slow };
    assert_eq!(outcome(&pooled, load).first, None);
}

#[test]
fn a_run_until_the_first_limit_ends_there_and_names_the_same() {
    let settings = Settings { throttle_rate: 100, throttle_burst: 200, ..settings() };
    let (load, services) = (steady(200.0, 20.0), Services::default());
    let short = run(&settings, &services, load, 60.0, 1, true);
    let whole = run(&settings, &services, load, 60.0, 1, false);
    assert_eq!(short.first, whole.first);
    assert!(short.came < whole.came);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn what_came_was_answered_or_refused_and_each_order_is_sent_once(
        seed in any::<u64>(), clicks in 1.0..80.0_f64, orders in 0.5..20.0_f64, concurrency in 1_u32..20, dispatchers in 1_u32..4,
    ) {
        let settings = Settings { account_concurrency: concurrency, dispatch_concurrency: dispatchers, ..settings() };
        let outcome = run(&settings, &Services::default(), Load { clicks, orders, ..Load::BASE }, 30.0, seed, false);
        let answered = (outcome.rate * 30.0).round();
        prop_assert!((f64::from(outcome.came - outcome.refused) - answered).abs() < 1e-6, "{:?}", outcome);
        prop_assert!(outcome.sent <= outcome.came);
        prop_assert!(outcome.environments <= concurrency.max(1) + dispatchers + concurrency);
        // Each message is one order's.
        let messages = (outcome.messages * f64::from(outcome.invocations)).round();
        prop_assert!((messages - f64::from(outcome.sent)).abs() < 1e-6, "{:?}", outcome);
    }
}
