//! Making a session, and giving it a new link: the operator's.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use serde::Serialize;
use shared::body::Fields;
use shared::db::setup::{self, Link};
use shared::domain::setup::Locale;
use shared::http::{self, Problem};
use shared::ids;

use crate::access::{self, Caller};
use crate::{State, answer, sessions};

/// How many days a link is good for, unless somebody says otherwise.
const LINK_DAYS: u16 = 30;
const MOST_LINK_DAYS: u16 = 90;

#[derive(Serialize)]
struct Created<'a> {
    id: &'a str,
    session_token: &'a str,
    url: String,
    /// Unix seconds.
    expires_at: i64,
}

/// `POST /v1/setup/sessions`.
pub(crate) async fn create(state: &State, request: &Request) -> Result<Response<Body>, Problem> {
    access::operator(state, request).await?;
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
    let link = Link::new(&ids::new_id()).map_err(|_| crate::without_random(request))?;
    let (wanted, funnel_id) = (&link, &ids::new_id());
    let made =
        state.db.run(|client| async move { setup::create(&client, wanted, locale, funnel_id, days).await }).await;
    let expires_at = made.map_err(|error| crate::unavailable(request, &error))?;
    access::told(request, &Caller::Operator, &link.session_id, "session created");
    Ok(told(state, request, StatusCode::CREATED, &link, expires_at))
}

/// `POST /v1/setup/sessions/{id}/link`: the one before is good no longer.
pub(crate) async fn renew(state: &State, request: &Request, id: &str) -> Result<Response<Body>, Problem> {
    access::operator(state, request).await?;
    let mut fields = crate::fields(request)?;
    let days = days(&mut fields);
    crate::finish(fields)?;
    if !setup::is_id(id) {
        return Err(sessions::none());
    }
    let link = Link::new(id).map_err(|_| crate::without_random(request))?;
    let wanted = &link;
    let renewed = state.db.run(|client| async move { setup::renew(&client, wanted, days).await }).await;
    let expires_at = renewed.map_err(|error| crate::unavailable(request, &error))?.ok_or_else(sessions::none)?;
    access::told(request, &Caller::Operator, id, "link renewed");
    Ok(told(state, request, StatusCode::OK, &link, expires_at))
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

fn told(state: &State, request: &Request, status: StatusCode, link: &Link, expires_at: i64) -> Response<Body> {
    let url = format!("{}/setup/{}", answer::base_url(state, request), link.reveal());
    http::json(status, &Created { id: &link.session_id, session_token: link.reveal(), url, expires_at })
}
