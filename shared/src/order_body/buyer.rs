//! `customer`: who bought. What is junk is left out and named.

use super::left_out;
use crate::body::Fields;
use crate::domain::conversion::UserData;
use crate::domain::order::Buyer;
use crate::http::FieldError;

/// Reads the buyer: each text that holds something.
pub(super) fn read(fields: &mut Fields<'_>) -> Buyer {
    let mut text = |name: &str| fields.text_or_integer(name).filter(|text| !text.trim().is_empty());
    Buyer {
        email: text("email"),
        phones: text("phone").into_iter().collect(),
        first_name: text("first_name"),
        last_name: text("last_name"),
        city: text("city"),
        state: text("state"),
        zip: text("zip"),
        country: text("country"),
        external_id: text("external_id"),
        ip: text("ip"),
        user_agent: text("user_agent"),
    }
}

/// What was left out of the buyer when it was hashed, and why.
pub fn left_out_of_buyer(buyer: &Buyer, hashed: &UserData) -> Vec<FieldError> {
    buyer.left_out(hashed).into_iter().map(|name| left_out(format!("customer.{name}"), why(name))).collect()
}

fn why(field: &str) -> &'static str {
    match field {
        "email" => "is not an e-mail address",
        "phone" => "is not a phone number of a known country",
        "first_name" | "last_name" => "is not a name",
        "city" => "is not a city",
        "state" => "is not a state",
        "zip" => "is not a postal code",
        "country" => "is not a country of ISO 3166",
        "ip" => "is not one public IP address",
        "user_agent" => "is not a user agent",
        _ => "is not an id",
    }
}
