//! When a failed attempt is made again, and until when.

use super::super::conversion::MAX_AGE_S;

/// The first wait, in milliseconds.
const BASE_MS: f64 = 5_000.0;
/// The longest wait, in milliseconds: an hour.
const CAP_MS: f64 = 3_600_000.0;

/// Meta discards a repeated event id for 48 hours after the first (Meta, Deduplicate pixel and server events); one
/// hour is left for clocks. In seconds from the first send that Meta may have taken.
pub const UNCLEAR_WINDOW_S: i64 = 47 * 3600;

/// Until when an event is sent, in seconds after it happened. A minute is left for the way: an event that is refused for
/// its age on arrival takes its whole request with it.
pub const SEND_WITHIN_S: i64 = MAX_AGE_S - 60;

/// The wait after a failed attempt: exponential with full jitter, so that many do not come back at once.
///
/// `number` is the attempt's, from 1; `random` lies in 0 to 1. In milliseconds, an hour at the most.
pub fn backoff_ms(number: i32, random: f64) -> i64 {
    let ceiling = (BASE_MS * 2f64.powi(number.clamp(1, 20) - 1)).min(CAP_MS);
    #[expect(clippy::cast_possible_truncation, reason = "between 0 and an hour")]
    let wait = (ceiling * random.clamp(0.0, 1.0)) as i64;
    wait
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_ceiling_doubles_up_to_an_hour() {
        let ceilings: Vec<i64> = [1, 2, 3, 10, 11, 1000].into_iter().map(|number| backoff_ms(number, 1.0)).collect();
        assert_eq!(ceilings, [5_000, 10_000, 20_000, 2_560_000, 3_600_000, 3_600_000]);
    }

    proptest! {
        #[test]
        fn a_wait_is_never_negative_nor_over_an_hour(number in any::<i32>(), random in any::<f64>()) {
            prop_assert!((0..=3_600_000).contains(&backoff_ms(number, random)));
        }
    }
}
