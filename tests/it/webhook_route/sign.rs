//! Signatures as platforms make them.

use aws_smithy_types::base64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use shared::clock::Clock;
use shared::platforms::Platform;

/// What proves a body.
pub(crate) struct Proof {
    /// Its headers.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The query of its URL, with the question mark.
    pub(crate) query: String,
}

/// The secret under which our own bodies of a platform are proved. Where the platform puts it into the body, it stands there.
pub(crate) fn secret_of(platform: Platform) -> &'static str {
    match platform.as_str() {
        "braip" | "monetizze" => "sample-key",
        "cakto" => "sample-secret",
        "perfectpay" => "sample-token",
        _ => tests::world::PLATFORM_SECRET,
    }
}

/// What proves a body of any platform under its [`secret_of`], now. `id` tells the delivery from others.
pub(crate) fn proof(platform: Platform, id: &str, body: &[u8]) -> Proof {
    let (secret, time) = (secret_of(platform), Clock::SYSTEM.now_s());
    let headers = match platform.as_str() {
        "paddle" => {
            let stamped = [format!("{time}:").as_bytes(), body].concat();
            vec![("paddle-signature", format!("ts={time};h1={}", hex::encode(tag(secret, &stamped))))]
        }
        "generic" => {
            let message = [format!("{id}.{time}.").as_bytes(), body].concat();
            let key = base64::decode(secret).unwrap_or_else(|_| secret.as_bytes().to_vec());
            vec![
                ("webhook-id", id.to_owned()),
                ("webhook-timestamp", time.to_string()),
                ("webhook-signature", format!("v1,{}", base64::encode(tag_by(&key, &message)))),
            ]
        }
        _ => signed_at(platform, secret, body, time),
    };
    let query = match platform.as_str() {
        "kiwify" => format!("?signature={}", hex::encode(sha1_tag(secret, body))),
        _ => String::new(),
    };
    Proof { headers, query }
}

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
    tag_by(secret.as_bytes(), message)
}

#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
fn tag_by(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

fn sha1_tag(secret: &str, message: &[u8]) -> Vec<u8> {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.as_bytes());
    aws_lc_rs::hmac::sign(&key, message).as_ref().to_vec()
}
