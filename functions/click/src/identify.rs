//! `POST /v1/funnels/{funnel}/identify`: who the visitor of a click is said to be, kept as one observation for the orders to come.
//!
//! E-mail, phone and the seller's own id are kept as hashes, with the click and the time; nothing else is. It is a browser's word: it
//! helps an order to find its click, and nothing of it is ever sent.

mod countries;

use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use serde::Serialize;
use shared::body::Fields;
use shared::db::clicks::Consent;
use shared::db::funnels::Refusal;
use shared::db::identities::{self, BROWSERS_DAY_S, NewObservation, Observed};
use shared::domain::country::Country;
use shared::domain::fb::{Fbc, Fbclid, Fbp};
use shared::domain::text;
use shared::domain::user_data::{self, Hashed};
use shared::http::{self, Problem};
use shared::openapi as problems;
use shared::{db, ids};
use utoipa::ToSchema;

pub(crate) use countries::Countries;

use crate::{State, capture, cors, taken};

/// What was kept of a visitor.
#[derive(Serialize, ToSchema)]
#[schema(as = Identified)]
pub(crate) struct Answer {
    /// Nothing was kept: no click was found, nothing usable was said, or the visitor denied it.
    identity_id: Option<String>,
}

/// Takes what a browser says of its visitor.
#[utoipa::path(
    post, path = "/v1/funnels/{funnel}/identify", tag = "clicks", operation_id = "identify",
    params(("funnel" = String, Path, description = "The funnel's id.")),
    request_body(content((crate::openapi::Visitor = "application/json"), (crate::openapi::Visitor = "text/plain"))),
    responses(
        (status = 200, description = "Taken.", body = Answer),
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
    let said = Said::parse(request, funnel_id, state.trusted_proxy_hops)?;
    let observed = taken(request, "observation not recorded", observe(state, said).await)?;
    let (mut response, own_site) = match observed {
        Observed::Taken { identity_id, own_site } => (http::json(StatusCode::OK, &Answer { identity_id }), own_site),
        Observed::Full { own_site } => (full(request), own_site),
    };
    if own_site {
        cors::allow(&mut response, request);
    }
    Ok(response)
}

fn full(request: &Request) -> Response<Body> {
    let detail = "This click or this browser has said who its visitor is too often.";
    Problem::too_many_requests(BROWSERS_DAY_S, detail).into_response(&http::request_id(request))
}

/// Keeps what was said, with the phone hashed, for which the tenant's country may be needed.
async fn observe(state: &State, said: Said) -> Result<Result<Observed, Refusal>, db::Error> {
    let Said { mut observation, phones, country } = said;
    let needs_country = country.is_none() && phones.iter().any(|phone| !user_data::names_its_country(phone));
    let country = if needs_country { state.countries.of(&state.db, &observation.funnel_id).await? } else { country };
    observation.phone_hash = first(&phones, |phone| user_data::ph(phone, country));
    let observation = &observation;
    state.db.run(|client| async move { identities::observe(&client, observation).await }).await
}

/// What a body says, all but the phone as it is kept.
struct Said {
    observation: NewObservation,
    /// As they were given: at most until the country is known.
    phones: Vec<String>,
    /// The person's own.
    country: Option<Country>,
}

impl Said {
    /// What is malformed is left out; what is unknown is not read. Names and the like need not be kept: an event has the order's own.
    fn parse(request: &Request, funnel_id: &str, hops: usize) -> Result<Self, Problem> {
        // As for a click: sendBeacon sends text/plain.
        let body = http::body_of(request, http::BROWSER_BODY_MAX, &["application/json", "text/plain"])?;
        let mut fields = Fields::parse(body).map_err(Problem::not_parseable)?;
        let click_id = fields.text("click_id").and_then(|id| text::line(&id, 64));
        let fbclid = fields.text("fbclid").and_then(|it| Fbclid::parse(&it));
        let fbc = fields.text("fbc").and_then(|it| Fbc::parse(&it));
        let fbp = fields.text("fbp").and_then(|it| Fbp::parse(&it));
        let denied = fields.text("consent").and_then(|it| Consent::parse(&it)) == Some(Consent::Denied);
        let country = fields.text("country").and_then(|text| Country::parse(&text));
        let mut given =
            |names: &[&str]| names.iter().filter_map(|name| fields.text_or_integer(name)).collect::<Vec<_>>();
        // Either name may hold either form.
        let (emails, phones, ids) =
            (given(&["email_hash", "email"]), given(&["phone_hash", "phone"]), given(&["external_id"]));
        let errors = fields.finish_leniently();
        if !errors.is_empty() {
            return Err(Problem::invalid(errors));
        }
        let fbclid = fbclid.as_ref().or_else(|| fbc.as_ref().map(Fbc::fbclid));
        let observation = NewObservation {
            funnel_id: funnel_id.to_owned(),
            own_id: ids::new_id(),
            click_id,
            fbclid: fbclid.map(|it| it.as_str().to_owned()),
            fbp: fbp.map(|it| it.as_str().to_owned()),
            ip: capture::address(request, hops),
            user_agent: capture::agent(request),
            site: cors::page_host(request.headers()),
            ..NewObservation::default()
        };
        if denied {
            return Ok(Self { observation, phones: Vec::new(), country });
        }
        let email_hash = first(&emails, user_data::em);
        let external_id_hash = first(&ids, user_data::external_id);
        Ok(Self { observation: NewObservation { email_hash, external_id_hash, ..observation }, phones, country })
    }
}

/// What tells the person: the digest of the first text that has one.
fn first(texts: &[String], hash: impl Fn(&str) -> Option<Hashed>) -> Option<String> {
    texts.iter().find_map(|text| hash(text)).map(|hashed| hashed.digest())
}
