//! `GET /r/{funnel}?to=...`: the link of an ad that leads straight to a checkout. It records the click and sends the visitor on, with
//! the click's ids, to one of the funnel's own domains and nowhere else.

use std::borrow::Cow;

use lambda_http::http::{HeaderValue, Method, StatusCode, header};
use lambda_http::{Body, Request, Response};
use shared::db::clicks::{self, Consent, Recorded};
use shared::db::visits::{self, Counted, NoClick};
use shared::domain::fb::Fbclid;
use shared::http::{self, Problem};
use shared::telemetry;
use url::{Url, form_urlencoded};

use crate::{State, capture, cookies, no_funnel, visitor};

/// Meta's parameter on the link.
const FBCLID: &str = "fbclid";

/// A redirect link: where it leads, and what stands beside that.
pub(crate) struct Link {
    to: Url,
    /// All parameters of the link but its own, decoded, in their order. Without the ad click of a visitor who denied.
    others: Vec<(String, String)>,
    pub(crate) consent: Option<Consent>,
}

impl Link {
    /// Reads a link's query.
    ///
    /// # Errors
    /// 400 unless `to` is there once and is an absolute http or https URL, without a user name, which only serves to look like another
    /// host. Whether the host is the funnel's is the database's to say.
    fn parse(query: &str) -> Result<Self, Problem> {
        let refused = |code, message| Err(Problem::bad_parameter("to", code, message));
        let (mut to, mut consent, mut others) = (Vec::new(), None, Vec::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "to" => to.push(value.into_owned()),
                "consent" => consent = Consent::parse(&value),
                _ => others.push((name.into_owned(), value.into_owned())),
            }
        }
        let [to] = to.as_slice() else {
            return refused("required", "must be there, once: the URL that the link leads to, percent-encoded");
        };
        let Ok(to) = Url::parse(to) else { return refused("not_a_url", "must be an absolute URL, percent-encoded") };
        if !matches!(to.scheme(), "http" | "https") || to.host_str().is_none() {
            return refused("not_a_url", "must be an http or https URL");
        }
        if !to.username().is_empty() || to.password().is_some() {
            return refused("not_a_url", "must not hold a user name");
        }
        if consent == Some(Consent::Denied) {
            others.retain(|(name, _)| name != FBCLID);
        }
        Ok(Self { to, others, consent })
    }

    /// The first value of a parameter of the link, else of the URL that it leads to.
    pub(crate) fn first(&self, name: &str) -> Option<Cow<'_, str>> {
        self.own(name)
            .map(Cow::Borrowed)
            .or_else(|| self.to.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value))
    }

    fn own(&self, name: &str) -> Option<&str> {
        self.others.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The URL that it leads to, as the link has it.
    pub(crate) fn destination(&self) -> &str {
        self.to.as_str()
    }

    /// The host of that URL, lower case and in punycode.
    pub(crate) fn host(&self) -> Option<&str> {
        self.to.host_str()
    }

    /// The URL with the link's own parameters, where it has none of that name. Two win over what is there: the click id in its
    /// slot, and Meta's fbclid, since one that stood in the URL is of whoever copied it.
    fn with(&self, click: Option<(&str, &str)>) -> String {
        let fbclid = self.own(FBCLID).filter(|it| Fbclid::parse(it).is_some()).map(|it| (FBCLID, it));
        let fbclid = fbclid.filter(|_| click.is_none_or(|(slot, _)| slot != FBCLID));
        let winning: Vec<(&str, &str)> = fbclid.into_iter().chain(click).collect();
        let wins = |name: &str| winning.iter().any(|(won, _)| *won == name);
        let mut url = self.to.clone();
        if let Some(query) = self.to.query() {
            // As text, so that the rest stays as it is encoded.
            let kept: Vec<&str> =
                query.split('&').filter(|pair| !name_of(pair).is_some_and(|name| wins(&name))).collect();
            url.set_query(Some(kept.join("&").as_str()).filter(|kept| !kept.is_empty()));
        }
        let others =
            self.others.iter().filter(|(name, _)| !wins(name) && self.to.query_pairs().all(|(has, _)| has != *name));
        let added: Vec<_> =
            others.map(|(name, value)| (name.as_str(), value.as_str())).chain(winning.iter().copied()).collect();
        if !added.is_empty() {
            url.query_pairs_mut().extend_pairs(added);
        }
        url.into()
    }
}

