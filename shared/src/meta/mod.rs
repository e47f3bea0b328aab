//! Meta's Conversions API: the client, the request, and what an answer means.

mod answer;
pub mod payload;
mod probe;
mod throttle;
mod words;

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use rustls::crypto::aws_lc_rs as provider;
use rustls::{ClientConfig, RootCertStore};
use sha2::{Digest, Sha256};
use thiserror::Error;

pub use answer::Answer;
pub use probe::{Dated, Probe};

use crate::config;
use crate::domain::delivery::Event;
use crate::secrets::MetaCredentials;

/// The most events of one request (Meta, Using the API).
pub const MAX_EVENTS: u32 = 1000;
/// Meta's answers are a few hundred bytes; more is not read.
const MAX_ANSWER: usize = 64 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Most answers come under 600 ms (Meta, Conversions API support); a full batch may take longer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The client could not be built.
#[derive(Debug, Error)]
#[error("the HTTP client for Meta")]
pub struct Error(#[source] Box<dyn std::error::Error + Send + Sync>);

/// Sends to the Graph API. Cheap to clone; connections are kept between the requests of one batch.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    config: config::Meta,
}

impl Client {
    /// No redirect is followed: one would send the token elsewhere.
    #[expect(clippy::disallowed_methods, reason = "the one place that builds this client")]
    pub fn new(config: config::Meta) -> Result<Self, Error> {
        let roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
        let tls = ClientConfig::builder_with_provider(Arc::new(provider::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| Error(error.into()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            // A frozen environment keeps dead sockets; inside a batch reuse pays.
            .pool_idle_timeout(Duration::from_secs(10))
            .user_agent(concat!("track-ai/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Error(error.into()))?;
        Ok(Self { http, config })
    }

    /// Sends events of one pixel in one request. The token goes in a header, never in the URL.
    pub async fn send(
        &self,
        pixel_id: &str,
        credentials: &MetaCredentials,
        test_event_code: Option<&str>,
        events: &[&Event],
    ) -> Reply {
        let proof = credentials.app_secret.as_deref().map(|secret| appsecret_proof(secret, &credentials.access_token));
        let Ok(body) = payload::body(events, test_event_code, proof.as_deref()) else {
            return Reply::without_a_request(Answer::not_sent("payload"));
        };
        let Ok(mut authorization) = HeaderValue::from_str(&format!("Bearer {}", credentials.access_token)) else {
            return Reply::without_a_request(Answer::bad_token());
        };
        authorization.set_sensitive(true);
        let url = format!("{}/{}/{pixel_id}/events", self.config.graph_url, self.config.version);
        let (body_bytes, body_sha256) = (body.len(), hex::encode(Sha256::digest(&body)));
        let sent_at = Instant::now();
        let request = self
            .http
            .post(url)
            .header(AUTHORIZATION, authorization)
            .header(CONTENT_TYPE, "application/json")
            .body(body)
            .send()
            .await;
        let (answer, wait_s) = read(request, events.len()).await;
        Reply { answer, wait_s, sent_at, took: sent_at.elapsed(), body_bytes, body_sha256 }
    }
}

/// An answer, and what is kept of its request.
#[derive(Clone, Debug)]
pub struct Reply {
    /// What was answered.
    pub answer: Answer,
    /// How long Meta asks to stay away, in seconds.
    pub wait_s: Option<i64>,
    /// When the request began.
    pub sent_at: Instant,
    /// Until its answer was whole, or there would be none.
    pub took: Duration,
    /// The body's size.
    pub body_bytes: usize,
    /// Its SHA-256, lower-case hex.
    pub body_sha256: String,
}

impl Reply {
    fn without_a_request(answer: Answer) -> Self {
        Self {
            answer,
            wait_s: None,
            sent_at: Instant::now(),
            took: Duration::ZERO,
            body_bytes: 0,
            body_sha256: String::new(),
        }
    }
}

/// Proves to Meta that who has the token has its app's secret too: HMAC-SHA256 of the token under the secret, lower-case hex
/// (Meta, Secure Graph API calls).
fn appsecret_proof(app_secret: &str, access_token: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, app_secret.as_bytes());
    hex::encode(hmac::sign(&key, access_token.as_bytes()))
}

async fn read(request: Result<reqwest::Response, reqwest::Error>, events: usize) -> (Answer, Option<i64>) {
    let response = match request {
        Ok(response) => response,
        // Not connected: Meta cannot have it. Anything later: it may.
        Err(error) if error.is_connect() => return (Answer::not_sent("not_connected"), None),
        Err(_) => return (Answer::unclear(None), None),
    };
    let status = response.status().as_u16();
    let wait_s = throttle::wait_s(response.headers());
    let answer = match bounded(response).await {
        Some(body) => Answer::of(status, &body, events),
        None => Answer::unclear(Some(status)),
    };
    (answer, wait_s)
}

/// The whole body, if it came whole and is not over the bound.
async fn bounded(mut response: reqwest::Response) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    Some(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proof_is_the_tokens_hmac_under_the_apps_secret() {
        // RFC 4231, 4.3.
        let proof = appsecret_proof("Jefe", "what do ya want for nothing?");
        assert_eq!(proof, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
}
