//! Shows what the dispatcher would put on the wire for one value of one field.
//!
//! Reads JSON lines `{"id", "field", "value", "country"?}` from standard input. `country` is an ISO 3166-1 alpha-2 code;
//! without one a phone without a country code is not sent. Answers each with `{"id", "sha256": hex | [hex…] | null}` for hashed
//! fields and `{"id", "sent": text | null}` for the others; null is not sent. What it cannot read: `{"id", "error"}`.
//!
//! ```text
//! echo '{"id":1,"field":"ph","value":"(11) 99999-0000","country":"BR"}' | cargo run -q -p tests --example normalize
//! ```

#[path = "support/json_lines.rs"]
mod json_lines;

use std::io;

use serde::Deserialize;
use serde_json::{Value, json};
use shared::domain::{
    country::Country,
    fb::{Fbc, Fbp},
    money::Currency,
    user_data::{self, Hashed, Hashes},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    id: Value,
    field: Field,
    value: Option<String>,
    #[serde(default)]
    country: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Field {
    Em,
    Ph,
    Fn,
    Ln,
    Ge,
    Db,
    Ct,
    St,
    Zp,
    Country,
    ExternalId,
    ClientIpAddress,
    ClientUserAgent,
    Fbc,
    Fbp,
    Currency,
}

fn main() -> io::Result<()> {
    json_lines::answer_each(answer)
}

fn answer(question: Question) -> Value {
    let Question { id, field, value, country } = question;
    let (value, country) = (value.unwrap_or_default(), country.as_deref().and_then(Country::parse));
    match hashes(field, &value, country) {
        Some(sha256) => json!({ "id": id, "sha256": sha256 }),
        None => json!({ "id": id, "sent": sent(field, &value) }),
    }
}

/// None if the field is not a hashed one.
fn hashes(field: Field, value: &str, country: Option<Country>) -> Option<Hashes> {
    let one = |hashed: Option<Hashed>| Some(Hashes::from(hashed));
    match field {
        Field::Em => one(user_data::em(value)),
        Field::Ph => one(user_data::ph(value, country)),
        Field::Fn => Some(user_data::fn_(value)),
        Field::Ln => Some(user_data::ln(value)),
        Field::Ge => one(user_data::ge(value)),
        Field::Db => one(user_data::db(value)),
        Field::Ct => Some(user_data::ct(value)),
        Field::St => one(user_data::st(value, country)),
        Field::Zp => Some(user_data::zp(value, country)),
        Field::Country => one(user_data::country(value)),
        Field::ExternalId => one(user_data::external_id(value)),
        Field::ClientIpAddress | Field::ClientUserAgent | Field::Fbc | Field::Fbp | Field::Currency => None,
    }
}

fn sent(field: Field, value: &str) -> Option<String> {
    match field {
        Field::ClientIpAddress => user_data::client_ip_address(value).map(|ip| ip.to_string()),
        Field::ClientUserAgent => user_data::client_user_agent(value).map(|agent| agent.as_str().to_owned()),
        Field::Fbc => Fbc::parse(value).map(|fbc| fbc.as_str().to_owned()),
        Field::Fbp => Fbp::parse(value).map(|fbp| fbp.as_str().to_owned()),
        Field::Currency => Currency::parse(value).map(|currency| currency.code().to_owned()),
        _ => None,
    }
}
