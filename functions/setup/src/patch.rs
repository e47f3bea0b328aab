//! `PATCH /v1/setup/sessions/{id}`: merges, keeps secrets where they belong, checks all of it again, and writes.

use lambda_http::{Body, Request, Response};
use serde_json::{Value, json};
use shared::db::audit::Entry;
use shared::db::gates;
use shared::db::setup::{self, Saved, Session};
use shared::domain::access::Act;
use shared::domain::setup::{Input, MetaVerdict};
use shared::http::{self, FieldError, Problem};
use shared::openapi as problems;
use shared::platforms::Platform;
use shared::secrets::MetaCredentials;
use shared::setup_patch::{Entered, Patch, Refused};

use crate::access::{self, Caller};
use crate::assess::{Assessed, assess};
use crate::{State, answer, meta_check, resolve, sessions};

/// How often a patch is merged again when others write at the same time.
const TRIES: u32 = 60;

/// Merges a body into a session.
#[utoipa::path(
    patch, path = "/v1/setup/sessions/{id}", tag = "setup", operation_id = "enter", security(("session" = []), ("operator" = [])),
    params(("id" = String, Path, description = "The session's id.")),
    request_body(content((crate::openapi::Patch = "application/merge-patch+json"), (crate::openapi::Patch = "application/json"))),
    responses(
        (status = 200, description = "The session as it is now, whatever is wrong with it.", body = crate::openapi::Session),
        problems::OfChange,
    ),
)]
pub(crate) async fn patch(state: &State, request: &Request, id: &str) -> Result<Response<Body>, Problem> {
    let caller = access::caller(state, request).await?;
    let body = http::body_of(request, http::BROWSER_BODY_MAX, &["application/json", "application/merge-patch+json"])?;
    let patch = Patch::parse(body).map_err(|refused| match refused {
        Refused::NotParseable(why) => Problem::not_parseable(why),
        Refused::Invalid(errors) => Problem::invalid(errors),
    })?;
    let (session, assessed) = apply(state, request, &caller, id, &patch).await?;
    Ok(answer::session(&session, &assessed))
}

/// The same, of a patch that is read, for who may see the session. Gives the session as it is now.
pub(crate) async fn apply(
    state: &State,
    request: &Request,
    caller: &Caller,
    id: &str,
    patch: &Patch,
) -> Result<(Session, Assessed), Problem> {
    let entry = access::entry(state, request, caller, Act::SessionPatched, id, &json!({"fields": patch.fields()}));
    for _ in 0..TRIES {
        if let Some(written) = merge(state, request, (caller, &entry), id, patch).await? {
            access::told(request, &entry);
            return Ok(written);
        }
    }
    tracing::error!(request.id = http::request_id(request), "a setup session is written again and again");
    Err(Problem::unavailable())
}

/// One try; none when somebody else wrote in between. A secret is kept before each write, so that the last write's is the one that
/// stays.
async fn merge(
    state: &State,
    request: &Request,
    (caller, entry): (&Caller, &Entry),
    id: &str,
    patch: &Patch,
) -> Result<Option<(Session, Assessed)>, Problem> {
    let mut session = sessions::find(state, request, caller, id, patch.text("business", "slug")).await?;
    sessions::refuse_retired(&session)?;
    let before = session.input.clone();
    patch.merge(&mut session.input, session.now_s);
    let input: Input = serde_json::from_value(session.input.clone()).unwrap_or_default();
    refuse_early_secrets(patch, &input)?;
    let credentials = ask_meta(state, request, &mut session, &before, &input, patch).await?;
    keep(state, request, &session, &input, patch, credentials.as_ref()).await?;
    if let Some(domains) = resolve::fact(state.resolver, &input, &session.facts, session.now_s).await {
        session.facts["domains"] = domains;
    }
    session.locale = patch.locale.unwrap_or(session.locale);
    let assessed = assess(&session);
    let issues = assessed.told(session.locale);
    let saved = Saved {
        input: &session.input,
        facts: &session.facts,
        issues: &issues,
        step: assessed.step.as_str(),
        locale: session.locale,
    };
    let (saved, version) = (&saved, session.version);
    let written = state.db.run(|client| async move { setup::save(&client, id, version, saved, entry).await }).await;
    if !written.map_err(|error| crate::unavailable(request, &error))? {
        return Ok(None);
    }
    session.version += 1;
    if credentials.is_some() && session.tenant_status.is_some() {
        release(state, request, &session.tenant_id(), None).await?;
    }
    Ok(Some((session, assessed)))
}

