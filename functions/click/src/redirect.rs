//! `GET /r/{funnel}?to=...`: the link of an ad that leads straight to a checkout. It records the click and sends the visitor on, with
//! the click's ids, to one of the funnel's own domains and nowhere else.

use lambda_http::http::{HeaderValue, Method, StatusCode, header};
use lambda_http::{Body, Request, Response};
use shared::db::clicks::{self, Recorded};
use shared::db::visits::{self, NoClick};
use shared::domain::fb;
use shared::http::{self, Problem};

use shared::openapi as problems;

use crate::link::{self, Link};
use crate::{State, capture, cookies, taken, visitor};

/// The log's word for what did not come about.
const FAILURE: &str = "no redirect";

/// Answers a redirect link.
#[utoipa::path(
    get, path = "/r/{funnel}", tag = "clicks", operation_id = "follow_link",
    description = "Records the click and leads to a listed domain, with the click id, `fbclid` and the campaign's parameters.",
    params(
        ("funnel" = String, Path, description = "The funnel's id."),
        ("to" = String, Query, description = "An absolute URL on one of the funnel's or the checkout's domains."),
        ("consent" = Option<String>, Query, description = "`granted` or `denied`."),
    ),
    responses(
        (status = 302, description = "There.", headers(("location" = String, description = "The destination."))),
        (status = 403, description = "A browser that loads ahead: it is to ask again when the visitor comes."),
        (status = 400, response = problems::NotParseable),
        (status = 404, response = problems::NotFound),
        (status = 410, response = problems::Gone),
        (status = 503, response = problems::Unavailable),
    ),
)]
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
    taken(request, FAILURE, counted.await)?;
    if why == NoClick::Prefetch {
        // Anything but a success makes a browser let go of what it loads ahead, and ask again when the visitor comes.
        return Ok(http::empty(StatusCode::FORBIDDEN));
    }
    moved(&link.with(None))
}

async fn follow(state: &State, request: &Request, funnel_id: &str, link: &Link) -> Result<Response<Body>, Problem> {
    let random = fastrand::u32(..);
    let click = &capture::redirect(request, funnel_id, link, state.trusted_proxy_hops, state.clock.now_ms(), random);
    let recorded = state.db.run(|client| async move { clicks::record(&client, click).await }).await;
    match taken(request, FAILURE, recorded)? {
        Recorded::Click(kept) => {
            crate::tell(state, kept.new);
            let slot = kept.slot.as_deref();
            let mut response = moved(&link.with(slot.map(|slot| (slot, kept.click_id.as_str()))))?;
            if kept.own_site
                && let Some(host) = &click.site
            {
                cookies::set(&mut response, request, fb::site(host).as_deref(), click, &kept);
            }
            Ok(response)
        }
        // Too many for one funnel or address: the buyer is not to pay for it.
        Recorded::Full { .. } => moved(&link.with(None)),
    }
}

/// 302, never stored: each visit is a click of its own.
fn moved(url: &str) -> Result<Response<Body>, Problem> {
    // A URL's text is ASCII without line ends.
    let location = HeaderValue::from_str(url).map_err(|_| link::astray())?;
    let mut response = http::empty(StatusCode::FOUND);
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}