/// The decoded name of a parameter.
fn name_of(pair: &str) -> Option<Cow<'_, str>> {
    form_urlencoded::parse(pair.as_bytes()).next().map(|(name, _)| name)
}

/// Answers a redirect link.
pub(crate) async fn answer(state: &State, request: &Request, funnel_id: &str) -> Result<Response<Body>, Problem> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(Problem::method_not_allowed("GET, HEAD"));
    }
    let link = Link::parse(request.uri().query().unwrap_or_default())?;
    match visitor::no_click(request) {
        Some(why) => look(state, request, funnel_id, &link, why).await,
        None => follow(state, request, funnel_id, &link).await,
    }
}

/// A crawler sees where the link leads, so that an ad's review and a link's preview work. A prefetch is refused: a browser would use its
/// answer for the visit, which then nobody would see.
async fn look(
    state: &State,
    request: &Request,
    funnel_id: &str,
    link: &Link,
    why: NoClick,
) -> Result<Response<Body>, Problem> {
    let counted = state.db.run(|client| async move { visits::count(&client, funnel_id, why, link.host()).await });
    match counted.await {
        Ok(Counted::Yes) if why == NoClick::Prefetch => Ok(refusal()),
        Ok(Counted::Yes) => moved(&link.with(None)),
        Ok(Counted::LeadsAstray) => Err(astray()),
        Ok(Counted::NoFunnel) => Err(no_funnel()),
        Ok(Counted::Retired) => Err(Problem::gone()),
        Err(error) => Err(unavailable(request, &error)),
    }
}

async fn follow(state: &State, request: &Request, funnel_id: &str, link: &Link) -> Result<Response<Body>, Problem> {
    let random = fastrand::u32(..);
    let click = capture::redirect(request, funnel_id, link, state.trusted_proxy_hops, state.clock.now_ms(), random);
    let click = &click;
    match state.db.run(|client| async move { clicks::record(&client, click).await }).await {
        Ok(Recorded::Click(kept)) => {
            let slot = kept.slot.as_deref();
            let mut response = moved(&link.with(slot.map(|slot| (slot, kept.click_id.as_str()))))?;
            if kept.own_site
                && let Some(host) = &click.site
            {
                cookies::set(&mut response, request, host, click, &kept);
            }
            Ok(response)
        }
        // Too many for one funnel or address: the buyer is not to pay for it.
        Ok(Recorded::Full { .. }) => moved(&link.with(None)),
        Ok(Recorded::LeadsAstray) => Err(astray()),
        Ok(Recorded::NoFunnel) => Err(no_funnel()),
        Ok(Recorded::Retired) => Err(Problem::gone()),
        Err(error) => Err(unavailable(request, &error)),
    }
}

fn astray() -> Problem {
    Problem::bad_parameter("to", "not_listed", "must lead to one of the funnel's own domains or checkouts")
}

fn unavailable(request: &Request, error: &shared::db::Error) -> Problem {
    tracing::error!(request.id = http::request_id(request), error = telemetry::chain(error), "no redirect");
    Problem::unavailable()
}

/// 302, never stored: each visit is a click of its own.
fn moved(url: &str) -> Result<Response<Body>, Problem> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = StatusCode::FOUND;
    // A URL's text is ASCII without line ends.
    let location = HeaderValue::from_str(url).map_err(|_| astray())?;
    let headers = response.headers_mut();
    headers.insert(header::LOCATION, location);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Anything but a success makes a browser let go of what it loads ahead, and ask again when the visitor comes.
fn refusal() -> Response<Body> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = StatusCode::FORBIDDEN;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
