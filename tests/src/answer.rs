//! An HTTP answer of a function, as a test reads it.

use anyhow::{Result, ensure};
use lambda_http::http::{HeaderMap, header};
use lambda_http::{Body, Response};
use serde_json::Value;

use crate::request;

/// An answer of a function.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The content type.
    pub content_type: String,
    /// All headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Value,
}

impl Answer {
    /// Reads a function's answer; every body of ours is JSON, but for a table, which is taken as a text.
    pub fn read(response: Response<Body>) -> Result<Self> {
        let (parts, body) = response.into_parts();
        let (status, headers) = (parts.status.as_u16(), parts.headers);
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = content_type.unwrap_or_default().to_owned();
        let body: &[u8] = &body;
        let body = match body {
            [] => Value::Null,
            table if content_type.starts_with("text/csv") => Value::from(std::str::from_utf8(table)?),
            json => serde_json::from_slice(json)?,
        };
        Ok(Self { status, content_type, headers, body })
    }

    /// The body, if the status is this one.
    pub fn expect(self, status: u16) -> Result<Value> {
        ensure!(self.status == status, "want {status}, have {}: {}", self.status, self.body);
        Ok(self.body)
    }

    /// A body that is a text.
    pub fn text(&self) -> String {
        self.body.as_str().unwrap_or_default().to_owned()
    }

    /// Checks that it is a whole problem of RFC 9457 with this status: every member of the contract and no other.
    pub fn expect_problem(&self, status: u16) -> Result<()> {
        ensure!(self.status == status, "want {status}, have {}: {}", self.status, self.body);
        ensure!(self.content_type == "application/problem+json", "the type is {}", self.content_type);
        let members: Vec<&str> = self.body.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        let mut wanted = vec!["detail", "errors", "request_id", "status", "title", "type"];
        wanted.retain(|name| *name != "errors" || matches!(status, 400 | 422));
        let mut have = members.clone();
        have.sort_unstable();
        ensure!(have == wanted, "the members are {members:?}");
        ensure!(self.body["status"] == status && self.body["type"] == "about:blank", "{}", self.body);
        ensure!(self.body["request_id"] == request::REQUEST_ID, "the request id is {}", self.body["request_id"]);
        for name in ["title", "detail"] {
            ensure!(self.body[name].as_str().is_some_and(|text| !text.is_empty()), "no {name}: {}", self.body);
        }
        for error in self.body["errors"].as_array().into_iter().flatten() {
            let said = error["message"].as_str().is_some_and(|text| !text.is_empty());
            ensure!(said && error.as_object().is_some_and(|it| it.len() == 3), "not a whole error: {error}");
        }
        Ok(())
    }

    /// A header as text; empty if it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The `Set-Cookie` headers, in the order given.
    pub fn set_cookies(&self) -> Vec<&str> {
        self.headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok()).collect()
    }

    /// `errors[]` as (field, code), in the order given.
    pub fn errors(&self) -> Vec<(String, String)> {
        named(&self.body["errors"])
    }

    /// `warnings[]` as (field, code), in the order given.
    pub fn warnings(&self) -> Vec<(String, String)> {
        named(&self.body["warnings"])
    }
}

fn named(list: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    list.as_array().into_iter().flatten().map(|it| (text(&it["field"]), text(&it["code"]))).collect()
}
