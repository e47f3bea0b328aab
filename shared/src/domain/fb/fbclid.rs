//! `fbclid`: the id that Meta puts on the URL of a click.

use std::fmt;

use super::appendix;

/// The longest click id that Meta's browser library takes.
const MAX_LENGTH: usize = 500;

/// A click id, byte for byte as it came: case matters, and nothing is trimmed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Fbclid(String);

impl Fbclid {
    /// Takes a decoded click id of 1 to 500 visible ASCII characters, which is what a cookie and a URL can hold.
    ///
    /// None if it is empty, longer, or has white space, control or other characters. Dots are taken; but an id whose
    /// end would read as the appendix of Meta's library is not: inside an `fbc` it would forge one. Nor is one that starts
    /// with a dot, which is an empty id with something behind it.
    pub fn parse(decoded: &str) -> Option<Self> {
        let fits = (1..=MAX_LENGTH).contains(&decoded.len()) && decoded.bytes().all(|byte| byte.is_ascii_graphic());
        let forges = decoded.rsplit_once('.').is_some_and(|(_, end)| appendix::is_one(end));
        (fits && !forges && !decoded.starts_with('.')).then(|| Self(decoded.to_owned()))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Hides the id: it finds a person's click again.
impl fmt::Debug for Fbclid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fbclid(…)")
    }
}

/// The click id in a URL's query, decoded once. None if there is none, or it is empty or malformed.
///
/// A URL without a scheme is read as `http`, as Meta's builders do. The first usable `fbclid` counts.
pub fn fbclid_in_url(url: &str) -> Option<Fbclid> {
    let url = url.trim();
    let with_scheme = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
    let parsed = url::Url::parse(&with_scheme).ok()?;
    parsed.query_pairs().filter(|(key, _)| key == "fbclid").find_map(|(_, value)| Fbclid::parse(&value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn in_url(url: &str) -> Option<String> {
        fbclid_in_url(url).map(|fbclid| fbclid.as_str().to_owned())
    }

    #[test]
    fn an_id_is_kept_byte_for_byte() {
        for id in ["A", "IwAR2F4-dbP0l7Mn1IawQQGCINEz7PYXQvwjNwB_qa2ofrHyiLjcbCRxTDMgk", "aB%2Bc", "a.b", "x"] {
            assert_eq!(Fbclid::parse(id).unwrap().as_str(), id);
        }
        assert!(Fbclid::parse(&"x".repeat(500)).is_some());
    }

    #[test]
    fn what_no_url_of_meta_holds_is_no_id() {
        for id in ["", " ", " a", "a ", "a b", "a\tb", "a\0", "é", "\u{fffd}", ".a", "a.AQ", "a.AQQAAQMC"] {
            assert!(Fbclid::parse(id).is_none(), "{id:?}");
        }
        assert!(Fbclid::parse(&"x".repeat(501)).is_none());
    }

    #[test]
    fn a_url_is_decoded_once() {
        assert_eq!(in_url("https://example.com/?a=1&fbclid=Iw%2DA_r&b=2#x").as_deref(), Some("Iw-A_r"));
        assert_eq!(in_url("https://example.com/?fbclid=a%252Bb").as_deref(), Some("a%2Bb"));
        assert_eq!(in_url("example.com/p?fbclid=abc").as_deref(), Some("abc"));
        assert_eq!(in_url("https://example.com/?fbclid=&fbclid=second").as_deref(), Some("second"));
    }

    #[test]
    fn a_url_without_a_usable_id_has_none() {
        let urls = [
            "",
            "https://example.com/",
            "https://example.com/?fbclid=",
            "https://example.com/?fbclid",
            "?",
            "https://example.com/#fbclid=a",
            "https://example.com/?FBCLID=a",
            "https://example.com/?fbclid=%FF",
            "https://example.com/fbclid=a",
            "http://[",
            "https://example.com/?fbclid=%00",
        ];
        for url in urls {
            assert_eq!(in_url(url), None, "{url}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = (Fbclid::parse(&text), fbclid_in_url(&text), fbclid_in_url(&format!("http://x/?fbclid={text}")));
        }
    }
}
