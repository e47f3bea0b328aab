//! The event id: Meta's deduplication key, and ours. One sale of one tenant has one, whoever computes it.

use std::fmt;

use sha2::{Digest, Sha256};

use super::money::Money;
use super::order::{EventName, OrderId};

/// Lower-case hex SHA-256 of `tenant_id|order_id|event_name|value|currency` in UTF-8.
///
/// Neither a tenant's id, an event name, an amount nor a currency holds a `|`, so an order id that does cannot
/// make two sales look alike.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(String);

impl EventId {
    /// The id of an event. The value is printed with exactly its currency's decimals.
    pub fn of(tenant_id: &str, order_id: &OrderId, event_name: &EventName, value: &Money) -> Self {
        let text =
            format!("{tenant_id}|{}|{}|{value}|{}", order_id.as_str(), event_name.as_str(), value.currency().code());
        Self(hex::encode(Sha256::digest(text.as_bytes())))
    }

    /// Reads an id that somebody sends back; `None` unless it is 64 lower-case hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        (text.len() == 64 && text.bytes().all(hex)).then(|| Self(text.to_owned()))
    }

    /// The 64 hex digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Currency;

    fn id(order_id: &str, event_name: &str, value: &str, currency: &str) -> String {
        let value = Money::parse(value, Currency::parse(currency).unwrap()).unwrap();
        EventId::of("tnt_1", &OrderId::parse(order_id).unwrap(), &EventName::parse(event_name).unwrap(), &value)
            .to_string()
    }

    #[test]
    fn golden_vectors() {
        assert_eq!(
            id("1001", "Purchase", "97.00", "BRL"),
            "aa93d47ce08feee306591737358316d1b1987c55882c554ec9d92dacd6c3652d"
        );
        assert_eq!(
            id("1001", "Purchase", "1200", "JPY"),
            "c2e411f665533053f5655493cd2e01638bddc76287f100840d9c657082cd1a21"
        );
        assert_eq!(
            id("HP0034281351", "Refund", "1.500", "KWD"),
            "0a061867a0d0c4552e5d63e6e75219ac6c2cee044a700b333625dfdefd065f2a"
        );
        assert_eq!(
            id("çédille", "Purchase", "0.00", "EUR"),
            "36554339d619b377f631fe6c35a0e3bf350c6a1b0c443d014911c3c8575771e9"
        );
    }

    #[test]
    fn spellings_of_one_sale_give_one_id_and_another_sale_gives_another() {
        assert_eq!(id(" 1001 ", "Purchase", "97", "brl"), id("1001", "Purchase", "97.00", "BRL"));
        assert_ne!(id("1001", "Purchase", "97.00", "BRL"), id("1001", "Purchase", "97.01", "BRL"));
        assert_ne!(id("1001", "Purchase", "97.00", "BRL"), id("1001", "Refund", "97.00", "BRL"));
        assert_ne!(id("a|Purchase", "b", "1", "BRL"), id("a", "Purchase|b".split('|').next().unwrap(), "1", "BRL"));
    }

    #[test]
    fn only_lower_case_hex_of_the_right_length_is_read() {
        let good = id("1001", "Purchase", "97", "BRL");
        assert_eq!(EventId::parse(&good).unwrap().as_str(), good);
        for bad in ["", "abc", &good.to_uppercase(), &good[1..], &format!("{good}0")] {
            assert_eq!(EventId::parse(bad), None, "{bad}");
        }
    }
}
