//! From a browser's request to a click, every part checked.
//!
//! A browser is not to be taught: what is malformed in a click is left out, and the click is kept with the rest.

use std::borrow::Cow;
use std::collections::BTreeMap;

use lambda_http::Request;
use lambda_http::http::header;
use shared::body::Fields;
use shared::db::clicks::{self, Consent, NewClick};
use shared::domain::fb::{self, Fbc, Fbclid, Fbp};
use shared::domain::page::{self, URL_MAX, UTM, UTM_MAX};
use shared::domain::text;
use shared::domain::user_data;
use shared::http::{self, Problem};
use url::Url;

use crate::cookies::{self, Held};
use crate::cors;
use crate::link::Link;

/// Reads a click of a body. `now_ms` is Unix milliseconds: the moment that an fbclid without a cookie was first seen.
pub(crate) fn click(
    request: &Request,
    body: &[u8],
    funnel_id: &str,
    hops: usize,
    now_ms: i64,
) -> Result<NewClick, Problem> {
    let mut fields = Fields::parse(body).map_err(Problem::not_parseable)?;
    let page = fields.text("url").and_then(|url| Page::parse(&url));
    let query = page.as_ref().map(Page::query).unwrap_or_default();
    let referrer = fields.text("referrer").and_then(|url| Page::parse(&url));
    let given = fields.text("fbclid").and_then(|it| Fbclid::parse(&it));
    let cookie = fields.text("fbc").and_then(|it| Fbc::parse(&it));
    let fbp = fields.text("fbp").and_then(|it| Fbp::parse(&it));
    let utm = UTM.map(|name| {
        let given = fields.text(name).and_then(|value| text::line(&value, UTM_MAX));
        given.or_else(|| text::line(query.iter().find(|(key, _)| key == name).map(|(_, value)| value)?, UTM_MAX))
    });
    let click_id = fields.text("click_id").filter(|id| is_click_id(id));
    let consent = fields.text("consent").and_then(|it| Consent::parse(&it));
    let first_utm = first_campaign(fields.object("first"));
    let errors = fields.finish_leniently();
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let in_url = given.or_else(|| fbclid(&query));
    let in_referrer = referrer.as_ref().and_then(|page| fbclid(&page.query()));
    let host = page.as_ref().and_then(|page| page.url.host_str());
    let fbc = fb::resolve(in_url, cookie, in_referrer, host, now_ms);
    Ok(NewClick {
        funnel_id: funnel_id.to_owned(),
        click_id,
        fbclid: fbc.as_ref().map(|fbc| fbc.fbclid().as_str().to_owned()),
        fbc: fbc.map(|fbc| fbc.as_str().to_owned()),
        fbp: fbp.map(|fbp| fbp.as_str().to_owned()),
        utm,
        ip: address(request, hops),
        user_agent: agent(request),
        url: page.and_then(Page::kept),
        referrer: referrer.and_then(Page::kept),
        consent,
        first_utm,
        site: cors::page_host(request.headers()),
        sampled: clicks::is_sampled(),
        ..NewClick::default()
    })
}

/// Reads a click of a redirect link: of its query and of the browser's cookies. `host` is the one that the browser asked for, if it
/// is known; `random` tells a browser that has no fbp yet from others.
pub(crate) fn redirect(
    request: &Request,
    funnel_id: &str,
    link: &Link,
    hops: usize,
    now_ms: i64,
    random: u32,
) -> NewClick {
    let headers = request.headers();
    let host = cookies::own_host(headers);
    let held = Held::read(headers);
    let referrer = headers.get(header::REFERER).and_then(|it| it.to_str().ok()).and_then(Page::parse);
    let in_link = link.first("fbclid").and_then(|it| Fbclid::parse(&it));
    let fbc = fb::resolve(in_link, held.fbc, None, host.as_deref(), now_ms);
    let minted = host.as_deref().and_then(|host| Fbp::mint(host, now_ms, random)).filter(|_| held.fbp.is_none());
    NewClick {
        funnel_id: funnel_id.to_owned(),
        fbclid: fbc.as_ref().map(|fbc| fbc.fbclid().as_str().to_owned()),
        fbc: fbc.map(|fbc| fbc.as_str().to_owned()),
        fbp: held.fbp.map(|fbp| fbp.as_str().to_owned()),
        utm: UTM.map(|name| text::line(&link.first(name)?, UTM_MAX)),
        ip: address(request, hops),
        user_agent: agent(request),
        url: Page::parse(link.destination()).and_then(Page::kept),
        referrer: referrer.and_then(Page::kept),
        consent: link.consent,
        site: host,
        destination: link.host().map(str::to_owned),
        minted_fbp: minted.map(|fbp| fbp.as_str().to_owned()),
        sampled: clicks::is_sampled(),
        ..NewClick::default()
    }
}

/// The campaign parameters of an object, as JSON; none if it has none.
fn first_campaign(mut fields: Fields<'_>) -> Option<String> {
    let found = UTM.map(|name| Some((name, text::line(&fields.text(name)?, UTM_MAX)?)));
    let found: BTreeMap<_, _> = found.into_iter().flatten().collect();
    (!found.is_empty()).then(|| serde_json::to_string(&found).ok())?
}

/// The visitor's address.
pub(crate) fn address(request: &Request, hops: usize) -> Option<String> {
    let address = http::client_address(request, hops)?;
    user_data::client_ip_address(&address).map(|address| address.to_string())
}

/// The visitor's agent.
pub(crate) fn agent(request: &Request) -> Option<String> {
    let header = std::str::from_utf8(request.headers().get(header::USER_AGENT)?.as_bytes()).ok()?;
    user_data::client_user_agent(header).map(|agent| agent.as_str().to_owned())
}

/// An id that a browser minted: of the alphabet and length that ours have room for.
fn is_click_id(id: &str) -> bool {
    (8..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// An absolute http(s) URL of any length: what is in it counts, also where it is too long to be kept.
struct Page {
    /// Parsed once for all that is read from it.
    url: Url,
}

/// Names and values of a query, decoded once.
type Query<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

impl Page {
    fn parse(text: &str) -> Option<Self> {
        let text = text::line(text, usize::MAX)?;
        let url = Url::parse(&text).ok()?;
        (matches!(url.scheme(), "http" | "https") && url.host().is_some()).then_some(Self { url })
    }

    fn query(&self) -> Query<'_> {
        self.url.query_pairs().collect()
    }

    /// The URL as it is kept: without personal data, and without its query if it is too long with it.
    fn kept(self) -> Option<String> {
        let fits = |url: &String| url.chars().count() <= URL_MAX;
        let text = page::cleaned(self.url)?;
        if fits(&text) {
            return Some(text);
        }
        let end = text.find('?')?;
        Some(text[..end].to_owned()).filter(fits)
    }
}

/// The first usable click id in a query.
fn fbclid(query: &Query<'_>) -> Option<Fbclid> {
    query.iter().filter(|(key, _)| key == "fbclid").find_map(|(_, value)| Fbclid::parse(value))
}
