//! From a request body to an order: wrong values are refused all at once, broken extras are left out and named.

mod buyer;
mod click;
mod extras;

use shared::body::Fields;
use shared::db::keys::Key;
use shared::db::orders::NewOrder;
use shared::domain::conversion::{self, IgnoredReason};
use shared::domain::delivery::SEND_WITHIN_S;
use shared::domain::event_id::EventId;
use shared::domain::money::{Currency, Money};
use shared::domain::order::{ActionSource, EventName, OrderId, OrderState};
use shared::http::{FieldError, Problem};
use shared::ids;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// How far ahead of ours a caller's clock may be, in seconds; such a time counts as now.
const CLOCK_SLACK_S: i64 = 60;

/// An order, and what was left out of it.
pub(crate) struct Parsed {
    pub(crate) order: NewOrder,
    pub(crate) warnings: Vec<FieldError>,
}

/// The most bytes of an event's `custom_data`: a thousand events go in one request.
const CUSTOM_DATA_MAX: usize = 16 * 1024;

/// What makes an order: each part is there and right, or the order is refused.
struct Core {
    order_id: OrderId,
    event_name: EventName,
    state: Option<OrderState>,
    value: Money,
    event_time_s: Option<i64>,
}

/// Reads an order of the key's tenant. `now_s` is Unix seconds.
pub(crate) fn order(key: &Key, body: &[u8], now_s: i64) -> Result<Parsed, Problem> {
    let mut fields = Fields::parse(body).map_err(Problem::not_parseable)?;
    let mut warnings = Vec::new();
    let core = core(&mut fields, now_s);
    let action_source = action_source(&mut fields);
    let event_source_url = extras::page(&mut fields, &mut warnings);
    let utm = extras::utm(&mut fields, &mut warnings);
    let items = extras::items(&mut fields, core.as_ref().map(|core| core.value.currency()), &mut warnings);
    let mut customer = fields.object("customer");
    let mut buyer = buyer::read(&mut customer, key.country, &mut warnings);
    let mut identifiers = fields.object("click");
    let click = click::read(&mut identifiers, now_s, &mut warnings);
    let mut errors = fields.finish();
    errors.extend(customer.finish_extras(&mut warnings));
    errors.extend(identifiers.finish_extras(&mut warnings));
    let (Some(core), true) = (core, errors.is_empty()) else { return Err(Problem::invalid(errors)) };

    if let Some(fbc) = &click.fbc {
        buyer.fbc(fbc);
    }
    if let Some(fbp) = &click.fbp {
        buyer.fbp(fbp);
    }
    let event_id = EventId::of(&key.tenant_id, &core.order_id, &core.event_name, &core.value);
    let custom_data = conversion::custom_data(&core.order_id, &core.value, &items);
    let custom_data = match custom_data {
        Ok(text) if text.len() > CUSTOM_DATA_MAX => {
            warnings.push(warning("items", "are more than fit into an event, which has 16 KiB for them"));
            conversion::custom_data(&core.order_id, &core.value, &[])
        }
        other => other,
    };
    let (Ok(custom_data), Ok(user_data), Ok(utm)) =
        (custom_data, serde_json::to_string(&buyer), serde_json::to_string(&utm))
    else {
        return Err(Problem::not_parseable("the order cannot be written as JSON"));
    };
    let not_a_sale = core.event_name.is_purchase() && core.state != Some(OrderState::Paid);
    let order = NewOrder {
        tenant_id: key.tenant_id.clone(),
        key_id: key.id.clone(),
        id: ids::new_id(),
        source: "api",
        order_key: core.order_id.as_str().to_owned(),
        event_id: event_id.to_string(),
        event_name: core.event_name.as_str().to_owned(),
        value: core.value.to_string(),
        currency: core.value.currency().code().to_owned(),
        event_time_s: core.event_time_s,
        state: core.state.map(OrderState::as_str),
        ignored: not_a_sale.then_some(IgnoredReason::OrderNotPaid),
        custom_data,
        email_hash: buyer.digest("em"),
        phone_hash: buyer.digest("ph"),
        external_id_hash: buyer.digest("external_id"),
        ip: buyer.plain("client_ip_address").map(str::to_owned),
        user_agent: buyer.plain("client_user_agent").map(str::to_owned),
        user_data,
        click_id: click.click_id,
        fbclid: click.fbclid,
        built_fbc: click.built_fbc.map(|fbc| fbc.as_str().to_owned()),
        fbc: click.fbc.map(|fbc| fbc.as_str().to_owned()),
        fbp: click.fbp.map(|fbp| fbp.as_str().to_owned()),
        event_source_url,
        action_source: action_source.map(ActionSource::as_str),
        utm,
    };
    Ok(Parsed { order, warnings })
}

fn core(fields: &mut Fields<'_>, now_s: i64) -> Option<Core> {
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
    let event_time_s = event_time(fields, now_s);
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
fn event_time(fields: &mut Fields<'_>, now_s: i64) -> Option<Option<i64>> {
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
    if seconds > now_s.saturating_add(CLOCK_SLACK_S) {
        fields.error("event_time", "in_the_future", "lies in the future (it is in seconds, not milliseconds)");
        return None;
    }
    if seconds < now_s.saturating_sub(SEND_WITHIN_S) {
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
fn warning(field: impl Into<String>, message: &str) -> FieldError {
    FieldError { field: field.into(), code: "left_out", message: message.to_owned() }
}
