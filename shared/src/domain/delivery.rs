//! An event on its way to Meta: what is sent, what is said to it, and when it is sent again.

use serde_json::value::RawValue;

use super::conversion::MAX_AGE_S;

/// An event as it goes to Meta.
pub struct Event {
    /// Deduplication key.
    pub event_id: String,
    /// Meta's or a custom name.
    pub event_name: String,
    /// Unix seconds.
    pub event_time_s: i64,
    /// Where it took place.
    pub action_source: String,
    /// The page.
    pub event_source_url: Option<String>,
    /// JSON.
    pub user_data: Box<RawValue>,
    /// JSON.
    pub custom_data: Box<RawValue>,
}

/// What Meta said, as a support ticket needs it. No personal data: messages are Meta's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The HTTP status, if there was an answer.
    pub http_status: Option<i32>,
    /// `error.code`.
    pub code: Option<i32>,
    /// `error.error_subcode`.
    pub subcode: Option<i32>,
    /// Meta's own words, bounded.
    pub message: Option<String>,
    /// Meta's trace of the request.
    pub fbtrace_id: Option<String>,
    /// How many events Meta says it received.
    pub events_received: Option<i32>,
}

/// The first wait, in milliseconds.
const BASE_MS: f64 = 5_000.0;
/// The longest wait, in milliseconds: an hour.
const CAP_MS: f64 = 3_600_000.0;

/// Meta discards a repeated event id for 48 hours after the first (Meta, Deduplicate pixel and server events); one
/// hour is left for clocks. In seconds.
const UNCLEAR_WINDOW_S: i64 = 47 * 3600;

/// The wait after a failed attempt: exponential with full jitter, so that many do not come back at once.
///
/// `number` is the attempt's, from 1; `random` lies in 0 to 1. In milliseconds, an hour at the most.
pub fn backoff_ms(number: i32, random: f64) -> i64 {
    let ceiling = (BASE_MS * 2f64.powi(number.clamp(1, 20) - 1)).min(CAP_MS);
    #[expect(clippy::cast_possible_truncation, reason = "between 0 and an hour")]
    let wait = (ceiling * random.clamp(0.0, 1.0)) as i64;
    wait
}

/// Whether an event that Meta may have taken may be sent again: `unclear_s` is how long ago the first send was whose
/// answer nobody knows.
pub fn may_resend_unclear(unclear_s: i64) -> bool {
    unclear_s < UNCLEAR_WINDOW_S
}

/// Whether Meta would refuse an event for its age, in seconds. A minute is left for the way there: an event that is
/// refused on arrival takes its whole request with it.
pub fn is_too_old(age_s: i64) -> bool {
    age_s > MAX_AGE_S - 60
}

/// How long parked events wait before one more request finds out whether token, pixel or permission were repaired, in
/// milliseconds.
pub const PARKED_MS: i64 = 15 * 60 * 1000;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_ceiling_doubles_up_to_an_hour() {
        let ceilings: Vec<i64> = [1, 2, 3, 10, 11, 1000].into_iter().map(|number| backoff_ms(number, 1.0)).collect();
        assert_eq!(ceilings, [5_000, 10_000, 20_000, 2_560_000, 3_600_000, 3_600_000]);
    }

    #[test]
    fn an_unclear_event_is_sent_again_inside_metas_deduplication_window_only() {
        assert!(may_resend_unclear(47 * 3600 - 1));
        assert!(!may_resend_unclear(47 * 3600));
    }

    #[test]
    fn an_event_is_too_old_a_minute_before_meta_says_so() {
        assert!(!is_too_old(7 * 24 * 3600 - 60));
        assert!(is_too_old(7 * 24 * 3600 - 59));
    }

    proptest! {
        #[test]
        fn a_wait_is_never_negative_nor_over_an_hour(number in any::<i32>(), random in any::<f64>()) {
            prop_assert!((0..=3_600_000).contains(&backoff_ms(number, random)));
        }
    }
}
