//! Signatures as platforms make them.

use aws_smithy_types::base64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use shared::clock::Clock;
use shared::platforms::Platform;

/// Whether [`signed`] can.
pub(crate) fn signs(platform: Platform) -> bool {
    !signed(platform, "x", b"").is_empty()
}

/// The headers that prove a body, now; none for a platform that proves itself otherwise.
pub(crate) fn signed(platform: Platform, secret: &str, body: &[u8]) -> Vec<(&'static str, String)> {
    signed_at(platform, secret, body, Clock::SYSTEM.now_s())
}

/// The headers that prove a body at a time, in Unix seconds.
pub(crate) fn signed_at(platform: Platform, secret: &str, body: &[u8], time: i64) -> Vec<(&'static str, String)> {
    let hex = || hex::encode(tag(secret, body));
    let in_base64 = || base64::encode(tag(secret, body));
    match platform.as_str() {
        "hotmart" => vec![("x-hotmart-hottok", secret.to_owned())],
        "greenn" => vec![("x-webhook-token", secret.to_owned())],
        "kirvano" => vec![("security-token", secret.to_owned())],
        "eduzz" | "lemonsqueezy" => vec![("x-signature", hex())],
        "yampi" => vec![("x-yampi-hmac-sha256", in_base64())],
        "shopify" => vec![("x-shopify-hmac-sha256", in_base64())],
        "woocommerce" => vec![("x-wc-webhook-signature", in_base64())],
        "stripe" => {
            let stamped = [format!("{time}.").as_bytes(), body].concat();
            vec![("stripe-signature", format!("t={time},v1={}", hex::encode(tag(secret, &stamped))))]
        }
        _ => Vec::new(),
    }
}

fn tag(secret: &str, message: &[u8]) -> Vec<u8> {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}
