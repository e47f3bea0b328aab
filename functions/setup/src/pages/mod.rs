//! The pages under `/setup`: rendered here, in English and Brazilian Portuguese, useful without any script.
//!
//! A page calls what the API calls: it reads a form instead of JSON, and shows what comes of it. Who looks is known by a cookie
//! (`login`); each form has to come from a page of ours (`guard`).

mod answer;
mod assets;
mod context;
mod form;
mod guard;
mod layout;
mod login;
mod operator;
mod tenant;
mod wizard;

use lambda_http::http::{Method, StatusCode, header};
use lambda_http::{Body, Request, Response};
use shared::domain::setup::Locale;
use shared::http::{self, Problem};

use crate::State;
use context::Context;

/// How long a chosen language is remembered, in seconds: a year.
const LANGUAGE_AGE_S: u32 = 365 * 24 * 3600;

/// Answers a request for a page; never an error.
pub(crate) async fn answer(state: &State, request: &Request) -> Response<Body> {
    let mut context = Context::new(state, request);
    let mut response = match route(&mut context).await {
        Ok(response) => response,
        Err(problem) => refused(&context, &problem),
    };
    if let Some(locale) = context.query(context::LANGUAGE).as_deref().and_then(Locale::parse) {
        let secure = login::is_secure(state, request);
        answer::set_cookie(&mut response, context::LANGUAGE, locale.as_str(), LANGUAGE_AGE_S, secure);
    }
    response
}

/// Who is not logged in is led to the login, and from there back.
fn refused(context: &Context<'_>, problem: &Problem) -> Response<Body> {
    if problem.status() == StatusCode::UNAUTHORIZED {
        let is_read = context.request.method() != Method::POST;
        return login::lead(if is_read { Some(context.path()) } else { None });
    }
    let mut response = answer::problem(context, problem.status(), &http::request_id(context.request));
    problem.headers(response.headers_mut());
    response
}

async fn route(context: &mut Context<'_>) -> Result<Response<Body>, Problem> {
    let (state, request) = (context.state, context.request);
    // HEAD is GET without the body (RFC 9110, 9.3.2), which API Gateway leaves out.
    let method = if request.method() == Method::HEAD { Method::GET } else { request.method().clone() };
    let path = request.uri().path().trim_start_matches("/setup").trim_start_matches('/').to_owned();
    let parts: Vec<&str> = path.split('/').collect();
    if let ["assets", name] = parts[..] {
        return assets::answer(&method, name);
    }
    match method {
        Method::GET => {}
        Method::POST => guard::same_origin(state, request)?,
        _ => return Err(Problem::method_not_allowed("GET, POST")),
    }
    context.caller = login::caller(state, request).await?;
    match (parts.as_slice(), &method) {
        ([""], &Method::GET) => login::home(context).await,
        (["open"], &Method::GET) => Ok(login::open(context)),
        (["login"], &Method::GET) => Ok(login::form(context, StatusCode::OK, None)),
        (["login"], _) => login::log_in(context).await,
        (["logout"], &Method::POST) => login::log_out(context).await,
        (["sessions"], &Method::GET) => operator::list(context).await,
        (["sessions"], _) => operator::create(context).await,
        (["sessions", id, "link"], &Method::POST) => operator::renew(context, id).await,
        (["tenants", id, rest @ ..], _) => tenant::route(context, id, rest).await,
        (["sessions", id, rest @ ..], _) => wizard::route(context, id, rest).await,
        _ => Err(crate::no_route()),
    }
}

/// The fields of a form that is posted; 415 for anything that is none.
fn form(context: &Context<'_>) -> Result<form::Form, Problem> {
    has_type(context)?;
    form::Form::read(context.request)
}

/// The request of a page as the API takes it: what a form says, as JSON, so that both are checked by the same code.
fn as_json(context: &Context<'_>, body: &serde_json::Value) -> Request {
    let mut request = Request::new(Body::from(body.to_string()));
    *request.method_mut() = context.request.method().clone();
    *request.uri_mut() = context.request.uri().clone();
    *request.headers_mut() = context.request.headers().clone();
    *request.extensions_mut() = context.request.extensions().clone();
    request.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    request
}

/// The same of a form that may be as large as this, in bytes.
fn large_form(context: &Context<'_>, max: usize) -> Result<form::Form, Problem> {
    has_type(context)?;
    form::Form::read_up_to(context.request, max)
}

fn has_type(context: &Context<'_>) -> Result<(), Problem> {
    let has = context.request.headers().get(header::CONTENT_TYPE).is_some();
    if has { Ok(()) } else { Err(Problem::unsupported_media_type("application/x-www-form-urlencoded")) }
}
