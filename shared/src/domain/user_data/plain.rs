//! The normalised texts before the hash, for the support tool: it shows the owner of a body what is read in it. Nothing else
//! may use them; what is kept and sent is [`super::Hashed`].
//!
//! Input that is hashed already is given back as it goes on the wire. Of several honest forms the first is shown.

use super::{Hashed, email, name as names, phone, place};
use crate::domain::country::Country;

/// An e-mail address as [`super::em`] hashes it.
pub fn em(raw: &str) -> Option<String> {
    passed(raw).or_else(|| email::plain(raw))
}

/// A phone number as [`super::ph`] hashes it: E.164 without the plus.
pub fn ph(raw: &str, country: Option<Country>) -> Option<String> {
    passed(raw).or_else(|| phone::plain(raw, country))
}

/// A first or last name as [`super::fn_`] and [`super::ln`] hash it.
pub fn name(raw: &str) -> Option<String> {
    passed(raw).or_else(|| names::plain(raw))
}

/// A city as [`super::ct`] hashes it.
pub fn ct(raw: &str) -> Option<String> {
    passed(raw).or_else(|| place::city(raw))
}

/// A state as [`super::st`] hashes it.
pub fn st(raw: &str, country: Option<Country>) -> Option<String> {
    passed(raw).or_else(|| place::state(raw, country))
}

/// A postal code as [`super::zp`] hashes it.
pub fn zp(raw: &str, country: Option<Country>) -> Option<String> {
    passed(raw).or_else(|| place::zip(raw, country))
}

/// A country as [`super::country`] hashes it: its alpha-2 code in lower case.
pub fn country(raw: &str) -> Option<String> {
    passed(raw).or_else(|| Some(Country::recognise(raw)?.code().to_ascii_lowercase()))
}

fn passed(raw: &str) -> Option<String> {
    Some(Hashed::passed(raw)?.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::super as hashed;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_shown_is_what_is_hashed(text in "\\PC{0,12}|[a-z]{1,5}@[a-z]{1,5}\\.com|\\+?[0-9]{8,13}|SP|0[0-9]{7}") {
            let br = Country::parse("BR");
            let of = |shown: Option<String>| shown.and_then(|text| Hashed::of(&text));
            prop_assert_eq!(of(em(&text)), hashed::em(&text));
            prop_assert_eq!(of(ph(&text, br)), hashed::ph(&text, br));
            prop_assert_eq!(of(name(&text)), hashed::ln(&text).first().cloned());
            prop_assert_eq!(of(ct(&text)), hashed::ct(&text).first().cloned());
            prop_assert_eq!(of(st(&text, br)), hashed::st(&text, br));
            prop_assert_eq!(of(st(&text, None)), hashed::st(&text, None));
            prop_assert_eq!(of(zp(&text, br)), hashed::zp(&text, br).first().cloned());
            prop_assert_eq!(of(country(&text)), hashed::country(&text));
        }
    }

    #[test]
    fn what_is_hashed_already_is_shown_as_it_is() {
        let hash = "973DFE463EC85785F5F95AF5BA3906EEDB2D931C24E69824A89EA65DBA4E813B";
        assert_eq!(em(hash), Some(hash.to_lowercase()));
    }
}
