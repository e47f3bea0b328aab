//! Proofs of where a delivery comes from, compared in constant time.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{Context, Delivery, Secret};

/// How far the time of an attempt may lie from ours, in seconds: what signs a time signs it anew for each attempt.
const TOLERANCE_S: u64 = 300;

/// How an HMAC is written.
#[derive(Clone, Copy)]
pub(crate) enum Written {
    /// In hex digits of either case.
    Hex,
    /// In standard base64.
    Base64,
}

impl Written {
    fn decode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Hex => hex::decode(text).ok(),
            Self::Base64 => BASE64.decode(text).ok(),
        }
    }
}

/// Whether a token is one of the secrets. Their digests are compared, so that not even the length tells.
pub(crate) fn is_token(secrets: &[Secret], given: Option<&str>) -> bool {
    let Some(given) = given else { return false };
    let given = Sha256::digest(given);
    any(secrets, |secret| Sha256::digest(secret.as_str()).ct_eq(&given).into())
}

/// Whether a signature is HMAC-SHA256 of the message by one of the secrets.
pub(crate) fn is_hmac_sha256(secrets: &[Secret], message: &[u8], given: Option<&str>, written: Written) -> bool {
    is_hmac(hmac::HMAC_SHA256, secrets, message, given, written)
}

/// Whether a signature is HMAC-SHA1 of the message by one of the secrets.
pub(crate) fn is_hmac_sha1(secrets: &[Secret], message: &[u8], given: Option<&str>, written: Written) -> bool {
    is_hmac(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secrets, message, given, written)
}

fn is_hmac(
    algorithm: hmac::Algorithm,
    secrets: &[Secret],
    message: &[u8],
    given: Option<&str>,
    written: Written,
) -> bool {
    let Some(tag) = given.and_then(|text| written.decode(text)) else { return false };
    any(secrets, |secret| hmac::verify(&hmac::Key::new(algorithm, secret.as_str().as_bytes()), message, &tag).is_ok())
}

/// How a header tells the time of an attempt and its signatures: `t=1700000000,v1=…,v1=…`.
pub(crate) struct Stamped {
    /// What stands between its parts.
    pub(crate) between: char,
    /// The name of the time.
    pub(crate) time: &'static str,
    /// The name of a signature.
    pub(crate) signature: &'static str,
    /// What stands between time and body in the signed message.
    pub(crate) joint: &'static str,
}

impl Stamped {
    /// Whether the header has a fresh time, and a hex HMAC-SHA256 of that time and the body by one of the secrets.
    pub(crate) fn is_authentic(
        &self,
        header: Option<&str>,
        secrets: &[Secret],
        delivery: &Delivery<'_>,
        context: &Context,
    ) -> bool {
        let Some(header) = header else { return false };
        let parts = || header.split(self.between).filter_map(|part| part.trim().split_once('='));
        let Some((_, time)) = parts().find(|(name, _)| *name == self.time) else { return false };
        let given = parts().filter(|(name, _)| *name == self.signature).map(|(_, given)| given);
        let keys = secrets.iter().map(|secret| secret.as_str().as_bytes());
        let message = [time.as_bytes(), self.joint.as_bytes(), delivery.body()];
        is_fresh(time, context) && is_signed(keys, &message, given, Written::Hex)
    }
}

/// Whether a time in Unix seconds, as it was signed, is near enough to the delivery's.
pub(crate) fn is_fresh(time: &str, context: &Context) -> bool {
    time.parse::<i64>().is_ok_and(|time| time.abs_diff(context.received_at_s) <= TOLERANCE_S)
}

/// Whether one of several signatures is HMAC-SHA256 of the message, given in its parts, by one of the keys. Each key signs once,
/// however many signatures a stranger's header has.
pub(crate) fn is_signed<'a>(
    keys: impl Iterator<Item = impl AsRef<[u8]>>,
    message: &[&[u8]],
    given: impl Iterator<Item = &'a str>,
    written: Written,
) -> bool {
    let given: Vec<Vec<u8>> = given.filter_map(|text| written.decode(text)).collect();
    keys.fold(false, |found, key| {
        let mut signed = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()));
        for part in message {
            signed.update(part);
        }
        let tag = signed.sign();
        given.iter().fold(found, |found, given| bool::from(given.as_slice().ct_eq(tag.as_ref())) | found)
    })
}

