//! `customer`: who bought. Each part is normalised and hashed at once; what is junk is left out and named.

use shared::body::Fields;
use shared::domain::conversion::UserData;
use shared::domain::country::Country;
use shared::domain::user_data::{self, Hashed, Hashes};
use shared::http::FieldError;

use super::warning;

/// Reads the buyer. A phone without a country code is read by the buyer's own country, else the tenant's.
pub(super) fn read(fields: &mut Fields<'_>, tenant: Option<Country>, warnings: &mut Vec<FieldError>) -> UserData {
    let mut buyer = UserData::default();
    let country_text = given(fields, "country");
    let own = country_text.as_deref().and_then(Country::parse);
    let country = own.or(tenant);
    let mut reader = Reader { fields, warnings, buyer: &mut buyer };
    reader.one("email", "em", user_data::em, "is not an e-mail address");
    reader.one("phone", "ph", |text| user_data::ph(text, country), "is not a phone number of a known country");
    reader.forms("first_name", "fn", user_data::fn_, "is not a name");
    reader.forms("last_name", "ln", user_data::ln, "is not a name");
    reader.forms("city", "ct", user_data::ct, "is not a city");
    reader.one("state", "st", |text| user_data::st(text, country), "is not a state");
    reader.forms("zip", "zp", |text| user_data::zp(text, country), "is not a postal code");
    reader.one("external_id", "external_id", user_data::external_id, "is not an id");
    reader.browser();
    if let Some(text) = country_text {
        match user_data::country(&text) {
            Some(hashed) => buyer.hashed("country", [&hashed]),
            None => warnings.push(warning("customer.country", "is not a country of ISO 3166")),
        }
    }
    buyer
}

/// A text that holds something.
fn given(fields: &mut Fields<'_>, name: &str) -> Option<String> {
    fields.text_or_integer(name).filter(|text| !text.trim().is_empty())
}

struct Reader<'r, 'a> {
    fields: &'r mut Fields<'a>,
    warnings: &'r mut Vec<FieldError>,
    buyer: &'r mut UserData,
}

impl Reader<'_, '_> {
    fn left_out(&mut self, name: &str, why: &str) {
        self.warnings.push(warning(format!("customer.{name}"), why));
    }

    fn one(&mut self, name: &str, key: &'static str, hash: impl Fn(&str) -> Option<Hashed>, why: &str) {
        if let Some(text) = given(self.fields, name) {
            match hash(&text) {
                Some(hashed) => self.buyer.hashed(key, [&hashed]),
                None => self.left_out(name, why),
            }
        }
    }

    fn forms(&mut self, name: &str, key: &'static str, hash: impl Fn(&str) -> Hashes, why: &str) {
        if let Some(text) = given(self.fields, name) {
            let hashes = hash(&text);
            if hashes.is_empty() {
                self.left_out(name, why);
            }
            self.buyer.hashed_forms(key, &hashes);
        }
    }

    fn browser(&mut self) {
        if let Some(text) = given(self.fields, "ip") {
            match user_data::client_ip_address(&text) {
                Some(address) => self.buyer.address(&address),
                None => self.left_out("ip", "is not one public IP address"),
            }
        }
        if let Some(text) = given(self.fields, "user_agent") {
            match user_data::client_user_agent(&text) {
                Some(agent) => self.buyer.agent(&agent),
                None => self.left_out("user_agent", "is not a user agent"),
            }
        }
    }
}
