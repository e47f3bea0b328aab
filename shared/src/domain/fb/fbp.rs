//! `fbp`: a browser as the `_fbp` cookie holds it.

use std::fmt;

use super::cookie;

/// Meta's browser library writes up to 18 digits; more are taken, without bound they are not.
const MAX_DIGITS: usize = 40;

/// `fb.<subdomainIndex>.<creationTime>.<random>[.<appendix>]` (Meta, fbp and fbc parameters), exactly as it came.
///
/// There is no way to make one here: a value that no browser holds is a key that Meta never sees again.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Fbp(String);

impl Fbp {
    /// Reads a cookie's value; outer white space is not part of it, the rest is kept as it is. None if malformed.
    pub fn parse(value: &str) -> Option<Self> {
        let text = value.trim();
        let random = cookie::split(text)?.payload;
        (random.len() <= MAX_DIGITS && cookie::is_digits(random)).then(|| Self(text.to_owned()))
    }

    /// The value as it goes to Meta.
    pub fn as_str(&self) -> &str {
        &self.0
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
