//! `/v1/tenants/{id}/keys`: a tenant's API keys.

use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Request, Response};
use serde::Serialize;
use serde_json::{Value, json};
use shared::db::setup::{self, Created, ListedKey, MOST_KEYS, NewKey, Revoked};
use shared::domain::access::{Act, Scope, Scopes};
use shared::domain::text;
use shared::http::{self, Problem};
use shared::keyset::{Cursor, Page};
use utoipa::ToSchema;

use crate::State;
use crate::access::{self, Caller};
use crate::tenants::{retired, shown};

/// The longest label, in characters.
pub(crate) const LABEL_MAX: usize = 100;

/// A page of a tenant's keys.
#[derive(Serialize, ToSchema)]
pub(crate) struct Keys {
    pub(crate) keys: Vec<ListedKey>,
    /// What the next page comes after, if there is one.
    pub(crate) next: Option<String>,
}

/// `GET` and `POST`.
pub(crate) async fn all(
    state: &State,
    request: &Request,
    caller: &Caller,
    id: &str,
) -> Result<Response<Body>, Problem> {
    match *request.method() {
        Method::GET => Ok(http::json(StatusCode::OK, &list(state, request, id).await?)),
        Method::POST => create(state, request, caller, id).await,
        _ => Err(Problem::method_not_allowed("GET, POST")),
    }
}

/// A page of keys, without what proves them.
pub(crate) async fn list(state: &State, request: &Request, id: &str) -> Result<Keys, Problem> {
    let page = &Page::of(request)?;
    let listed = state.db.run(|client| async move { setup::list_keys(&client, id, page).await }).await;
    let (keys, next) = listed.map_err(|error| crate::unavailable(request, &error))?;
    if keys.is_empty() {
        shown(state, request, id).await?;
    }
    Ok(Keys { keys, next: next.as_ref().map(Cursor::text) })
}

/// `{label, scopes[]}` -> the key, shown this once.
async fn create(state: &State, request: &Request, caller: &Caller, id: &str) -> Result<Response<Body>, Problem> {
    let mut fields = crate::fields(request)?;
    let label = fields.text("label").and_then(|it| text::line(&it, LABEL_MAX));
    let words = fields.words("scopes", &Scope::WORDS);
    if label.is_none() && !fields.errors.iter().any(|it| it.field == "label") {
        fields.error("label", "required", format!("must be one line of 1 to {LABEL_MAX} characters"));
    }
    if words.is_empty() && !fields.errors.iter().any(|it| it.field == "scopes") {
        fields.error("scopes", "required", format!("must name one or more of {}", Scope::WORDS.join(", ")));
    }
    crate::finish(fields)?;
    let made = make(state, request, caller, id, &label.unwrap_or_default(), Scopes::of(words)).await?;
    Ok(http::json(StatusCode::CREATED, &told(&made.key, Some(made.created_at))))
}

/// A key that was made.
pub(crate) struct Made {
    pub(crate) key: NewKey,
    /// Unix seconds.
    pub(crate) created_at: i64,
}

/// Makes a key.
pub(crate) async fn make(
    state: &State,
    request: &Request,
    caller: &Caller,
    id: &str,
    label: &str,
    scopes: Scopes,
) -> Result<Made, Problem> {
    let new_key = NewKey::new(id, label, scopes).map_err(|_| crate::without_random(request))?;
    let key = &new_key;
    let entry =
        &access::entry(state, request, caller, Act::KeyCreated, &key.id, &json!({"scopes": key.scopes.words()}));
    let made = state.db.run(|client| async move { setup::create_key(client, id, key, entry).await }).await;
    match made.map_err(|error| crate::unavailable(request, &error))? {
        Created::At(created_at) => {
            access::told(request, entry);
            Ok(Made { key: new_key, created_at })
        }
        Created::NoTenant => {
            shown(state, request, id).await?;
            Err(retired())
        }
        Created::TooMany => Err(Problem::conflict(format!(
            "The tenant has {MOST_KEYS} keys in force, which is the most: end one first."
        ))),
    }
}

fn told(key: &NewKey, created_at: Option<i64>) -> Value {
    let mut told = json!({
        "id": key.id, "label": key.label, "scopes": key.scopes.words(), "last4": key.last4(), "key": key.reveal(),
    });
    if let Some(created_at) = created_at {
        told["created_at"] = created_at.into();
    }
    json!({ "api_key": told })
}

/// `DELETE`.
pub(crate) async fn one(
    state: &State,
    request: &Request,
    caller: &Caller,
    id: &str,
    key_id: &str,
) -> Result<Response<Body>, Problem> {
    match *request.method() {
        Method::DELETE => {
            crate::finish(crate::fields(request)?)?;
            Ok(http::json(StatusCode::OK, &revoke(state, request, caller, id, key_id).await?))
        }
        _ => Err(Problem::method_not_allowed("DELETE")),
    }
}

/// Ends a key now, also the last one and the one that calls: a key that has leaked must not wait. Whoever has no key left has the
/// session's link, or the operator.
pub(crate) async fn revoke(
    state: &State,
    request: &Request,
    caller: &Caller,
    id: &str,
    key_id: &str,
) -> Result<Revoked, Problem> {
    let no_key = || Problem::not_found("The tenant has no such key.");
    if !setup::is_id(key_id) {
        return Err(no_key());
    }
    let entry = &access::entry(state, request, caller, Act::KeyRevoked, key_id, &json!({}));
    let revoked = state.db.run(|client| async move { setup::revoke_key(&client, id, key_id, entry).await }).await;
    let revoked = revoked.map_err(|error| crate::unavailable(request, &error))?.ok_or_else(no_key)?;
    access::told(request, entry);
    Ok(revoked)
}

/// `POST /v1/tenants/{id}/rotate-key`: one key for the seller's server in place of all that are in force.
pub(crate) async fn rotate(state: &State, request: &Request, caller: &Caller, id: &str) -> Result<Value, Problem> {
    crate::finish(crate::fields(request)?)?;
    let key = &NewKey::new(id, "rotated", Scopes::OF_A_SERVER).map_err(|_| crate::without_random(request))?;
    let entry = &access::entry(state, request, caller, Act::KeysRotated, &key.id, &json!({}));
    let made = state.db.run(|client| async move { setup::rotate_key(client, id, key, entry).await }).await;
    if !made.map_err(|error| crate::unavailable(request, &error))? {
        shown(state, request, id).await?;
        return Err(retired());
    }
    access::told(request, entry);
    Ok(told(key, None))
}
