//! The hashed values that go on the wire.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

use crate::domain::fb::appendix;

/// The SHA-256 and the MD5 of no text at all: some senders hash an empty field. They stand for nobody.
const OF_NOTHING: [&str; 2] =
    ["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "d41d8cd98f00b204e9800998ecf8427e"];

/// One hashed value in the form in which it goes on the wire. Only a normaliser, an already hashed input or the
/// database can make one, so a plain value cannot be taken for it.
///
/// Forms (Meta, Customer information parameters; Meta's own libraries):
/// - 64 lower-case hex digits: SHA-256;
/// - 32 lower-case hex digits: an MD5 that a caller had hashed already;
/// - either of them, `.`, and the appendix of Meta's parameter builder library: kept exactly as it came.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hashed(String);

impl Hashed {
    /// Hashes a normalised text. An empty one is none, for its hash would stand for nobody; so is the hash of nothing
    /// itself, and a digest's filler: hashed once more, either would look like somebody.
    pub(super) fn of(normalised: &str) -> Option<Self> {
        let is_nothing = || OF_NOTHING.iter().any(|nothing| normalised.starts_with(nothing)) || is_filler(normalised);
        (!normalised.is_empty() && !is_nothing()).then(|| Self(hex::encode(Sha256::digest(normalised))))
    }

    /// Takes an input that is hashed already; anything else is none.
    pub(super) fn passed(raw: &str) -> Option<Self> {
        let text = raw.trim();
        if is_digest(text) {
            return Some(Self(text.to_ascii_lowercase()));
        }
        let (digest, end) = text.split_once('.')?;
        (is_digest(digest) && appendix::has_shape(end)).then(|| Self(text.to_owned()))
    }

    /// Reads back what [`Hashed::as_str`] gave, for example from the database. Any other text is none.
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::passed(text).filter(|hashed| hashed.0 == text)
    }

    /// The value as it goes on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What tells the person: the digest in lower case, without the appendix, which changes while the person stays.
    pub fn digest(&self) -> String {
        digest(&self.0)
    }
}

/// The digest of a stored form; see [`Hashed::digest`].
pub(in crate::domain) fn digest(stored: &str) -> String {
    stored.split('.').next().unwrap_or_default().to_ascii_lowercase()
}

/// Shows the first four digits only: a whole hash finds its person again.
impl fmt::Debug for Hashed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hashed({}…)", self.0.get(..4).unwrap_or_default())
    }
}

impl Serialize for Hashed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Hashed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_stored(&text).ok_or_else(|| de::Error::custom("not a hashed value"))
    }
}

/// SHA-256 or MD5 in hex, any case, of something. One digit repeated is no digest but a filler.
fn is_digest(text: &str) -> bool {
    let is_hex = has_length(text) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex && !is_filler(text) && !OF_NOTHING.iter().any(|nothing| nothing.eq_ignore_ascii_case(text))
}

fn has_length(text: &str) -> bool {
    matches!(text.len(), 32 | 64)
}

/// One hex digit repeated to a digest's length.
fn is_filler(text: &str) -> bool {
    let first = text.bytes().next().filter(u8::is_ascii_hexdigit);
    has_length(text) && text.bytes().all(|byte| Some(byte) == first)
}

/// The distinct hashes of one field, in order: none, one, or several where Meta takes a list.
///
/// As JSON: `null`, a string, or an array of strings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Hashes(Vec<Hashed>);

impl Hashes {
    /// Adds a hash unless it is there already.
    pub fn push(&mut self, hashed: Hashed) {
        if !self.0.contains(&hashed) {
            self.0.push(hashed);
        }
    }

    /// The hashes in order.
    pub fn as_slice(&self) -> &[Hashed] {
        &self.0
    }

    /// Whether the field is not sent.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first, which is the form that fits best.
    pub fn first(&self) -> Option<&Hashed> {
        self.0.first()
    }
}

impl FromIterator<Hashed> for Hashes {
    fn from_iter<I: IntoIterator<Item = Hashed>>(hashes: I) -> Self {
        let mut list = Self::default();
        hashes.into_iter().for_each(|hashed| list.push(hashed));
        list
    }
}

impl From<Option<Hashed>> for Hashes {
    fn from(hashed: Option<Hashed>) -> Self {
        hashed.into_iter().collect()
    }
}

