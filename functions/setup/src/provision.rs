//! `POST /v1/setup/sessions/{id}/provision`: from a session to a tenant that takes clicks and orders.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use serde_json::{Value, json};
use shared::db::connections::{NoRandom, Token, manage};
use shared::db::setup::{self, ConnectionPart, NewKey, Parts, Provisioned, Session};
use shared::domain::access::{Act, Scopes};
use shared::domain::country::Country;
use shared::domain::money::Currency;
use shared::domain::setup::{Code, Input, Severity, Step, normal_domain};
use shared::http::{self, FieldError, Problem};
use shared::openapi as problems;
use shared::platforms::Platform;

use crate::access::{self, Caller};
use crate::assess::{Assessed, assess};
use crate::{State, answer, sessions};

/// The parameter that carries the click id where the platform has none of its own: the page has to hand it on.
const OWN_SLOT: &str = "click_id";

/// What is to be made anew, where what was shown once is lost.
#[derive(Clone, Copy, Default)]
pub(crate) struct Rotate {
    pub(crate) key: bool,
    pub(crate) connection: bool,
}

/// Makes a tenant of a session, or brings it to what the session says now.
#[utoipa::path(
    post, path = "/v1/setup/sessions/{id}/provision", tag = "setup", operation_id = "provision", security(("session" = []), ("operator" = [])),
    params(("id" = String, Path, description = "The session's id.")),
    request_body = Option<crate::openapi::Provision>,
    responses(
        (status = 200, description = "Made, or brought to what the session says now.", body = crate::openapi::Provisioned),
        problems::OfChange,
        (status = 409, response = problems::Conflict),
    ),
)]
pub(crate) async fn provision(state: &State, request: &Request, id: &str) -> Result<Response<Body>, Problem> {
    let caller = access::caller(state, request).await?;
    let session = sessions::open(state, request, &caller, id).await?;
    let mut fields = crate::fields(request)?;
    let again = fields.words("rotate", &["api_key", "connection"]);
    crate::finish(fields)?;
    let assessed = assess(&session);
    if let Some(refusal) = assessed.refusal(session.locale, |step| matches!(step, Step::Business | Step::Funnel)) {
        return Err(refusal);
    }
    let rotate = Rotate { key: again.contains(&"api_key"), connection: again.contains(&"connection") };
    let made = make(state, request, &caller, session, &assessed, rotate).await?;
    Ok(http::json(StatusCode::OK, &made.answer(state, request)))
}

/// What was made.
pub(crate) struct Made {
    pub(crate) session: Session,
    funnel_id: String,
    key_id: String,
    key: Option<NewKey>,
    connection: Option<(String, String)>,
    path: Option<Token>,
}

impl Made {
    /// `{tenant, funnel, api_key, connection, snippet, step, issues}`.
    pub(crate) fn answer(&self, state: &State, request: &Request) -> Value {
        let base = answer::base_url(state, request);
        let assessed = assess(&self.session);
        let connection = self.connection.as_ref().map(|(id, platform)| {
            let url = self.path.as_ref().map(|path| format!("{base}/w/{}", path.reveal()));
            json!({"id": id, "platform": platform, "url": url})
        });
        json!({
            "tenant": answer::tenant(&self.session),
            "funnel": {"id": self.funnel_id, "status": "active"},
            "api_key": {"id": self.key_id, "key": self.key.as_ref().map(NewKey::reveal)},
            "connection": connection,
            "snippet": format!("<script async src=\"{base}/t.js?f={}\"></script>", self.funnel_id),
            "step": assessed.step.as_str(),
            "issues": assessed.told(self.session.locale),
        })
    }
}

/// The statement, and what is made anew after it.
pub(crate) async fn make(
    state: &State,
    request: &Request,
    caller: &Caller,
    mut session: Session,
    assessed: &Assessed,
    rotate: Rotate,
) -> Result<Made, Problem> {
    let tenant_id = session.tenant_id();
    let random = |_| crate::without_random(request);
    let (key, path) = (new_key(&tenant_id, "setup").map_err(random)?, Token::new(&tenant_id).map_err(random)?);
    let funnel_id = session.facts["funnel_id"].as_str().unwrap_or(&session.id).to_owned();
    let listed = Listed::of(&assessed.input);
    let parts = parts(&session.id, &funnel_id, assessed, &listed);
    let entry = &access::entry(state, request, caller, Act::Provisioned, &session.id, &json!({}));
    let (parts, new_key, new_path) = (&parts, &key, &path);
    let done =
        state.db.run(|client| async move { setup::provision(&client, parts, new_key, new_path, entry).await }).await;
    let (status, made) = match done.map_err(|error| crate::unavailable(request, &error))? {
        Provisioned::Done { status, made } => (status, made),
        Provisioned::SlugTaken => return Err(slug_taken(&session)),
        Provisioned::Retired => return Err(Problem::gone()),
    };
    access::told(request, entry);
    let connection =
        parts.connection.as_ref().map(|it| (setup::connection_id(&session.id, it.platform), it.platform.to_owned()));
    session.live.is_provisioned = true;
    session.live.is_active = status == "active";
    session.tenant_status = Some(status);
    let mut all = Made {
        funnel_id,
        key_id: setup::key_id(&session.id),
        key: made.key.then_some(key),
        path: made.connection.then_some(path),
        connection,
        session,
    };
    anew(state, request, caller, &mut all, rotate).await?;
    Ok(all)
}

