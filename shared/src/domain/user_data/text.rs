//! Text rules that several fields share.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// What forms and systems write where they know nothing, compared in lower case. Hashed, each would stand for thousands.
const PLACEHOLDERS: [&str; 24] = [
    "null",
    "(null)",
    "undefined",
    "none",
    "(none)",
    "(direct)",
    "nan",
    "n/a",
    "n.a.",
    "#n/a",
    "n/d",
    "s/n",
    "unknown",
    "not set",
    "(not set)",
    "not provided",
    "anonymous",
    "não informado",
    "nao informado",
    "não informada",
    "nao informada",
    "não consta",
    "desconhecido",
    "sem nome",
];

/// Longer than any of them in any Unicode form, in bytes.
const PLACEHOLDER_MAX: usize = 64;

/// Without white space and invisible characters at both ends (copied text brings them along).
pub(super) fn trimmed(raw: &str) -> &str {
    raw.trim_matches(|c: char| c.is_whitespace() || is_invisible(c))
}

/// Trimmed, in NFC, then in lower case by full Unicode rules. The order matters: only NFC makes `é` one letter.
pub(super) fn lower(raw: &str) -> String {
    trimmed(raw).nfc().collect::<String>().to_lowercase()
}

/// Whether a text says that nothing is known. Asked of each field of a delivery, so what can be none is not normalised.
pub(crate) fn is_placeholder(raw: &str) -> bool {
    let text = trimmed(raw);
    if text.is_ascii() {
        return PLACEHOLDERS.iter().any(|placeholder| placeholder.eq_ignore_ascii_case(text));
    }
    text.len() <= PLACEHOLDER_MAX && PLACEHOLDERS.contains(&lower(text).as_str())
}

/// Without punctuation, symbols, spaces and control characters: letters and digits of every script, and the marks
/// that belong to them.
pub(super) fn letters_and_digits(text: &str) -> String {
    text.chars().filter(|c| is_kept(*c)).collect()
}

/// The same with one space between words; a typed apostrophe or hyphen joins its word.
pub(super) fn words(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(letters_and_digits).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// The text in a-z and 0-9 if its letters have such a form: without accents, `ß` as `ss`. None for other scripts.
pub(super) fn ascii_form(lower_case: &str) -> Option<String> {
    let mut folded = String::with_capacity(lower_case.len());
    for c in lower_case.nfd().filter(|c| !is_combining_mark(*c)) {
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'ı' => folded.push('i'),
            c if c.is_ascii() => folded.push(c),
            _ => return None,
        }
    }
    Some(folded)
}

/// How tables of places write a name: lower case, a-z and 0-9 only. None if nothing is left or the script is another.
pub(in crate::domain) fn place_key(raw: &str) -> Option<String> {
    ascii_form(&letters_and_digits(&lower(raw))).filter(|key| !key.is_empty())
}

/// The text with decimal digits of other scripts (full-width, Arabic-Indic, Devanagari and more) as 0-9.
pub(super) fn with_ascii_digits(text: &str) -> String {
    text.chars().map(|c| decimal_value(c).map_or(c, |value| char::from(b'0' + value))).collect()
}

/// The zeros of the scripts whose digits people type (Unicode, general category Nd); nine digits follow each.
const ZEROS: [u32; 16] = [
    0x0030, 0x0660, 0x06F0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0E50, 0x0ED0, 0x1040,
    0x17E0, 0xFF10,
];

fn decimal_value(c: char) -> Option<u8> {
    ZEROS.iter().find_map(|zero| u8::try_from(u32::from(c).checked_sub(*zero)?).ok().filter(|value| *value < 10))
}

fn is_kept(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

/// Format characters without a glyph: soft hyphen, zero-width and direction marks, byte order mark.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_unicode_forms_of_a_word_become_one() {
        assert_eq!(lower(" Vale\u{301}ry\u{200b} "), "valéry");
        assert_eq!(lower("JOSÉ"), "josé");
        assert_eq!(lower("ΑΛΈΞΑΝΔΡΟΣ"), "αλέξανδρος");
    }

    #[test]
    fn marks_of_a_script_stay_and_punctuation_goes() {
        assert_eq!(letters_and_digits("अमित कुमार्!"), "अमितकुमार्");
        assert_eq!(letters_and_digits("d’ávila-souza, jr."), "dávilasouzajr");
        assert_eq!(words("  maria\t d' ávila - 2º "), "maria d ávila 2º");
    }

    #[test]
    fn only_latin_letters_have_an_ascii_form() {
        assert_eq!(ascii_form("sãopaulo").as_deref(), Some("saopaulo"));
        assert_eq!(ascii_form("großærøskøbing").as_deref(), Some("grossaeroskobing"));
        assert_eq!(ascii_form("が"), None);
        assert_eq!(ascii_form("москва"), None);
    }

    #[test]
    fn a_placeholder_is_one_in_every_case_and_form() {
        for text in ["NULL", " n/a ", "Não Informado", "NA\u{303}O INFORMADO", "\u{feff}undefined", "(Not Set)"] {
            assert!(is_placeholder(text), "{text:?}");
        }
        for text in ["nulls", "Não", "informado", "", &"ã".repeat(100)] {
            assert!(!is_placeholder(text), "{text:?}");
        }
    }

    #[test]
    fn digits_of_other_scripts_are_digits() {
        assert_eq!(with_ascii_digits("１١۱०-9a"), "1110-9a");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = (is_placeholder(&text), words(&text), place_key(&text), with_ascii_digits(&text));
        }
    }
}
