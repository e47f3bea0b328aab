//! Asking Meta whether a session's token may use its pixel.

use lambda_http::Request;
use serde_json::{Value, json};
use shared::db::setup::Session;
use shared::domain::doctor::Clocks;
use shared::domain::setup::{Input, Meta, is_pixel};
use shared::http::Problem;
use shared::meta::Probe;
use shared::secrets::{Error, MetaCredentials};

use crate::State;

/// The credentials that are kept for a session's tenant, if there are any.
pub(crate) async fn credentials(
    state: &State,
    request: &Request,
    session: &Session,
) -> Result<Option<MetaCredentials>, Problem> {
    match state.secrets.meta(&state.secrets_prefix, &session.tenant_id()).await {
        Ok(credentials) => Ok(Some(credentials)),
        Err(Error::Missing(_) | Error::Malformed(..)) => Ok(None),
        Err(error) => Err(crate::without_secrets(request, &error)),
    }
}

/// Asks Meta, if pixel and token are there. The pixel's id goes into a URL, so it must have a pixel's shape.
pub(crate) async fn ask(state: &State, input: &Input, credentials: Option<&MetaCredentials>) -> Option<Probe> {
    let pixel_id = input.meta.pixel_id.as_deref().filter(|it| is_pixel(it))?;
    Some(state.meta.probe(pixel_id, credentials?).await)
}

/// What is kept of it: with which pixel and token it was asked, and what was said.
pub(crate) fn fact(entered: &Meta, probe: &Probe, now_s: i64) -> Value {
    json!({
        "pixel_id": entered.pixel_id,
        "token_set_at": entered.access_token.map(|kept| kept.set_at),
        "verdict": probe.verdict.as_str(),
        "checked_at": now_s,
        "code": probe.said.code,
        "subcode": probe.said.subcode,
        "message": probe.said.message,
        "skew_s": skew_s(probe, now_s),
    })
}

/// How far a clock was off, if too far. `now_s` is the database's, of the request's beginning: a few seconds before.
fn skew_s(probe: &Probe, now_s: i64) -> Option<i64> {
    let dated = probe.dated?;
    Clocks { meta_s: dated.meta_s, database_s: now_s, function_s: dated.function_s }.worst()
}
