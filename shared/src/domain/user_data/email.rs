//! `em`: e-mail addresses.

use super::{Hashed, text};

/// The longest address (RFC 5321, path limit) and the longest part before the at sign, in bytes.
const MAX_ADDRESS: usize = 254;
const MAX_LOCAL: usize = 64;

/// An address between the parser and the hash. Only the support tool shows one.
struct PlainEmail(String);

/// The hash of an e-mail address: trimmed, NFC, lower case (Meta, Customer information parameters). Dots and `+tags` stay.
///
/// A text that is no address is none, never hashed: it needs one `@`, a local part of dot-separated words (RFC 5322
/// dot-atom, and letters of any script) and a dotted domain. Nothing is taken off: `mailto:a@b.com`, `<a@b.com>`, a
/// display name or a list are none. Already hashed input passes.
pub fn em(raw: &str) -> Option<Hashed> {
    Hashed::passed(raw).or_else(|| PlainEmail::parse(raw)?.hash())
}

/// The text that [`em`] hashes.
pub(super) fn plain(raw: &str) -> Option<String> {
    Some(PlainEmail::parse(raw)?.0)
}

impl PlainEmail {
    fn parse(raw: &str) -> Option<Self> {
        let address = text::lower(raw);
        let (local, domain) = address.split_once('@')?;
        let fits = address.len() <= MAX_ADDRESS && local.len() <= MAX_LOCAL;
        (fits && local.split('.').all(is_word) && is_domain(domain)).then_some(Self(address))
    }

    fn hash(self) -> Option<Hashed> {
        Hashed::of(&self.0)
    }
}

/// A part between dots of what stands before the at sign.
fn is_word(word: &str) -> bool {
    let is_symbol = |c: char| "!#$%&'*+/=?^_`{|}~-".contains(c);
    let is_letter = |c: char| text::letters_and_digits(c.encode_utf8(&mut [0; 4])).len() == c.len_utf8();
    !word.is_empty()
        && word.chars().all(|c| if c.is_ascii() { c.is_ascii_alphanumeric() || is_symbol(c) } else { is_letter(c) })
}

/// Two labels or more; the last has two characters or more and is no number, so that an IP address is not taken.
fn is_domain(domain: &str) -> bool {
    let last = domain.rsplit('.').next().unwrap_or_default();
    let is_top_level = last.chars().count() >= 2 && last.chars().any(|c| !c.is_ascii_digit());
    domain.contains('.') && is_top_level && domain.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let inner = label.replace('-', "");
    let is_edge_hyphen = label.starts_with('-') || label.ends_with('-');
    (1..=63).contains(&label.len()) && !is_edge_hyphen && text::letters_and_digits(&inner) == inner
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hash_of(normalised: &str) -> Option<Hashed> {
        Hashed::of(normalised)
    }

    #[test]
    fn metas_example_has_metas_hash() {
        let expected = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f";
        assert_eq!(em("John_Smith@gmail.com").unwrap().as_str(), expected);
        assert_eq!(em(" JOHN_smith@GMAIL.com\n").unwrap().as_str(), expected);
    }

    #[test]
    fn dots_and_tags_stay() {
        assert_eq!(em("Foo.Bar+Promo@Example.com"), hash_of("foo.bar+promo@example.com"));
    }

    #[test]
    fn other_scripts_are_normalised_and_kept() {
        assert_eq!(em("JOSÉ@Example.com"), hash_of("josé@example.com"));
        assert_eq!(em("jose\u{301}@example.com"), hash_of("josé@example.com"));
        assert_eq!(em("info@Café.example"), hash_of("info@café.example"));
        assert_eq!(em("\u{feff}a@example.com\u{200b}"), hash_of("a@example.com"));
    }

    #[test]
    fn junk_is_not_hashed() {
        let values = [
            "",
            "   ",
            "@",
            "a@b",
            "a@localhost",
            "não informado",
            "n/a",
            "test",
            "null",
            "a@@example.com",
            "a@b@example.com",
            "a@",
            "@example.com",
            "a b@example.com",
            "a@exam ple.com",
            "a@example.c",
            "a@example.",
            "a@.com",
            "a@example..com",
            ".a@example.com",
            "a.@example.com",
            "a..b@example.com",
            "a@-example.com",
            "a@192.0.2.1",
            "a@[192.0.2.1]",
            "mailto:a@example.com",
            "<a@example.com>",
            "A <a@example.com>",
            "a@example.com,b@example.com",
            "a\0@example.com",
            "a@example.com\u{200b}x",
            "a＠example.com",
            "a@exa_mple.com",
            "a\n@example.com",
        ];
        for value in values {
            assert_eq!(em(value), None, "{value:?}");
        }
        assert_eq!(em(&format!("{}@example.com", "a".repeat(65))), None);
        assert_eq!(em(&format!("a@{}com", "example.".repeat(32))), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = (em(&text), em(&format!("a@{text}.com")), em(&format!("{text}@example.com")));
        }

        #[test]
        fn spelling_does_not_change_the_hash(address in "[a-z0-9]{1,10}(\\.[a-z+]{1,5})?@[a-z]{2,9}\\.[a-z]{2,4}") {
            prop_assert_eq!(em(&format!("\t{} ", address.to_uppercase())), hash_of(&address));
        }
    }
}
