//! A conversion: what Meta is to be told of an order, in Meta's own fields.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;

use super::fb::{Fbc, Fbp};
use super::money::Money;
use super::order::{OrderId, words};
use super::user_data::{ClientIp, Hashed, Hashes, UserAgent, digest};

words! {
    /// Where a conversion stands: it is in exactly one state.
    State {
        /// To be sent.
        Pending = "pending",
        /// Meta took it.
        Sent = "sent",
        /// Waits for a repaired token, pixel or permission.
        Parked = "parked",
        /// Refused by Meta for what is in it; waits for a person.
        Quarantined = "quarantined",
        /// Older than Meta takes (7 days).
        Expired = "expired",
        /// Never sent, with the reason.
        Ignored = "ignored",
        /// Waits for the tenant to be active.
        Held = "held",
    }
}

words! {
    /// Why an order gave no event.
    IgnoredReason {
        /// The order is not paid, and only a paid order is a Purchase.
        OrderNotPaid = "order_not_paid",
        /// Nothing in it that Meta takes as a person.
        NoPerson = "no_person",
        /// The visitor whose click it came from denied, and the tenant sends nothing then.
        ConsentDenied = "consent_denied",
    }
}

/// How old an event may be when Meta gets it (Meta, Server event parameters: `event_time`), in seconds.
pub const MAX_AGE_S: i64 = 7 * 24 * 3600;

/// The combinations that Meta refuses as too broad to be a person: user data with no key outside one of them
/// (Meta, Best practices for Conversions API).
pub const TOO_BROAD: [&[&str]; 4] = [
    &["ct", "country", "st", "zp", "ge", "client_user_agent"],
    &["db", "client_user_agent"],
    &["fn", "ge"],
    &["ln", "ge"],
];

/// Whether Meta takes user data with these keys as a person.
pub fn is_person(keys: &[&str]) -> bool {
    !TOO_BROAD.iter().any(|set| keys.iter().all(|key| set.contains(key)))
}

/// Meta's `user_data`: hashed fields as lists, the others as text. Serializes to the wire's form.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct UserData(BTreeMap<&'static str, UserValue>);

#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum UserValue {
    Hashed(Vec<String>),
    Plain(String),
}

impl UserData {
    /// Sets a hashed field (`em`, `ph`, `fn` ...) to the given forms; none leaves it out.
    pub fn hashed<'a>(&mut self, key: &'static str, values: impl IntoIterator<Item = &'a Hashed>) {
        let values: Vec<String> = values.into_iter().map(|it| it.as_str().to_owned()).collect();
        if !values.is_empty() {
            self.0.insert(key, UserValue::Hashed(values));
        }
    }

    /// Sets a hashed field that has several honest forms.
    pub fn hashed_forms(&mut self, key: &'static str, forms: &Hashes) {
        self.hashed(key, forms.as_slice());
    }

    /// The browser's address.
    pub fn address(&mut self, address: &ClientIp) {
        self.0.insert("client_ip_address", UserValue::Plain(address.to_string()));
    }

    /// The browser's user agent.
    pub fn agent(&mut self, agent: &UserAgent) {
        self.0.insert("client_user_agent", UserValue::Plain(agent.as_str().to_owned()));
    }

    /// The click identifier.
    pub fn fbc(&mut self, fbc: &Fbc) {
        self.0.insert("fbc", UserValue::Plain(fbc.as_str().to_owned()));
    }

    /// The browser identifier.
    pub fn fbp(&mut self, fbp: &Fbp) {
        self.0.insert("fbp", UserValue::Plain(fbp.as_str().to_owned()));
    }

    /// What tells the person by a hashed field: the digest of its first form.
    pub fn digest(&self, key: &str) -> Option<String> {
        match self.0.get(key)? {
            UserValue::Hashed(values) => values.first().map(|it| digest(it)),
            UserValue::Plain(_) => None,
        }
    }

    /// Whether it has a field.
    pub fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// A field that is not hashed.
    pub fn plain(&self, key: &str) -> Option<&str> {
        match self.0.get(key)? {
            UserValue::Plain(value) => Some(value),
            UserValue::Hashed(_) => None,
        }
    }
}