/// The bytes of a base64 text.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    Written::Base64.decode(text)
}

/// Looks at every secret, whichever fits.
fn any(secrets: &[Secret], fits: impl Fn(&Secret) -> bool) -> bool {
    secrets.iter().fold(false, |found, secret| fits(secret) | found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"id":"1","total":"10.00"}"#;

    fn secrets(texts: &[&str]) -> Vec<Secret> {
        texts.iter().filter_map(|text| Secret::new(text)).collect()
    }

    #[test]
    fn the_constructed_vectors_are_right() {
        let keys = secrets(&["test-secret"]);
        let hex256 = "0bc96f3e4bebb7ca72253abf7d6665919694c10102898c1174262aa619f3d5f4";
        let base64 = "C8lvPkvrt8pyJTq/fWZlkZaUwQECiYwRdCYqphnz1fQ=";
        let sha1 = "b9fda47b7d4f2f1e90c89b8be909aaff6ffa2b44";
        assert!(is_hmac_sha256(&keys, BODY, Some(hex256), Written::Hex));
        assert!(is_hmac_sha256(&keys, BODY, Some(base64), Written::Base64));
        assert!(is_hmac_sha1(&keys, BODY, Some(sha1), Written::Hex));
        let stripe = "39da3f0e1670deab31289cc8c63149d3522e4e10edba8a5a02fc828e69e3ab72";
        let message = [b"1700000000.", BODY].concat();
        assert!(is_hmac_sha256(&keys, &message, Some(stripe), Written::Hex));
        let paddle = "ea174ecb275242fd056320bfb22acc3d6f370d07ee3c23f2ce811ed391a1b933";
        let message = [b"1700000000:", BODY].concat();
        assert!(is_hmac_sha256(&keys, &message, Some(paddle), Written::Hex));
    }

    #[test]
    fn any_of_several_secrets_will_do_and_no_other() {
        let sha1 = Some("b9fda47b7d4f2f1e90c89b8be909aaff6ffa2b44");
        assert!(is_hmac_sha1(&secrets(&["old", "test-secret"]), BODY, sha1, Written::Hex));
        assert!(is_hmac_sha1(&secrets(&["test-secret", "new"]), BODY, sha1, Written::Hex));
        assert!(!is_hmac_sha1(&secrets(&["other"]), BODY, sha1, Written::Hex));
        assert!(!is_hmac_sha1(&[], BODY, sha1, Written::Hex));
        assert!(is_token(&secrets(&["a", "b"]), Some("b")));
        for given in [None, Some(""), Some("c"), Some("B"), Some("ab")] {
            assert!(!is_token(&secrets(&["a", "b"]), given), "{given:?}");
        }
    }

    #[test]
    fn p07_reserialised_json_has_another_signature() {
        let keys = secrets(&["test-secret"]);
        let signature = Some("0bc96f3e4bebb7ca72253abf7d6665919694c10102898c1174262aa619f3d5f4");
        for other in [
            &br#"{"id": "1", "total": "10.00"}"#[..],
            br#"{"total":"10.00","id":"1"}"#,
            b"{\"id\":\"1\",\"total\":\"10.00\"}\n",
        ] {
            assert!(!is_hmac_sha256(&keys, other, signature, Written::Hex));
        }
    }

    #[test]
    fn p13_empty_secrets_are_refused() {
        for text in ["", " ", "\t\n"] {
            assert!(Secret::new(text).is_none(), "{text:?}");
        }
        let by_nothing = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b""), BODY);
        assert!(!is_hmac_sha256(&secrets(&[""]), BODY, Some(&hex::encode(by_nothing)), Written::Hex));
    }

    #[test]
    fn what_is_no_signature_is_none() {
        let keys = secrets(&["test-secret"]);
        for given in [None, Some(""), Some("zz"), Some("0bc96f"), Some("é")] {
            assert!(!is_hmac_sha256(&keys, BODY, given, Written::Hex), "{given:?}");
            assert!(!is_hmac_sha256(&keys, BODY, given, Written::Base64), "{given:?}");
        }
    }
}
