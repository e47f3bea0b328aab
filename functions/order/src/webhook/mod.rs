//! `/w/{tenant}.{secret}`: what a checkout platform posts. The path chooses tenant and platform, never the body.
//!
//! A platform that gets no 2xx tries again, and after some failures never more. So what is authentic is answered 200 once it is
//! recorded, whatever it is; 401 says that the secret is wrong, and 503 that the same delivery later is right.

mod answer;
mod delivery;
mod known;

use lambda_http::http::Method;
use lambda_http::{Body, Request, Response};
use shared::db::connections::PresentedPath;
use shared::http::{self, Problem};
use shared::openapi as problems;
use shared::platforms::Delivery;

use crate::State;

pub(crate) use answer::Told;
pub(crate) use known::Cache;

/// Takes a delivery, or answers a probe. `token` is the path's last part: it is never logged.
#[utoipa::path(
    post, path = "/w/{token}", tag = "webhooks", operation_id = "deliver",
    description = "What a checkout platform posts, in its own form: the path chooses the tenant and the platform, whose own check runs over \
                   the bytes as they came. An empty body is a probe, as are GET and HEAD.",
    params(("token" = String, Path, description = "`<tenant>.<secret>`, as it was shown when the connection was made.")),
    request_body(content((Option<serde_json::Value> = "application/json"), (Option<String> = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "Recorded, or without effect.", body = answer::Told),
        (status = 401, response = problems::Unauthorized),
        (status = 404, response = problems::NotFound),
        (status = 410, response = problems::Gone),
        (status = 413, response = problems::TooLarge),
        (status = 503, response = problems::Unavailable),
    ),
)]
pub(crate) async fn take(state: &State, request: &Request, token: &str) -> Result<Response<Body>, Problem> {
    let method = request.method();
    if !matches!(*method, Method::GET | Method::HEAD | Method::POST) {
        return Err(Problem::method_not_allowed("GET, HEAD, POST"));
    }
    let path = PresentedPath::parse(token).ok_or_else(known::no_such_path)?;
    let body = http::bytes_of(request);
    if method != Method::POST || body.trim_ascii().is_empty() {
        known::look_up(state, request, &path).await?;
        return Ok(answer::probe(method));
    }
    let delivery = Delivery::new(request.headers(), request.uri().query().unwrap_or_default(), body);
    delivered(state, request, &path, &delivery).await
}

/// A connection that is remembered may have changed since: then it is looked up again, once.
async fn delivered(
    state: &State,
    request: &Request,
    path: &PresentedPath,
    delivery: &Delivery<'_>,
) -> Result<Response<Body>, Problem> {
    let known = known::connection(state, request, path).await?;
    if delivery.body().len() > http::SERVER_BODY_MAX {
        tracing::warn!(
            request.id = http::request_id(request),
            connection.id = known.connection.id,
            "delivery too large"
        );
        return Err(Problem::too_large(http::SERVER_BODY_MAX));
    }
    let now_s = state.clock.now_s();
    if let Some(response) = delivery::take(state, request, path, &known, delivery, now_s).await? {
        return Ok(response);
    }
    let known = known::look_up(state, request, path).await?;
    let response = delivery::take(state, request, path, &known, delivery, now_s).await?;
    // Changed once more in that moment.
    response.ok_or_else(Problem::unavailable)
}
