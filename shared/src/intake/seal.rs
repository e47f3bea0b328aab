//! How a body that made no order is kept: sealed with AES-256-GCM, bound to whose it is.
//!
//! The key is SHA-256 of a secret's text. A sealed body is the nonce, then the cipher text with its tag; in it are a length (4 bytes, the
//! highest first), so many bytes of JSON, and the body's bytes.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;
use lambda_http::http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::platforms::Delivery;

/// The shortest text that makes a key, in bytes.
const TEXT_MIN: usize = 32;
/// The JSON's length, in bytes.
const LENGTH: usize = 4;

/// Why a body cannot be sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// The text is too short for a key.
    #[error("the secret of the bodies' key is shorter than {TEXT_MIN} characters")]
    ShortKey,
    /// The library refused.
    #[error("the body cannot be sealed")]
    NotSealed,
    /// Another key, another owner, or other bytes.
    #[error("the body cannot be opened with the key of now")]
    NotOpened,
}

/// Whose a body is. What is sealed for one cannot be opened as another's.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    /// The tenant.
    pub tenant_id: &'a str,
    /// The connection.
    pub connection_id: &'a str,
    /// The body's own id.
    pub id: &'a str,
}

impl Owner<'_> {
    /// No id has a bar in it.
    fn aad(&self) -> Aad<Vec<u8>> {
        Aad::from(format!("{}|{}|{}", self.tenant_id, self.connection_id, self.id).into_bytes())
    }
}

/// A delivery as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// Its headers, but for what its way added.
    pub headers: HeaderMap,
    /// The query of its URL.
    pub query: String,
    /// Its body.
    pub body: Vec<u8>,
    /// When this copy came, Unix seconds.
    pub received_at_s: i64,
}

/// What is sealed beside the body.
#[derive(Serialize, Deserialize)]
struct Around {
    headers: Vec<(String, String)>,
    query: String,
    received_at_s: i64,
}

/// The bodies' key. Not printable.
pub struct BodyKey {
    seals: RandomizedNonceKey,
    digests: hmac::Key,
}

impl BodyKey {
    /// The key of a secret's text.
    ///
    /// # Errors
    /// If it is shorter than 32 bytes.
    pub fn of(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        if text.len() < TEXT_MIN {
            return Err(Error::ShortKey);
        }
        let seals = RandomizedNonceKey::new(&AES_256_GCM, &Sha256::digest(text)).map_err(|_| Error::NotSealed)?;
        let digests = Sha256::new().chain_update("digests of bodies|").chain_update(text).finalize();
        Ok(Self { seals, digests: hmac::Key::new(hmac::HMAC_SHA256, &digests) })
    }

    /// What the same body is known by: lower-case hex.
    pub fn digest(&self, body: &[u8]) -> String {
        hex::encode(hmac::sign(&self.digests, body))
    }

    /// Seals a delivery that came at `received_at_s`, Unix seconds.
    ///
    /// # Errors
    /// If the library refuses.
    pub fn seal(&self, owner: Owner<'_>, delivery: &Delivery<'_>, received_at_s: i64) -> Result<Vec<u8>, Error> {
        let headers = delivery.headers().iter().filter(|(name, _)| !is_of_the_way(name));
        // A signature or a token that is no text is none.
        let headers =
            headers.filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
        let around = Around { headers: headers.collect(), query: delivery.query().to_owned(), received_at_s };
        let around = serde_json::to_vec(&around).map_err(|_| Error::NotSealed)?;
        let length = u32::try_from(around.len()).map_err(|_| Error::NotSealed)?;
        let mut text = [&length.to_be_bytes(), around.as_slice(), delivery.body()].concat();
        let nonce = self.seals.seal_in_place_append_tag(owner.aad(), &mut text).map_err(|_| Error::NotSealed)?;
        Ok([nonce.as_ref().as_slice(), &text].concat())
    }

