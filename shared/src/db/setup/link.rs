//! The token of a session's link.

use super::super::connections::{NoRandom, new_secret};
use super::super::keys;

/// What a session's token begins with.
const PREFIX: &str = "sst_";

/// A session's token as somebody presents it: what it is for, and the hash of its secret.
#[derive(Clone)]
pub struct Link {
    /// The session.
    pub session_id: String,
    /// Whether it was remembered of a login, rather than presented now.
    pub is_remembered: bool,
    hash: String,
}

/// A new session's token, `sst_<session>_<secret>`: to be shown once. Not printable by itself.
pub struct NewLink {
    /// It, as it is presented later.
    pub link: Link,
    text: String,
}

impl NewLink {
    /// With 160 random bits.
    ///
    /// # Errors
    /// If the system gives no random bytes.
    pub fn new(session_id: &str) -> Result<Self, NoRandom> {
        let secret = new_secret()?;
        Ok(Self { link: Link::of(session_id, &secret), text: format!("{PREFIX}{session_id}_{secret}") })
    }

    /// The text, for the one who is to have it.
    pub fn reveal(&self) -> &str {
        &self.text
    }
}

impl Link {
    fn of(session_id: &str, secret: &str) -> Self {
        Self { session_id: session_id.to_owned(), is_remembered: false, hash: keys::hash(secret) }
    }

    /// One that was presented before, by the hash that was remembered of it.
    pub fn remembered(session_id: String, hash: String) -> Self {
        Self { session_id, is_remembered: true, hash }
    }

    /// Reads a token as somebody presents it. Whether it has the prefix of one is told apart, since an operator's token has not.
    pub fn parse(text: &str) -> Option<Self> {
        let (session_id, secret) = text.strip_prefix(PREFIX)?.rsplit_once('_')?;
        let is_secret = secret.len() == 40 && secret.bytes().all(|byte| byte.is_ascii_hexdigit());
        (super::is_id(session_id) && is_secret).then(|| Self::of(session_id, secret))
    }

    /// Whether a text claims to be one.
    pub fn is_meant(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// The hash of its secret part, as it is stored.
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_s_token_is_read_again_and_is_never_the_same() {
        let (one, other) = (NewLink::new("s1").unwrap(), NewLink::new("s1").unwrap());
        let read = Link::parse(one.reveal()).unwrap();
        assert_eq!((read.session_id.as_str(), read.hash()), ("s1", one.link.hash()));
        assert_ne!(one.link.hash(), other.link.hash());
        for text in [
            "",
            "sst_",
            "sst_s1",
            "sst_s1_abc",
            "trk_s1_0123456789012345678901234567890123456789",
            "sst__0123456789012345678901234567890123456789",
        ] {
            assert!(Link::parse(text).is_none(), "{text}");
        }
    }
}
