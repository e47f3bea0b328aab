//! How long Meta asks to stay away (Meta, Graph API: Rate limiting).

use std::collections::HashMap;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde::Deserialize;

use crate::domain::delivery::gate::LONGEST_THROTTLE_S;

/// One use of a business use case. Of several, the longest wait counts.
#[derive(Deserialize)]
struct BusinessUse {
    /// Minutes; 0 while nothing is throttled.
    #[serde(default)]
    estimated_time_to_regain_access: f64,
}

#[derive(Deserialize)]
struct AccountUse {
    #[serde(default)]
    acc_id_util_pct: f64,
    /// Seconds.
    #[serde(default)]
    reset_time_duration: f64,
}

/// The wait in seconds that the headers of an answer name, none if they name none. A day at the most.
pub(super) fn wait_s(headers: &HeaderMap) -> Option<i64> {
    let waits = [retry_after(headers), business(headers), account(headers)];
    let longest = waits.into_iter().flatten().fold(0.0, f64::max);
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "between 0 and a day")]
    let wait = longest.min(LONGEST_THROTTLE_S as f64).ceil() as i64;
    (wait > 0).then_some(wait)
}

/// Seconds (RFC 9110, 10.2.3). Its other form, a date, Meta does not use.
fn retry_after(headers: &HeaderMap) -> Option<f64> {
    let seconds: u32 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(f64::from(seconds))
}

fn business(headers: &HeaderMap) -> Option<f64> {
    let by_business: HashMap<String, Vec<BusinessUse>> = json(headers, "x-business-use-case-usage")?;
    let minutes = by_business.into_values().flatten().map(|it| it.estimated_time_to_regain_access);
    Some(minutes.fold(0.0, f64::max) * 60.0)
}

fn account(headers: &HeaderMap) -> Option<f64> {
    let usage: AccountUse = json(headers, "x-ad-account-usage")?;
    (usage.acc_id_util_pct >= 100.0).then_some(usage.reset_time_duration)
}

fn json<T: for<'de> Deserialize<'de>>(headers: &HeaderMap, name: &str) -> Option<T> {
    serde_json::from_slice(headers.get(name)?.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &'static str, value: &'static str) -> Option<i64> {
        wait_s(&HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]))
    }

    #[test]
    fn the_longest_wait_that_a_header_names_counts() {
        let business = r#"{"1":[{"type":"ads","call_count":100,"estimated_time_to_regain_access":3}],
                          "2":[{"type":"x"},{"estimated_time_to_regain_access":19}]}"#;
        let business: &'static str = Box::leak(business.replace('\n', "").into_boxed_str());
        assert_eq!(of("x-business-use-case-usage", business), Some(19 * 60));
        assert_eq!(of("x-ad-account-usage", r#"{"acc_id_util_pct":100,"reset_time_duration":90}"#), Some(90));
        assert_eq!(of("retry-after", "120"), Some(120));
    }

    #[test]
    fn no_wait_is_read_where_none_is_meant_and_a_day_is_the_most() {
        assert_eq!(of("x-ad-account-usage", r#"{"acc_id_util_pct":9.67,"reset_time_duration":90}"#), None);
        assert_eq!(of("x-app-usage", r#"{"call_count":100,"total_time":25,"total_cputime":25}"#), None);
        assert_eq!(of("x-business-use-case-usage", r#"{"1":[{"estimated_time_to_regain_access":0}]}"#), None);
        for nonsense in ["", "[]", "{", r#"{"1":[{"estimated_time_to_regain_access":"soon"}]}"#, "-5", "1e999"] {
            assert_eq!(of("x-business-use-case-usage", nonsense), None);
            assert_eq!(of("x-ad-account-usage", nonsense), None);
            assert_eq!(of("retry-after", nonsense), None);
        }
        assert_eq!(of("x-business-use-case-usage", r#"{"1":[{"estimated_time_to_regain_access":-3}]}"#), None);
        assert_eq!(
            of("x-business-use-case-usage", r#"{"1":[{"estimated_time_to_regain_access":1e300}]}"#),
            Some(86_400)
        );
    }
}
