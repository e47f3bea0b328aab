//! `POST /v1/funnels/{funnel}/clicks`: a click as a page tells it.

use lambda_http::http::{HeaderValue, StatusCode, header};
use lambda_http::{Body, Request, Response};
use serde::Serialize;
use shared::db::clicks::{self, NewClick, Recorded};
use shared::db::visits::{self, Counted, NoClick};
use shared::http::{self, Problem};
use shared::telemetry;

use crate::{State, capture, cookies, cors, no_funnel, visitor};

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
    let click = capture::click(request, body, funnel_id, state.trusted_proxy_hops, state.clock.now_ms())?;
    match store(state, &click).await {
        Ok(Recorded::Click(kept)) => {
            let answer =
                Answer { click_id: &kept.click_id, fbc: kept.fbc.as_deref(), fbp: kept.fbp.as_deref(), new: kept.new };
            let mut response = http::json(StatusCode::OK, &answer);
            if kept.own_site
                && let Some(host) = &click.site
            {
                cors::allow(&mut response, request);
                if cookies::is_of_site(request.headers(), host) {
                    cookies::set(&mut response, request, host, &click, &kept);
                }
            }
            Ok(response)
        }
        Ok(Recorded::Full { own_site, .. }) => {
            let mut response = full(request);
            if own_site {
                cors::allow(&mut response, request);
            }
            Ok(response)
        }
        // A click of a body leads nowhere.
        Ok(Recorded::NoFunnel | Recorded::LeadsAstray) => Err(no_funnel()),
        Ok(Recorded::Retired) => Err(Problem::gone()),
        Err(error) => Err(unavailable(request, &error)),
    }
}

async fn store(state: &State, click: &NewClick) -> Result<Recorded, shared::db::Error> {
    state.db.run(|client| async move { clicks::record(&client, click).await }).await
}

async fn count(state: &State, request: &Request, funnel_id: &str, why: NoClick) -> Result<Response<Body>, Problem> {
    match state.db.run(|client| async move { visits::count(&client, funnel_id, why, None).await }).await {
        Ok(Counted::Yes) => {
            let mut response = Response::new(Body::Empty);
            *response.status_mut() = StatusCode::NO_CONTENT;
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            Ok(response)
        }
        Ok(Counted::NoFunnel | Counted::LeadsAstray) => Err(no_funnel()),
        Ok(Counted::Retired) => Err(Problem::gone()),
        Err(error) => Err(unavailable(request, &error)),
    }
}

fn full(request: &Request) -> Response<Body> {
    let detail = "This funnel, or this address, has brought more clicks in this minute than it may.";
    Problem::too_many_requests(60, detail).into_response(&http::request_id(request))
}

fn unavailable(request: &Request, error: &shared::db::Error) -> Problem {
    tracing::error!(request.id = http::request_id(request), error = telemetry::chain(error), "click not recorded");
    Problem::unavailable()
}
