//! `ct`, `st`, `zp` and `country`.

mod state;
mod zip;

pub(super) use state::plain as state;
pub use state::st;
pub(super) use zip::plain as zip;
pub use zip::zp;

use super::{Hashed, Hashes, text};
use crate::domain::country::Country;

/// The hashes of a city: lower case, no punctuation, no spaces (Meta, Customer information parameters).
///
/// Meta recommends a-z and takes UTF-8, so a name with accents has two honest forms: with them first, without them
/// second. A text without a letter, or one that says that nothing is known, has none. Already hashed input passes.
pub fn ct(raw: &str) -> Hashes {
    if let Some(hashed) = Hashed::passed(raw) {
        return Some(hashed).into();
    }
    let Some(city) = city(raw) else { return Hashes::default() };
    [Hashed::of(&city), text::ascii_form(&city).and_then(|form| Hashed::of(&form))].into_iter().flatten().collect()
}

/// The first of the forms that [`ct`] hashes.
pub(super) fn city(raw: &str) -> Option<String> {
    let city = text::letters_and_digits(&text::lower(raw));
    let is_city = !text::is_placeholder(raw) && city.chars().any(char::is_alphabetic);
    is_city.then_some(city)
}

/// The hash of a country: its alpha-2 code in lower case. See [`Country::recognise`] for what is read. Already hashed
/// input passes.
pub fn country(raw: &str) -> Option<Hashed> {
    Hashed::passed(raw).or_else(|| Hashed::of(&Country::recognise(raw)?.code().to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_city_with_accents_has_both_forms() {
        let both: Hashes = ["sãopaulo", "saopaulo"].iter().filter_map(|form| Hashed::of(form)).collect();
        assert_eq!(ct(" SÃO Paulo "), both);
        assert_eq!(ct("Sa\u{303}o-Paulo."), both);
    }

    #[test]
    fn a_city_has_neither_spaces_nor_punctuation() {
        for (city, form) in
            [("Menlo Park", "menlopark"), ("St. John's", "stjohns"), ("東京", "東京"), ("Москва", "москва")]
        {
            assert_eq!(ct(city).as_slice(), [Hashed::of(form).unwrap()], "{city}");
        }
        let new_york = Hashed::from_stored("350c754ba4d38897693aa077ef43072a859d23f613443133fecbbd90a3512ca5");
        assert_eq!(ct("New York").first(), new_york.as_ref());
    }

    #[test]
    fn a_city_of_nobody_is_none() {
        for text in ["", " ", "-", "n/a", "null", "123", "não informado", "🙂"] {
            assert!(ct(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn a_country_is_its_code_in_lower_case() {
        for text in ["BR", "br", "BRA", "Brasil", "Brazil"] {
            assert_eq!(country(text), Hashed::of("br"), "{text}");
        }
        assert_eq!(country("US").unwrap().as_str(), "79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621");
        for text in ["", "XX", "n/a", "null", "Nowhere"] {
            assert_eq!(country(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>()) {
            prop_assert!(ct(&text).as_slice().len() <= 2);
            let _ = country(&text);
        }
    }
}
