//! `/v1/tenants/{id}/connections`: a tenant's checkout platforms.

mod wanted;

use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Request, Response};
use serde::Serialize;
use serde_json::json;
use shared::db::connections::manage::{self, New, OVERLAP_DAYS, OVERLAP_MOST};
use shared::db::connections::{self, Refused, Token, listed};
use shared::db::setup;
use shared::domain::access::Act;
use shared::http::{self, FieldError, Problem};
use shared::ids;
use shared::keyset::{Cursor, Page};
use utoipa::ToSchema;

use crate::access::{self, Caller};
use crate::tenants::{none, retired, shown};
use crate::{State, answer};
use wanted::{Changes, SECRET_MAX, Wanted, has_error, line};

/// A page of a tenant's connections.
#[derive(Serialize, ToSchema)]
pub(crate) struct Connections {
    pub(crate) connections: Vec<listed::Listed>,
    /// What the next page comes after, if there is one.
    pub(crate) next: Option<String>,
}

/// A connection that was made.
#[derive(Serialize, ToSchema)]
pub(crate) struct Connected {
    id: String,
    platform: &'static str,
    /// Where the checkout is to post; shown this once.
    pub(crate) url: String,
    /// The parameter of the checkout's URL for the click id, if the platform has one.
    slot: Option<&'static str>,
    /// Without one all that comes is refused, and kept until it is there.
    has_secret: bool,
}

/// A connection's other path.
#[derive(Serialize, ToSchema)]
pub(crate) struct Rotated {
    id: String,
    /// Where the checkout is to post; shown this once.
    pub(crate) url: String,
    /// For so many days the former URL is taken too.
    overlap_days: u16,
}

/// A connection that was changed.
#[derive(Serialize, ToSchema)]
pub(crate) struct OfConnection {
    id: String,
}

/// Finds what is asked for, by the path behind `connections`.
pub(crate) async fn route(
    state: &State,
    request: &Request,
    caller: &Caller,
    id: &str,
    rest: Option<&str>,
) -> Result<Response<Body>, Problem> {
    let done = |body: &Connected| http::json(StatusCode::CREATED, body);
    let Some(rest) = rest else {
        return match *request.method() {
            Method::GET => Ok(http::json(StatusCode::OK, &list(state, request, id).await?)),
            Method::POST => create(state, request, caller, id).await.map(|made| done(&made)),
            _ => Err(Problem::method_not_allowed("GET, POST")),
        };
    };
    let (connection_id, act) = rest.split_once('/').unwrap_or((rest, ""));
    if !setup::is_id(connection_id) {
        return Err(no_connection());
    }
    Ok(match (act, request.method()) {
        ("", &Method::PATCH) if !rest.ends_with('/') => {
            http::json(StatusCode::OK, &change(state, request, caller, id, connection_id).await?)
        }
        ("", _) if !rest.ends_with('/') => return Err(Problem::method_not_allowed("PATCH")),
        ("rotate", &Method::POST) => {
            http::json(StatusCode::OK, &rotate(state, request, caller, id, connection_id).await?)
        }
        ("revoke", &Method::POST) => {
            http::json(StatusCode::OK, &revoke(state, request, caller, id, connection_id).await?)
        }
        ("secret", &Method::PUT) => {
            http::json(StatusCode::OK, &set_secret(state, request, caller, id, connection_id).await?)
        }
        ("rotate" | "revoke", _) => return Err(Problem::method_not_allowed("POST")),
        ("secret", _) => return Err(Problem::method_not_allowed("PUT")),
        _ => return Err(crate::no_route()),
    })
}

/// 404: no such connection in force, or another tenant's.
pub(crate) fn no_connection() -> Problem {
    Problem::not_found("The tenant has no such connection in force.")
}

