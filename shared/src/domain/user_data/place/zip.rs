//! `zp`: postal codes.

use crate::domain::country::Country;
use crate::domain::user_data::{Hashed, Hashes, text};

/// The shortest and the longest postal code in use anywhere (Universal Postal Union, addressing systems), without spaces.
const LENGTHS: std::ops::RangeInclusive<usize> = 3..=10;

/// The hashes of a postal code: lower case, no spaces, no dash (Meta, Customer information parameters).
///
/// - United States: the first five digits. A code that has neither five digits nor nine is none.
/// - Brazil: the eight digits first; second the five before the dash, which is what Meta's own libraries send for
///   `01310-100`. Other lengths are none (a lost leading zero is not guessed).
/// - Unknown country: the shape `94035-1234`, with or without the dash, is read as in the United States first, and whole
///   second; `01310-100` as in Brazil.
/// - Elsewhere: the code as it is, three to ten letters and digits with one digit at least.
///
/// Zeros alone are nobody's code. Already hashed input passes.
pub fn zp(raw: &str, country: Option<Country>) -> Hashes {
    if let Some(hashed) = Hashed::passed(raw) {
        return Some(hashed).into();
    }
    plain_forms(raw, country).iter().filter_map(|form| Hashed::of(form)).collect()
}

/// The first of the forms that [`zp`] hashes.
pub(in crate::domain::user_data) fn plain(raw: &str, country: Option<Country>) -> Option<String> {
    plain_forms(raw, country).into_iter().next()
}

fn plain_forms(raw: &str, country: Option<Country>) -> Vec<String> {
    let typed = text::with_ascii_digits(&text::lower(raw));
    let code = text::letters_and_digits(&typed);
    let forms = if is_code(&code) { forms(&typed, &code, country) } else { Vec::new() };
    forms.into_iter().map(str::to_owned).collect()
}

fn is_code(code: &str) -> bool {
    let has_digit = code.bytes().any(|byte| byte.is_ascii_digit());
    has_digit && code.bytes().any(|byte| byte != b'0') && code.is_ascii() && LENGTHS.contains(&code.len())
}

/// The forms of an ASCII code, the best first.
fn forms<'a>(typed: &str, code: &'a str, country: Option<Country>) -> Vec<&'a str> {
    let digits = if code.bytes().all(|byte| byte.is_ascii_digit()) { code.len() } else { 0 };
    let first_five = code.get(..5).unwrap_or(code);
    let is_brazilian_shape = || typed.split_once('-').is_some_and(|(head, tail)| head.len() == 5 && tail.len() == 3);
    match (country.as_ref().map(Country::code), digits) {
        (Some("US"), 5 | 9) => vec![first_five],
        (Some("BR"), 8) => vec![code, first_five],
        (Some("US" | "BR"), _) => vec![],
        (None, 9) => vec![first_five, code],
        (None, 8) if is_brazilian_shape() => vec![code, first_five],
        _ => vec![code],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn zip(raw: &str, country: &str) -> Hashes {
        zp(raw, Country::parse(country))
    }

    fn hashes_of(forms: &[&str]) -> Hashes {
        forms.iter().filter_map(|form| Hashed::of(form)).collect()
    }

    #[test]
    fn each_country_has_its_form() {
        let cases: [(&str, &str, &[&str]); 16] = [
            ("94035", "US", &["94035"]),
            ("94035-1234", "US", &["94035"]),
            ("940351234", "US", &["94035"]),
            ("94035-1234", "", &["94035", "940351234"]),
            ("940351234", "", &["94035", "940351234"]),
            ("94035", "", &["94035"]),
            ("M1 1AE", "GB", &["m11ae"]),
            ("M1 1AE", "", &["m11ae"]),
            ("01310-100", "BR", &["01310100", "01310"]),
            ("01310100", "BR", &["01310100", "01310"]),
            ("01310-100", "", &["01310100", "01310"]),
            ("01310100", "", &["01310100"]),
            ("1000-205", "PT", &["1000205"]),
            ("K1A 0B1", "CA", &["k1a0b1"]),
            ("１００-０００１", "JP", &["1000001"]),
            ("D02 AF30", "IE", &["d02af30"]),
        ];
        for (raw, country, forms) in cases {
            assert_eq!(zip(raw, country), hashes_of(forms), "{raw} {country}");
        }
    }

    #[test]
    fn junk_is_not_hashed() {
        let cases = [
            ("", ""),
            (" ", "US"),
            ("00000", "US"),
            ("00000-000", "BR"),
            ("n/a", ""),
            ("null", ""),
            ("9403", "US"),
            ("940355", "US"),
            ("1310100", "BR"),
            ("abc", "GB"),
            ("12", ""),
            ("12345678901", ""),
            ("não informado", "BR"),
            ("M1 1AE", "US"),
            ("é1é1", ""),
        ];
        for (raw, country) in cases {
            assert!(zip(raw, country).is_empty(), "{raw} {country}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>(), shape in "[0-9a-z -]{0,12}", country in "BR|US|GB|") {
            let _ = (zip(&text, &country), zip(&shape, &country));
        }
    }
}
