//! `fbp`: a browser as the `_fbp` cookie holds it.

use std::fmt;

use super::cookie::{self, PLAUSIBLE_MS};
use super::host;

/// Meta's browser library writes up to 18 digits; more are taken, without bound they are not.
const MAX_DIGITS: usize = 40;

/// `fb.<subdomainIndex>.<creationTime>.<random>[.<appendix>]` (Meta, fbp and fbc parameters), exactly as it came.
///
/// A value that no browser holds is a key that Meta never sees again: one is made only together with the cookie that gives it to
/// the browser.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Fbp(String);

impl Fbp {
    /// Reads a cookie's value; outer white space is not part of it, the rest is kept as it is. None if malformed.
    pub fn parse(value: &str) -> Option<Self> {
        let text = value.trim();
        let random = cookie::split(text)?.payload;
        (random.len() <= MAX_DIGITS && cookie::is_digits(random)).then(|| Self(text.to_owned()))
    }

    /// Makes the value for the cookie of a browser that has none. `host` is the one that sets the cookie, `now_ms` Unix
    /// milliseconds, outside of 2001 to 2286 of which there is none; `random` tells browsers apart.
    pub fn mint(host: &str, now_ms: i64, random: u32) -> Option<Self> {
        let is_time = PLAUSIBLE_MS.contains(&now_ms);
        is_time.then(|| Self(format!("fb.{}.{now_ms}.{random}", host::subdomain_index(Some(host)))))
    }

    /// The value as it goes to Meta.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// When the browser got it, Unix milliseconds.
    pub fn created_ms(&self) -> i64 {
        cookie::split(&self.0).map_or(0, |parts| parts.created_ms)
    }
}

/// Hides the value: it finds a person's browser again.
impl fmt::Debug for Fbp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fbp(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_browsers_value_is_kept_as_it_is() {
        let values = [
            "fb.1.1596403881668.1116446470",
            "fb.2.1596403881668.0",
            "fb.1.1596403881668.111644647098765432",
            "fb.1.1596403881668.1116446470.AQQAAQMC",
            "fb.1.1596403881668.1116446470.Bg",
        ];
        for value in values {
            assert_eq!(Fbp::parse(value).unwrap().as_str(), value);
        }
    }

    #[test]
    fn what_is_made_for_a_cookie_is_what_a_browser_would_hold() {
        let made = Fbp::mint("www.loja.com.br", 1_700_000_000_000, 1_116_446_470).unwrap();
        assert_eq!(made.as_str(), "fb.2.1700000000000.1116446470");
        assert_eq!((made.created_ms(), Fbp::parse(made.as_str())), (1_700_000_000_000, Some(made)));
        assert_eq!(Fbp::mint("www.loja.com.br", 1_700_000_000, 1), None, "seconds");
    }

    #[test]
    fn a_malformed_value_is_none() {
        let values = [
            "",
            "fb.1.1596403881668",
            "fb.1.1596403881668.",
            "fb.1.1596403881668.abc",
            "fb.1.1596403881668.1.2",
            "fb.1.1596403881.1116446470",
            "fb.1.1596403881668.1116446470.abcdefgh",
            "fb.1.1596403881668.-1",
            "GA1.2.3.4",
            "fb.1.1596403881668..AQ",
            "fb.1.1596403881668.12345678901234567890123456789012345678901",
        ];
        for value in values {
            assert!(Fbp::parse(value).is_none(), "{value:?}");
        }
    }

    proptest! {
        #[test]
        fn no_value_panics_and_what_is_read_is_kept(value in "\\PC*|fb\\.[0-9]{1,2}\\.[0-9]{13}\\.[0-9]{0,20}") {
            if let Some(fbp) = Fbp::parse(&value) {
                prop_assert_eq!(fbp.as_str(), value.trim());
            }
        }
    }
}
