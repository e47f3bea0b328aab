//! Lemon Squeezy.
//!
//! - Authenticity: `X-Signature` is the hex HMAC-SHA256 of the body.
//! - A sale is `order_created` whose `status` is `paid`, also the first of a subscription. Its first invoice tells of the same
//!   sale again; later invoices are its renewals, under ids of their own.
//! - Amounts are whole numbers of cents, which is certain for currencies of two decimals. For others the order's own formatted
//!   total says what the number means, and an order whose two totals do not fit is not read.
//! - `total` is what the buyer paid, tax included; Lemon Squeezy's fee is not in a delivery.
//! - `order_refunded` states the sum of what was paid back so far (`refunded_amount`); older ones only that it was all of it.
//! - The checkout's `checkout[custom][…]` come back as `meta.custom_data`. The buyer's e-mail and name are all that is known.
//! - `test_mode` marks tests.

use super::amount::Stated;
use super::{Adapter, Context, Delivery, NoOrder, Secret, Value, amount, sign, slots, when};
use crate::domain::conversion::Item;
use crate::domain::money::Currency;
use crate::domain::order::{Amount, Amounts, Buyer, Ignored, Kind, Order, OrderState, Outcome, Refund, Rejected};

/// What tells an invoice of a subscription from an order of the same number.
const INVOICE: &str = "subscription-invoice";

pub(super) const ADAPTER: Adapter = Adapter {
    slot: Some("checkout[custom][click_id]"),
    ids_are_per_shop: false,
    amounts: &[Amount::Price, Amount::Gross],
    is_authentic: |secrets: &[Secret], delivery, _| {
        sign::is_hmac_sha256(secrets, delivery.body(), delivery.header("x-signature"), sign::Written::Hex)
    },
    is_probe: |_| false,
    parse,
    delivery_id: |_| None,
};

fn parse(delivery: &Delivery<'_>, context: &Context) -> Result<Outcome, NoOrder> {
    let body = delivery.document()?;
    let event = body.at("meta.event_name").text().or_else(|| delivery.header("x-event-name"));
    let attributes = body.at("data.attributes");
    let order = match event.ok_or(Rejected::StateMissing)? {
        "order_created" => order(body, created(attributes)?, context)?,
        "order_refunded" => order(body, refunded(attributes)?, context)?,
        // The same payment is told as a success.
        "subscription_payment_recovered" => return Err(Ignored::CountedElsewhere.into()),
        "subscription_payment_success" | "subscription_payment_failed" | "subscription_payment_refunded"
            if attributes.at("billing_reason").text() == Some("initial") =>
        {
            return Err(Ignored::CountedElsewhere.into());
        }
        "subscription_payment_success" => invoice(body, created(attributes)?, context)?,
        "subscription_payment_failed" => invoice(body, OrderState::Refused, context)?,
        "subscription_payment_refunded" => invoice(body, refunded(attributes)?, context)?,
        _ => return Err(Ignored::EventNotUsed.into()),
    };
    let is_test = [body.at("meta.test_mode"), attributes.at("test_mode")].iter().any(|it| it.flag() == Some(true));
    Ok(Outcome::order_or_test(order, is_test))
}

fn created(attributes: &Value) -> Result<OrderState, Rejected> {
    Ok(match attributes.at("status").text().ok_or(Rejected::StateMissing)? {
        "paid" => OrderState::Paid,
        "pending" => OrderState::Pending,
        "failed" => OrderState::Refused,
        "void" => OrderState::Canceled,
        "refunded" => OrderState::Refunded,
        "partial_refund" => OrderState::PartiallyRefunded,
        _ => return Err(Rejected::StateUnknown),
    })
}

/// Whether all was paid back: by the sum, else by what the delivery says of itself.
fn refunded(attributes: &Value) -> Result<OrderState, Rejected> {
    let back = attributes.at("refunded_amount").integer().filter(|back| *back > 0);
    if let Some((back, total)) = back.zip(attributes.at("total").integer()) {
        return Ok(if back < total { OrderState::PartiallyRefunded } else { OrderState::Refunded });
    }
    match (attributes.at("status").text(), attributes.at("refunded").flag()) {
        (Some("partial_refund"), _) => Ok(OrderState::PartiallyRefunded),
        (Some("refunded"), _) | (_, Some(true)) => Ok(OrderState::Refunded),
        (_, Some(false)) => Err(Rejected::StateContradictory),
        (_, None) => Err(Rejected::StateMissing),
    }
}

