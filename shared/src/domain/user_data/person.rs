//! `ge`, `db` and `external_id`.

use time::{Date, Month};

use super::{Hashed, text};

/// The hash of a gender: `f` or `m`, the two that Meta knows; also their English, Portuguese and Spanish words.
pub fn ge(raw: &str) -> Option<Hashed> {
    Hashed::passed(raw).or_else(|| match text::lower(raw).as_str() {
        "f" | "female" | "fem" | "feminino" | "feminina" | "femenino" | "femenina" | "woman" | "mulher" | "mujer" => {
            Hashed::of("f")
        }
        "m" | "male" | "masc" | "masculino" | "masculina" | "man" | "homem" | "hombre" => Hashed::of("m"),
        _ => None,
    })
}

/// The hash of a date of birth, as YYYYMMDD.
///
/// Taken: `YYYYMMDD`, year first with `-`, `/` or `.` (a midnight may follow), and day or month first with a year of
/// four digits where only one reading is a date. `03/02/1990` is ambiguous and none. Years 1900 to 2100.
pub fn db(raw: &str) -> Option<Hashed> {
    Hashed::passed(raw).or_else(|| {
        let (year, month, day) = calendar(&text::with_ascii_digits(text::trimmed(raw)))?;
        Hashed::of(&format!("{year:04}{month:02}{day:02}"))
    })
}

/// The hash of the seller's own id of a person: trimmed, otherwise byte for byte. Its case stays, because Meta asks for
/// one form on every channel, only the seller knows that form, and `aB` and `Ab` may be two people. A text that says that
/// nothing is known, also `0` (shops' number for guests), is none. Already hashed input passes.
pub fn external_id(raw: &str) -> Option<Hashed> {
    let id = text::trimmed(raw);
    let is_nobody = text::is_placeholder(id) || id == "0" || !id.chars().any(char::is_alphanumeric);
    Hashed::passed(id).or_else(|| (!is_nobody && !id.chars().any(char::is_control)).then(|| Hashed::of(id))?)
}

type Calendar = (u16, u8, u8);

fn calendar(text: &str) -> Option<Calendar> {
    let date = without_midnight(text);
    if date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit()) {
        return real(date.get(..4)?, date.get(4..6)?, date.get(6..)?);
    }
    let separator = date.chars().find(|c| matches!(c, '-' | '/' | '.'))?;
    let parts: Vec<&str> = date.split(separator).collect();
    let [first, second, third] = parts.try_into().ok()?;
    if first.len() == 4 {
        return real(first, second, third);
    }
    match (real(third, second, first), real(third, first, second)) {
        (Some(day_first), Some(month_first)) => (day_first == month_first).then_some(day_first),
        (day_first, month_first) => day_first.or(month_first),
    }
}

/// A time of midnight behind the date says nothing; another one hints at a shifted time zone, and stays to be refused.
fn without_midnight(text: &str) -> &str {
    let is_midnight = |time: &str| {
        let digits = time.trim_end_matches('Z').trim_end_matches("+00:00");
        !digits.is_empty() && digits.chars().all(|c| matches!(c, '0' | ':' | '.'))
    };
    match text.split_once(['T', ' ']) {
        Some((date, time)) if is_midnight(time) => date,
        _ => text,
    }
}

/// A date that exists, from its digits: four, and one or two each.
fn real(year: &str, month: &str, day: &str) -> Option<Calendar> {
    let number = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
        let is_number = lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse::<u16>().ok())?
    };
    let (year, month, day) = (number(year, 4..=4)?, number(month, 1..=2)?, number(day, 1..=2)?);
    let (month, day) = (u8::try_from(month).ok()?, u8::try_from(day).ok()?);
    let exists = Date::from_calendar_date(year.into(), Month::try_from(month).ok()?, day).is_ok();
    (exists && (1900..=2100).contains(&year)).then_some((year, month, day))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn genders_are_f_or_m() {
        for text in ["f", " F ", "Female", "FEMININO", "mulher"] {
            assert_eq!(ge(text).unwrap().as_str(), "252f10c83610ebca1a059c0bae8255eba2f95be4d1d7bcfa89d7248a82d9f111");
        }
        for text in ["m", "Male", "masculino", "Homem"] {
            assert_eq!(ge(text).unwrap().as_str(), "62c66a7a5dd70c3146618063c344e531e6d4b59e379808443ce962b3abd63c5a");
        }
        for text in ["", " ", "x", "other", "mf", "1", "h", "não informado"] {
            assert_eq!(ge(text), None, "{text}");
        }
    }

    #[test]
    fn every_clear_spelling_of_a_date_is_one_hash() {
        let texts = [
            "19901231",
            "1990-12-31",
            "1990/12/31",
            "31/12/1990",
            "12/31/1990",
            "31.12.1990",
            " 31-12-1990 ",
            "1990-12-31T00:00:00.000Z",
            "1990-12-31 00:00:00",
            "１９９０１２３１",
        ];
        for text in texts {
            assert_eq!(db(text), Hashed::of("19901231"), "{text}");
        }
        assert_eq!(
            db("1997-02-16").unwrap().as_str(),
            "01acdbf6ec7b4f478a225f1a246e5d6767eeab1a7ffa17f025265b5b94f40f0c"
        );
        assert_eq!(db("2/2/1990"), Hashed::of("19900202"));
        assert_eq!(db("29/02/2000"), Hashed::of("20000229"));
    }

    #[test]
    fn an_ambiguous_or_impossible_date_is_none() {
        let texts = [
            "",
            " ",
            "02/03/1990",
            "30/02/1990",
            "1990-02-30",
            "29/02/1900",
            "1990-13-01",
            "00000000",
            "18991231",
            "21010101",
            "31121990",
            "31/12/90",
            "1990",
            "1990-12",
            "1990-12-31T22:00:00Z",
            "1990-12-31-1",
            "1990-+2-31",
            "31/12-1990",
            "n/a",
        ];
        for text in texts {
            assert_eq!(db(text), None, "{text}");
        }
    }

    #[test]
    fn an_external_id_is_hashed_as_it_is() {
        assert_eq!(external_id(" User-42 "), Hashed::of("User-42"));
        assert_ne!(external_id("User-42"), external_id("user-42"));
        let hash = Hashed::of("User-42").unwrap();
        assert_eq!(external_id(hash.as_str()), Some(hash));
    }

    #[test]
    fn an_external_id_of_nobody_is_none() {
        for text in ["", "  ", "null", "undefined", "N/A", "0", "-", "a\0b", "\n"] {
            assert_eq!(external_id(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>(), digits in "[0-9./T: -]{0,24}") {
            let _ = (ge(&text), db(&text), db(&digits), external_id(&text));
        }
    }
}