/// A key for the seller's server.
fn new_key(tenant_id: &str, label: &str) -> Result<NewKey, NoRandom> {
    NewKey::new(tenant_id, label, Scopes::OF_A_SERVER)
}

/// Makes anew what is asked for and was not made just now.
async fn anew(
    state: &State,
    request: &Request,
    caller: &Caller,
    made: &mut Made,
    rotate: Rotate,
) -> Result<(), Problem> {
    let tenant_id = &made.session.tenant_id();
    let random = |_| crate::without_random(request);
    let lost = |error| crate::unavailable(request, &error);
    if rotate.key && made.key.is_none() {
        let key = new_key(tenant_id, "rotated").map_err(random)?;
        let entry = &access::entry(state, request, caller, Act::KeysRotated, &key.id, &json!({}));
        let new_key = &key;
        let done =
            state.db.run(|client| async move { setup::rotate_key(client, tenant_id, new_key, entry).await }).await;
        if !done.map_err(lost)? {
            return Err(Problem::gone());
        }
        access::told(request, entry);
        made.key_id.clone_from(&key.id);
        made.key = Some(key);
    }
    if let (Some((id, _)), true, None) = (&made.connection, rotate.connection, &made.path) {
        let path = Token::new(tenant_id).map_err(random)?;
        let entry = &access::entry(state, request, caller, Act::ConnectionRotated, id, &json!({}));
        let (new_path, days) = (&path, manage::OVERLAP_DAYS);
        let rotated = state
            .db
            .run(|client| async move { manage::rotate(&client, tenant_id, id, new_path, days, Some(entry)).await })
            .await;
        if !rotated.map_err(lost)? {
            return Err(Problem::conflict("The connection was revoked; it is not made anew."));
        }
        access::told(request, entry);
        made.path = Some(path);
    }
    Ok(())
}

/// Codes and domains in the form in which they are listed.
struct Listed {
    country: String,
    currency: String,
    domains: Vec<String>,
    checkouts: Vec<String>,
}

impl Listed {
    fn of(input: &Input) -> Self {
        let domains = |all: &[String]| {
            let mut all: Vec<String> = all.iter().filter_map(|it| normal_domain(it).ok()).collect();
            all.sort_unstable();
            all.dedup();
            all
        };
        let business = &input.business;
        Self {
            country: business
                .country
                .as_deref()
                .and_then(Country::parse)
                .map(|it| it.code().to_owned())
                .unwrap_or_default(),
            currency: business
                .currency
                .as_deref()
                .and_then(Currency::parse)
                .map(|it| it.code().to_owned())
                .unwrap_or_default(),
            domains: domains(&input.funnel.domains),
            checkouts: domains(&input.checkout.domains),
        }
    }
}

/// What is sound so far. What is not waits for the next call.
fn parts<'a>(session_id: &'a str, funnel_id: &'a str, assessed: &'a Assessed, listed: &'a Listed) -> Parts<'a> {
    const OF_TEST_CODE: [Code; 3] = [Code::TestCodeWithoutEnd, Code::TestEndWithoutCode, Code::TestCodeEndTooFar];
    let input = &assessed.input;
    let platform = input.checkout.platform.as_deref();
    let known = platform.and_then(Platform::parse);
    Parts {
        session_id,
        funnel_id,
        name: input.business.name.as_deref().unwrap_or_default(),
        slug: input.business.slug.as_deref().unwrap_or_default(),
        country: &listed.country,
        currency: &listed.currency,
        pixel_id: input.meta.pixel_id.as_deref().filter(|_| !assessed.has(&[Code::PixelShape])),
        test_code: input
            .meta
            .test_event_code
            .as_deref()
            .zip(input.meta.test_event_code_until)
            .filter(|_| !assessed.has(&OF_TEST_CODE)),
        funnel_name: input.funnel.name.as_deref().unwrap_or_default(),
        domains: &listed.domains,
        requires_consent: input.funnel.requires_consent,
        checkouts: &listed.checkouts,
        checkout: platform
            .filter(|_| !assessed.has(&[Code::PlatformUnknown]))
            .map(|word| (word, known.and_then(Platform::slot).unwrap_or(OWN_SLOT))),
        connection: known.filter(|_| is_sound(assessed)).map(|platform| ConnectionPart {
            platform: platform.as_str(),
            amount: input.checkout.amount.as_deref().unwrap_or("price"),
            order_id_slot: input.checkout.order_id_slot.as_deref(),
            shop: input.checkout.shop.as_deref(),
        }),
    }
}

/// Whether a connection can be made. Its secret may come later: until then what is posted is kept, and read when it is there.
fn is_sound(assessed: &Assessed) -> bool {
    !assessed.issues.iter().any(|it| {
        it.code.step() == Step::Checkout && it.severity() == Severity::Error && it.code != Code::PlatformSecretMissing
    })
}

/// Somebody took the slug since the session was looked up.
fn slug_taken(session: &Session) -> Problem {
    let issue = shared::domain::setup::Issue {
        code: Code::SlugTaken,
        field: "business.slug".to_owned(),
        detail: String::new(),
    };
    let message = format!("{} {}", issue.message(session.locale), issue.fix(session.locale));
    Problem::invalid(vec![FieldError { field: issue.field, code: Code::SlugTaken.as_str(), message }])
}
