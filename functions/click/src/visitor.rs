//! Who comes: a person, or what only looks at the page.

use std::sync::LazyLock;

use isbot::Bots;
use lambda_http::http::{HeaderMap, Method, header};
use lambda_http::{Request, http::HeaderValue};
use shared::db::visits::NoClick;

/// Built with the first agent that is looked at: some milliseconds, which a cold start need not have.
static BOTS: LazyLock<Bots> = LazyLock::new(Bots::default);

/// What the list does not have: Meta's own that look at what people share and advertise, and its messenger's preview on iOS and the
/// web. To add them to the list would build its expression a second time.
const METAS: [&str; 3] = ["meta-external", "facebookcatalog", "whatsapp/"];

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
    (is_metas(agent) || BOTS.is_bot(agent)).then_some(NoClick::Crawler)
}

/// By how the agent begins: an app's own browser begins as browsers do.
fn is_metas(agent: &str) -> bool {
    METAS.iter().any(|name| agent.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)))
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
