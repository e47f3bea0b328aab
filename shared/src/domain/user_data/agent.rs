//! `client_user_agent`: the browser's `User-Agent` header.

use std::fmt;

use serde::{Serialize, Serializer};

/// The longest text taken, in bytes. Meta names no bound; servers and API Gateway refuse header lines beyond this size.
const MAX_LENGTH: usize = 8 * 1024;

/// A browser's user agent. It goes to Meta unhashed and unchanged.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UserAgent(String);

impl UserAgent {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Hides the text: with the address it finds a person again.
impl fmt::Debug for UserAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserAgent(…)")
    }
}

impl Serialize for UserAgent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Takes a user agent: trimmed, otherwise as it is. None if it is empty, has control characters (no header can), or is
/// over 8 KiB: it is refused, not cut, because a cut one is another browser's.
pub fn client_user_agent(raw: &str) -> Option<UserAgent> {
    let text = raw.trim();
    let fits = (1..=MAX_LENGTH).contains(&text.len()) && !text.chars().any(char::is_control);
    fits.then(|| UserAgent(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_user_agent_is_sent_as_it_is() {
        let agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)  Ünï";
        assert_eq!(client_user_agent(&format!(" {agent}\r\n")).unwrap().as_str(), agent);
        assert!(client_user_agent(&"x".repeat(8192)).is_some());
    }

    #[test]
    fn what_no_header_can_hold_is_none() {
        for text in ["", "  ", "a\0b", "a\nb", "a\u{7f}b"] {
            assert!(client_user_agent(text).is_none(), "{text:?}");
        }
        assert!(client_user_agent(&"x".repeat(8193)).is_none());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>()) {
            if let Some(agent) = client_user_agent(&text) {
                prop_assert_eq!(agent.as_str(), text.trim());
            }
        }
    }
}
