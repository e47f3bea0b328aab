//! Who comes: a person, or what only looks at the page.

mod bots;

use lambda_http::http::{HeaderMap, Method, header};
use lambda_http::{Request, http::HeaderValue};
use shared::db::visits::NoClick;

/// Why a request is no visit of a person, if it is none.
///
/// A browser that prefetches or prerenders says so (`Sec-Purpose`, W3C Fetch; before that `Purpose` and `X-Moz`), and comes again
/// once the page is looked at.
pub(crate) fn no_click(request: &Request) -> Option<NoClick> {
    let headers = request.headers();
    if request.method() == Method::HEAD {
        return Some(NoClick::Head);
    }
    if is_ahead(headers) {
        return Some(NoClick::Prefetch);
    }
    let agent = headers.get(header::USER_AGENT).and_then(text)?;
    bots::knows(agent).then_some(NoClick::Crawler)
}

fn is_ahead(headers: &HeaderMap) -> bool {
    ["sec-purpose", "purpose", "x-purpose", "x-moz"]
        .iter()
        .filter_map(|name| headers.get(*name).and_then(text))
        .any(|purpose| ["prefetch", "prerender", "preview"].iter().any(|word| purpose.contains(word)))
}

fn text(value: &HeaderValue) -> Option<&str> {
    std::str::from_utf8(value.as_bytes()).ok()
}