/// A further payment of a subscription.
fn invoice(body: &Value, state: OrderState, context: &Context) -> Result<Order, Rejected> {
    let mut order = order(body, state, context)?;
    order.kind = Kind::Renewal { number: None };
    order.part = Some(INVOICE.to_owned());
    // An invoice is made before it is paid.
    order.paid_at = order.changed_at.filter(|_| state == OrderState::Paid);
    Ok(order)
}

fn order(body: &Value, state: OrderState, context: &Context) -> Result<Order, Rejected> {
    let attributes = body.at("data.attributes");
    let mut order = Order::new(Order::id(body.at("data.id").text())?, state, context.received_at_s);
    order.ordered_at = when::rfc3339(attributes.at("created_at"));
    order.changed_at = when::rfc3339(attributes.at("updated_at"));
    match state {
        OrderState::Paid => order.paid_at = order.ordered_at,
        OrderState::Refunded | OrderState::PartiallyRefunded => {
            order.changed_at = when::rfc3339(attributes.at("refunded_at")).or(order.changed_at);
            order.refund = Some(refund(attributes));
        }
        _ => {}
    }
    order.buyer = buyer(attributes);
    order.tracking = slots::read(slots::known(body.at("meta.custom_data")));
    order.items = item(attributes).into_iter().collect();
    order.priced(money(attributes.at("total"), attributes).map(Amounts::total))
}

/// Refunds have no id; the sum so far is one, for it grows with each.
fn refund(attributes: &Value) -> Refund {
    let back = attributes.at("refunded_amount");
    Refund { id: back.owned(), amount: None, total: amount::extra(money(back, attributes)) }
}

fn buyer(attributes: &Value) -> Buyer {
    let mut person = Buyer { email: attributes.at("user_email").owned(), ..Buyer::default() };
    person.named(attributes.at("user_name").text());
    person
}

/// The first of the order's items, the only one that a delivery shows. Whether its price is of one is certain where it is one.
fn item(attributes: &Value) -> Option<Item> {
    let first = attributes.at("first_order_item");
    let quantity = first.at("quantity").count();
    let price = amount::extra(money(first.at("price"), attributes)).filter(|_| quantity == Some(1));
    Some(Item { id: first.at("product_id").owned()?, quantity, price })
}

/// An amount of the order, in the units that its total is in.
fn money(units: &Value, attributes: &Value) -> Stated {
    let currency = amount::currency(attributes.at("currency"));
    let decimals = currency.as_ref().map_or(2, Currency::decimals);
    if decimals == 2 {
        return amount::hundredths(units, currency);
    }
    let total = attributes.at("total").text().unwrap_or_default();
    let written = attributes.at("total_formatted").text().and_then(digits).unwrap_or_default();
    match total.strip_prefix(&written).filter(|_| !written.is_empty()) {
        _ if units.text() == Some("0") => amount::minor_units(units, currency),
        Some("") => amount::minor_units(units, currency),
        Some("00") if decimals == 0 => amount::hundredths(units, currency),
        _ => Err(Rejected::ValueUnreadable),
    }
}

/// The digits of a formatted amount of a currency without decimals or with three: groups of three behind the first. `None` if it
/// has another group, as two decimals are.
fn digits(formatted: &str) -> Option<String> {
    let is_digit = |c: char| c.is_ascii_digit();
    let bare = formatted.trim_matches(|c| !is_digit(c));
    let is_grouped = bare.split(|c| !is_digit(c)).skip(1).all(|group| group.len() == 3);
    let all: String = bare.chars().filter(|c| is_digit(*c)).collect();
    is_grouped.then(|| all.trim_start_matches('0').to_owned())
}

#[cfg(test)]
mod tests;
