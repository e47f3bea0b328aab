//! A tenant's pixel, and its credentials at Meta.

use lambda_http::Request;
use serde_json::{Value, json};
use shared::db::setup;
use shared::domain::access::Act;
use shared::domain::setup::{Kept, Meta, MetaVerdict, is_pixel};
use shared::http::{FieldError, Problem};
use shared::secrets::MetaCredentials;

use crate::access::{self, Caller};
use crate::tenants::{retired, shown};
use crate::{State, meta_check, patch};

/// Another token, and perhaps another pixel: asked of Meta before it replaces what is there; then what waited goes.
pub(crate) async fn replace(state: &State, request: &Request, caller: &Caller, id: &str) -> Result<Value, Problem> {
    let mut fields = crate::fields(request)?;
    let line = |text: Option<String>| text.map(|it| it.trim().to_owned()).filter(|it| !it.is_empty());
    let (token, app_secret, pixel) =
        (line(fields.text("access_token")), line(fields.text("app_secret")), line(fields.text("pixel_id")));
    if token.as_deref().is_none_or(|it| it.len() > 2000 || it.contains(char::is_control)) {
        fields.error("access_token", "required", "must be a token of Meta, in one line");
    }
    if app_secret.as_deref().is_some_and(|it| it.len() > 200 || it.contains(char::is_control)) {
        fields.error("app_secret", "too_long", "must be one line of 200 characters at the most");
    }
    if pixel.as_deref().is_some_and(|it| !is_pixel(it)) {
        fields.error("pixel_id", "pixel_shape", "must be the digits of a pixel's id");
    }
    crate::finish(fields)?;
    let shown = shown(state, request, id).await?;
    if shown.tenant.status == "retired" {
        return Err(retired());
    }
    let pixel_id = pixel
        .clone()
        .or(shown.tenant.pixel_id)
        .ok_or_else(|| refused("pixel_id", "required", "the tenant has no pixel yet"))?;
    let credentials = MetaCredentials { access_token: token.unwrap_or_default(), app_secret };
    let probe = state.meta.probe(&pixel_id, &credentials).await;
    match probe.verdict {
        MetaVerdict::Ready | MetaVerdict::NotReadable => {}
        MetaVerdict::TokenRefused => {
            return Err(refused("access_token", "token_refused", "Meta refuses this token; nothing was replaced"));
        }
        MetaVerdict::PixelNotShared => {
            return Err(refused(
                "pixel_id",
                "pixel_not_shared",
                "Meta knows no such pixel for this token; nothing was replaced",
            ));
        }
        MetaVerdict::Unknown => return Err(Problem::unavailable()),
    }
    state
        .secrets
        .put_meta(&state.secrets_prefix, id, &credentials)
        .await
        .map_err(|error| crate::without_secrets(request, &error))?;
    if let Some(pixel_id) = pixel.as_deref() {
        let set = state.db.run(|client| async move { setup::set_pixel(&client, id, pixel_id).await }).await;
        set.map_err(|error| crate::unavailable(request, &error))?;
    }
    let detail = json!({"pixel_id": pixel, "app_secret": credentials.app_secret.is_some()});
    let entry = access::entry(state, request, caller, Act::MetaReplaced, id, &detail);
    patch::release(state, request, id, Some(&entry)).await?;
    access::told(request, &entry);
    if let Some(session_id) = shown.session_id.as_deref() {
        let kept = Kept { set_at: shown.now_s };
        let app_secret = credentials.app_secret.is_some().then_some(kept);
        let entered =
            Meta { pixel_id: Some(pixel_id.clone()), access_token: Some(kept), app_secret, ..Meta::default() };
        let facts = json!({"meta": meta_check::fact(&entered, &probe, shown.now_s)});
        enter(state, request, session_id, &entered, pixel.is_some(), &facts).await?;
    }
    Ok(json!({"id": id, "pixel_id": pixel_id, "verdict": probe.verdict.as_str()}))
}

/// The session has it as if it had been entered there: else its next provisioning would bring the former pixel back.
async fn enter(
    state: &State,
    request: &Request,
    session_id: &str,
    entered: &Meta,
    is_other: bool,
    facts: &Value,
) -> Result<(), Problem> {
    let done = state
        .db
        .run(|client| async move { setup::enter_meta(&client, session_id, entered, is_other, facts).await })
        .await;
    done.map_err(|error| crate::unavailable(request, &error))
}

fn refused(field: &str, code: &'static str, message: &str) -> Problem {
    Problem::invalid(vec![FieldError { field: field.to_owned(), code, message: message.to_owned() }])
}
