//! The stack's HTTP API, as sellers and browsers call it.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use lambda_http::http::Method;
use serde_json::Value;
use tests::net;
use tests::request::AGENT;

/// The functions start at their first request.
const LIMIT: Duration = Duration::from_secs(30);

/// Calls the API.
#[derive(Clone)]
pub(crate) struct Api {
    http: reqwest::Client,
    base: String,
    host: String,
}

impl Api {
    /// The API of this id of the local AWS on this port. It tells APIs apart by the host's name, which nothing need resolve.
    pub(crate) fn new(id: &str, port: u16) -> Result<Self> {
        let host = format!("{id}.execute-api.localhost:{port}");
        Ok(Self { http: net::http_client()?, base: format!("http://127.0.0.1:{port}"), host })
    }

    /// The status and the JSON of an answer. Null sends no body.
    pub(crate) async fn call(&self, token: &str, method: Method, path: &str, body: &Value) -> Result<(u16, Value)> {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .timeout(LIMIT)
            .header("host", &self.host)
            .header("user-agent", AGENT);
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if !body.is_null() {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.with_context(|| path.to_owned())?;
        let status = response.status().as_u16();
        let text = response.text().await?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    /// The JSON of an answer that says yes.
    pub(crate) async fn ask(&self, token: &str, method: Method, path: &str, body: &Value) -> Result<Value> {
        match self.call(token, method, path, body).await? {
            (200..=299, answer) => Ok(answer),
            (status, answer) => bail!("{path}: {status} {answer}"),
        }
    }
}