/// A page of connections, without their paths.
pub(crate) async fn list(state: &State, request: &Request, id: &str) -> Result<Connections, Problem> {
    let page = &Page::of(request)?;
    let found = state.db.run(|client| async move { listed::page(&client, id, page).await }).await;
    let (connections, next) = found.map_err(|error| crate::unavailable(request, &error))?;
    if connections.is_empty() {
        shown(state, request, id).await?;
    }
    Ok(Connections { connections, next: next.as_ref().map(Cursor::text) })
}

/// A further connection, and its URL. A secret that cannot be kept takes it back: nobody has seen its URL.
pub(crate) async fn create(state: &State, request: &Request, caller: &Caller, id: &str) -> Result<Connected, Problem> {
    let Wanted { platform, settings, secret } = Wanted::read(request)?;
    let token = Token::new(id).map_err(|_| crate::without_random(request))?;
    let connection_id = ids::new_id();
    let new = &New { id: &connection_id, platform, settings: &settings, token: &token };
    let detail = json!({"platform": platform.as_str(), "shop": settings.shop});
    let entry = access::entry(state, request, caller, Act::ConnectionCreated, &connection_id, &detail);
    let told = Some(&entry);
    let made = state.db.run(|client| manage::make(client, id, new, told)).await;
    match made.map_err(|error| crate::unavailable(request, &error))? {
        Ok(()) => access::told(request, &entry),
        Err(Refused::NoTenant) => {
            shown(state, request, id).await?;
            return Err(retired());
        }
        Err(refused) => return Err(refusal(&refused)),
    }
    if let Some(secret) = &secret
        && let Err(problem) = keep(state, request, id, &connection_id, secret, false).await
    {
        end(state, request, caller, id, &connection_id).await?;
        return Err(problem);
    }
    Ok(Connected {
        url: url(state, request, &token),
        id: connection_id,
        platform: platform.as_str(),
        slot: platform.slot(),
        has_secret: secret.is_some(),
    })
}

/// Sets a connection otherwise: what is named, and nothing else.
pub(crate) async fn change(
    state: &State,
    request: &Request,
    caller: &Caller,
    id: &str,
    connection_id: &str,
) -> Result<OfConnection, Problem> {
    let changes = &Changes::read(request)?;
    open(state, request, id).await?;
    let entry = access::entry(state, request, caller, Act::ConnectionChanged, connection_id, &changes.told());
    let (told, of) = (Some(&entry), |settings| changes.of(settings));
    let changed = state.db.run(|client| manage::change(client, id, connection_id, &of, told)).await;
    match changed.map_err(|error| crate::unavailable(request, &error))? {
        Ok(()) => access::told(request, &entry),
        Err(refused) => return Err(refusal(&refused)),
    }
    Ok(OfConnection { id: connection_id.to_owned() })
}

fn refusal(refused: &Refused) -> Problem {
    let (field, code) = match refused {
        Refused::NoTenant => return none(),
        Refused::NoConnection => return no_connection(),
        Refused::AmountNotStated { .. } => ("amount", "amount_not_stated"),
        Refused::ShopTaken { .. } => ("shop", "shop_taken"),
        Refused::ShopNotUsed { .. } => ("shop", "shop_not_used"),
        Refused::NotAShop => ("shop", "shop_shape"),
        Refused::NotASlot => ("order_id_slot", "slot_shape"),
    };
    Problem::invalid(vec![FieldError { field: field.to_owned(), code, message: refused.to_string() }])
}

fn url(state: &State, request: &Request, token: &Token) -> String {
    format!("{}/w/{}", answer::base_url(state, request), token.reveal())
}

/// A tenant whose connections may be changed.
async fn open(state: &State, request: &Request, id: &str) -> Result<(), Problem> {
    if shown(state, request, id).await?.tenant.status == "retired" { Err(retired()) } else { Ok(()) }
}