impl Serialize for Hashes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [] => serializer.serialize_none(),
            [one] => one.serialize(serializer),
            several => several.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Hashes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Stored {
            One(Hashed),
            Several(Vec<Hashed>),
        }
        Ok(match Option::deserialize(deserializer)? {
            None => Self::default(),
            Some(Stored::One(one)) => Some(one).into(),
            Some(Stored::Several(several)) => several.into_iter().collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SHA256: &str = "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c";
    const MD5: &str = "55e606233d95d1c25e7a4a0f8e57b2ca";

    fn passed(raw: &str) -> Option<String> {
        Hashed::passed(raw).map(|hashed| hashed.as_str().to_owned())
    }

    #[test]
    fn a_digest_is_passed_on_in_lower_case() {
        assert_eq!(passed(&format!(" {} ", SHA256.to_uppercase())).as_deref(), Some(SHA256));
        assert_eq!(passed(&MD5.to_uppercase()).as_deref(), Some(MD5));
    }

    #[test]
    fn a_value_of_metas_library_is_passed_on_as_it_is() {
        for digest in [SHA256, MD5, &SHA256.to_uppercase()] {
            for end in ["AQ", "AQQAAQMC", "ab-_EF09"] {
                let value = format!("{digest}.{end}");
                assert_eq!(passed(&value), Some(value));
            }
        }
    }

    #[test]
    fn the_same_person_has_one_digest_with_any_appendix() {
        for value in
            [SHA256, &SHA256.to_uppercase(), &format!("{SHA256}.AQ"), &format!("{}.AQQAAQMC", SHA256.to_uppercase())]
        {
            assert_eq!(Hashed::passed(value).unwrap().digest(), SHA256, "{value}");
        }
    }

    #[test]
    fn what_is_no_digest_is_not_passed_on() {
        let [nothing, nothing_md5] = OF_NOTHING;
        let values = [
            "",
            " ",
            ".",
            ".AQ",
            "abc",
            &SHA256[1..],
            &format!("{SHA256}0"),
            &format!("{SHA256}."),
            &format!("{SHA256}.A"),
            &format!("{SHA256}.AQ.AQ"),
            &format!("g{}", &SHA256[1..]),
            &"0".repeat(64),
            nothing,
            nothing_md5,
            &nothing.to_uppercase(),
            &format!("{nothing}.AQ"),
        ];
        for value in values {
            assert_eq!(passed(value), None, "{value}");
        }
    }

    #[test]
    fn an_empty_text_has_no_hash() {
        assert!(Hashed::of("").is_none());
    }

    #[test]
    fn what_is_stored_is_read_back_and_nothing_else_is() {
        for value in [SHA256, MD5, &format!("{}.AQQAAQMC", SHA256.to_uppercase())] {
            assert_eq!(Hashed::from_stored(value).unwrap().as_str(), value);
        }
        for value in ["user@example.com", &SHA256.to_uppercase(), &format!(" {SHA256}"), ""] {
            assert!(Hashed::from_stored(value).is_none(), "{value}");
        }
    }

    #[test]
    fn a_list_keeps_order_without_doubles_and_travels_as_json() {
        let (a, b) = (Hashed::of("a").unwrap(), Hashed::of("b").unwrap());
        let list: Hashes = [b.clone(), a.clone(), b.clone()].into_iter().collect();
        assert_eq!(list.as_slice(), [b.clone(), a]);
        for (list, kind) in [(list, '['), (Some(b).into(), '"'), (Hashes::default(), 'n')] {
            let json = serde_json::to_string(&list).unwrap();
            assert!(json.starts_with(kind), "{json}");
            assert_eq!(serde_json::from_str::<Hashes>(&json).unwrap(), list);
        }
        assert!(serde_json::from_str::<Hashes>(r#""user@example.com""#).is_err());
    }

    #[test]
    fn a_log_line_does_not_show_the_hash() {
        let shown = format!("{:?}", Hashed::of("a").unwrap());
        assert!(shown.len() < 20, "{shown}");
    }

    proptest! {
        #[test]
        fn every_hash_is_a_stored_form(text in any::<String>()) {
            for hashed in Hashed::of(&text).into_iter().chain(Hashed::passed(&text)) {
                prop_assert_eq!(Hashed::from_stored(hashed.as_str()), Some(hashed));
            }
        }
    }
}
