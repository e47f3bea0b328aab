//! `/v1/tenants/{id}/people/...`: what is kept of a person, all of it, and its erasure. Whom it is about never reaches a log.

use lambda_http::Request;
use serde_json::{Value, json};
use shared::db::audit;
use shared::db::people::{self, Erased, Erasure, Found, Person};
use shared::db::setup;
use shared::domain::access::Act;
use shared::domain::country::Country;
use shared::domain::user_data;
use shared::http::Problem;
use shared::ids;

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
pub(crate) async fn asked(state: &State, request: &Request, id: &str) -> Result<Asked, Problem> {
    let mut fields = crate::fields(request)?;
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
        (Some(phone), None) if !user_data::names_its_country(phone) => of_tenant(state, request, id).await?,
        (_, country) => country,
    };
    Ok(Asked {
        email_hash: email.and_then(user_data::em).map(|it| it.digest()),
        phone_hash: phone.and_then(|it| user_data::ph(it, country)).map(|it| it.digest()),
    })
}

async fn of_tenant(state: &State, request: &Request, id: &str) -> Result<Option<Country>, Problem> {
    let shown = state.db.run(|client| async move { setup::show(&client, id).await }).await;
    let shown = shown.map_err(|error| crate::unavailable(request, &error))?.ok_or_else(none)?;
    Ok(shown.tenant.country.as_deref().and_then(Country::parse))
}

/// Counts.
pub(crate) async fn find(state: &State, request: &Request, id: &str, asked: &Asked) -> Result<Found, Problem> {
    let person = asked.person();
    let found = state.db.run(|client| async move { people::find(&client, id, person).await }).await;
    found.map_err(|error| crate::unavailable(request, &error))?.ok_or_else(none)
}

/// All of it.
pub(crate) async fn export(state: &State, request: &Request, id: &str, asked: &Asked) -> Result<Value, Problem> {
    let person = asked.person();
    let all = state.db.run(|client| async move { people::export(&client, id, person).await }).await;
    all.map_err(|error| crate::unavailable(request, &error))?.ok_or_else(none)
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
    let asked = asked(state, request, id).await?;
    let told = |name: &str, of: Value| json!({ name: of, "not_searched": NOT_SEARCHED });
    Ok(match act {
        "export" => {
            let person = export(state, request, id, &asked).await?;
            exported(state, request, caller, id).await?;
            told("person", person)
        }
        "erase" => told("receipt", json!(erase(state, request, caller, id, &asked).await?)),
        _ => told("found", json!(find(state, request, id, &asked).await?)),
    })
}

/// Tells that somebody was exported, after it; of whom is in no row.
pub(crate) async fn exported(state: &State, request: &Request, caller: &Caller, id: &str) -> Result<(), Problem> {
    let entry = &access::entry(state, request, caller, Act::PersonExported, id, &json!({}));
    let written = state.db.run(|client| async move { audit::write(&client, id, entry).await }).await;
    written.map_err(|error| crate::unavailable(request, &error))?;
    access::told(request, entry);
    Ok(())
}