/// Gives a connection a new URL; the one before is taken for some days more.
pub(crate) async fn rotate(
    state: &State,
    request: &Request,
    caller: &Caller,
    id: &str,
    connection_id: &str,
) -> Result<Rotated, Problem> {
    let mut fields = crate::fields(request)?;
    let days = match fields.text_or_integer("overlap_days").map(|it| it.parse::<u16>()) {
        None => OVERLAP_DAYS,
        Some(Ok(days)) if days <= OVERLAP_MOST => days,
        Some(_) => {
            let message = format!("must be a whole number up to {OVERLAP_MOST}");
            fields.error("overlap_days", "out_of_range", message);
            OVERLAP_DAYS
        }
    };
    crate::finish(fields)?;
    open(state, request, id).await?;
    let token = &Token::new(id).map_err(|_| crate::without_random(request))?;
    let entry = access::entry(state, request, caller, Act::ConnectionRotated, connection_id, &json!({}));
    let told = Some(&entry);
    let rotated =
        state.db.run(|client| async move { manage::rotate(&client, id, connection_id, token, days, told).await });
    if !rotated.await.map_err(|error| crate::unavailable(request, &error))? {
        return Err(no_connection());
    }
    access::told(request, &entry);
    Ok(Rotated { id: connection_id.to_owned(), url: url(state, request, token), overlap_days: days })
}

/// Ends a connection for good: nothing is taken on its URL any more.
pub(crate) async fn revoke(
    state: &State,
    request: &Request,
    caller: &Caller,
    id: &str,
    connection_id: &str,
) -> Result<OfConnection, Problem> {
    crate::finish(crate::fields(request)?)?;
    open(state, request, id).await?;
    end(state, request, caller, id, connection_id).await?;
    Ok(OfConnection { id: connection_id.to_owned() })
}

async fn end(state: &State, request: &Request, caller: &Caller, id: &str, connection_id: &str) -> Result<(), Problem> {
    let entry = access::entry(state, request, caller, Act::ConnectionRevoked, connection_id, &json!({}));
    let told = Some(&entry);
    let revoked = state.db.run(|client| async move { manage::revoke(&client, id, connection_id, told).await }).await;
    if !revoked.map_err(|error| crate::unavailable(request, &error))? {
        return Err(no_connection());
    }
    access::told(request, &entry);
    Ok(())
}

/// Keeps the platform's own secret, and tells the functions. `keep_former` leaves the one before in force beside it.
pub(crate) async fn set_secret(
    state: &State,
    request: &Request,
    caller: &Caller,
    id: &str,
    connection_id: &str,
) -> Result<OfConnection, Problem> {
    let mut fields = crate::fields(request)?;
    let (secret, keep_former) = (line(&mut fields, "secret", SECRET_MAX), fields.flag("keep_former"));
    if secret.is_none() && !has_error(&fields, "secret") {
        fields.error("secret", "required", "must be what the platform signs with, or sends along");
    }
    crate::finish(fields)?;
    open(state, request, id).await?;
    let found = state.db.run(|client| async move { connections::by_id(&client, id, connection_id).await }).await;
    found.map_err(|error| crate::unavailable(request, &error))?.ok_or_else(no_connection)?;
    keep(state, request, id, connection_id, &secret.unwrap_or_default(), keep_former).await?;
    let detail = json!({ "keep_former": keep_former });
    let entry = access::entry(state, request, caller, Act::ConnectionSecretSet, connection_id, &detail);
    let told = Some(&entry);
    let touched = state.db.run(|client| async move { manage::touch(&client, id, connection_id, told).await }).await;
    if !touched.map_err(|error| crate::unavailable(request, &error))? {
        return Err(no_connection());
    }
    access::told(request, &entry);
    Ok(OfConnection { id: connection_id.to_owned() })
}

async fn keep(
    state: &State,
    request: &Request,
    id: &str,
    connection_id: &str,
    secret: &str,
    keep_former: bool,
) -> Result<(), Problem> {
    let kept = state.secrets.put_connection(&state.secrets_prefix, id, connection_id, secret, keep_former).await;
    kept.map_err(|error| crate::without_secrets(request, &error))
}
