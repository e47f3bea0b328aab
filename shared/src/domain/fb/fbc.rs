//! `fbc`: a click as the browser's `_fbc` cookie holds it.

use std::fmt;

use super::{
    cookie::{self, PLAUSIBLE_MS},
    fbclid::Fbclid,
    host,
};

/// `fb.<subdomainIndex>.<creationTime>.<fbclid>[.<appendix>]` (Meta, fbp and fbc parameters), exactly as it came or was built.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Fbc {
    text: String,
    fbclid: Fbclid,
    created_ms: i64,
}

impl Fbc {
    /// Reads a cookie's value. Outer white space is not part of it (no cookie has any); the rest is kept as it is, with the
    /// appendix of Meta's library. None if malformed: other parts, a time that has not 13 digits (seconds), no fbclid.
    pub fn parse(value: &str) -> Option<Self> {
        let text = value.trim();
        let parts = cookie::split(text)?;
        let fbclid = Fbclid::parse(parts.payload)?;
        Some(Self { text: text.to_owned(), fbclid, created_ms: parts.created_ms })
    }

    /// Makes the value for a click that had no cookie, without an appendix: that one is Meta's own library's to write.
    ///
    /// `first_seen_ms` is when the fbclid was first seen, in Unix milliseconds; outside of 2001 to 2286 it is no such
    /// time and the answer is none. `host` is the page's, if known: a browser will keep the value in a cookie of its
    /// registrable domain.
    pub fn build(host: Option<&str>, first_seen_ms: i64, fbclid: &Fbclid) -> Option<Self> {
        PLAUSIBLE_MS.contains(&first_seen_ms).then(|| Self {
            text: format!("fb.{}.{first_seen_ms}.{}", host::subdomain_index(host), fbclid.as_str()),
            fbclid: fbclid.clone(),
            created_ms: first_seen_ms,
        })
    }

    /// The value as it goes to Meta.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The click id inside, without an appendix.
    pub fn fbclid(&self) -> &Fbclid {
        &self.fbclid
    }

    /// When the click was first seen, Unix milliseconds.
    pub fn created_ms(&self) -> i64 {
        self.created_ms
    }
}

/// Hides the value: it finds a person's click again.
impl fmt::Debug for Fbc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fbc(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The example of Meta's page.
    const DOCUMENTED: &str = "fb.1.1554763741205.AbCdEfGhIjKlMnOpQrStUvWxYz1234567890";

    #[test]
    fn the_documented_example_is_read_and_built() {
        let fbc = Fbc::parse(DOCUMENTED).unwrap();
        assert_eq!(fbc.as_str(), DOCUMENTED);
        assert_eq!(Fbc::parse(&format!(" {DOCUMENTED}\n")), Some(fbc.clone()), "outer white space is not part of it");
        assert_eq!(fbc.fbclid().as_str(), "AbCdEfGhIjKlMnOpQrStUvWxYz1234567890");
        assert_eq!(fbc.created_ms(), 1_554_763_741_205);
        assert_eq!(Fbc::build(Some("www.example.com"), 1_554_763_741_205, fbc.fbclid()), Some(fbc));
    }

    #[test]
    fn an_appendix_stays_in_the_value_and_out_of_the_click_id() {
        for end in ["AQ", "Bg", "AQQAAQMC"] {
            let text = format!("{DOCUMENTED}.{end}");
            let fbc = Fbc::parse(&text).unwrap();
            assert_eq!(fbc.as_str(), text);
            assert_eq!(fbc.fbclid().as_str(), "AbCdEfGhIjKlMnOpQrStUvWxYz1234567890");
        }
    }

    #[test]
    fn a_dot_that_starts_no_appendix_belongs_to_the_click_id() {
        assert_eq!(Fbc::parse("fb.1.1554763741205.ab.cd").unwrap().fbclid().as_str(), "ab.cd");
    }

    #[test]
    fn a_malformed_value_is_none() {
        let values = [
            "",
            "fb",
            "fb.1.1554763741205",
            "fb.1.1554763741205.",
            "fb.1.1554763741205..AQQAAQMC",
            "fb.1.1554763741205..x",
            "fb.1.1554763741.abc",
            "fb.1.15547637412050.abc",
            "fb.1.0554763741205.abc",
            "fb.1.001554763741205.abc",
            "fb.1.+554763741205.abc",
            "fb.x.1554763741205.abc",
            "fb..1554763741205.abc",
            "fb.-1.1554763741205.abc",
            "FB.1.1554763741205.abc",
            "fc.1.1554763741205.abc",
            "fb.1.1554763741205.a b",
            "fb.1.1554763741205.a\0b",
            "fb.1..abc",
            "abc",
        ];
        for value in values {
            assert!(Fbc::parse(value).is_none(), "{value:?}");
        }
    }

    #[test]
    fn a_time_that_is_not_in_milliseconds_builds_nothing() {
        let fbclid = Fbclid::parse("abc").unwrap();
        for time in [i64::MIN, -1, 0, 1_554_763_741, 10_000_000_000_000, i64::MAX] {
            assert_eq!(Fbc::build(None, time, &fbclid), None, "{time}");
        }
    }

    proptest! {
        #[test]
        fn what_is_built_is_read_back(id in "[!-~]{1,40}", time in PLAUSIBLE_MS, host in any::<Option<String>>()) {
            if let Some(fbclid) = Fbclid::parse(&id) {
                let built = Fbc::build(host.as_deref(), time, &fbclid).unwrap();
                prop_assert_eq!(Fbc::parse(built.as_str()), Some(built));
            }
        }

        #[test]
        fn no_value_panics_and_what_is_read_is_kept(value in "\\PC*|fb\\.[0-9]{1,2}\\.[0-9]{13}\\.[!-~]{0,20}") {
            if let Some(fbc) = Fbc::parse(&value) {
                prop_assert_eq!(fbc.as_str(), value.trim());
            }
        }
    }
}
