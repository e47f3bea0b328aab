//! Tracking slots: what the checkout's URL carried comes back in them, and with it our click id.

use super::Value;
use crate::domain::fb::{Fbc, Fbclid, Fbp};
use crate::domain::order::Tracking;
use crate::domain::page::UTM;

/// The longest slot kept, in characters; a longer one is left out.
const SLOT_MAX: usize = 500;

/// The names under which sellers' own code puts our click id into an order's metadata.
const OWN_NAMES: [&str; 2] = ["click_id", "track_click_id"];

/// Reads slots, given as name and value, the likeliest place of the click id first.
///
/// `fbclid`, `fbc` and `fbp` (also with Meta's underscore) are what they say. Every other slot is kept as it came: platforms
/// have decoded it, and to decode it again would break a `%` in a campaign's name.
pub(crate) fn read<'a>(slots: impl IntoIterator<Item = (&'a str, &'a Value)>) -> Tracking {
    let mut tracking = Tracking::default();
    for (name, value) in slots {
        let Some(text) = value.text().filter(|text| !is_default(text)) else { continue };
        if text.chars().count() > SLOT_MAX || text.chars().any(char::is_control) {
            continue;
        }
        match name {
            "fbclid" => tracking.fbclid = tracking.fbclid.or_else(|| Fbclid::parse(text)),
            "fbc" | "_fbc" => tracking.fbc = tracking.fbc.or_else(|| Fbc::parse(text)),
            "fbp" | "_fbp" => tracking.fbp = tracking.fbp.or_else(|| Fbp::parse(text)),
            _ => {
                tracking.click_id = tracking.click_id.or_else(|| click_id(name, text));
                tracking.slots.entry(name.to_owned()).or_insert_with(|| text.to_owned());
            }
        }
    }
    tracking
}

/// The fields of an object of tracking slots that are of interest: the campaign, the platforms' own slots, Meta's ids, and our
/// click id. Others may hold personal data.
pub(crate) fn known(object: &Value) -> impl Iterator<Item = (&str, &Value)> {
    const OTHERS: [&str; 8] = ["src", "sck", "xcod", "fbclid", "fbc", "fbp", "_fbc", "_fbp"];
    let own = OWN_NAMES.into_iter().chain(OTHERS).chain(UTM);
    own.map(|name| (name, object.at(name))).filter(|(_, value)| **value != Value::Null)
}

/// A list of names and values, as the object that it stands for. The name and the value are in these fields of an entry.
pub(crate) fn pairs(list: &Value, name: &str, value: &str) -> Value {
    let entries = list.list().into_iter();
    Value::Object(entries.filter_map(|it| Some((it.at(name).owned()?, it.at(value).clone()))).collect())
}

/// What is of interest in the query of a page's URL, or of its path alone. Decoded once.
pub(crate) fn of_page(url: &Value) -> Tracking {
    let query = url.text().and_then(|url| url.split_once('?')).map_or("", |(_, query)| query);
    let query = query.split('#').next().unwrap_or_default();
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    let pairs = pairs.map(|(name, value)| (name.into_owned(), Value::Text(value.into_owned())));
    read(known(&Value::Object(pairs.collect())))
}

/// Hotmart fills an empty `sck` with a word of its own for the page that led to the checkout.
fn is_default(text: &str) -> bool {
    text.strip_prefix("HOTMART_").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'))
}

/// A slot's whole text if it is a click id: 24 letters and digits, as our snippet and server make them (in upper case where a
/// platform folds it), or a UUID, as sellers' own pages may. Where the slot is called so, whatever the server takes for one.
fn click_id(name: &str, text: &str) -> Option<String> {
    let is_own = text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if is_own || is_uuid(text) || (OWN_NAMES.contains(&name) && is_taken(text)) {
        return Some(text.to_owned());
    }
    let is_folded = text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    is_folded.then(|| text.to_ascii_lowercase())
}

fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// What the click function takes of a browser.
fn is_taken(text: &str) -> bool {
    (8..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids;
    use proptest::prelude::*;

    fn of(name: &str, value: &str) -> Tracking {
        read([(name, &Value::Text(value.to_owned()))])
    }

    #[test]
    fn a_click_id_of_ours_is_found_in_any_slot() {
        for id in [&ids::new_id(), "0123456789abcdefghijklmn", "f2d1a9c0-3e8b-4a2e-9c1d-3e7b8f4a2c6d"] {
            for slot in ["sck", "utm_content", "client_reference_id"] {
                assert_eq!(of(slot, id).click_id.as_deref(), Some(id), "{slot}");
            }
        }
        assert_eq!(of("sck", "ABCDEFGHIJKLMNOPQRST0123").click_id.as_deref(), Some("abcdefghijklmnopqrst0123"));
    }

    #[test]
    fn a_campaign_is_no_click_id() {
        for text in ["vendas-EA-whatsapp-0425", "sess_123", "AbCdEfGhIjKlMnOpQrStUvWx", "a|b", "1001"] {
            assert_eq!(of("sck", text).click_id, None, "{text}");
        }
        assert_eq!(of("click_id", "my-own-click-1").click_id.as_deref(), Some("my-own-click-1"));
        assert_eq!(of("click_id", "a b").click_id, None);
    }

    #[test]
    fn the_first_slot_with_a_click_id_counts() {
        let [first, second] =
            ["0123456789abcdefghijklmn", "1123456789abcdefghijklmn"].map(|it| Value::Text(it.to_owned()));
        let tracking = read([("xcod", &first), ("sck", &second)]);
        assert_eq!(tracking.click_id.as_deref(), Some("0123456789abcdefghijklmn"));
        assert_eq!(tracking.slots.len(), 2);
    }

    #[test]
    fn a_pages_query_is_decoded_once_and_ends_before_its_fragment() {
        let of = |url: &str| of_page(&Value::Text(url.to_owned()));
        let tracking = of("/p?utm_source=a%2541&sck=b+c&email=a%40example.com&fbclid=IwAR0#utm_medium=x");
        let slots = [("sck", "b c"), ("utm_source", "a%41")].map(|(name, text)| (name.to_owned(), text.to_owned()));
        assert_eq!(tracking.slots.into_iter().collect::<Vec<_>>(), slots);
        assert_eq!(tracking.fbclid.unwrap().as_str(), "IwAR0");
        assert_eq!((of("https://example.com/p"), of("")), (Tracking::default(), Tracking::default()));
    }

    #[test]
    fn p10_sentinels_in_slots_are_absent() {
        for text in ["HOTMART_PRODUCT_PAGE", "HOTMART_CHECKOUT_CART", "Não Informado", "(none)", "(direct)", ""] {
            assert_eq!(of("sck", text), Tracking::default(), "{text}");
        }
        assert_eq!(of("sck", "HOTMART_x").slots.len(), 1);
    }

    #[test]
    fn a_slot_is_never_decoded_again() {
        let live = "ADS|[LAL1%Alunos]  x%41|a+b";
        assert_eq!(of("sck", live).slots["sck"], live);
    }

    #[test]
    fn metas_own_ids_are_read_as_what_they_are() {
        let tracking = of("_fbp", "fb.1.1700000000000.1234567890");
        assert!(tracking.fbp.is_some() && tracking.slots.is_empty());
        assert!(of("fbc", "fb.1.1700000000000.AbCdEf").fbc.is_some());
        assert!(of("fbclid", "IwAR0").fbclid.is_some());
    }

    proptest! {
        #[test]
        fn no_text_panics(name in any::<String>(), text in any::<String>()) {
            let _ = of(&name, &text);
        }
    }
}
