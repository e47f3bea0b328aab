//! The appendix that Meta's parameter builder libraries put behind a value.

/// The two characters of the libraries' first versions.
const LEGACY: [&str; 6] = ["AQ", "Ag", "Aw", "BA", "BQ", "Bg"];

/// Whether a text has the appendix's shape: eight base64url characters, or one of the six legacy pairs.
pub(in crate::domain) fn has_shape(text: &str) -> bool {
    LEGACY.contains(&text) || (text.len() == 8 && text.bytes().all(is_base64url))
}

/// Whether a text is an appendix of the format in use: its shape, and a first byte of 1 (the format).
///
/// Stricter than [`has_shape`], for values in which a part that is no appendix belongs to the value itself. The language
/// behind the format is left open: a library for a new language must not make a known click look like another one.
pub(in crate::domain) fn is_one(text: &str) -> bool {
    // In base64 a first byte of 1 is an A and then one of Q..=f.
    let is_format_1 = || matches!(text.as_bytes(), [b'A', b'Q'..=b'Z' | b'a'..=b'f', ..]);
    LEGACY.contains(&text) || (has_shape(text) && is_format_1())
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_generations_are_known() {
        for text in ["AQ", "Ag", "Aw", "BA", "BQ", "Bg", "AQQAAQMC", "AQYBAQAA"] {
            assert!(has_shape(text) && is_one(text), "{text}");
        }
    }

    #[test]
    fn other_texts_are_not_an_appendix() {
        for text in ["", "A", "AA", "aq", "AQQAAQM", "AQQAAQMCC", "AQQAAQM.", "AQQAAQM ", "AQQAAQM=", "éééé"] {
            assert!(!has_shape(text) && !is_one(text), "{text}");
        }
        for other_format in ["BQQAAQMC", "AAQAAQMC", "AgQAAQMC", "abcdefgh"] {
            assert!(has_shape(other_format) && !is_one(other_format), "{other_format}");
        }
    }
}
