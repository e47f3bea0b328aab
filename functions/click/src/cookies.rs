//! Meta's cookies as the server sets them: where the API runs under the funnel's own domain they outlive those of a script, which
//! Safari forgets after seven days.

use lambda_http::http::{HeaderMap, HeaderValue, header};
use lambda_http::{Body, Request, Response};
use shared::db::clicks::{Kept, NewClick};
use shared::domain::fb::{self, Fbc, Fbp};
use url::Url;

/// 90 days, as Meta's own (Meta, fbp and fbc parameters), in seconds.
const AGE_S: u32 = 90 * 24 * 3600;

/// What the browser holds of Meta's.
#[derive(Default)]
pub(crate) struct Held {
    pub(crate) fbc: Option<Fbc>,
    pub(crate) fbp: Option<Fbp>,
}

impl Held {
    /// Reads the request's cookies. A browser may have one name for its host and for its site: the newest counts, as for the
    /// snippet.
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        let mut held = Self::default();
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| std::str::from_utf8(line.as_bytes()).ok());
        for (name, value) in lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('=')) {
            match name {
                "_fbc" => held.fbc = held.fbc.into_iter().chain(Fbc::parse(value)).max_by_key(Fbc::created_ms),
                "_fbp" => held.fbp = held.fbp.into_iter().chain(Fbp::parse(value)).max_by_key(Fbp::created_ms),
                _ => {}
            }
        }
        held
    }
}

/// Whether the API is of the page's site, so that the browser takes its cookies. The browser says so itself (`Sec-Fetch-Site`, W3C
/// Fetch Metadata), else the host that it asked for does. `page_site` is the site of `page_host`, if it has one.
pub(crate) fn is_of_site(headers: &HeaderMap, page_host: &str, page_site: Option<&str>) -> bool {
    if let Some(said) = headers.get("sec-fetch-site") {
        return matches!(said.as_bytes(), b"same-site" | b"same-origin");
    }
    let own = own_host(headers);
    match page_site {
        Some(_) => own.and_then(|own| fb::site(&own)).as_deref() == page_site,
        None => own.as_deref() == Some(page_host),
    }
}

/// The host that the browser asked for, which a CDN may have handed on: lower case, in punycode, without a port.
pub(crate) fn own_host(headers: &HeaderMap) -> Option<String> {
    let authority = headers.get("x-forwarded-host").or_else(|| headers.get(header::HOST))?.to_str().ok()?;
    if let Some(host) = fb::plain_host(authority) {
        return Some(host.to_owned());
    }
    Url::parse(&format!("https://{authority}")).ok()?.host_str().map(str::to_owned)
}

/// Sets what the browser does not hold yet. A new click's are set although it holds them: a script may have written them, and nobody
/// can see that. A browser's own value stays, with its time and appendix; another browser's is never given to it.
///
/// A page tells a click again until it has seen it arrive, and by then the browser may have a newer one: that one stays.
///
/// `site` is the one whose cookies they are; without one they are of the host that the browser asked for alone.
pub(crate) fn set(response: &mut Response<Body>, request: &Request, site: Option<&str>, click: &NewClick, kept: &Kept) {
    let held = Held::read(request.headers());
    let headers = response.headers_mut();
    if let Some(ours) = kept.fbc.as_deref().and_then(Fbc::parse) {
        let told_ms = || click.fbc.as_deref().and_then(Fbc::parse).as_ref().map_or(ours.created_ms(), Fbc::created_ms);
        let (theirs, another) = match held.fbc {
            Some(theirs) if theirs.fbclid() == ours.fbclid() => (Some(theirs), None),
            another => (None, another),
        };
        let is_newest = another.is_none_or(|another| another.created_ms() <= told_ms());
        if is_newest && (kept.new || theirs.is_none()) {
            add(headers, "_fbc", theirs.unwrap_or(ours).as_str(), site);
        }
    }
    let given = [&click.fbp, &click.minted_fbp].into_iter().any(|it| it.is_some() && *it == kept.fbp);
    let ours = kept.fbp.as_deref().filter(|_| given).and_then(Fbp::parse);
    if let Some(fbp) = held.fbp.clone().or(ours)
        && kept.fbp.is_some()
        && (kept.new || held.fbp.is_none())
    {
        add(headers, "_fbp", fbp.as_str(), site);
    }
}

/// Adds one, unless its value fits in none (RFC 6265, section 4.1.1): an fbclid may hold a semicolon.
fn add(headers: &mut HeaderMap, name: &str, value: &str, site: Option<&str>) {
    if value.contains([';', ',', '"', '\\', ' ']) {
        return;
    }
    let (domain, site) = site.map_or(("", ""), |site| ("; Domain=", site));
    let cookie = format!("{name}={value}; Path=/{domain}{site}; Max-Age={AGE_S}; Secure; SameSite=Lax");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        headers.append(header::SET_COOKIE, cookie);
    }
}
