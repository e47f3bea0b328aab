//! Countries: ISO 3166-1 codes, and the names under which sellers' systems send them.

use std::fmt;

use super::user_data::place_key;

/// A line a country: alpha-2, alpha-3, then its names in English, Portuguese and Spanish as [`place_key`] writes them
/// (names: Unicode CLDR and ISO 3166-1).
const TABLE: &str = include_str!("country/names.txt");

/// A country that ISO 3166-1 lists, by its alpha-2 code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country([u8; 2]);

impl Country {
    /// Reads an alpha-2 code in any case, with outer white space. A code that ISO 3166-1 does not assign is none.
    pub fn parse(text: &str) -> Option<Self> {
        let code: [u8; 2] = text.trim().to_ascii_uppercase().into_bytes().try_into().ok()?;
        let is_listed = code.is_ascii() && TABLE.lines().any(|line| line.as_bytes().starts_with(&code));
        is_listed.then_some(Self(code))
    }

    /// Reads an alpha-2 code, an alpha-3 code, or a country's name in English, Portuguese or Spanish; `UK` is `GB`.
    /// A text that could be several countries, or none, is none.
    pub fn recognise(text: &str) -> Option<Self> {
        Self::parse(text).or_else(|| {
            let key = place_key(text)?;
            TABLE.lines().find_map(|line| {
                let mut names = line.split(' ');
                let code = names.next()?;
                names.any(|name| name.eq_ignore_ascii_case(&key)).then(|| Self::parse(code))?
            })
        })
    }

    /// Every country, by its code's order.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.lines().filter_map(|line| line.get(..2).and_then(Self::parse))
    }

    /// The alpha-2 code in upper case.
    pub fn code(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn recognised(text: &str) -> Option<String> {
        Country::recognise(text).map(|country| country.code().to_owned())
    }

    #[test]
    fn every_assigned_code_is_read_in_any_case() {
        assert_eq!(TABLE.lines().count(), 249, "ISO 3166-1 assigns 249 alpha-2 codes");
        for line in TABLE.lines() {
            let country = Country::parse(&format!(" {} ", line[..2].to_lowercase())).unwrap();
            assert_eq!(country.code(), &line[..2]);
        }
    }

    #[test]
    fn a_code_that_is_not_assigned_is_no_country() {
        for text in ["", "B", "XX", "ZZ", "UK", "EU", "BRA", "1A", "é", "B\0", "\n"] {
            assert_eq!(Country::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn names_and_alpha_3_codes_are_recognised() {
        let cases = [
            ("br", "BR"),
            ("BRA", "BR"),
            ("Brasil", "BR"),
            (" BRAZIL ", "BR"),
            ("PRT", "PT"),
            ("Portugal", "PT"),
            ("Estados Unidos", "US"),
            ("United States of America", "US"),
            ("U.S.A.", "US"),
            ("EUA", "US"),
            ("UK", "GB"),
            ("Reino Unido", "GB"),
            ("Côte d’Ivoire", "CI"),
            ("España", "ES"),
            ("Alemanha", "DE"),
            ("Japão", "JP"),
            ("Guiné-Bissau", "GW"),
        ];
        for (text, code) in cases {
            assert_eq!(recognised(text).as_deref(), Some(code), "{text}");
        }
    }

    #[test]
    fn what_names_no_country_is_not_recognised() {
        for text in ["", " ", "n/a", "null", "Atlantis", "XX", "-", "São Paulo", "BR BRA"] {
            assert_eq!(recognised(text), None, "{text}");
        }
    }

    #[test]
    fn no_name_stands_for_two_countries() {
        let mut names: Vec<&str> = TABLE.lines().flat_map(|line| line.split(' ').skip(1)).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_is_read_is_listed(text in "\\PC{0,12}|[A-Za-z]{2,3}") {
            if let Some(country) = Country::recognise(&text) {
                prop_assert_eq!(Country::parse(country.code()), Some(country));
            }
        }
    }
}
