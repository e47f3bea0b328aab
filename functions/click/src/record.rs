//! `POST /v1/funnels/{funnel}/clicks`: a click as a page tells it.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use serde::Serialize;
use shared::db::clicks::{self, Recorded};
use shared::db::visits::{self, NoClick};
use shared::domain::fb;
use shared::http::{self, Problem};

use crate::{State, capture, cookies, cors, taken, visitor};

/// The log's word for what did not come about.
const FAILURE: &str = "click not recorded";

#[derive(Serialize)]
struct Answer<'a> {
    click_id: &'a str,
    fbc: Option<&'a str>,
    fbp: Option<&'a str>,
    new: bool,
}

/// Records a click, or counts what is none.
pub(crate) async fn answer(state: &State, request: &Request, funnel_id: &str) -> Result<Response<Body>, Problem> {
    // sendBeacon cannot send application/json without a preflight, so it sends text/plain.
    let body = http::body_of(request, http::BROWSER_BODY_MAX, &["application/json", "text/plain"])?;
    if let Some(why) = visitor::no_click(request) {
        return count(state, request, funnel_id, why).await;
    }
    let click = &capture::click(request, body, funnel_id, state.trusted_proxy_hops, state.clock.now_ms())?;
    let recorded = state.db.run(|client| async move { clicks::record(&client, click).await }).await;
    match taken(request, FAILURE, recorded)? {
        Recorded::Click(kept) => {
            let answer =
                Answer { click_id: &kept.click_id, fbc: kept.fbc.as_deref(), fbp: kept.fbp.as_deref(), new: kept.new };
            let mut response = http::json(StatusCode::OK, &answer);
            if kept.own_site
                && let Some(host) = &click.site
            {
                cors::allow(&mut response, request);
                let site = fb::site(host);
                if cookies::is_of_site(request.headers(), host, site.as_deref()) {
                    cookies::set(&mut response, request, site.as_deref(), click, &kept);
                }
            }
            Ok(response)
        }
        Recorded::Full { own_site, .. } => {
            let mut response = full(request);
            if own_site {
                cors::allow(&mut response, request);
            }
            Ok(response)
        }
    }
}

async fn count(state: &State, request: &Request, funnel_id: &str, why: NoClick) -> Result<Response<Body>, Problem> {
    let counted = state.db.run(|client| async move { visits::count(&client, funnel_id, why, None).await }).await;
    taken(request, FAILURE, counted)?;
    Ok(http::empty(StatusCode::NO_CONTENT))
}

fn full(request: &Request) -> Response<Body> {
    let detail = "This funnel, or this address, has brought more clicks in this minute than it may.";
    Problem::too_many_requests(60, detail).into_response(&http::request_id(request))
}