/// A thing bought (Meta, Custom data parameters: `contents`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The seller's own id of the product.
    pub id: String,
    /// How many, if known.
    pub quantity: Option<u32>,
    /// The price of one, if known.
    pub price: Option<Money>,
}

#[derive(Serialize)]
struct CustomData<'a> {
    value: Box<RawValue>,
    currency: &'static str,
    order_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    content_ids: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    contents: Vec<Content<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    num_items: Option<u64>,
}

#[derive(Serialize)]
struct Content<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    quantity: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    item_price: Option<Box<RawValue>>,
}

/// Meta's `custom_data` of an order, as JSON: amounts stand in it as exact decimals.
///
/// # Errors
/// Never for values of these types; the error is serde's.
pub fn custom_data(order_id: &OrderId, value: &Money, items: &[Item]) -> Result<String, serde_json::Error> {
    let contents = items
        .iter()
        .map(|item| {
            let item_price = item.price.map(|price| number(&price)).transpose()?;
            Ok(Content { id: &item.id, quantity: item.quantity, item_price })
        })
        .collect::<Result<Vec<_>, serde_json::Error>>()?;
    let counts: Option<Vec<u64>> = items.iter().map(|item| item.quantity.map(u64::from)).collect();
    serde_json::to_string(&CustomData {
        value: number(value)?,
        currency: value.currency().code(),
        order_id: order_id.as_str(),
        content_type: (!items.is_empty()).then_some("product"),
        content_ids: items.iter().map(|item| item.id.as_str()).collect(),
        contents,
        num_items: counts.filter(|counts| !counts.is_empty()).map(|counts| counts.iter().sum()),
    })
}

/// The most bytes of an event's `custom_data`: a thousand events go in one request.
pub const CUSTOM_DATA_MAX: usize = 16 * 1024;

/// [`custom_data`] within [`CUSTOM_DATA_MAX`]: without its items, if they are more than fit; then `true` stands beside it.
///
/// # Errors
/// As [`custom_data`].
pub fn custom_data_that_fits(
    order_id: &OrderId,
    value: &Money,
    items: &[Item],
) -> Result<(String, bool), serde_json::Error> {
    let whole = custom_data(order_id, value, items)?;
    if whole.len() <= CUSTOM_DATA_MAX {
        return Ok((whole, false));
    }
    Ok((custom_data(order_id, value, &[])?, true))
}

fn number(money: &Money) -> Result<Box<RawValue>, serde_json::Error> {
    RawValue::from_string(money.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Currency;

    #[test]
    fn user_data_of_one_of_the_broad_sets_or_part_of_it_is_nobody() {
        for keys in [
            &[][..],
            &["client_user_agent"],
            &["ct", "country", "st", "zp", "ge", "client_user_agent"],
            &["db", "client_user_agent"],
            &["fn", "ge"],
            &["ln"],
            &["zp", "country"],
        ] {
            assert!(!is_person(keys), "{keys:?}");
        }
        for keys in [&["em"][..], &["client_user_agent", "client_ip_address"], &["fbp"], &["fn", "ln"], &["db", "zp"]] {
            assert!(is_person(keys), "{keys:?}");
        }
    }

    #[test]
    fn amounts_stay_exact_decimals() {
        let brl = Currency::parse("BRL").unwrap();
        let items = [
            Item { id: "a".into(), quantity: Some(2), price: Some(Money::parse("0.10", brl).unwrap()) },
            Item { id: "b\"".into(), quantity: Some(1), price: None },
        ];
        let json = custom_data(&OrderId::parse("1001").unwrap(), &Money::parse("97.1", brl).unwrap(), &items).unwrap();
        assert_eq!(
            json,
            r#"{"value":97.10,"currency":"BRL","order_id":"1001","content_type":"product","content_ids":["a","b\""],"contents":[{"id":"a","quantity":2,"item_price":0.10},{"id":"b\"","quantity":1}],"num_items":3}"#
        );
    }

    #[test]
    fn an_order_without_items_says_nothing_of_contents() {
        let jpy = Currency::parse("JPY").unwrap();
        let json = custom_data(&OrderId::parse("1").unwrap(), &Money::parse("0", jpy).unwrap(), &[]).unwrap();
        assert_eq!(json, r#"{"value":0,"currency":"JPY","order_id":"1"}"#);
    }
}
