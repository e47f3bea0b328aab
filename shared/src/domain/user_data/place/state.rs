//! `st`: states, provinces, regions.

use crate::domain::country::Country;
use crate::domain::user_data::{Hashed, text};

/// A line a state: its country, its code, its names as [`text::place_key`] writes them (ISO 3166-2:BR, :CA and :US,
/// with the codes of the US military mail).
const TABLE: &str = include_str!("states.txt");

/// The hash of a state.
///
/// In the United States, Brazil and Canada it is the two-letter code in lower case, from the code, the name or the
/// ISO 3166-2 form (`BR-SP`); what is none of their states is none. Elsewhere it is the text in lower case without
/// punctuation and spaces (Meta, Customer information parameters). Where the country is unknown a name of these
/// three still gives its code (no two of them share a name), and other text, a two-letter code too, stays. A text without a
/// letter or digit, or one that says that nothing is known, is none. Already hashed input passes.
pub fn st(raw: &str, country: Option<Country>) -> Option<Hashed> {
    Hashed::passed(raw).or_else(|| Hashed::of(&plain(raw, country)?))
}

/// The text that [`st`] hashes.
pub(in crate::domain::user_data) fn plain(raw: &str, country: Option<Country>) -> Option<String> {
    if text::is_placeholder(raw) {
        return None;
    }
    let code = text::place_key(raw).and_then(|key| code(raw, &key, country));
    match (code, has_codes(country)) {
        (Some(code), _) => Some(code.to_owned()),
        (None, true) => None,
        (None, false) => Some(text::letters_and_digits(&text::lower(raw))).filter(|state| !state.is_empty()),
    }
}

/// Whether the country's states are all in the table.
fn has_codes(country: Option<Country>) -> bool {
    country.is_some_and(|country| rows().any(|row| row.country == country.code()))
}

fn code(raw: &str, key: &str, country: Option<Country>) -> Option<&'static str> {
    let unprefixed = ["estadode", "estadodo", "estadoda", "stateof"].iter().find_map(|prefix| key.strip_prefix(prefix));
    let candidates = || rows().filter(|row| country.is_none_or(|country| row.country == country.code()));
    let is_named = |row: &Row, name: &str| row.names().any(|known| known == name);
    candidates()
        .find(|row| is_named(row, key) || unprefixed.is_some_and(|name| is_named(row, name)))
        .or_else(|| candidates().find(|row| row.is_iso(raw) || (country.is_some() && row.code == key)))
        .map(|row| row.code)
}

struct Row {
    country: &'static str,
    code: &'static str,
    line: &'static str,
}

impl Row {
    fn names(&self) -> impl Iterator<Item = &'static str> {
        self.line.split(' ').skip(2)
    }

    /// `BR-SP` in any case.
    fn is_iso(&self, raw: &str) -> bool {
        raw.trim().split_once('-').is_some_and(|(country, code)| {
            country.eq_ignore_ascii_case(self.country) && code.eq_ignore_ascii_case(self.code)
        })
    }
}

fn rows() -> impl Iterator<Item = Row> {
    TABLE.lines().filter_map(|line| {
        let mut words = line.split(' ');
        Some(Row { country: words.next()?, code: words.next()?, line })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn state(raw: &str, country: &str) -> Option<Hashed> {
        st(raw, Country::parse(country))
    }

    #[test]
    fn each_state_of_the_three_countries_is_known_by_code_and_name() {
        for (country, count) in [("BR", 27), ("US", 59), ("CA", 13)] {
            assert_eq!(rows().filter(|row| row.country == country).count(), count, "{country}");
        }
        for row in rows() {
            let expected = Hashed::of(row.code);
            assert_eq!(state(&row.code.to_uppercase(), row.country), expected, "{}", row.line);
            assert_eq!(state(&format!("{}-{}", row.country, row.code), ""), expected, "{}", row.line);
            for name in row.names() {
                assert_eq!(state(&name.to_uppercase(), row.country), expected, "{}", row.line);
                assert_eq!(state(name, ""), expected, "no two states share the name {name}");
            }
        }
    }

    #[test]
    fn names_are_read_as_people_write_them() {
        let cases = [
            ("São Paulo", "BR", "sp"),
            ("SAO PAULO", "BR", "sp"),
            ("São Paulo", "", "sp"),
            ("Estado de São Paulo", "BR", "sp"),
            ("Estado do Rio de Janeiro", "", "rj"),
            ("Rio Grande do Sul", "BR", "rs"),
            ("Espírito  Santo", "BR", "es"),
            ("New York", "US", "ny"),
            ("District of Columbia", "", "dc"),
            ("Washington, D.C.", "US", "dc"),
            ("California", "", "ca"),
            ("Québec", "CA", "qc"),
            ("br-sp", "BR", "sp"),
            ("SP", "", "sp"),
            ("PR", "", "pr"),
        ];
        for (raw, country, code) in cases {
            assert_eq!(state(raw, country), Hashed::of(code), "{raw} {country}");
        }
    }

    #[test]
    fn elsewhere_the_text_is_simplified() {
        assert_eq!(state("Île-de-France", "FR"), Hashed::of("îledefrance"));
        assert_eq!(state("Distrito Federal", "MX"), Hashed::of("distritofederal"));
        assert_eq!(state("NSW", "AU"), Hashed::of("nsw"));
        assert_eq!(state("東京都", ""), Hashed::of("東京都"));
    }

    #[test]
    fn what_is_no_state_is_none() {
        for (raw, country) in [
            ("Calif", "US"),
            ("XX", "BR"),
            ("Lisboa", "BR"),
            ("", ""),
            ("-", ""),
            ("n/a", "FR"),
            ("null", ""),
            ("東京", "US"),
        ] {
            assert_eq!(state(raw, country), None, "{raw} {country}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>(), country in "BR|US|FR|") {
            let _ = state(&text, &country);
        }
    }
}
