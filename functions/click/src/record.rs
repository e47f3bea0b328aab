//! `POST /v1/funnels/{funnel}/clicks`: a click as a page tells it.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use serde::Serialize;
use shared::db::clicks::{self, Recorded};
use shared::db::visits::{self, NoClick};
use shared::domain::fb;
use shared::http::{self, Problem};
use shared::openapi as problems;
use utoipa::ToSchema;

use crate::{State, capture, cookies, cors, taken, visitor};

/// The log's word for what did not come about.
const FAILURE: &str = "click not recorded";

/// A click as it is recorded.
#[derive(Serialize, ToSchema)]
#[schema(as = Click)]
pub(crate) struct Answer<'a> {
    /// For the checkout's link, and for the order.
    click_id: &'a str,
    /// As the cookie `_fbc` holds it.
    fbc: Option<&'a str>,
    /// As the cookie `_fbp` holds it.
    fbp: Option<&'a str>,
    /// Whether it was not known yet.
    new: bool,
}

/// Records a click, or counts what is none.
#[utoipa::path(
    post, path = "/v1/funnels/{funnel}/clicks", tag = "clicks", operation_id = "record_click",
    params(("funnel" = String, Path, description = "The funnel's id.")),
    request_body(content((crate::openapi::NewClick = "application/json"), (crate::openapi::NewClick = "text/plain"))),
    responses(
        (status = 200, description = "Recorded.", body = Answer<'_>),
        (status = 204, description = "No visit of a person (a crawler, a prefetch): counted. Or the visitor denied consent, and nothing is kept."),
        (status = 400, response = problems::NotParseable),
        (status = 404, response = problems::NotFound),
        (status = 410, response = problems::Gone),
        (status = 413, response = problems::TooLarge),
        (status = 415, response = problems::UnsupportedMediaType),
        (status = 422, response = problems::Invalid),
        (status = 429, response = problems::TooManyRequests),
        (status = 503, response = problems::Unavailable),
    ),
)]
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
            crate::tell(state, kept.new);
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
