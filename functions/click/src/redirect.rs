//! `GET /r/{funnel}?to=...`: the link of an ad that leads straight to a checkout. It records the click and sends the visitor on, with
//! the click's ids, to one of the funnel's own domains and nowhere else.

use lambda_http::http::{HeaderValue, Method, StatusCode, header};
use lambda_http::{Body, Request, Response};
use shared::db::clicks::{self, Recorded};
use shared::db::visits::{self, Counted, NoClick};
use shared::http::{self, Problem};
use shared::telemetry;

use crate::link::{self, Link};
use crate::{State, capture, cookies, no_funnel, visitor};

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
        Ok(Counted::LeadsAstray) => Err(link::astray()),
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
        Ok(Recorded::LeadsAstray) => Err(link::astray()),
        Ok(Recorded::NoFunnel) => Err(no_funnel()),
        Ok(Recorded::Retired) => Err(Problem::gone()),
        Err(error) => Err(unavailable(request, &error)),
    }
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
    let location = HeaderValue::from_str(url).map_err(|_| link::astray())?;
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
