//! `ph`: phone numbers.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, Region};

use super::{Hashed, text};
use crate::domain::country::Country;

/// The most digits that a number can be typed with: 15 of E.164, an international prefix and a trunk prefix.
const MAX_DIGITS: usize = 20;

/// From this length on, digits that are no valid number of the person's country, and have no leading zero, have a country
/// code before them.
const SURELY_INTERNATIONAL: usize = 12;

/// What people type to get past a form. It would be a valid number of Brazil.
const KEYS_IN_ORDER: &str = "1234567890";

/// What stands before an extension, in lower case; the x covers `ext.` and the like up to letters, which do not count.
const EXTENSION_MARKS: [&str; 5] = ["ramal", "x", "#", ";", "доб"];

/// A number between the parser and the hash: E.164 without the plus. Only the support tool shows one.
struct PlainPhone(String);

/// The hash of a phone number: its E.164 digits without the plus (Meta, Customer information parameters: country code
/// always there, no symbols, letters or leading zeros).
///
/// A number with `+` or `00` and a country code is read as it is. Any other needs the person's `country`: it is read as
/// that country's first, also with its trunk and carrier prefixes; else, if it starts with that country's calling code or is
/// too long for a national number, as international without its plus. What is valid in no way by libphonenumber's
/// metadata is none, and so are one digit repeated and 1234567890. Digits of every script count, an extension does not.
/// Nothing is made up: an old number that lost its validity gets no digit. Already hashed input passes.
pub fn ph(raw: &str, country: Option<Country>) -> Option<Hashed> {
    Hashed::passed(raw).or_else(|| PlainPhone::parse(raw, country)?.hash())
}

/// Whether the person's country makes no difference to [`ph`]: the number begins with a plus, is hashed already, or is none.
pub fn names_its_country(raw: &str) -> bool {
    Hashed::passed(raw).is_some() || Typed::read(raw).is_none_or(|typed| typed.has_plus)
}

/// The text that [`ph`] hashes.
pub(super) fn plain(raw: &str, country: Option<Country>) -> Option<String> {
    Some(PlainPhone::parse(raw, country)?.0)
}

impl PlainPhone {
    fn parse(raw: &str, country: Option<Country>) -> Option<Self> {
        let typed = Typed::read(raw)?;
        let region = country.and_then(|country| Region::from_code(country.code()).ok());
        if typed.has_plus {
            return Self::valid(&format!("+{}", typed.digits), None);
        }
        if typed.digits == KEYS_IN_ORDER {
            return None;
        }
        let national = region.and_then(|region| Self::valid(&typed.digits, Some(region)));
        national.or_else(|| typed.without_plus(region)).or_else(|| {
            let rest = typed.digits.strip_prefix("00")?;
            Self::valid(&format!("+{rest}"), None)
        })
    }

    /// The number that libphonenumber reads, if it is a valid one.
    fn valid(number: &str, region: Option<Region>) -> Option<Self> {
        let number = PHONE_NUMBER_UTIL.parse(number, region).ok()?;
        if !number.is_valid() || is_filler(&number.national_number.to_string()) {
            return None;
        }
        let e164 = number.format_as(PhoneNumberFormat::E164);
        Some(Self(e164.trim_start_matches('+').to_owned()))
    }

    fn hash(self) -> Option<Hashed> {
        Hashed::of(&self.0)
    }
}

/// What was typed, down to its digits.
struct Typed {
    digits: String,
    has_plus: bool,
}

impl Typed {
    fn read(raw: &str) -> Option<Self> {
        let text = text::with_ascii_digits(&text::lower(raw)).replace('＋', "+");
        let number = without_extension(&text);
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        let has_plus = number.chars().find(|c| *c == '+' || c.is_ascii_digit()) == Some('+');
        (1..=MAX_DIGITS).contains(&digits.len()).then_some(Self { digits, has_plus })
    }

    /// International digits whose plus was left out. Short ones must be of the person's own country: `4799991234`, a number
    /// of southern Brazil in its form of before 2016, is not to be read as a Norwegian one.
    fn without_plus(&self, region: Option<Region>) -> Option<PlainPhone> {
        let own_code = PHONE_NUMBER_UTIL.get_country_code_for_region(region?)?.to_string();
        let is_international = self.digits.len() >= SURELY_INTERNATIONAL || self.digits.starts_with(&own_code);
        if !is_international || self.digits.starts_with('0') {
            return None;
        }
        PlainPhone::valid(&format!("+{}", self.digits), None)
    }
}

/// An extension starts at its mark, behind the number.
fn without_extension(text: &str) -> &str {
    let first_digit = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
    let end = EXTENSION_MARKS.iter().filter_map(|mark| Some(first_digit + text.get(first_digit..)?.find(mark)?)).min();
    text.get(..end.unwrap_or(text.len())).unwrap_or(text)
}