/// A platform's secret has its place with the platform's connection, an app's secret with its token.
fn refuse_early_secrets(patch: &Patch, input: &Input) -> Result<(), Problem> {
    let mut errors = Vec::new();
    let mut refuse = |field: &str, code, message: &str| {
        errors.push(FieldError { field: field.to_owned(), code, message: message.to_owned() });
    };
    if patch.secret("checkout", "secret").is_some() && platform(input).is_none() {
        refuse("checkout.secret", "platform_first", "name a platform that is known first, or in the same request");
    }
    if patch.secret("meta", "app_secret").is_some() && input.meta.access_token.is_none() {
        refuse("meta.app_secret", "token_first", "enter the access token first, or in the same request");
    }
    if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors)) }
}

fn platform(input: &Input) -> Option<Platform> {
    input.checkout.platform.as_deref().and_then(Platform::parse)
}

/// Asks Meta when the pixel or the credentials change; what else is entered leaves standing what a test event has proven. Gives the
/// credentials that are to be kept.
///
/// A tenant that sends is not given a token that Meta refuses.
async fn ask_meta(
    state: &State,
    request: &Request,
    session: &mut Session,
    before: &Value,
    input: &Input,
    patch: &Patch,
) -> Result<Option<MetaCredentials>, Problem> {
    let (token, app_secret) = (patch.secret("meta", "access_token"), patch.secret("meta", "app_secret"));
    let takes_out = input.meta.app_secret.is_none() && !before["meta"]["app_secret"].is_null();
    let changes = token.is_some() || app_secret.is_some() || takes_out;
    if !changes && before["meta"]["pixel_id"] == session.input["meta"]["pixel_id"] || input.meta.access_token.is_none()
    {
        return Ok(None);
    }
    let kept = if token.is_some() && (app_secret.is_some() || input.meta.app_secret.is_none()) {
        None
    } else {
        meta_check::credentials(state, request, session).await?
    };
    let text = |entered: &Entered| entered.reveal().to_owned();
    let access_token = token.map(text).or_else(|| kept.as_ref().map(|it| it.access_token.clone()));
    let former_app_secret =
        || kept.as_ref().filter(|_| input.meta.app_secret.is_some()).and_then(|it| it.app_secret.clone());
    let app_secret = app_secret.map(text).or_else(former_app_secret);
    let Some(access_token) = access_token else { return Ok(None) };
    let credentials = MetaCredentials { access_token, app_secret };
    if let Some(probe) = meta_check::ask(state, input, Some(&credentials)).await {
        if probe.verdict == MetaVerdict::TokenRefused && session.live.is_active {
            let message = "Meta refuses this token; the one before stays in force.".to_owned();
            let error = FieldError { field: "meta.access_token".to_owned(), code: "token_refused", message };
            return Err(Problem::invalid(vec![error]));
        }
        session.facts["meta"] = meta_check::fact(&input.meta, &probe, session.now_s);
    }
    Ok(changes.then_some(credentials))
}

async fn keep(
    state: &State,
    request: &Request,
    session: &Session,
    input: &Input,
    patch: &Patch,
    credentials: Option<&MetaCredentials>,
) -> Result<(), Problem> {
    let (prefix, tenant_id) = (&state.secrets_prefix, session.tenant_id());
    let lost = |error| crate::without_secrets(request, &error);
    if let Some(credentials) = credentials {
        state.secrets.put_meta(prefix, &tenant_id, credentials).await.map_err(lost)?;
    }
    if let (Some(secret), Some(platform)) = (patch.secret("checkout", "secret"), platform(input)) {
        let connection_id = setup::connection_id(&session.id, platform.as_str());
        state.secrets.put_connection(prefix, &tenant_id, &connection_id, secret.reveal(), false).await.map_err(lost)?;
        if session.tenant_status.is_some() {
            touch(state, request, &tenant_id, &connection_id).await?;
        }
    }
    Ok(())
}

/// Tells the functions that remember the connection that its secret is another one.
async fn touch(state: &State, request: &Request, tenant_id: &str, connection_id: &str) -> Result<(), Problem> {
    let touched =
        state
            .db
            .run(|client| async move {
                shared::db::connections::manage::touch(&client, tenant_id, connection_id, None).await
            })
            .await;
    touched.map(drop).map_err(|error| crate::unavailable(request, &error))
}

/// What waited for another token goes.
pub(crate) async fn release(
    state: &State,
    request: &Request,
    tenant_id: &str,
    entry: Option<&Entry>,
) -> Result<(), Problem> {
    let released = state.db.run(|client| async move { gates::release(&client, tenant_id, entry).await }).await;
    released.map(drop).map_err(|error| crate::unavailable(request, &error))
}
