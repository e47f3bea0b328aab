//! What goes along with an order: its page, its campaign, what was bought.

use std::collections::BTreeMap;

use crate::body::Fields;
use crate::domain::conversion::Item;
use crate::domain::money::{Currency, Money};
use crate::domain::page::{self, URL_MAX, UTM, UTM_MAX};
use crate::domain::text;
use crate::http::FieldError;

use super::left_out;

/// The most items of an order.
const MAX_ITEMS: usize = 500;

/// `event_source_url`.
pub(super) fn page(fields: &mut Fields<'_>, warnings: &mut Vec<FieldError>) -> Option<String> {
    let given = fields.extra_text("event_source_url", warnings).filter(|text| !text.trim().is_empty())?;
    let page = text::line(&given, URL_MAX).and_then(|line| page::without_personal_data(&line));
    if page.is_none() {
        warnings.push(left_out("event_source_url", "is not an http or https URL"));
    }
    page
}

/// `utm`: the five parameters, with or without their prefix.
pub(super) fn utm(fields: &mut Fields<'_>, warnings: &mut Vec<FieldError>) -> BTreeMap<&'static str, String> {
    let mut object = fields.object("utm");
    let mut all = BTreeMap::new();
    for name in UTM {
        let short = object.text(name.trim_start_matches("utm_"));
        let Some(given) = object.text(name).or(short).filter(|given| !given.trim().is_empty()) else { continue };
        match text::line(&given, UTM_MAX) {
            Some(value) => drop(all.insert(name, value)),
            None => warnings.push(left_out(format!("utm.{name}"), "is not one line of 255 characters at the most")),
        }
    }
    fields.errors.extend(object.finish_extras(warnings));
    all
}

/// `items`, priced in the order's currency.
pub(super) fn items(fields: &mut Fields<'_>, currency: Option<Currency>, warnings: &mut Vec<FieldError>) -> Vec<Item> {
    let mut all = Vec::new();
    for (index, mut object) in fields.objects("items", MAX_ITEMS).into_iter().enumerate() {
        let id = object.text_or_integer("id").and_then(|id| text::line(&id, 255));
        let quantity = object.number("quantity");
        let price = object.number("price");
        fields.errors.extend(object.finish_extras(warnings));
        let Some(id) = id else {
            warnings.push(left_out(format!("items[{index}]"), "has no id"));
            continue;
        };
        let mut read = |name: &str, why: &str| warnings.push(left_out(format!("items[{index}].{name}"), why));
        let count = quantity.as_deref().map(|text| text.parse::<u32>().ok().filter(|count| *count > 0));
        if count == Some(None) {
            read("quantity", "is not a whole number above zero");
        }
        let amount = price.as_deref().zip(currency).map(|(text, currency)| Money::parse(text, currency));
        if let Some(Err(error)) = &amount {
            read("price", &error.to_string());
        }
        all.push(Item { id, quantity: count.flatten(), price: amount.and_then(Result::ok) });
    }
    all
}
