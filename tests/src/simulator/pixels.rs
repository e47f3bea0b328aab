//! The pixels, and who may send to them.

use std::collections::{BTreeMap, BTreeSet};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::config::Config;
use super::records::Proof;

/// What a token may do with a pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Granted,
    /// The token is a valid one, but this pixel does not exist or is not shared with it.
    NoSuchPixel,
    /// No pixel has this token.
    BadToken,
}

/// The pixels. No `Debug`: it holds access tokens and app secrets.
#[derive(Clone, Default)]
pub(super) struct Pixels {
    tokens: BTreeMap<String, String>,
    app_secrets: BTreeMap<String, String>,
    /// Their tokens still are somebody's, as a user's are whose pixel is gone.
    deleted: BTreeSet<String>,
}

impl Pixels {
    pub(super) fn of(config: &Config) -> Self {
        Self { tokens: config.pixels.clone(), app_secrets: config.app_secrets.clone(), deleted: BTreeSet::new() }
    }

    pub(super) fn put(&mut self, pixel: &str, access_token: &str) {
        self.deleted.remove(pixel);
        self.tokens.insert(pixel.into(), access_token.into());
    }

    pub(super) fn set_app_secret(&mut self, pixel: &str, app_secret: Option<&str>) {
        match app_secret {
            Some(secret) => self.app_secrets.insert(pixel.into(), secret.into()),
            None => self.app_secrets.remove(pixel),
        };
    }

    /// False when there is no such pixel.
    pub(super) fn delete(&mut self, pixel: &str) -> bool {
        self.tokens.contains_key(pixel) && self.deleted.insert(pixel.into())
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.tokens.keys().filter(|pixel| !self.deleted.contains(*pixel)).cloned().collect()
    }

    pub(super) fn access(&self, pixel: &str, token: &str) -> Access {
        let there = !self.deleted.contains(pixel);
        if there && self.tokens.get(pixel).is_some_and(|of| of == token) {
            Access::Granted
        } else if self.tokens.values().any(|known| known == token) {
            Access::NoSuchPixel
        } else {
            Access::BadToken
        }
    }

    /// Whether `proof` proves, to `pixel`, that who has the token has the app secret too. None where no proof is required.
    pub(super) fn proof(&self, pixel: &str, token: &str, proof: Option<&str>) -> Option<Proof> {
        let secret = self.app_secrets.get(pixel)?;
        let valid = |proof: &str| proof == appsecret_proof(token, secret);
        Some(proof.map_or(Proof::Absent, |proof| if valid(proof) { Proof::Valid } else { Proof::Invalid }))
    }
}

/// Lower-case hex HMAC-SHA256 of the token, keyed by the app secret, as Meta's SDKs send it.
pub(super) fn appsecret_proof(access_token: &str, app_secret: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(app_secret.as_bytes()) else {
        unreachable!("HMAC takes a key of any length")
    };
    mac.update(access_token.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2.
    #[test]
    fn a_proof_is_the_hmac_of_the_token_under_the_secret() {
        let proof = appsecret_proof("what do ya want for nothing?", "Jefe");
        assert_eq!(proof, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
}
