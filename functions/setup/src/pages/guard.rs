//! Forms from elsewhere are refused (cross-site request forgery).

use lambda_http::Request;
use lambda_http::http::header;
use shared::http::Problem;
use url::Url;

use crate::State;

/// Whether a form was sent by a page of ours.
///
/// The login's cookie is `SameSite=Strict`, so that another site's form comes without it. This is the second lock, and holds for
/// sibling hosts of one site too: the browser says itself from where a form comes (`Sec-Fetch-Site`, W3C Fetch Metadata), else
/// `Origin` does (RFC 6454), which browsers send with every form that is posted. A request that says neither is none of a browser's.
///
/// # Errors
/// 403.
pub(super) fn same_origin(state: &State, request: &Request) -> Result<(), Problem> {
    let headers = request.headers();
    let is_ours = match headers.get("sec-fetch-site") {
        Some(site) => site.as_bytes() == b"same-origin",
        None => headers
            .get(header::ORIGIN)
            .and_then(|it| it.to_str().ok())
            .is_some_and(|origin| is_own_origin(state, request, origin)),
    };
    if is_ours { Ok(()) } else { Err(Problem::forbidden("The form was not sent by a page of this site.")) }
}

fn is_own_origin(state: &State, request: &Request, origin: &str) -> bool {
    let own = crate::answer::base_url(state, request);
    let origin_of = |text: &str| Url::parse(text).ok().map(|url| url.origin().ascii_serialization());
    origin_of(origin).is_some_and(|origin| Some(origin) == origin_of(&own))
}
