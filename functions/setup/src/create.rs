//! Making a session, and giving it a new link: the operator's.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use serde::Serialize;
use serde_json::json;
use shared::body::Fields;
use shared::db::setup::{self, NewLink};
use shared::domain::access::{Act, Needs};
use shared::domain::setup::Locale;
use shared::http::{self, Problem};
use shared::ids;
use shared::openapi as problems;
use utoipa::ToSchema;

use crate::access::{self, Caller};
use crate::{State, answer, sessions};

/// How many days a link is good for, unless somebody says otherwise.
pub(crate) const LINK_DAYS: u16 = 30;
const MOST_LINK_DAYS: u16 = 90;

/// A session and its link.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedSession)]
pub(crate) struct Created<'a> {
    id: &'a str,
    /// For `Authorization: Bearer`; shown this once.
    session_token: &'a str,
    /// For the seller; it holds the token.
    url: String,
    /// Unix seconds.
    expires_at: i64,
}

/// `POST /v1/setup/sessions`.
#[utoipa::path(
    post, path = "/v1/setup/sessions", tag = "setup", operation_id = "create_session", security(("operator" = [])),
    request_body = Option<crate::openapi::NewSession>,
    responses(
        (status = 201, description = "Made. The token and the link are shown this once.", body = Created<'_>),
        (status = 400, response = problems::NotParseable),
        (status = 401, response = problems::Unauthorized),
        (status = 403, response = problems::Forbidden),
        (status = 410, response = problems::Gone),
        (status = 413, response = problems::TooLarge),
        (status = 415, response = problems::UnsupportedMediaType),
        (status = 422, response = problems::Invalid),
        (status = 429, response = problems::TooManyRequests),
        (status = 503, response = problems::Unavailable),
    ),
)]
pub(crate) async fn create(state: &State, request: &Request) -> Result<Response<Body>, Problem> {
    let caller = access::operator(state, request).await?;
    let mut fields = crate::fields(request)?;
    let locale = match fields.text("locale").as_deref().map(Locale::parse) {
        None => Locale::default(),
        Some(Some(locale)) => locale,
        Some(None) => {
            fields.error("locale", "unknown_word", format!("must be one of {}", Locale::WORDS.join(", ")));
            Locale::default()
        }
    };
    let days = days(&mut fields);
    crate::finish(fields)?;
    let opened = open(state, request, &caller, locale, days).await?;
    Ok(told(state, request, StatusCode::CREATED, &opened))
}

/// A session's new link.
pub(crate) struct Opened {
    pub(crate) link: NewLink,
    /// Unix seconds.
    pub(crate) expires_at: i64,
    /// The seller's.
    locale: Locale,
}

impl Opened {
    /// What the seller is sent. The token stands in the fragment, which no server's log and no `Referer` ever has.
    pub(crate) fn url(&self, state: &State, request: &Request) -> String {
        let (base, lang) = (answer::base_url(state, request), self.locale.as_str());
        format!("{base}/setup/open?lang={lang}#{}", self.link.reveal())
    }
}

/// Makes a session whose link is good for so many days, for the operator.
pub(crate) async fn open(
    state: &State,
    request: &Request,
    caller: &Caller,
    locale: Locale,
    days: u16,
) -> Result<Opened, Problem> {
    let link = NewLink::new(&ids::new_id()).map_err(|_| crate::without_random(request))?;
    let (wanted, funnel_id) = (&link.link, &ids::new_id());
    let detail = json!({ "days": days });
    let entry = &access::entry(state, request, caller, Act::SessionCreated, &wanted.session_id, &detail);
    let made = state
        .db
        .run(|client| async move { setup::create(&client, wanted, locale, funnel_id, days, entry).await })
        .await;
    let expires_at = made.map_err(|error| crate::unavailable(request, &error))?;
    access::told(request, entry);
    Ok(Opened { link, expires_at, locale })
}

/// `POST /v1/setup/sessions/{id}/link`: the one before is good no longer.
#[utoipa::path(
    post, path = "/v1/setup/sessions/{id}/link", tag = "setup", operation_id = "renew_link", security(("operator" = [])),
    params(("id" = String, Path, description = "The session's id.")),
    request_body = Option<crate::openapi::NewLink>,
    responses(
        (status = 200, description = "Another link, in place of the one before.", body = Created<'_>),
        problems::OfChange,
    ),
)]
pub(crate) async fn renew(state: &State, request: &Request, id: &str) -> Result<Response<Body>, Problem> {
    let caller = access::allowed(state, request, Needs::Operator, &setup::tenant_id(id), sessions::none).await?;
    let mut fields = crate::fields(request)?;
    let days = days(&mut fields);
    crate::finish(fields)?;
    let opened = open_again(state, request, &caller, id, days).await?;
    Ok(told(state, request, StatusCode::OK, &opened))
}

/// Gives a session a link in place of the one before, for the operator.
pub(crate) async fn open_again(
    state: &State,
    request: &Request,
    caller: &Caller,
    id: &str,
    days: u16,
) -> Result<Opened, Problem> {
    if !setup::is_id(id) {
        return Err(sessions::none());
    }
    let entry = &access::entry(state, request, caller, Act::LinkRenewed, id, &json!({ "days": days }));
    let link = NewLink::new(id).map_err(|_| crate::without_random(request))?;
    let wanted = &link.link;
    let renewed = state.db.run(|client| async move { setup::renew(&client, wanted, days, entry).await }).await;
    let (expires_at, locale) =
        renewed.map_err(|error| crate::unavailable(request, &error))?.ok_or_else(sessions::none)?;
    access::told(request, entry);
    Ok(Opened { link, expires_at, locale })
}

fn days(fields: &mut Fields<'_>) -> u16 {
    match fields.text_or_integer("expires_in_days").map(|it| it.parse::<u16>()) {
        None => LINK_DAYS,
        Some(Ok(days)) if (1..=MOST_LINK_DAYS).contains(&days) => days,
        Some(_) => {
            fields.error(
                "expires_in_days",
                "out_of_range",
                format!("must be a whole number from 1 to {MOST_LINK_DAYS}"),
            );
            LINK_DAYS
        }
    }
}

fn told(state: &State, request: &Request, status: StatusCode, opened: &Opened) -> Response<Body> {
    let Opened { link, expires_at, .. } = opened;
    let (id, session_token, url) = (link.link.session_id.as_str(), link.reveal(), opened.url(state, request));
    http::json(status, &Created { id, session_token, url, expires_at: *expires_at })
}
