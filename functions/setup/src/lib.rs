//! The setup wizard's function: today its health route, and an honest 501 for the rest of its API.

use lambda_http::http::Method;
use lambda_http::{Body, Request, Response};
use shared::http::{self, Problem};

/// Answers a request; never an error.
pub fn handle(request: &Request) -> Response<Body> {
    let path = request.uri().path();
    let problem = match path {
        "/healthz" | "/setup/healthz" if request.method() == Method::GET => return http::healthy(),
        _ if is_ours(path) => Problem::not_implemented(),
        _ => Problem::not_found("There is no such route."),
    };
    problem.into_response(&http::request_id(request))
}

fn is_ours(path: &str) -> bool {
    path == "/setup" || ["/setup/", "/v1/setup/", "/v1/tenants/"].iter().any(|prefix| path.starts_with(prefix))
}
