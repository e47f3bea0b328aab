//! From a browser's request to a click, every part checked.
//!
//! A browser is not to be taught: what is malformed in a click is left out, and the click is kept with the rest.

use lambda_http::Request;
use lambda_http::http::header;
use shared::body::Fields;
use shared::db::clicks::NewClick;
use shared::domain::fb::{self, Fbc, Fbclid, Fbp};
use shared::domain::text;
use shared::domain::user_data;
use shared::http::{self, Problem};
use shared::ids;
use url::Url;

/// The longest URL kept, in characters.
const URL_MAX: usize = 2048;
/// The longest UTM kept, in characters.
const UTM_MAX: usize = 255;

const UTM: [&str; 5] = ["utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"];

/// Reads a click. `now_ms` is Unix milliseconds: the moment that an fbclid without a cookie was first seen.
pub(crate) fn click(
    request: &Request,
    body: &[u8],
    funnel_id: &str,
    hops: usize,
    now_ms: i64,
) -> Result<NewClick, Problem> {
    let mut fields = Fields::parse(body).map_err(Problem::not_parseable)?;
    let url = fields.text("url").and_then(|url| page(&url));
    let parsed = url.as_deref().and_then(|url| Url::parse(url).ok());
    let referrer = fields.text("referrer").and_then(|url| page(&url));
    let given = fields.text("fbclid").and_then(|it| Fbclid::parse(&it));
    let cookie = fields.text("fbc").and_then(|it| Fbc::parse(&it));
    let fbp = fields.text("fbp").and_then(|it| Fbp::parse(&it));
    let utm = UTM.map(|name| {
        let given = fields.text(name).and_then(|value| text::line(&value, UTM_MAX));
        given.or_else(|| text::line(&query(parsed.as_ref()?, name)?, UTM_MAX))
    });
    let click_id = fields.text("click_id").filter(|id| is_click_id(id));
    let errors = fields.finish_leniently();
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let in_url = given.or_else(|| url.as_deref().and_then(fb::fbclid_in_url));
    let in_referrer = referrer.as_deref().and_then(fb::fbclid_in_url);
    let host = parsed.as_ref().and_then(Url::host_str);
    let fbc = fb::resolve(in_url, cookie, in_referrer, host, now_ms);
    Ok(NewClick {
        funnel_id: funnel_id.to_owned(),
        click_id: click_id.unwrap_or_else(ids::new_id),
        spare_id: ids::new_id(),
        fbclid: fbc.as_ref().map(|fbc| fbc.fbclid().as_str().to_owned()),
        fbc: fbc.map(|fbc| fbc.as_str().to_owned()),
        fbp: fbp.map(|fbp| fbp.as_str().to_owned()),
        utm,
        ip: http::client_address(request, hops)
            .and_then(|address| user_data::client_ip_address(&address))
            .map(|address| address.to_string()),
        user_agent: agent(request),
        url: url.and_then(kept),
        referrer: referrer.and_then(kept),
    })
}

fn agent(request: &Request) -> Option<String> {
    let header = std::str::from_utf8(request.headers().get(header::USER_AGENT)?.as_bytes()).ok()?;
    user_data::client_user_agent(header).map(|agent| agent.as_str().to_owned())
}

/// An id that a browser minted: of the alphabet and length that ours have room for.
fn is_click_id(id: &str) -> bool {
    (8..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// An absolute http(s) URL of any length: what is in it counts, also where it is too long to be kept.
fn page(text: &str) -> Option<String> {
    let line = text::line(text, usize::MAX)?;
    let has_scheme = ["http://", "https://"]
        .iter()
        .any(|scheme| line.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    has_scheme.then_some(line)
}

/// The URL as it is kept: without its query if it is too long with it.
fn kept(url: String) -> Option<String> {
    let fits = |url: &String| url.chars().count() <= URL_MAX;
    if fits(&url) {
        return Some(url);
    }
    let end = url.find(['?', '#'])?;
    Some(url[..end].to_owned()).filter(fits)
}

/// A parameter of the page's own query, decoded once.
fn query(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
