//! Meta's Conversions API: the client, the request, and what an answer means.

mod answer;
pub mod payload;

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use thiserror::Error;

pub use answer::Answer;

use crate::config;
use crate::domain::delivery::Event;

/// The most events of one request (Meta, Using the API).
pub const MAX_EVENTS: usize = 1000;
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
        let tls = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
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
        access_token: &str,
        test_event_code: Option<&str>,
        events: &[&Event],
    ) -> Answer {
        let Ok(body) = payload::body(events, test_event_code) else { return Answer::not_sent("payload") };
        let Ok(mut authorization) = HeaderValue::from_str(&format!("Bearer {access_token}")) else {
            return Answer::bad_token();
        };
        authorization.set_sensitive(true);
        let url = format!("{}/{}/{pixel_id}/events", self.config.graph_url, self.config.version);
        let request = self
            .http
            .post(url)
            .header(AUTHORIZATION, authorization)
            .header(CONTENT_TYPE, "application/json")
            .body(body)
            .send()
            .await;
        let response = match request {
            Ok(response) => response,
            // Not connected: Meta cannot have it. Anything later: it may.
            Err(error) if error.is_connect() => return Answer::not_sent("not_connected"),
            Err(_) => return Answer::unclear(None),
        };
        let status = response.status().as_u16();
        match bounded(response).await {
            Some(body) => Answer::of(status, &body, events.len()),
            None => Answer::unclear(Some(status)),
        }
    }
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
