//! Rules on what a browser gives: address, fbc, fbp.

use std::net::IpAddr;

use super::{Event, when};

/// What Meta's parameter builders append: 8 base64url characters, in older versions 2.
pub(super) fn is_appendix(text: &str) -> bool {
    let base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let short = matches!(text, "AQ" | "Ag" | "Aw" | "BA" | "BQ" | "Bg");
    short || (text.len() == 8 && text.bytes().all(base64url))
}

fn without_appendix(text: &str) -> &str {
    match text.rsplit_once('.') {
        Some((before, appendix)) if is_appendix(appendix) => before,
        _ => text,
    }
}

fn is_address(text: &str) -> bool {
    let parses = |text: &str| text.parse::<IpAddr>().is_ok();
    parses(text) || parses(without_appendix(text))
}

pub(super) fn address(event: &Event<'_>) -> Option<String> {
    let address = event.user("client_ip_address")?.as_str();
    when(!address.is_some_and(is_address), "user_data.client_ip_address")
}

/// `fb.{index}.{time}.{payload}` with or without an appendix. An index over 255 is no cookie's.
fn parts(text: &str) -> Option<(&str, &str)> {
    let mut parts = text.splitn(4, '.');
    let (prefix, index, time, rest) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let payload = match rest.split_once('.') {
        Some((payload, appendix)) if is_appendix(appendix) => payload,
        Some(_) => return None,
        None => rest,
    };
    let formed = prefix == "fb" && digits(index) && index.parse::<u8>().is_ok() && digits(time);
    (formed && !payload.is_empty()).then_some((time, payload))
}

/// From 2001 to 2286. Fewer digits are seconds, a mistake that Meta's own shop plugin makes too.
fn is_milliseconds(time: &str) -> bool {
    time.len() == 13 && !time.starts_with('0')
}

fn broken(event: &Event<'_>, key: &str, judge: impl Fn(&str, &str) -> bool) -> Option<String> {
    let text = event.user(key)?.as_str();
    let good = text.and_then(parts).is_some_and(|(time, payload)| judge(time, payload));
    when(!good, &format!("user_data.{key}"))
}

/// A click id is case-sensitive text of the URL; what cannot stand in one unescaped has been decoded
/// twice or trimmed of something.
pub(super) fn fbc(event: &Event<'_>) -> Option<String> {
    broken(event, "fbc", |_, click| click.bytes().all(|byte| byte.is_ascii_graphic()))
}

pub(super) fn fbc_time(event: &Event<'_>) -> Option<String> {
    broken(event, "fbc", |time, _| is_milliseconds(time))
}

pub(super) fn fbc_length(event: &Event<'_>) -> Option<String> {
    broken(event, "fbc", |_, click| click.len() <= 500)
}

/// Browser libraries write up to 18 digits, so the random part is never parsed as a number.
pub(super) fn fbp(event: &Event<'_>) -> Option<String> {
    broken(event, "fbp", |_, random| random.bytes().all(|byte| byte.is_ascii_digit()))
}

pub(super) fn fbp_time(event: &Event<'_>) -> Option<String> {
    broken(event, "fbp", |time, _| is_milliseconds(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_carry_a_builders_appendix() {
        for good in ["203.0.113.7", "203.0.113.7.AQQAAQMC", "2001:db8::1", "2001:db8::1.Bg"] {
            assert!(is_address(good), "{good}");
        }
        for bad in ["203.0.113.7.zz", "203.0.113", " 203.0.113.7", "203.0.113.7,203.0.113.8", ""] {
            assert!(!is_address(bad), "{bad}");
        }
    }

    #[test]
    fn a_click_id_keeps_its_hyphens_and_its_appendix_is_not_part_of_it() {
        let found = parts("fb.1.1700000000000.IwAR-2_x.AQQAAQMC");
        assert_eq!(found, Some(("1700000000000", "IwAR-2_x")));
        assert_eq!(parts("fb.1.1700000000000.a.b"), None);
    }

    #[test]
    fn null_is_as_good_as_absent() {
        let json = serde_json::json!({ "user_data": { "fbc": null } });
        let serde_json::Value::Object(json) = json else { unreachable!() };
        let event = Event { json: &json, now: 0 };
        assert_eq!(fbc(&event), None);
    }
}
