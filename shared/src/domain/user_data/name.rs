//! `fn` and `ln`: first and last names.

use super::{Hashed, Hashes, text};

/// The hashes of a first name: lower case, no punctuation, letters of every script as they are, accents too
/// (Meta, Customer information parameters). Spaces: see [`ln`].
pub fn fn_(raw: &str) -> Hashes {
    name(raw)
}

/// The hashes of a last name.
///
/// Meta's page says nothing of spaces inside a name, its business SDKs keep them and its parameter builder libraries
/// take them out. So a name of several words has both forms, with single spaces first. A text without a letter, or one
/// that says that nothing is known, has none. Already hashed input passes.
pub fn ln(raw: &str) -> Hashes {
    name(raw)
}

fn name(raw: &str) -> Hashes {
    if let Some(hashed) = Hashed::passed(raw) {
        return Some(hashed).into();
    }
    let Some(name) = plain(raw) else { return Hashes::default() };
    [name.clone(), name.replace(' ', "")].iter().filter_map(|form| Hashed::of(form)).collect()
}

/// The first of the forms that are hashed.
pub(super) fn plain(raw: &str) -> Option<String> {
    let name = text::words(&text::lower(raw));
    let is_name = !text::is_placeholder(raw) && name.chars().any(char::is_alphabetic);
    is_name.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hashes_of(forms: &[&str]) -> Hashes {
        forms.iter().filter_map(|form| Hashed::of(form)).collect()
    }

    #[test]
    fn metas_examples_have_metas_hashes() {
        let vectors = [
            ("Mary", "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec"),
            ("Valéry", "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"),
            ("Vale\u{301}ry", "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"),
            ("정", "8fa8cd9c440be61d0151429310034083132b35975c4bea67fdd74158eb51db14"),
        ];
        for (name, hash) in vectors {
            assert_eq!(fn_(name).as_slice(), [Hashed::from_stored(hash).unwrap()], "{name}");
        }
    }

    #[test]
    fn the_hash_of_nothing_is_not_taken_for_a_name() {
        let sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        for nothing in
            [sha256, &sha256.to_uppercase(), &format!("{sha256}.AQYBAQIA"), "d41d8cd98f00b204e9800998ecf8427e"]
        {
            assert!(ln(nothing).is_empty(), "{nothing}");
        }
    }

    #[test]
    fn case_and_punctuation_do_not_matter() {
        assert_eq!(ln(" D’ÁVILA-Souza "), hashes_of(&["dávilasouza"]));
        assert_eq!(ln("O'Brien"), hashes_of(&["obrien"]));
        assert_eq!(fn_("JOSÉ"), hashes_of(&["josé"]));
    }

    #[test]
    fn a_name_of_several_words_has_both_forms() {
        assert_eq!(fn_("Maria  Clara"), hashes_of(&["maria clara", "mariaclara"]));
    }

    #[test]
    fn other_scripts_are_kept() {
        assert_eq!(fn_("Дмитрий"), hashes_of(&["дмитрий"]));
        assert_eq!(ln("สมศักดิ์"), hashes_of(&["สมศักดิ์"]));
        assert_eq!(ln("李"), hashes_of(&["李"]));
    }

    #[test]
    fn junk_is_not_hashed() {
        for value in ["", "  ", "-", "...", "123", "n/a", "NULL", "Não informado", "undefined", "\u{301}", "\0", "🙂"]
        {
            assert!(fn_(value).is_empty(), "{value:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_or_hashes_nothing(text in any::<String>()) {
            let hashes = fn_(&text);
            prop_assert!(hashes.as_slice().len() <= 2);
            prop_assert!(hashes.is_empty() || text.chars().any(char::is_alphanumeric));
        }
    }
}
