//! Numbers as a reader writes them.

use shared::domain::setup::Locale;

/// A whole number with its thousands apart.
pub(super) fn number(locale: Locale, number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mark = match locale {
        Locale::English => ',',
        Locale::Portuguese => '.',
    };
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(mark);
        }
        text.push(digit);
    }
    text
}

/// A part of a whole in percent, rounded down; a dash of nothing.
pub(super) fn percent(part: i64, whole: i64) -> String {
    if whole > 0 { format!("{} %", part.saturating_mul(100) / whole) } else { "—".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_apart_and_percents_are_never_more_than_they_are() {
        let told = [0, 7, 999, 1000, 12_345, 1_234_567, -4200].map(|it| number(Locale::English, it));
        assert_eq!(told, ["0", "7", "999", "1,000", "12,345", "1,234,567", "-4,200"]);
        assert_eq!(number(Locale::Portuguese, 12_345), "12.345");
        assert_eq!([percent(0, 0), percent(1, 3), percent(999, 1000), percent(5, 5)], ["—", "33 %", "99 %", "100 %"]);
    }
}
