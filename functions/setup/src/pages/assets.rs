//! Style and script of the pages: in the binary, named by what they hold, so that a browser keeps them for good.

use std::sync::LazyLock;

use lambda_http::http::{HeaderValue, Method, StatusCode, header};
use lambda_http::{Body, Response};
use shared::db::keys;
use shared::http::Problem;

/// A file of the pages.
pub(super) struct Asset {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
    hash: LazyLock<String>,
}

/// The style.
pub(super) static STYLE: Asset = Asset {
    name: "style.css",
    kind: "text/css; charset=utf-8",
    text: include_str!("assets/style.css"),
    hash: LazyLock::new(|| short_hash(include_str!("assets/style.css"))),
};
/// The script.
pub(super) static SCRIPT: Asset = Asset {
    name: "pages.js",
    kind: "text/javascript; charset=utf-8",
    text: include_str!("assets/pages.js"),
    hash: LazyLock::new(|| short_hash(include_str!("assets/pages.js"))),
};

fn short_hash(text: &str) -> String {
    keys::hash(text).chars().take(12).collect()
}

impl Asset {
    /// Where it is, by its content.
    pub(super) fn url(&self) -> String {
        format!("/setup/assets/{}?{}", self.name, *self.hash)
    }
}

/// `GET /setup/assets/{name}`.
pub(super) fn answer(method: &Method, name: &str) -> Result<Response<Body>, Problem> {
    let asset = [&STYLE, &SCRIPT].into_iter().find(|it| it.name == name).ok_or_else(crate::no_route)?;
    if method != Method::GET {
        return Err(Problem::method_not_allowed("GET"));
    }
    let mut response = Response::new(Body::from(asset.text));
    *response.status_mut() = StatusCode::OK;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.kind));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    Ok(response)
}
