//! `customer`: who bought. What is junk is left out and named.

use super::left_out;
use crate::body::Fields;
use crate::domain::country::Country;
use crate::domain::order::Buyer;
use crate::domain::user_data;
use crate::http::FieldError;

/// Reads the buyer. A phone without a country code is read by the buyer's own country, else the tenant's.
pub(super) fn read(fields: &mut Fields<'_>, tenant: Option<Country>, warnings: &mut Vec<FieldError>) -> Buyer {
    let mut reader = Reader { fields, warnings };
    let country = reader.take("country", |text| user_data::country(text).is_some(), "is not a country of ISO 3166");
    let read_by = country.as_deref().and_then(Country::recognise).or(tenant);
    let phone = |text: &str| user_data::ph(text, read_by).is_some();
    Buyer {
        email: reader.take("email", |text| user_data::em(text).is_some(), "is not an e-mail address"),
        phones: reader.take("phone", phone, "is not a phone number of a known country").into_iter().collect(),
        first_name: reader.take("first_name", |text| !user_data::fn_(text).is_empty(), "is not a name"),
        last_name: reader.take("last_name", |text| !user_data::ln(text).is_empty(), "is not a name"),
        city: reader.take("city", |text| !user_data::ct(text).is_empty(), "is not a city"),
        state: reader.take("state", |text| user_data::st(text, read_by).is_some(), "is not a state"),
        zip: reader.take("zip", |text| !user_data::zp(text, read_by).is_empty(), "is not a postal code"),
        country,
        external_id: reader.take("external_id", |text| user_data::external_id(text).is_some(), "is not an id"),
        ip: reader.take("ip", |text| user_data::client_ip_address(text).is_some(), "is not one public IP address"),
        user_agent: reader.take(
            "user_agent",
            |text| user_data::client_user_agent(text).is_some(),
            "is not a user agent",
        ),
    }
}

struct Reader<'r, 'a> {
    fields: &'r mut Fields<'a>,
    warnings: &'r mut Vec<FieldError>,
}

impl Reader<'_, '_> {
    /// A text that holds something and that the hash takes.
    fn take(&mut self, name: &str, is_taken: impl Fn(&str) -> bool, why: &str) -> Option<String> {
        let text = self.fields.text_or_integer(name).filter(|text| !text.trim().is_empty())?;
        if !is_taken(&text) {
            self.warnings.push(left_out(format!("customer.{name}"), why));
            return None;
        }
        Some(text)
    }
}
