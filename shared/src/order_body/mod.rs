//! The body of `POST /v1/orders`, which is also the body of a generic webhook: wrong values are named all at once, broken extras
//! are left out and named.

mod buyer;
mod click;
mod extras;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::body::Fields;
use crate::domain::conversion::Item;
use crate::domain::money::{Currency, Money};
use crate::domain::order::{ActionSource, Buyer, EventName, OrderId, OrderState, Tracking};
use crate::http::{FieldError, Problem};

pub use buyer::left_out_of_buyer;

/// An order as its body tells it. The buyer is plain personal data.
pub struct OrderBody {
    /// The caller's own id.
    pub order_id: OrderId,
    /// The event; Purchase by default.
    pub event_name: EventName,
    /// Where the order stands; `None` for an event that says nothing of it.
    pub state: Option<OrderState>,
    /// The amount.
    pub value: Money,
    /// When it happened, Unix seconds; `None` is now.
    pub event_time_s: Option<i64>,
    /// Where it took place.
    pub action_source: Option<ActionSource>,
    /// The page, without personal data.
    pub event_source_url: Option<String>,
    /// The campaign.
    pub utm: BTreeMap<&'static str, String>,
    /// What was bought.
    pub items: Vec<Item>,
    /// Who bought, as it is told: junk is left out when it is hashed.
    pub buyer: Buyer,
    /// The identifiers of the ad click.
    pub click: Tracking,
}

/// How strictly a body is read.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The times taken, in Unix seconds; any without one.
    pub times: Option<RangeInclusive<i64>>,
    /// Whether a field that no body has is an error. Where nobody reads the answer it costs no sale.
    pub refuses_unknown: bool,
}

/// Why a body is no order.
pub enum Refused {
    /// It cannot be read, with the reason.
    NotParseable(String),
    /// It can be read and is wrong in these fields.
    Invalid(Vec<FieldError>),
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NotParseable(why) => Self::not_parseable(why),
            Refused::Invalid(errors) => Self::invalid(errors),
        }
    }
}

/// Reads a body; with the extras that were left out of it. What of the buyer is junk shows when it is hashed
/// ([`left_out_of_buyer`]).
///
/// # Errors
/// All that is wrong with it.
pub fn parse(body: &[u8], rules: &Rules) -> Result<(OrderBody, Vec<FieldError>), Refused> {
    let mut fields = Fields::parse(body).map_err(Refused::NotParseable)?;
    let mut warnings = Vec::new();
    let core = core(&mut fields, rules.times.as_ref());
    let action_source = action_source(&mut fields);
    let event_source_url = extras::page(&mut fields, &mut warnings);
    let utm = extras::utm(&mut fields, &mut warnings);
    let items = extras::items(&mut fields, core.as_ref().map(|core| core.value.currency()), &mut warnings);
    let mut customer = fields.object("customer");
    let buyer = buyer::read(&mut customer);
    let mut identifiers = fields.object("click");
    let click = click::read(&mut identifiers, &mut warnings);
    let mut errors = fields.finish();
    errors.extend(customer.finish_extras(&mut warnings));
    errors.extend(identifiers.finish_extras(&mut warnings));
    errors.retain(|error| rules.refuses_unknown || error.code != "unknown_field");
    let (Some(core), true) = (core, errors.is_empty()) else { return Err(Refused::Invalid(errors)) };
    let Core { order_id, event_name, state, value, event_time_s } = core;
    let order = OrderBody {
        order_id,
        event_name,
        state,
        value,
        event_time_s,
        action_source,
        event_source_url,
        utm,
        items,
        buyer,
        click,
    };
    Ok((order, warnings))
}

/// What makes an order: each part is there and right, or the order is refused.
struct Core {
    order_id: OrderId,
    event_name: EventName,
    state: Option<OrderState>,
    value: Money,
    event_time_s: Option<i64>,
}

fn core(fields: &mut Fields<'_>, times: Option<&RangeInclusive<i64>>) -> Option<Core> {
    let order_id = required(fields, "order_id", OrderId::parse, "must have 1 to 255 characters, none of control");
    let event_name = match fields.text("event_name") {
        None => Some(EventName::purchase()),
        Some(text) => or_error(
            fields,
            "event_name",
            EventName::parse(&text),
            "must have 1 to 100 characters, none of control and no |",
        ),
    };
    let state = status(fields, event_name.as_ref());
    let value = value(fields);
    let event_time_s = event_time(fields, times);
    Some(Core {
        order_id: order_id?,
        event_name: event_name?,
        state: state?,
        value: value?,
        event_time_s: event_time_s?,
    })
}

