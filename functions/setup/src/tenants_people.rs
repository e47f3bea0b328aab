//! `/v1/tenants/{id}/people/...`: what is kept of a person, all of it, and its erasure. Whom it is about never reaches a log.

use lambda_http::Request;
use serde::Serialize;
use serde_json::{Value, json};
use shared::body::Fields;
use shared::db::people::{self, Erased, Erasure, Found, Person};
use shared::db::{audit, books};
use shared::domain::access::Act;
use shared::domain::country::Country;
use shared::domain::user_data;
use shared::http::Problem;
use shared::ids;
use shared::keyset::Cursor;

use crate::State;
use crate::access::{self, Caller};
use crate::tenants::none;

/// Who is meant, by digests.
pub(crate) struct Asked {
    email_hash: Option<String>,
    phone_hash: Option<String>,
}

impl Asked {
    /// Whether anybody can be meant.
    pub(crate) fn is_anybody(&self) -> bool {
        self.email_hash.is_some() || self.phone_hash.is_some()
    }

    fn person(&self) -> Person<'_> {
        Person { email_hash: self.email_hash.as_deref(), phone_hash: self.phone_hash.as_deref() }
    }
}

/// Reads `{email?, phone?, country?}`. A phone without its country's code is of `country`, else of the tenant's.
async fn asked(state: &State, request: &Request, id: &str, mut fields: Fields<'_>) -> Result<Asked, Problem> {
    let (email, phone) = (fields.text("email"), fields.text("phone"));
    let country = fields.text("country");
    if email.is_none() && phone.is_none() {
        fields.error("email", "required", "name an e-mail address or a phone");
    }
    let named = country.as_deref().map(Country::parse);
    if named == Some(None) {
        fields.error("country", "unknown", "must be two letters of ISO 3166-1");
    }
    let asked = hashed(state, request, id, email.as_deref(), phone.as_deref(), named.flatten()).await?;
    if email.is_some() && asked.email_hash.is_none() {
        fields.error("email", "no_email", "must be an e-mail address, plain or hashed");
    }
    if phone.is_some() && asked.phone_hash.is_none() {
        fields.error("phone", "no_phone", "must be a phone that is valid in its country, plain or hashed");
    }
    crate::finish(fields)?;
    Ok(asked)
}

/// The digests of what somebody is known by; none of what is no address or no phone.
pub(crate) async fn hashed(
    state: &State,
    request: &Request,
    id: &str,
    email: Option<&str>,
    phone: Option<&str>,
    country: Option<Country>,
) -> Result<Asked, Problem> {
    let country = match (phone, country) {
        (Some(phone), None) if !user_data::names_its_country(phone) => {
            let found = state.db.run(|client| async move { books::country(&client, id).await }).await;
            found.map_err(|error| crate::unavailable(request, &error))?.ok_or_else(none)?
        }
        (_, country) => country,
    };
    Ok(Asked {
        email_hash: email.and_then(user_data::em).map(|it| it.digest()),
        phone_hash: phone.and_then(|it| user_data::ph(it, country)).map(|it| it.digest()),
    })
}

/// Counts.
pub(crate) async fn find(state: &State, request: &Request, id: &str, asked: &Asked) -> Result<Found, Problem> {
    let person = asked.person();
    let found = state.db.run(|client| async move { people::find(&client, id, person).await }).await;
    found.map_err(|error| crate::unavailable(request, &error))?.ok_or_else(none)
}

/// An export, as it is answered.
#[derive(Serialize)]
pub(crate) struct Exported {
    person: Value,
    /// What the next part comes after, if there is one.
    next: Option<String>,
    not_searched: [&'static str; 1],
}

/// All of it, a part at a time, and tells that somebody was exported; of whom is in no row.
///
/// # Errors
/// 400 for an `after` that no part has given.
pub(crate) async fn export(
    state: &State,
    request: &Request,
    caller: &Caller,
    id: &str,
    asked: &Asked,
    after: Option<&str>,
) -> Result<Exported, Problem> {
    let (person, page) = (asked.person(), &people::part_behind(after)?);
    let part = state.db.run(|client| async move { people::export(&client, id, person, page).await }).await;
    let part = part.map_err(|error| crate::unavailable(request, &error))?.ok_or_else(none)?;
    let entry = &access::entry(state, request, caller, Act::PersonExported, id, &json!({}));
    let written = state.db.run(|client| async move { audit::write(&client, id, entry).await }).await;
    written.map_err(|error| crate::unavailable(request, &error))?;
    access::told(request, entry);
    let next = part.next.as_ref().map(Cursor::text);
    Ok(Exported { person: part.person, next, not_searched: NOT_SEARCHED })
}

/// Erases it.
///
/// # Errors
/// 409 while an event of the person is on its way to Meta.
pub(crate) async fn erase(
    state: &State,
    request: &Request,
    caller: &Caller,
    id: &str,
    asked: &Asked,
) -> Result<Erasure, Problem> {
    let (person, receipt_id) = (asked.person(), ids::new_id());
    let receipt_id = receipt_id.as_str();
    let entry = &access::entry(state, request, caller, Act::PersonErased, receipt_id, &json!({}));
    let done = state.db.run(|client| async move { people::erase(&client, id, person, receipt_id, entry).await }).await;
    match done.map_err(|error| crate::unavailable(request, &error))? {
        Erased::Done(receipt) => {
            access::told(request, entry);
            Ok(receipt)
        }
        Erased::NoTenant => Err(none()),
        Erased::BeingSent => Err(Problem::conflict(
            "An event of this person is on its way to Meta at this moment; nothing was changed. Try again in a minute.",
        )),
    }
}

/// What cannot be looked into.
const NOT_SEARCHED: [&str; 1] = ["kept_bodies"];

/// The answer to one of the three acts.
pub(crate) async fn act(
    state: &State,
    request: &Request,
    caller: &Caller,
    id: &str,
    act: &str,
) -> Result<Value, Problem> {
    let mut fields = crate::fields(request)?;
    let after = if act == "export" { fields.text("after") } else { None };
    let asked = asked(state, request, id, fields).await?;
    let told = |name: &str, of: Value| json!({ name: of, "not_searched": NOT_SEARCHED });
    Ok(match act {
        "export" => json!(export(state, request, caller, id, &asked, after.as_deref()).await?),
        "erase" => told("receipt", json!(erase(state, request, caller, id, &asked).await?)),
        _ => told("found", json!(find(state, request, id, &asked).await?)),
    })
}
