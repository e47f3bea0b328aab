//! The frame that `fbc` and `fbp` share: `fb.<subdomainIndex>.<creationTime>.<payload>[.<appendix>]`.

use std::ops::RangeInclusive;

use super::appendix;

/// Creation times are Unix milliseconds of 13 digits: September 2001 to November 2286. A time in seconds has ten.
pub(super) const PLAUSIBLE_MS: RangeInclusive<i64> = 1_000_000_000_000..=9_999_999_999_999;

/// The parts of such a value. An appendix is known to be there or not, and otherwise left in the text.
pub(super) struct Parts<'a> {
    pub(super) created_ms: i64,
    pub(super) payload: &'a str,
}

/// Takes a value apart; a malformed frame is none. The payload is not looked into.
pub(super) fn split(text: &str) -> Option<Parts<'_>> {
    let mut parts = text.splitn(4, '.');
    if parts.next()? != "fb" || !is_index(parts.next()?) {
        return None;
    }
    let created_ms = milliseconds(parts.next()?)?;
    let rest = parts.next()?;
    let payload = match rest.rsplit_once('.') {
        Some((payload, end)) if appendix::is_one(end) => payload,
        _ => rest,
    };
    Some(Parts { created_ms, payload })
}

/// A domain has at most 127 labels.
fn is_index(text: &str) -> bool {
    (1..=3).contains(&text.len()) && is_digits(text)
}

fn milliseconds(text: &str) -> Option<i64> {
    let number = is_digits(text).then(|| text.parse().ok())??;
    (text.len() == 13 && PLAUSIBLE_MS.contains(&number)).then_some(number)
}

pub(super) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