/// A Purchase without a status is of a paid order; another event without one says nothing of the order's payment.
/// `None` is an error, `Some(None)` says nothing.
#[expect(clippy::option_option, reason = "wrong, silent and said are three things")]
fn status(fields: &mut Fields<'_>, event_name: Option<&EventName>) -> Option<Option<OrderState>> {
    let before = fields.errors.len();
    match fields.text("status") {
        Some(text) => or_error(fields, "status", OrderState::parse(&text), &one_of(OrderState::WORDS)).map(Some),
        None if fields.errors.len() > before => None,
        None => Some(event_name.is_some_and(EventName::is_purchase).then_some(OrderState::Paid)),
    }
}

fn required<T>(fields: &mut Fields<'_>, name: &str, parse: fn(&str) -> Option<T>, rule: &str) -> Option<T> {
    let before = fields.errors.len();
    if let Some(text) = fields.text_or_integer(name) {
        or_error(fields, name, parse(&text), rule)
    } else {
        if fields.errors.len() == before {
            fields.error(name, "required", "is required");
        }
        None
    }
}

fn or_error<T>(fields: &mut Fields<'_>, name: &str, value: Option<T>, rule: &str) -> Option<T> {
    if value.is_none() {
        fields.error(name, "invalid", rule);
    }
    value
}

fn one_of(words: &[&str]) -> String {
    format!("must be one of {}", words.join(", "))
}

/// Value and currency: wrong ones are named both, since one answer should be enough to mend a request.
fn value(fields: &mut Fields<'_>) -> Option<Money> {
    let currency = required(fields, "currency", Currency::parse, "must be a currency code of ISO 4217, such as BRL");
    let before = fields.errors.len();
    let Some(text) = fields.number("value") else {
        if fields.errors.len() == before {
            fields.error("value", "required", "is required");
        }
        return None;
    };
    // Without its currency an amount can still be seen to be none.
    let read_as = currency.or_else(|| Currency::parse("CLF"))?;
    match Money::parse(&text, read_as) {
        Ok(money) => currency.map(|_| money),
        Err(error) => {
            fields.error("value", "invalid", error.to_string());
            None
        }
    }
}

/// Unix seconds, or a time of RFC 3339. Not in the future, and not older than can still be sent.
/// `None` is an error, `Some(None)` is now: by the database's clock, since the functions' differ.
#[expect(clippy::option_option, reason = "wrong, silent and said are three things")]
fn event_time(fields: &mut Fields<'_>, times: Option<&RangeInclusive<i64>>) -> Option<Option<i64>> {
    let before = fields.errors.len();
    let Some(text) = fields.number("event_time") else {
        return (fields.errors.len() == before).then_some(None);
    };
    let seconds = text
        .parse::<i64>()
        .ok()
        .or_else(|| OffsetDateTime::parse(&text, &Rfc3339).ok().map(OffsetDateTime::unix_timestamp));
    let Some(seconds) = seconds else {
        fields.error("event_time", "invalid", "must be Unix seconds, or a time with its zone as in RFC 3339");
        return None;
    };
    if times.is_some_and(|times| seconds > *times.end()) {
        fields.error("event_time", "in_the_future", "lies in the future (it is in seconds, not milliseconds)");
        return None;
    }
    if times.is_some_and(|times| seconds < *times.start()) {
        fields.error(
            "event_time",
            "too_old",
            "is older than 7 days, less a minute for the way; Meta takes no older event",
        );
        return None;
    }
    Some(Some(seconds))
}

fn action_source(fields: &mut Fields<'_>) -> Option<ActionSource> {
    let text = fields.text("action_source")?;
    or_error(fields, "action_source", ActionSource::parse(&text), &one_of(ActionSource::WORDS))
}

/// A broken extra: left out of the order, and named in the answer.
pub fn left_out(field: impl Into<String>, message: &str) -> FieldError {
    FieldError { field: field.into(), code: "left_out", message: message.to_owned() }
}