    /// Opens what was sealed for this owner.
    ///
    /// # Errors
    /// If it was sealed for another, with another key, or changed since.
    pub fn open(&self, owner: Owner<'_>, sealed: &[u8]) -> Result<Posted, Error> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or(Error::NotOpened)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Error::NotOpened)?;
        let mut text = text.to_vec();
        let text = self.seals.open_in_place(nonce, owner.aad(), &mut text).map_err(|_| Error::NotOpened)?;
        let (length, rest) = text.split_first_chunk::<LENGTH>().ok_or(Error::NotOpened)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| Error::NotOpened)?;
        let (around, body) = rest.split_at_checked(length).ok_or(Error::NotOpened)?;
        let around: Around = serde_json::from_slice(around).map_err(|_| Error::NotOpened)?;
        let mut headers = HeaderMap::new();
        for (name, value) in around.headers {
            let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) else {
                return Err(Error::NotOpened);
            };
            headers.append(name, value);
        }
        Ok(Posted { headers, query: around.query, body: body.to_vec(), received_at_s: around.received_at_s })
    }
}

/// What the delivery's way added, and no platform signs.
fn is_of_the_way(name: &HeaderName) -> bool {
    const NAMES: [&str; 9] = [
        "accept",
        "accept-encoding",
        "cache-control",
        "connection",
        "content-length",
        "cookie",
        "forwarded",
        "host",
        "via",
    ];
    NAMES.contains(&name.as_str()) || name.as_str().starts_with("x-amzn-") || name.as_str().starts_with("x-forwarded-")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OWNER: Owner<'_> = Owner { tenant_id: "tnt_1", connection_id: "c1", id: "b1" };

    fn key() -> BodyKey {
        BodyKey::of("a sample text of 32 characters..").unwrap()
    }

    fn sealed(body: &[u8]) -> Vec<u8> {
        let mut headers = HeaderMap::new();
        for (name, value) in
            [("x-sample-signature", "abc"), ("host", "track.example.com"), ("x-forwarded-for", "203.0.113.7")]
        {
            headers.insert(name, HeaderValue::from_static(value));
        }
        headers.append("x-twice", HeaderValue::from_static("1"));
        headers.append("x-twice", HeaderValue::from_static("2"));
        headers.insert("x-no-text", HeaderValue::from_bytes(b"\xff").unwrap());
        key().seal(OWNER, &Delivery::new(&headers, "signature=abc&x=1", body), 1_700_000_000).unwrap()
    }

    #[test]
    fn what_is_opened_is_what_was_sealed_without_what_the_way_added() {
        let body = b"{\"email\":\"maria@example.com\"}\xff";
        let sealed = sealed(body);
        assert!(!sealed.windows(5).any(|it| it == b"maria" || it == b"x-sam"));
        let posted = key().open(OWNER, &sealed).unwrap();
        assert_eq!((posted.query.as_str(), posted.body.as_slice()), ("signature=abc&x=1", body.as_slice()));
        assert_eq!(posted.received_at_s, 1_700_000_000);
        let mut names: Vec<&str> = posted.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["x-sample-signature", "x-twice", "x-twice"]);
    }

    #[test]
    fn nobody_else_opens_it() {
        let sealed = sealed(b"{}");
        for other in
            [Owner { tenant_id: "tnt_2", ..OWNER }, Owner { connection_id: "c2", ..OWNER }, Owner { id: "b2", ..OWNER }]
        {
            assert_eq!(key().open(other, &sealed), Err(Error::NotOpened), "{other:?}");
        }
        let other = BodyKey::of("another sample text of 32 characters").unwrap();
        assert_eq!(other.open(OWNER, &sealed), Err(Error::NotOpened));
    }

    #[test]
    fn the_same_body_is_sealed_differently_each_time_and_known_by_its_digest() {
        assert_ne!(sealed(b"{}"), sealed(b"{}"));
        assert_eq!(key().digest(b"{}"), key().digest(b"{}"));
        assert_ne!(key().digest(b"{}"), key().digest(b"{ }"));
        assert_ne!(key().digest(b"{}"), hex::encode(Sha256::digest(b"{}")));
    }

    #[test]
    fn a_short_text_is_no_key() {
        assert_eq!(BodyKey::of(&" x".repeat(10)).err(), Some(Error::ShortKey));
        assert_eq!(BodyKey::of("").err(), Some(Error::ShortKey));
    }

    proptest! {
        #[test]
        fn a_changed_byte_is_noticed_and_no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..80), at in any::<prop::sample::Index>()) {
            prop_assert!(key().open(OWNER, &bytes).is_err());
            let mut sealed = sealed(b"{}");
            let at = at.index(sealed.len());
            sealed[at] ^= 1;
            prop_assert!(key().open(OWNER, &sealed).is_err());
        }
    }
}
