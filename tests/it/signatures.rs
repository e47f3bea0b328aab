//! Senders' own packages sign, and we verify: what they sign is taken, and what was changed after it is not, by us as by them.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use lambda_http::http::{HeaderMap, HeaderName, HeaderValue};
use shared::clock::Clock;
use shared::platforms::{Authenticity, Context, Delivery, Platform, Secret};
use tests::progress::Progress;
use tests::signers::{Peer, Signers};

type Headers = BTreeMap<String, String>;

/// A body as senders write it: spaces, escapes and letters beyond ASCII, none of which survives a second writing of the JSON.
const BODIES: [&str; 2] = [
    r#"{"order_id":"1001","value":97.10,"currency":"BRL"}"#,
    "{ \"order_id\": \"1001\",\n  \"name\": \"Jos\\u00e9 da Concei\u{e7}\u{e3}o\", \"value\": 9.710e1 }\n",
];

const STRIPE: (Peer, Platform, &str) = (Peer::Stripe, Platform::Stripe, "whsec_dGVzdC1zZWNyZXQtb2Ytb3Vycw");
const STANDARD: (Peer, Platform, &str) =
    (Peer::StandardWebhooks, Platform::Generic, "whsec_dGVzdC1zZWNyZXQtb2YtdGhpcy1wcm9qZWN0");

/// Whether we take the delivery for the sender's.
fn is_ours(platform: Platform, secrets: &[&str], body: &str, headers: &Headers, received_at_s: i64) -> Result<bool> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(name.parse::<HeaderName>()?, HeaderValue::from_str(value)?);
    }
    let secrets: Vec<Secret> = secrets.iter().filter_map(|secret| Secret::new(secret)).collect();
    let context = Context { received_at_s, country: None };
    let delivery = Delivery::new(&map, "", body.as_bytes());
    Ok(platform.verify(&secrets, &delivery, &context) == Authenticity::Authentic)
}

/// Bodies that a relay or a forger would make of one.
fn changed(body: &str) -> Result<Vec<String>> {
    let rewritten = serde_json::from_str::<serde_json::Value>(body)?.to_string();
    let others =
        [format!("{body} "), format!("{body}\n"), body.replacen("1001", "1002", 1), rewritten, "{}".to_owned()];
    Ok(others.into_iter().filter(|other| other != body).collect())
}

/// Every header changed in one character or left out.
fn forged(headers: &Headers) -> Vec<Headers> {
    let without = headers.keys().map(|name| {
        let mut rest = headers.clone();
        rest.remove(name);
        rest
    });
    let touched = headers.iter().map(|(name, value)| {
        let mut rest = headers.clone();
        rest.insert(name.clone(), touch(value));
        rest
    });
    without.chain(touched).collect()
}

/// One character in the middle of a header's last part is another.
fn touch(value: &str) -> String {
    let at = value.len() - value.rsplit([',', '=']).find(|part| !part.is_empty()).map_or(1, str::len).div_ceil(2);
    let other = if value.as_bytes()[at] == b'1' { '2' } else { '1' };
    format!("{}{other}{}", &value[..at], &value[at + 1..])
}

#[test]
fn what_the_senders_own_packages_sign_is_taken_and_what_was_changed_is_refused() -> Result<()> {
    let mut signers = Signers::start(&Progress::stderr())?;
    let now = Clock::SYSTEM.now_s();
    for (peer, platform, secret) in [STRIPE, STANDARD] {
        for body in BODIES {
            let headers = signers.sign(peer, secret, body, "msg_sample_1", now)?;
            ensure!(is_ours(platform, &[secret], body, &headers, now)?, "{peer:?} signed {body:?} with {headers:?}");
            ensure!(signers.holds(peer, secret, body, &headers)?, "{peer:?} takes its own signature");

            for other in changed(body)? {
                ensure!(!is_ours(platform, &[secret], &other, &headers, now)?, "{peer:?}: {other:?} has no signature");
                ensure!(!signers.holds(peer, secret, &other, &headers)?, "{peer:?} itself refuses {other:?}");
            }
            for forged in forged(&headers) {
                ensure!(!is_ours(platform, &[secret], body, &forged, now)?, "{peer:?}: {forged:?} are forged");
            }
        }
    }
    Ok(())
}

#[test]
fn a_signature_by_another_secret_is_refused_and_either_of_two_will_do() -> Result<()> {
    let mut signers = Signers::start(&Progress::stderr())?;
    let now = Clock::SYSTEM.now_s();
    let other = "whsec_YW5vdGhlci1zZWNyZXQtb2YtYW5vdGhlcg==";
    for (peer, platform, secret) in [STRIPE, STANDARD] {
        let headers = signers.sign(peer, other, BODIES[0], "msg_sample_1", now)?;
        ensure!(!is_ours(platform, &[secret], BODIES[0], &headers, now)?, "{peer:?}");
        ensure!(!is_ours(platform, &[], BODIES[0], &headers, now)?, "{peer:?}");
        ensure!(is_ours(platform, &[secret, other], BODIES[0], &headers, now)?, "{peer:?}");
        ensure!(is_ours(platform, &[other, secret], BODIES[0], &headers, now)?, "{peer:?}");
    }
    Ok(())
}

#[test]
fn a_signature_is_taken_as_long_as_the_packages_take_it() -> Result<()> {
    let mut signers = Signers::start(&Progress::stderr())?;
    let now = Clock::SYSTEM.now_s();
    for (peer, platform, secret) in [STRIPE, STANDARD] {
        // A minute each side of the packages' five, for the time that passes in between.
        for (age_s, is_taken) in [(240, true), (360, false)] {
            let headers = signers.sign(peer, secret, BODIES[0], "msg_sample_1", now - age_s)?;
            ensure!(signers.holds(peer, secret, BODIES[0], &headers)? == is_taken, "{peer:?} {age_s}");
            ensure!(is_ours(platform, &[secret], BODIES[0], &headers, now)? == is_taken, "{peer:?} {age_s}");
        }
    }
    Ok(())
}

#[test]
fn a_header_with_signatures_of_two_secrets_is_taken() -> Result<()> {
    let mut signers = Signers::start(&Progress::stderr())?;
    let now = Clock::SYSTEM.now_s();
    let other = "whsec_YW5vdGhlci1zZWNyZXQtb2YtYW5vdGhlcg==";
    for ((peer, platform, secret), name, separator) in
        [(STRIPE, "stripe-signature", ","), (STANDARD, "webhook-signature", " ")]
    {
        let old = signers.sign(peer, other, BODIES[0], "msg_sample_1", now)?;
        let new = signers.sign(peer, secret, BODIES[0], "msg_sample_1", now)?;
        let of = |headers: &Headers| headers.get(name).cloned().context("a signature");
        let mut both = new.clone();
        both.insert(name.to_owned(), [of(&old)?, of(&new)?].join(separator));
        ensure!(is_ours(platform, &[secret], BODIES[0], &both, now)?, "{peer:?} {both:?}");
        ensure!(signers.holds(peer, secret, BODIES[0], &both)?, "{peer:?} {both:?}");
    }
    Ok(())
}
