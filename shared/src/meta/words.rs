//! Meta's own words, fit to be kept: bounded, and without what may be somebody's.

/// The longest text that is kept, in characters.
const LONGEST: usize = 500;
/// From so many digits on, a number in a text may be a phone or a document.
const MANY_DIGITS: usize = 8;

/// An id from outside, to a size that a row can hold.
pub(super) fn bounded(text: &str) -> String {
    text.chars().filter(|it| !it.is_control()).take(LONGEST).collect()
}

/// A text from outside, bounded. Words that look like an e-mail address, a phone, an address of the network
/// or a hash are left out: an error may quote the value that it is about.
pub(super) fn without_personal_data(text: &str) -> String {
    let text = bounded(text);
    if !text.split(' ').any(is_personal) {
        return text;
    }
    let words = text.split(' ').map(|word| if is_personal(word) { "[…]" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

fn is_personal(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let groups =
        word.split('.').filter(|it| it.trim_matches(|c: char| !c.is_ascii_digit()).parse::<u8>().is_ok()).count();
    word.contains('@')
        || digits >= MANY_DIGITS
        || groups >= 4
        || word.matches(':').count() >= 3
        || word.len() >= 32 && word.chars().filter(char::is_ascii_hexdigit).count() >= 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_somebodys_is_left_out_and_the_rest_is_kept() {
        let said =
            "Invalid parameter: the value 'maria@example.com' (+5511955501234, 203.0.113.7, 2001:db8::1) is not hashed";
        assert_eq!(without_personal_data(said), "Invalid parameter: the value […] […] […] […] is not hashed");
        let hash = "a".repeat(64);
        assert_eq!(without_personal_data(&format!("bad hash {hash}.")), "bad hash […]");
        for fine in ["Server Side Api Parameter Error", "(#4) Application request limit reached", "v26.0 is fine"] {
            assert_eq!(without_personal_data(fine), fine);
        }
    }

    #[test]
    fn a_long_text_is_cut_and_has_no_control_characters() {
        let text = bounded(&"é\n".repeat(10_000));
        assert_eq!(text, "é".repeat(LONGEST));
    }
}