/// One digit, over and over.
fn is_filler(digits: &str) -> bool {
    digits.bytes().all(|byte| digits.as_bytes().first() == Some(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn phone(raw: &str, country: &str) -> Option<Hashed> {
        ph(raw, Country::parse(country))
    }

    #[test]
    fn metas_examples_have_metas_hashes() {
        let hash = "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176";
        assert_eq!(phone("(650)555-1212", "US").unwrap().as_str(), hash);
        assert_eq!(phone("+1 650-555-1212", "").unwrap().as_str(), hash);
        assert_eq!(phone("16505551212", "US").unwrap().as_str(), hash);
    }

    #[test]
    fn every_spelling_of_a_brazilian_number_is_one_hash() {
        let spellings = [
            "(11) 99999-0000",
            "011 99999-0000",
            "11999990000",
            "+55 11 99999-0000",
            "+55 (0) 11 99999-0000",
            "5511999990000",
            "0055 11 99999-0000",
            "0 15 11 99999-0000",
            "＋55 １１ ９９９９９-００００",
            "+٥٥ ١١ ٩٩٩٩٩ ٠٠٠٠",
            "Tel.: (11) 99999-0000",
            "11 99999 0000 ramal 12",
            "\u{202a}+55 11 99999-0000\u{202c}",
            "+55 11 99999-0000 ext. 7",
            "(+55) 11 99999.0000",
        ];
        for spelling in spellings {
            assert_eq!(phone(spelling, "BR"), Hashed::of("5511999990000"), "{spelling}");
        }
    }

    #[test]
    fn a_number_with_a_country_code_needs_no_country() {
        assert_eq!(phone("+55 11 99999-0000", ""), Hashed::of("5511999990000"));
        assert_eq!(phone("0055 11 99999-0000", ""), Hashed::of("5511999990000"));
        assert_eq!(phone("+351 912 345 678", "BR"), Hashed::of("351912345678"));
        assert_eq!(phone("+33 1 23 45 67 89", ""), Hashed::of("33123456789"));
        assert_eq!(
            phone("+39 06 6982 0000", ""),
            Hashed::of("390669820000"),
            "a leading zero of Italy is part of the number"
        );
    }

    #[test]
    fn a_number_without_a_country_code_needs_a_country() {
        for raw in ["(11) 99999-0000", "11999990000", "011 99999-0000", "(650)555-1212", "5511999990000", "16505551212"]
        {
            assert_eq!(phone(raw, ""), None, "{raw}");
        }
    }

    #[test]
    fn a_foreign_number_without_its_plus_is_taken_only_if_it_is_long() {
        assert_eq!(phone("351912345678", "BR"), Hashed::of("351912345678"));
        assert_eq!(phone("4799991234", "BR"), None, "not a Norwegian number");
        assert!(phone("+4799991234", "BR").is_some());
    }

    #[test]
    fn the_national_reading_comes_first() {
        assert_eq!(phone("(55) 99999-0000", "BR"), Hashed::of("5555999990000"), "55 is an area code too");
        assert_eq!(phone("(11) 3333-4444", "BR"), Hashed::of("551133334444"));
    }

    #[test]
    fn junk_is_not_hashed() {
        let values = [
            "",
            " ",
            "+",
            "00",
            "123",
            "190",
            "0000000000",
            "00000000000",
            "11111111111",
            "99999999999",
            "+5599999999999",
            "1234567890",
            "n/a",
            "não informado",
            "null",
            "user@example.com",
            "(11) 9999-00",
            "+55 11 99999-00000",
            "1-800-FLOWERS",
            "+999 123456789",
            "(11) 99999-0000 / (11) 3333-4444",
            "ext 5",
        ];
        for value in values {
            for country in ["", "BR", "US"] {
                assert_eq!(phone(value, country), None, "{value} {country}");
            }
        }
        assert_eq!(phone(&"9".repeat(10_000), "BR"), None);
    }

    #[test]
    fn a_country_without_phones_reads_international_numbers_only() {
        assert_eq!(phone("+55 11 99999-0000", "AQ"), Hashed::of("5511999990000"));
        assert_eq!(phone("11 99999-0000", "AQ"), None);
    }

    proptest! {
        #[test]
        fn a_number_that_names_its_country_is_the_same_in_every_country(raw in "[+0-9 ()a-z]{0,18}|\\+[1-9][0-9]{6,14}|[0-9a-f]{64}") {
            if names_its_country(&raw) {
                prop_assert_eq!(phone(&raw, "BR"), phone(&raw, ""));
                prop_assert_eq!(phone(&raw, "US"), phone(&raw, ""));
            }
        }

        #[test]
        fn no_text_panics(text in any::<String>(), shape in "[+]?[0-9 ()x#.-]{0,24}", country in "BR|US|IT|AR|MX|") {
            let _ = (phone(&text, &country), phone(&shape, &country));
        }

        #[test]
        fn a_mobile_number_has_one_hash(ddd in 11_u32..20, number in 910_000_000_u32..999_999_998) {
            let expected = Hashed::of(&format!("55{ddd}{number}"));
            prop_assert_eq!(phone(&format!("({ddd}) {number}"), "BR"), expected.clone());
            prop_assert_eq!(phone(&format!("+55 0{ddd} {number}"), ""), expected);
        }
    }
}
